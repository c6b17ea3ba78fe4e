//! Lungs, heart, great vessels, windpipe, gullet, thyroid.

use crate::{
    growth::by_age,
    head::Face,
    landmarks::Body,
    paint::{Layer, Material, Part, Scene},
    random::{Concern, Draw},
    shape::{Section, Shape, V3, add, mix, rotation, section_at, spline, tube},
    skin,
    structures::{AIRWAY, ESOPHAGUS, HEART, LUNGS, THYROID},
};

/// Paints lungs and mediastinum. The diaphragm with the belly comes after, then the windpipe ([`paint_tubes`]).
pub(crate) fn paint(body: &Body, scene: &mut Scene) {
    let t = &body.tissue;
    let mut draw = body.draw(Concern::Thorax);
    let thorax = body.thorax();
    scene.add(Part::one(Shape::Loft { sections: thorax.clone(), power: 2.3 }).layer(Layer::solid(0.0, t.lung, LUNGS)));
    paint_lung_vessels(body, &thorax, scene, &mut draw);
    let (cx, cy) = (body.chest_x, body.chest_y);
    // The middle of the chest: fat and great vessels, between breastbone and spine.
    let spine_y = |f: f32| body.spine(body.z(f))[1];
    let column = |f: f32, wide: f32, front: f32, shift: f32| {
        let y = 0.35 * spine_y(f);
        Section::new(body.z(f), y, wide * cx, front * cy + y, spine_y(f) - y + 0.04 * cy).at(shift * cx)
    };
    let mediastinum = vec![
        column(0.50, 0.20, 0.78, 0.05),
        column(0.62, 0.17, 0.80, 0.06),
        column(0.72, 0.15, 0.80, 0.05),
        column(0.80, 0.19, 0.76, 0.02),
        column(0.88, 0.22, 0.60, 0.0),
        column(0.95, 0.25, 0.44, 0.0),
        column(1.03, 0.26, 0.30, 0.0),
        column(1.06, 0.26, 0.25, 0.0),
    ];
    let young = by_age(body.growth.age, &[(3.0, 45.0), (12.0, -20.0), (17.0, -80.0)]);
    scene.add(Part::one(Shape::Loft { sections: mediastinum, power: 2.4 }).layer(Layer::solid(
        0.0,
        Material::Flat(-70.0),
        0,
    )));
    // The thymus fills the front in the young.
    let thymus = Shape::ellipsoid([0.02 * cx, -0.36 * cy, body.z(0.86)], [0.22 * cx, 0.20 * cy, 0.12 * body.trunk()]);
    scene.add(Part::one(thymus).layer(Layer::solid(0.0, Material::Mottled { hu: young, depth: 10.0, size: 8.0 }, 0)));
    paint_back_muscles(body, scene);
}

/// The heart's outline.
pub(crate) struct Heart {
    centre: V3,
    size: f32,
    axes: [V3; 3],
}

impl Heart {
    pub(crate) fn new(body: &Body) -> Self {
        let mut draw = Draw::numbered(body.seed, body.case, Concern::Thorax, 100);
        let size =
            by_age(body.growth.age, &[(2.0, 32.0), (5.0, 37.5), (10.0, 47.0), (17.0, 57.0)]) * draw.bell(1.0, 0.04);
        let centre = [0.13 * body.chest_x + draw.bell(0.0, 2.0), -0.26 * body.chest_y, body.z(0.685)];
        // The long axis points left, forward and down.
        Self { centre, size, axes: rotation(0.0, 32.0, -34.0 + draw.bell(0.0, 6.0)) }
    }

    /// Ventricles and atria, larger by `margin` mm.
    pub(crate) fn shapes(&self, margin: f32) -> [Shape; 2] {
        let Self { centre, size, axes } = *self;
        let grown = |r: V3| r.map(|x| x * size + margin);
        [
            Shape::tilted(centre, grown([1.12, 0.82, 0.86]), axes),
            Shape::ellipsoid(add(centre, [-0.30 * size, 0.30 * size, 0.36 * size]), grown([0.78, 0.60, 0.66])),
        ]
    }
}

fn paint_lung_vessels(body: &Body, thorax: &[Section], scene: &mut Scene, draw: &mut Draw) {
    for side in [1.0, -1.0] {
        let root = [side * 0.24 * body.chest_x, 0.18 * body.chest_y, body.z(0.80)];
        let mut shapes = Vec::new();
        for _ in 0..26 {
            let z = body.z(draw.uniform(0.56, 0.98));
            let s = section_at(thorax, z);
            let angle = draw.uniform(-1.4, 1.4);
            let ry = if angle > 0.0 { s.ry[1] } else { s.ry[0] };
            let end = [side * 0.92 * s.rx * angle.cos(), s.centre[1] + 0.92 * ry * angle.sin(), z];
            let bend: V3 = [draw.bell(0.0, 6.0), draw.bell(0.0, 6.0), draw.bell(0.0, 6.0)];
            let line = spline(&[root, add(mix(root, end, 0.5), bend), end], 4);
            let thick = draw.uniform(2.2, 4.2) * body.scale.sqrt();
            shapes.extend(tube(&line, |f| thick * (1.0 - 0.85 * f)));
        }
        scene.add(Part::new(shapes).layer(Layer::stain(0.0, Material::Flat(body.tissue.blood)).within(LUNGS)));
    }
}

/// Muscles along the spine, from the neck to the sacrum, cover the hollow's back.
fn paint_back_muscles(body: &Body, scene: &mut Scene) {
    let mut shapes = Vec::new();
    for side in [1.0, -1.0] {
        let line: Vec<V3> = (0..=12)
            .map(|i| {
                let f = 0.24 + (1.10 - 0.24) * i as f32 / 12.0;
                add(body.spine(body.z(f)), [side * 0.15 * body.chest_x, 0.30 * body.chest_y, 0.0])
            })
            .collect();
        shapes.extend(tube(&line, |_| 0.145 * body.chest_x));
    }
    let inside = Shape::Loft { sections: skin::under_skin(body, body.fat + 1.5), power: 2.35 };
    scene.add(Part::new(shapes).and(inside).layer(Layer::solid(0.0, body.tissue.muscle, 0)));
}

/// Paints the heart; the diaphragm comes before.
pub(crate) fn paint_heart(body: &Body, scene: &mut Scene) {
    let t = &body.tissue;
    let outline = Heart::new(body);
    let Heart { centre, size, axes } = outline;
    let muscle = t.blood * 0.75 + 14.0;
    let heart = Part::new(outline.shapes(0.0))
        .blend(8.0)
        .layer(Layer::solid(2.0, Material::Flat(-60.0), 0))
        .layer(Layer::solid(0.0, Material::Mottled { hu: muscle, depth: 8.0, size: 12.0 }, HEART));
    scene.add(heart);
    let chambers = [
        Shape::tilted(
            add(centre, [0.30 * size, 0.06 * size, -0.05 * size]),
            [0.55 * size, 0.36 * size, 0.38 * size],
            axes,
        ),
        Shape::tilted(
            add(centre, [-0.08 * size, -0.36 * size, -0.12 * size]),
            [0.62 * size, 0.28 * size, 0.40 * size],
            axes,
        ),
        Shape::ellipsoid(
            add(centre, [-0.32 * size, 0.34 * size, 0.38 * size]),
            [0.62 * size, 0.42 * size, 0.48 * size],
        ),
    ];
    for chamber in chambers {
        scene.add(Part::one(chamber).layer(Layer::stain(0.0, Material::Flat(t.blood)).within(HEART)));
    }
}

/// The aorta's course from the heart to its division before L4, and its radius.
pub(crate) fn aorta(body: &Body) -> (Vec<V3>, f32) {
    let (cx, cy) = (body.chest_x, body.chest_y);
    let front = |f: f32, x: f32| {
        let s = body.spine(body.z(f));
        [x * cx, s[1] - 0.20 * cx - 2.0, s[2]]
    };
    let r = by_age(body.growth.age, &[(2.0, 5.5), (6.0, 6.8), (10.0, 8.0), (17.0, 10.5)]);
    let line = spline(
        &[
            [0.02 * cx, -0.22 * cy, body.z(0.75)],
            [-0.09 * cx, -0.26 * cy, body.z(0.82)],
            [0.0, -0.12 * cy, body.z(0.885)],
            [0.13 * cx, 0.12 * cy, body.z(0.875)],
            front(0.80, 0.15),
            front(0.70, 0.12),
            front(0.60, 0.06),
            front(0.50, 0.035),
            front(0.40, 0.03),
        ],
        5,
    );
    (line, r)
}

/// The gullet from the throat to the stomach's entry.
pub(crate) fn gullet(body: &Body) -> Vec<V3> {
    let before_spine = |f: f32, x: f32, gap: f32| {
        let s = body.spine(body.z(f));
        [x * body.chest_x, s[1] - 0.16 * body.chest_x - gap, s[2]]
    };
    vec![
        before_spine(1.10, 0.0, 2.0),
        before_spine(1.04, 0.03, 3.0),
        before_spine(0.94, 0.035, 3.5),
        before_spine(0.85, 0.02, 4.5),
        before_spine(0.75, 0.02, 7.0),
        before_spine(0.67, 0.05, 10.0),
        before_spine(0.61, 0.12, 14.0),
        stomach_entry(body),
    ]
}

/// Where gullet and stomach meet.
pub(crate) fn stomach_entry(body: &Body) -> V3 {
    [0.20 * body.chest_x, 0.04 * body.chest_y, body.z(0.575)]
}

/// Where the windpipe runs: from the throat to its fork.
fn windpipe(body: &Body, face: &Face) -> Vec<V3> {
    let r = by_age(body.growth.age, &[(2.0, 3.8), (17.0, 8.0)]);
    let neck = |f: f32, gap: f32| {
        let s = body.spine(body.z(f));
        [0.0, s[1] - 0.16 * body.chest_x - gap - r, s[2]]
    };
    let chin = (body.chin_z - body.perineum_z) / body.trunk();
    vec![
        [0.0, face.throat_y - 1.0, face.mouth[2] + 16.0],
        [0.0, face.throat_y, face.mouth[2]],
        [0.0, 0.5 * (face.throat_y + neck(chin, 8.0)[1]), body.z(chin)],
        neck(1.06, 11.0),
        neck(0.96, 11.0),
        [-0.01 * body.chest_x, 0.06 * body.chest_y, body.z(0.845)],
    ]
}

/// Paints vessels, gullet, airway and thyroid: what runs through neck and chest.
pub(crate) fn paint_tubes(body: &Body, scene: &mut Scene) {
    let t = &body.tissue;
    let (cx, cy) = (body.chest_x, body.chest_y);
    let face = Face::new(body);
    let mut draw = Draw::numbered(body.seed, body.case, Concern::Thorax, 200);
    let blood = Material::Flat(t.blood);
    let (line, r) = aorta(body);
    scene.add(Part::new(tube(&line, |f| r * (1.2 - 0.35 * f))).layer(Layer::solid(0.0, blood, 0)));
    let vena = |f: f32, x: f32, gap: f32| {
        let s = body.spine(body.z(f));
        [x * cx, s[1] - 0.19 * cx - gap, s[2]]
    };
    let lower = spline(
        &[
            vena(0.40, -0.11, 0.0),
            vena(0.50, -0.15, 1.0),
            vena(0.58, -0.17, 8.0),
            [-0.16 * cx, -0.02 * cy, body.z(0.68)],
        ],
        5,
    );
    scene.add(Part::new(tube(&lower, |_| 1.1 * r)).layer(Layer::solid(0.0, Material::Flat(t.blood * 0.85 + 6.0), 0)));
    let upper = spline(
        &[
            [-0.17 * cx, -0.10 * cy, body.z(0.74)],
            [-0.17 * cx, -0.14 * cy, body.z(0.88)],
            [-0.15 * cx, -0.10 * cy, body.z(0.96)],
        ],
        4,
    );
    scene.add(Part::new(tube(&upper, |_| 0.95 * r)).layer(Layer::solid(0.0, blood, 0)));
    let trunk = spline(
        &[
            [0.02 * cx, -0.32 * cy, body.z(0.75)],
            [0.08 * cx, -0.10 * cy, body.z(0.825)],
            [0.2 * cx, 0.12 * cy, body.z(0.81)],
        ],
        4,
    );
    scene.add(Part::new(tube(&trunk, |_| 1.05 * r)).layer(Layer::solid(0.0, blood, 0)));
    let right = [[0.06 * cx, -0.05 * cy, body.z(0.825)], [-0.24 * cx, 0.08 * cy, body.z(0.805)]];
    scene.add(Part::new(tube(&right, |_| 0.9 * r)).layer(Layer::solid(0.0, blood, 0)));
    for side in [1.0, -1.0] {
        for (offset, back, thick) in [(0.52, 0.05, 0.42), (0.68, 0.12, 0.55)] {
            let neck = body.neck_r;
            let top = body.spine(body.chin_z + 20.0);
            let foot = [side * 0.16 * cx, 0.02 * cy, body.z(0.97)];
            let mid = body.spine(body.z(1.10));
            let line = spline(
                &[
                    foot,
                    [side * offset * neck, mid[1] - (0.55 - back) * neck, mid[2]],
                    [side * (offset - 0.08) * neck, top[1] - (0.40 - back) * neck, top[2]],
                ],
                4,
            );
            scene.add(Part::new(tube(&line, |_| thick * r)).layer(Layer::solid(0.0, blood, 0)));
        }
    }
    let gullet = spline(&gullet(body), 5);
    let wide = by_age(body.growth.age, &[(2.0, 4.6), (6.0, 5.6), (17.0, 8.0)]);
    scene.add(Part::new(tube(&gullet, |_| wide)).layer(Layer::solid(
        0.0,
        Material::Flat(38.0 + 0.15 * t.blood),
        ESOPHAGUS,
    )));
    // A little swallowed air here and there.
    for _ in 0..4 {
        let at = (draw.uniform(0.1, 0.75) * (gullet.len() - 2) as f32) as usize;
        let bubble = Shape::capsule(gullet[at], gullet[at + 1], 0.45 * wide, 0.3 * wide);
        scene.add(Part::one(bubble).layer(Layer::stain(0.0, Material::Flat(-700.0)).within(ESOPHAGUS)));
    }
    paint_airway(body, &face, scene);
}

fn paint_airway(body: &Body, face: &Face, scene: &mut Scene) {
    let t = &body.tissue;
    let (cx, cy) = (body.chest_x, body.chest_y);
    let r = by_age(body.growth.age, &[(2.0, 3.8), (17.0, 8.0)]);
    let points = windpipe(body, face);
    let larynx = points[3];
    // Thyroid: two lobes beside the windpipe and a bridge before it.
    let grown = by_age(body.growth.age, &[(2.0, 0.62), (6.0, 0.74), (10.0, 0.86), (17.0, 1.12)]);
    let mut lobes = vec![Shape::capsule(
        add(larynx, [-(r + 5.0), -r - 0.5, -9.0 * grown]),
        add(larynx, [r + 5.0, -r - 0.5, -9.0 * grown]),
        3.6 * grown,
        3.6 * grown,
    )];
    for side in [1.0, -1.0] {
        let centre = add(larynx, [side * (r + 5.5 * grown), 1.5, -4.0 * grown]);
        lobes.push(Shape::tilted(centre, [7.0 * grown, 8.5 * grown, 21.0 * grown], rotation(0.0, side * 10.0, 0.0)));
    }
    scene.add(Part::new(lobes).blend(3.0).layer(Layer::solid(0.0, Material::Flat(t.thyroid), THYROID)));
    let line = spline(&points, 6);
    let air = Layer::solid(0.0, Material::Flat(-985.0), AIRWAY);
    let throat = |f: f32| r * if f < 0.45 { 1.15 } else { 1.0 };
    scene.add(Part::new(tube(&line, throat)).layer(Layer::solid(1.5, Material::Flat(70.0), 0)).layer(air));
    let voice = body.z((body.chin_z - body.perineum_z) / body.trunk() - 0.01);
    let ring = Shape::capsule(
        [0.0, larynx[1] - 2.0, 0.5 * (larynx[2] + voice)],
        [0.0, larynx[1] - 3.0, voice],
        r + 3.0,
        r + 4.0,
    );
    scene.add(
        Part::one(ring)
            .layer(Layer::solid(0.0, Material::Flat(by_age(body.growth.age, &[(2.0, 70.0), (17.0, 190.0)])), 0))
            .layer(Layer::solid(-2.6, Material::Flat(50.0), 0))
            .layer(Layer::solid(-4.5, Material::Flat(-985.0), AIRWAY)),
    );
    let fork = points[points.len() - 1];
    for (side, low) in [(1.0, 0.80), (-1.0, 0.79)] {
        let root = [side * 0.27 * cx, 0.16 * cy, body.z(low)];
        scene.add(
            Part::one(Shape::capsule(fork, root, 0.85 * r, 0.6 * r))
                .layer(Layer::solid(1.2, Material::Flat(50.0), 0))
                .layer(air),
        );
    }
    // Hyoid bone, above the voice box.
    let z = body.chin_z + 2.0;
    let hyoid = spline(
        &[
            [14.0, larynx[1] - 2.0, z],
            [9.0, larynx[1] - 13.0, z],
            [-9.0, larynx[1] - 13.0, z],
            [-14.0, larynx[1] - 2.0, z],
        ],
        3,
    );
    scene.add(Part::new(tube(&hyoid, |_| 2.0)).layer(Layer::solid(0.0, Material::Flat(350.0), 0)));
}
