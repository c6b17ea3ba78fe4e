//! The outside: skin, fat and muscle of trunk, neck and head, and the hollow of the belly.

use crate::{
    growth::Sex,
    landmarks::Body,
    paint::{Layer, Part, Scene},
    shape::{Section, Shape, V3},
    structures::BODY,
};

/// The outline of the trunk from the perineum to the neck, this far (mm) under the skin.
pub(crate) fn under_skin(body: &Body, depth: f32) -> Vec<Section> {
    let thinner = |s: Section| Section { rx: s.rx - depth, ry: s.ry.map(|r| r - depth), ..s };
    trunk(body).into_iter().map(thinner).collect()
}

/// The skin of the trunk.
pub(crate) fn trunk(body: &Body) -> Vec<Section> {
    let (cx, cy) = (body.chest_x, body.chest_y);
    let (hip, waist) = (body.hip_x, body.waist_x);
    let belly = if body.growth.age < 6.0 { 1.02 } else { 0.9 } * (0.4 + 0.6 * body.growth.girth);
    let n = body.neck_r;
    let neck_y = body.spine(body.z(1.12))[1] - 0.30 * n;
    let female = body.growth.sex == Sex::Female && body.growth.age > 12.0;
    let bust = if female { 1.12 } else { 1.0 };
    let shoulder = body.shoulder_x;
    vec![
        Section::new(body.z(-0.03), 0.25 * cy, 0.78 * hip, 0.45 * cy, 0.62 * cy),
        Section::new(body.z(0.06), 0.15 * cy, 0.97 * hip, 0.82 * cy, 0.86 * cy),
        Section::new(body.z(0.16), 0.10 * cy, hip, 0.92 * cy, 0.95 * cy),
        Section::new(body.z(0.28), 0.05 * cy, 0.97 * hip, belly * 0.92 * cy, 0.92 * cy),
        Section::new(body.z(0.42), 0.0, waist, belly * 0.94 * cy, 0.90 * cy),
        Section::new(body.z(0.55), 0.0, 0.5 * (waist + cx), 0.94 * cy, 0.96 * cy),
        Section::new(body.z(0.68), 0.0, cx, 0.98 * cy * bust, cy),
        Section::new(body.z(0.80), 0.0, cx * 1.02, 0.94 * cy * bust, 1.02 * cy),
        Section::new(body.z(0.90), 0.05 * cy, 1.0 * shoulder, 0.80 * cy, 0.95 * cy),
        Section::new(body.z(0.97), 0.10 * cy, 0.98 * shoulder, 0.62 * cy, 0.83 * cy),
        Section::new(body.z(1.02), 0.14 * cy, 0.72 * shoulder, 0.46 * cy, 0.70 * cy),
        Section::new(body.z(1.065), 0.5 * (neck_y + 0.14 * cy), (1.35 * n).min(0.6 * shoulder), 1.02 * n, 1.15 * n),
        Section::new(body.z(1.11), neck_y, n, 0.98 * n, 1.02 * n),
        Section::new(body.chin_z + 0.20 * body.growth.head_height, neck_y, 1.0 * n, 0.85 * n, 1.0 * n),
        Section::new(body.chin_z + 0.34 * body.growth.head_height, neck_y, 0.95 * n, 0.7 * n, 1.0 * n),
    ]
}

/// The belly's hollow below the diaphragm: the peritoneal cavity with what lies behind it.
pub(crate) fn belly(body: &Body) -> Vec<Section> {
    let wall = body.fat + 3.0 + 8.0 * body.scale;
    let (hip, waist, cy) = (body.hip_x, body.waist_x, body.chest_y);
    let side = |x: f32| x - wall;
    let front = |y: f32| y - 0.85 * wall;
    vec![
        Section::new(body.z(0.08), 0.12 * cy, 0.36 * hip, 0.30 * cy, 0.40 * cy),
        Section::new(body.z(0.16), 0.08 * cy, 0.46 * hip, front(0.88 * cy), 0.50 * cy),
        Section::new(body.z(0.26), 0.05 * cy, 0.72 * side(hip), front(0.92 * cy), 0.42 * cy),
        Section::new(body.z(0.36), 0.0, 0.96 * side(0.95 * waist), front(0.92 * cy), 0.46 * cy),
        Section::new(body.z(0.46), 0.0, side(waist), front(0.92 * cy), 0.55 * cy),
        Section::new(body.z(0.56), 0.0, side(0.5 * (waist + body.chest_x)), front(0.92 * cy), 0.62 * cy),
    ]
}

/// The domes of the diaphragm, right then left, as ellipsoids: centre and radii.
pub(crate) fn domes(body: &Body) -> [(V3, V3); 2] {
    let wall = body.fat + 3.5 + 11.0 * body.scale;
    let (x, y) = (body.chest_x - wall, body.chest_y - 0.6 * wall);
    let rz = 0.19 * body.trunk();
    [
        ([-0.44 * x, -0.02 * y, body.z(0.525)], [0.54 * x, 0.86 * y, rz]),
        ([0.46 * x, 0.0, body.z(0.515)], [0.51 * x, 0.82 * y, 0.93 * rz]),
    ]
}

/// Paints the outside of trunk, neck and head, and muscle underneath.
pub(crate) fn paint(body: &Body, scene: &mut Scene) {
    let t = &body.tissue;
    let skin = 1.6;
    let outside = |part: Part| part.layer(Layer::solid(0.0, t.skin, BODY)).layer(Layer::solid(-skin, t.fat, BODY));
    scene.add(outside(Part::one(Shape::Loft { sections: trunk(body), power: 2.35 })));
    scene.add(head(body));
    // Muscle comes after all skin, so that fat never cuts into it where two outlines meet.
    let muscle = Layer::solid(-skin - body.fat, t.muscle, BODY);
    scene.add(Part::one(Shape::Loft { sections: trunk(body), power: 2.35 }).layer(muscle));
}

/// The soft face and scalp. Bones and brain are painted on it.
fn head(body: &Body) -> Part {
    let g = &body.growth;
    let (c, r) = (body.brain, body.brain_r);
    let shell = body.skull + 6.0;
    let chin = body.chin_z;
    let face_y = c[1] - 0.32 * r[1];
    let front = r[1] + shell - 0.32 * r[1];
    let half = 0.5 * g.head_breadth;
    let face = Shape::Loft {
        power: 2.2,
        sections: vec![
            Section::new(chin + 1.0, face_y + 0.06 * front, 0.36 * half, 0.80 * front, 0.3 * front),
            Section::new(chin + 0.10 * g.head_height, face_y, 0.62 * half, 0.97 * front, 0.75 * front),
            Section::new(chin + 0.22 * g.head_height, face_y, 0.80 * half, 1.03 * front, 0.9 * front),
            Section::new(chin + 0.33 * g.head_height, face_y, 0.88 * half, 1.02 * front, 0.9 * front),
            Section::new(chin + 0.45 * g.head_height, face_y, 0.92 * half, 0.97 * front, 0.9 * front),
            Section::new(chin + 0.56 * g.head_height, face_y, 0.90 * half, 0.95 * front, 0.9 * front),
        ],
    };
    let scalp = Shape::ellipsoid(c, [r[0] + shell, r[1] + shell, r[2] + shell]);
    let nose_z = chin + 0.36 * g.head_height;
    let tip = c[1] - r[1] - shell;
    let nose =
        Shape::capsule([0.0, tip - 5.0 * body.scale.sqrt(), nose_z - 4.0], [0.0, tip + 6.0, nose_z + 20.0], 8.0, 4.0);
    let ear = |side: f32| {
        Shape::ellipsoid([side * (half + 3.0), c[1] + 0.18 * r[1], chin + 0.42 * g.head_height], [5.0, 13.0, 26.0])
    };
    Part::new([scalp, face, nose, ear(1.0), ear(-1.0)])
        .blend(7.0)
        .layer(Layer::solid(0.0, body.tissue.skin, BODY))
        .layer(Layer::solid(-1.8, body.tissue.fat, BODY))
        .layer(Layer::solid(-4.5, body.tissue.muscle, BODY))
}
