//! Bladder, rectum, and the bones of the pelvis.

use crate::{
    growth::{Sex, by_age},
    landmarks::Body,
    paint::{Layer, Material, Part, Scene},
    random::Concern,
    shape::{Shape, V3, add, mix, rotation, spline, tube},
    skeleton::bone,
    structures::{BLADDER, CTV1, RECTUM},
};

/// The rectum's course from the sacrum's top half to the anus.
pub(crate) fn rectum_line(body: &Body) -> Vec<V3> {
    let s = 12.0 + 9.0 * body.scale;
    let before = |f: f32, gap: f32| add(body.spine(body.z(f)), [0.0, -gap * s, 0.0]);
    vec![
        before(0.215, 1.25),
        before(0.17, 1.0),
        before(0.12, 0.95),
        before(0.075, 1.2),
        [0.0, 0.30 * body.chest_y, body.z(0.045)],
        [0.0, 0.42 * body.chest_y, body.z(0.005)],
    ]
}

/// Paints bladder, rectum, womb or prostate. Bones come with [`paint_bones`].
pub(crate) fn paint_organs(body: &Body, scene: &mut Scene) {
    let t = &body.tissue;
    let mut draw = body.draw(Concern::Pelvis);
    let r = by_age(body.growth.age, &[(2.0, 8.0), (6.0, 9.5), (17.0, 14.0)]);
    let (seat, top) = (body.z(0.105), 0.06 * body.chest_y);
    if body.growth.sex == Sex::Female {
        let grown = by_age(body.growth.age, &[(2.0, 0.4), (10.0, 0.55), (15.0, 1.0)]);
        let womb = Shape::tilted(
            [draw.bell(0.0, 3.0), top + 4.0, body.z(0.185)],
            [20.0 * grown, 17.0 * grown, 34.0 * grown],
            rotation(35.0, 0.0, 0.0),
        );
        scene.add(Part::one(womb).layer(Layer::solid(0.0, Material::Flat(t.blood * 0.6 + 28.0), 0)));
    } else {
        let grown = by_age(body.growth.age, &[(2.0, 0.45), (12.0, 0.6), (17.0, 1.0)]);
        let gland =
            Shape::ellipsoid([0.0, -0.10 * body.chest_y, body.z(0.085)], [20.0 * grown, 15.0 * grown, 14.0 * grown]);
        scene.add(Part::one(gland).layer(Layer::solid(0.0, Material::Flat(42.0), 0)));
        for side in [1.0, -1.0] {
            let testis = Shape::ellipsoid(
                [side * 11.0 * grown.max(0.7), -0.42 * body.chest_y, body.z(-0.035)],
                [9.0 * grown, 11.0 * grown, 15.0 * grown],
            );
            scene.add(Part::one(testis).layer(Layer::solid(4.0, t.skin, crate::structures::BODY)).layer(Layer::solid(
                0.0,
                Material::Flat(38.0),
                0,
            )));
        }
    }
    // From nearly empty to full.
    let fill = if draw.chance(0.35) { draw.uniform(0.42, 0.6) } else { draw.uniform(0.65, 1.1) };
    let size = fill * by_age(body.growth.age, &[(2.0, 27.0), (6.0, 33.0), (10.0, 38.0), (17.0, 45.0)]);
    let flat = 0.62 + 0.38 * fill.min(1.0);
    let bladder = [draw.bell(0.0, 1.5), -0.20 * body.chest_y - 0.1 * size, seat + 0.85 * size * flat];
    let urine = if t.contrast && draw.chance(0.3) {
        Material::Level { air: 20.0, fluid: 180.0, y: bladder[1] + 0.3 * size }
    } else {
        Material::Flat(draw.bell(6.0, 4.0))
    };
    let shape = Shape::ellipsoid(bladder, [1.12 * size, 0.92 * size, size * flat]);
    scene
        .add(Part::one(shape).layer(Layer::solid(0.0, Material::Flat(38.0), BLADDER)).layer(Layer::stain(-2.2, urine)));
    let line = spline(&rectum_line(body), 5);
    let swell = draw.uniform(0.8, 1.35);
    let radius = |f: f32| r * by_age(f, &[(0.0, 1.0), (0.35, swell), (0.65, 1.0), (1.0, 0.75)]);
    let content = if draw.chance(0.4) {
        Material::Stool { hu: 35.0, gas: 0.15 }
    } else {
        Material::Mottled { hu: 38.0, depth: 12.0, size: 6.0 }
    };
    scene.add(
        Part::new(tube(&line, radius))
            .layer(Layer::solid(0.0, Material::Flat(t.bowel_wall + 5.0), RECTUM))
            .layer(Layer::stain(-2.5, content)),
    );
}

/// Paints hip bones and sacrum; the spine's canal comes after, the thigh bones too.
pub(crate) fn paint_bones(body: &Body, scene: &mut Scene) {
    let s = body.scale;
    let (hx, cy) = (body.hip_x - 0.5 * body.fat, body.chest_y);
    let r = body.femoral_head_r();
    for side in [1.0, -1.0] {
        let hip = body.hip(1.0);
        let p = |x: f32, y: f32, z: f32| [side * x, y, z];
        let roof = p(hip[0] + 0.15 * r, hip[1] + 0.05 * r, hip[2] + 1.15 * r);
        // The wing as a fan of struts from the socket's roof to the crest.
        let crest = [
            (0.66, -0.52, 0.275),
            (0.735, -0.42, 0.315),
            (0.77, -0.20, 0.350),
            (0.765, 0.05, 0.372),
            (0.68, 0.30, 0.380),
            (0.52, 0.52, 0.362),
            (0.37, 0.66, 0.325),
            (0.32, 0.70, 0.275),
        ]
        .map(|(x, y, f)| p(x * hx, y * cy, body.z(f)));
        let thin = 2.4 + 1.6 * s;
        let mut shapes: Vec<Shape> = Vec::new();
        for end in crest {
            shapes.push(Shape::capsule(roof, end, 1.5 * thin, thin));
        }
        for w in crest.windows(2) {
            shapes.push(Shape::capsule(w[0], w[1], 1.35 * thin, 1.35 * thin));
            let (a, b) = (mix(roof, w[0], 0.65), mix(roof, w[1], 0.65));
            shapes.push(Shape::capsule(a, b, 0.85 * thin, 0.85 * thin));
            shapes.push(Shape::capsule(mix(roof, mix(w[0], w[1], 0.5), 0.4), mix(w[0], w[1], 0.5), thin, 0.9 * thin));
        }
        // Weight-bearing bar to the sacrum, ischium, pubis.
        shapes.push(Shape::capsule(roof, p(0.33 * hx, 0.55 * cy, body.z(0.255)), 1.9 * thin, 1.7 * thin));
        let sit = p(0.33 * hx, hip[1] + 0.36 * cy, body.z(0.025));
        let behind = p(hip[0] - 0.35 * r, hip[1] + 1.0 * r, hip[2] - 0.2 * r);
        shapes.push(Shape::capsule(behind, sit, 0.50 * r, 0.58 * r));
        shapes.push(Shape::capsule(roof, behind, 0.55 * r, 0.5 * r));
        let symphysis = p(2.2 + 0.32 * r, -0.40 * cy, body.z(0.098));
        let before = p(hip[0] - 0.55 * r, hip[1] - 0.85 * r, hip[2] + 0.25 * r);
        shapes.push(Shape::capsule(before, symphysis, 0.42 * r, 0.38 * r));
        shapes.push(Shape::capsule(roof, before, 0.5 * r, 0.42 * r));
        let lower = p(0.20 * hx, -0.12 * cy, body.z(0.035));
        shapes.push(Shape::capsule(symphysis, add(symphysis, [0.0, 6.0 * s, -0.7 * r]), 0.38 * r, 0.36 * r));
        shapes.push(Shape::capsule(add(symphysis, [0.0, 4.0 * s, -0.6 * r]), lower, 0.32 * r, 0.26 * r));
        shapes.push(Shape::capsule(lower, sit, 0.26 * r, 0.4 * r));
        // The socket: a cup around the head, with cartilage in the joint.
        let centre = p(hip[0], hip[1], hip[2]);
        shapes.push(Shape::sphere(p(hip[0] - 0.18 * r, hip[1] + 0.05 * r, hip[2] + 0.16 * r), 1.32 * r));
        let gap = Shape::sphere(centre, r + 2.2);
        let way_out = Shape::capsule(centre, p(hip[0] + 2.2 * r, hip[1] + 0.2 * r, hip[2] - 1.6 * r), r + 2.2, 1.5 * r);
        scene.add(bone(body, shapes, 1.2, CTV1).blend(4.0).minus(gap).minus(way_out));
        scene.add(Part::one(Shape::sphere(centre, r + 2.2)).layer(Layer::solid(0.0, body.tissue.cartilage, 0)));
    }
    let plate =
        Shape::Rounded { centre: [0.0, -0.40 * cy, body.z(0.090)], radii: [2.6, 0.34 * r, 0.75 * r], axes: None };
    scene.add(Part::one(plate).layer(Layer::solid(0.0, body.tissue.cartilage, 0)));
    paint_sacrum(body, scene);
}

fn paint_sacrum(body: &Body, scene: &mut Scene) {
    let s = body.scale;
    let hx = body.hip_x - 0.5 * body.fat;
    let mut shapes = Vec::new();
    let count = 5;
    for n in 0..count {
        let f = 0.277 - 0.031 * n as f32;
        let c = body.spine(body.z(f));
        let taper = 1.0 - 0.17 * n as f32;
        let half = 0.017 * body.trunk();
        shapes.push(Shape::Rounded {
            centre: c,
            radii: [0.15 * hx * taper + 4.0, 0.11 * hx * taper + 2.0, half],
            axes: None,
        });
        if n < 4 {
            for side in [1.0, -1.0] {
                let wing = add(c, [side * 0.22 * hx * taper, 0.03 * hx, 0.0]);
                shapes.push(Shape::ellipsoid(wing, [0.12 * hx * taper + 2.0, 0.11 * hx * taper + 2.0, 1.15 * half]));
            }
            shapes.push(Shape::capsule(
                add(c, [0.0, 0.20 * hx, 0.0]),
                add(c, [0.0, 0.16 * hx, -half]),
                3.0 + 2.0 * s,
                3.0 + 2.0 * s,
            ));
            for side in [1.0, -1.0] {
                shapes.push(Shape::capsule(
                    add(c, [side * 0.17 * hx * taper, 0.10 * hx, 0.0]),
                    add(c, [0.0, 0.20 * hx, 0.0]),
                    2.6 + 1.2 * s,
                    2.4 + s,
                ));
            }
        }
    }
    let tail = spline(&[body.spine(body.z(0.135)), body.spine(body.z(0.10)), body.spine(body.z(0.065))], 4);
    shapes.extend(tube(&tail, |f| (1.0 - 0.6 * f) * (4.0 + 3.5 * s)));
    scene.add(bone(body, shapes, 1.0, CTV1).blend(3.0));
}
