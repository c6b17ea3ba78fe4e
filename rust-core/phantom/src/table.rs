//! What the child lies on and what holds it: couch top, vacuum cushion, head rest, thermoplastic mask.

use crate::{
    landmarks::Body,
    paint::{Layer, Material, Part, Scene},
    random::Concern,
    shape::{Section, Shape, add},
};

/// Paints couch and fixation; the child comes after and presses into the cushion.
pub(crate) fn paint(body: &Body, scene: &mut Scene) {
    let mut draw = body.draw(Concern::Table);
    let back = body.chest_y;
    let (foot, crown) = (body.knee_z - 400.0, body.growth.height + 60.0);
    let top = back + draw.uniform(14.0, 24.0);
    let couch = |inset: f32| {
        let section = |z: f32| Section::new(z, top + 20.0, 210.0 - inset, 20.0 - inset, 20.0 - inset);
        Shape::Loft { sections: vec![section(foot), section(crown)], power: 6.0 }
    };
    let outside = Layer::solid(0.0, Material::Flat(-420.0), 0);
    scene.add(Part::one(couch(0.0)).rigid().layer(outside).layer(Layer::stain(-2.5, Material::Flat(-930.0))));
    // The bag of beads reaches up the child's sides.
    let beads = Material::Mottled { hu: -945.0, depth: 25.0, size: 4.0 };
    let wide = |x: f32| x.min(225.0);
    let rise = draw.uniform(0.35, 0.55);
    let bag = |z: f32, x: f32, up: f32| Section::new(z, top - 10.0, wide(x), back * up + 8.0, 10.0);
    let hips = body.hip_x + 55.0;
    let shoulders = body.shoulder_x + 50.0;
    let sections = vec![
        bag(body.knee_z - 250.0, 0.8 * hips, 0.55 * rise),
        bag(body.z(-0.1), hips, rise),
        bag(body.z(0.5), hips.max(shoulders) - 10.0, 0.9 * rise),
        bag(body.z(0.95), shoulders, rise),
        bag(body.chin_z, 110.0, 0.8 * rise),
        bag(body.brain[2] + 0.4 * body.brain_r[2], 100.0, 1.1 * rise),
        bag(body.growth.height - 5.0, 85.0, 0.5),
    ];
    let bag = Shape::Loft { sections, power: 3.5 };
    scene.add(Part::one(bag).layer(Layer::solid(0.0, Material::Flat(-780.0), 0)).layer(Layer::stain(-1.6, beads)));
    if draw.chance(0.8) {
        paint_mask(body, scene);
    }
}

/// A sheet over the front half of the head, a little off the skin.
fn paint_mask(body: &Body, scene: &mut Scene) {
    let g = &body.growth;
    let shell = body.skull + 6.0;
    let (c, r) = (body.brain, body.brain_r);
    let over = Shape::ellipsoid(add(c, [0.0, -2.0, 0.0]), [r[0] + shell + 2.5, r[1] + shell + 2.5, r[2] + shell + 2.5]);
    let chin = body.chin_z;
    let front = r[1] + shell;
    let face = |low: f32| Shape::Loft {
        sections: vec![
            Section::new(chin - low, c[1], 0.46 * g.head_breadth, 0.98 * front + 3.0, 20.0),
            Section::new(chin + 0.2 * g.head_height, c[1], 0.52 * g.head_breadth, 1.06 * front + 6.0, 20.0),
            Section::new(chin + 0.42 * g.head_height, c[1], 0.54 * g.head_breadth, 1.04 * front + 7.0, 20.0),
            Section::new(c[2], c[1], 0.50 * g.head_breadth + 3.0, front + 3.0, 20.0),
        ],
        power: 2.2,
    };
    let front_half = Shape::HalfSpace { point: add(c, [0.0, 0.35 * r[1], 0.0]), normal: [0.0, 1.0, 0.0] };
    let sheet = Part::new([over.clone(), face(8.0)]).blend(6.0).and(front_half);
    scene.add(sheet.layer(Layer::solid(2.4, Material::Flat(60.0), 0)));
    // Open at the neck.
    let hollow = Part::new([over, face(16.0)]).blend(6.0);
    scene.add(hollow.layer(Layer::solid(0.0, Material::Flat(-1000.0), 0)));
}
