//! The lymphatic target: regions that follow vessels and can't be seen themselves. It may cross organs.
//! Marrow (CTV1, CTV2) is labelled with the bones.

use crate::{
    landmarks::Body,
    paint::{Layer, Part, Scene},
    random::Concern,
    shape::{Section, Shape, V3, add, spline, tube},
    structures::CTV3,
    thorax::aorta,
};

/// Marks neck, armpits, the middle of the chest, the aorta's surroundings, pelvis and groin; the spleen is added by
/// [`crate::structures::settle`].
pub(crate) fn paint(body: &Body, scene: &mut Scene) {
    let mut draw = body.draw(Concern::Targets);
    let (cx, cy, s) = (body.chest_x, body.chest_y, body.scale);
    let mark = |shapes: Vec<Shape>| Part::new(shapes).blend(4.0).layer(Layer::mark(0.0, CTV3));
    let margin = draw.bell(1.0, 0.05);
    for side in [1.0, -1.0] {
        let n = body.neck_r;
        let neck = |z: f32, x: f32, front: f32| -> V3 {
            let p = body.spine(z);
            [side * x * n, p[1] - front * n, z]
        };
        let foot = body.z(1.0);
        let chain = [
            neck(body.chin_z + 0.10 * body.growth.head_height, 0.62, 0.20),
            neck(body.chin_z - 6.0, 0.66, 0.32),
            neck(0.5 * (body.chin_z + foot), 0.66, 0.28),
            [side * 0.75 * n, 0.04 * cy, foot],
        ];
        let mut shapes = tube(&spline(&chain, 5), |_| margin * 0.27 * n);
        let back = [neck(body.chin_z - 4.0, 0.72, -0.06), [side * 0.95 * n, 0.14 * cy, foot]];
        shapes.push(Shape::capsule(back[0], back[1], 0.20 * n, 0.24 * n));
        let joint = body.shoulder(side);
        let wall = side * (0.66 * cx + 0.1 * joint[0].abs());
        let pit = spline(
            &[
                [side * 0.75 * n, 0.04 * cy, foot],
                [0.62 * joint[0], 0.06 * cy, body.z(0.965)],
                [0.80 * joint[0], 0.16 * cy, body.z(0.915)],
                [wall, 0.18 * cy, body.z(0.86)],
            ],
            5,
        );
        shapes.extend(tube(&pit, |f| margin * (8.0 + 7.0 * s) * (0.75 + 0.35 * f)));
        scene.add(mark(shapes));
    }
    let column = |f: f32, wide: f32, front: f32| {
        let spine = body.spine(body.z(f))[1] - 0.17 * cx;
        let y = spine - 0.32 * cy;
        Section::new(body.z(f), y, wide * cx, front * cy, spine - y)
    };
    let middle = vec![
        column(0.745, 0.20, 0.20),
        column(0.80, 0.24, 0.30),
        column(0.86, 0.22, 0.34),
        column(0.93, 0.20, 0.26),
        column(1.0, 0.20, 0.16),
    ];
    scene.add(mark(vec![Shape::Loft { sections: middle, power: 2.4 }]));
    let (line, r) = aorta(body);
    let below: Vec<V3> =
        line.iter().copied().filter(|p| p[2] < body.z(0.58)).map(|p| add(p, [-0.03 * cx, -1.0, 0.0])).collect();
    let mut shapes = tube(&below, |_| margin * (r + 4.5 + 3.5 * s));
    for side in [1.0, -1.0] {
        let hip = body.hip(side);
        let fork = below.last().copied().unwrap_or_else(|| body.spine(body.z(0.4)));
        let rim = body.spine(body.z(0.27));
        let course = [
            fork,
            [0.36 * hip[0], rim[1] - 0.20 * cx, body.z(0.31)],
            [0.62 * hip[0], 0.30 * cy - 0.12 * cx, body.z(0.25)],
            [0.74 * hip[0], -0.08 * cy, body.z(0.20)],
            [0.86 * hip[0], -0.46 * cy, body.z(0.145)],
            [0.92 * hip[0], -0.52 * cy, body.z(0.085)],
        ];
        shapes.extend(tube(&spline(&course, 5), |f| margin * (6.5 + 6.0 * s) * (0.9 + 0.25 * f)));
        let inner = [
            [0.60 * hip[0], 0.30 * cy - 0.1 * cx, body.z(0.25)],
            [0.62 * hip[0], 0.26 * cy, body.z(0.19)],
            [0.58 * hip[0], 0.20 * cy, body.z(0.15)],
        ];
        shapes.extend(tube(&inner, |_| margin * (5.0 + 5.5 * s)));
    }
    scene.add(mark(shapes));
}

/// Vessels that the pelvic and groin chains follow.
pub(crate) fn paint_vessels(body: &Body, scene: &mut Scene) {
    let (cx, cy) = (body.chest_x, body.chest_y);
    let (line, r) = aorta(body);
    let fork = line[line.len() - 1];
    for side in [1.0, -1.0] {
        let hip = body.hip(side);
        let rim = body.spine(body.z(0.27));
        for (shift, thick) in [(0.0, 0.55), (1.25 * r, 0.62)] {
            let course = [
                add(fork, [0.0, 0.5 * shift, 0.0]),
                [0.36 * hip[0], rim[1] - 0.20 * cx + 0.6 * shift, body.z(0.31)],
                [0.66 * hip[0], 0.28 * cy - 0.12 * cx + 0.4 * shift, body.z(0.25)],
                [0.76 * hip[0], -0.08 * cy + 0.5 * shift, body.z(0.20)],
                [0.88 * hip[0] - side * shift * 0.5, -0.46 * cy, body.z(0.145)],
                [0.92 * hip[0] - side * shift * 0.5, -0.46 * cy, body.z(0.05)],
                [0.85 * hip[0], -0.25 * cy + shift, body.z(-0.15)],
            ];
            let part = Part::new(tube(&spline(&course, 4), |_| thick * r));
            scene.add(part.layer(Layer::solid(0.0, crate::paint::Material::Flat(body.tissue.blood), 0)));
        }
    }
}
