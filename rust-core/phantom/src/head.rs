//! Skull, brain, face, eyes, mouth, airway.

use crate::{
    growth::by_age,
    landmarks::Body,
    paint::{Layer, Material, Part, Scene},
    random::Concern,
    shape::{Shape, V3, add, mix, on_side, rotation, spline, tube},
    skeleton::bone,
    structures::{AIRWAY, BODY, BRAIN, BRAINSTEM, CAVITY_ORAL, CTV1, EYE, LENS, PAROTID},
};

/// Landmarks of the face.
pub(crate) struct Face {
    /// Centre of the left eyeball; mirror x for the right.
    pub(crate) eye: V3,
    pub(crate) eye_r: f32,
    /// Angle of the left jaw.
    pub(crate) jaw: V3,
    /// Behind the middle of the mouth, at the front of the spine.
    pub(crate) throat_y: f32,
    /// Centre of the mouth.
    pub(crate) mouth: V3,
    /// Foremost point of the teeth.
    pub(crate) teeth_y: f32,
}

impl Face {
    pub(crate) fn new(body: &Body) -> Self {
        let g = &body.growth;
        let (c, r) = (body.brain, body.brain_r);
        let at = |f: f32| body.chin_z + f * g.head_height;
        let eye_r = 10.5 + 1.3 * (1.0 - (-g.age / 5.0).exp());
        let front = c[1] - r[1] - body.skull - 5.0;
        let eye = [0.215 * g.head_breadth, front + eye_r + 7.0, at(0.475)];
        let throat_y = body.spine(at(0.12))[1] - 0.30 * body.neck_r - 5.0;
        let teeth_y = front + 9.0;
        let mouth = [0.0, 0.56 * teeth_y + 0.44 * throat_y, at(0.19)];
        let jaw = [0.325 * g.head_breadth, c[1] - 0.02 * r[1], at(0.17)];
        Self { eye, eye_r, jaw, throat_y, mouth, teeth_y }
    }
}

/// Paints the head from the skull inwards and the face; the spine comes before.
pub(crate) fn paint(body: &Body, scene: &mut Scene) {
    let mut draw = body.draw(Concern::Head);
    let face = Face::new(body);
    paint_skull(body, scene);
    paint_brain(body, scene, &mut draw);
    paint_face(body, &face, scene, &mut draw);
    paint_eyes(body, &face, scene, &mut draw);
    paint_mouth(body, &face, scene, &mut draw);
    paint_glands(body, &face, scene, &mut draw);
}

/// The inside of the skull: hemispheres, temporal lobes, cerebellum; the front of its floor is higher.
fn cranial_cavity(body: &Body, inset: f32) -> Part {
    let (c, r) = (body.brain, body.brain_r);
    let k = |v: V3| v.map(|x| x - inset);
    let main = Shape::ellipsoid(c, k(r));
    let occiput = Shape::ellipsoid(add(c, [0.0, 0.22 * r[1], -0.05 * r[2]]), k([1.0 * r[0], 0.78 * r[1], 0.92 * r[2]]));
    let temple = |side: f32| {
        Shape::ellipsoid(
            [side * 0.52 * r[0], c[1] - 0.16 * r[1], c[2] - 0.52 * r[2]],
            k([0.46 * r[0], 0.50 * r[1], 0.42 * r[2]]),
        )
    };
    let cerebellum =
        Shape::ellipsoid(add(c, [0.0, 0.48 * r[1], -0.70 * r[2]]), k([0.62 * r[0], 0.42 * r[1], 0.42 * r[2]]));
    // Takes the floor away in front, above the orbits.
    let orbits = Shape::ellipsoid(
        add(c, [0.0, -0.80 * r[1], -0.98 * r[2]]),
        [1.1 * r[0] + inset, 0.60 * r[1] + inset, 0.58 * r[2] + inset],
    );
    Part::new([main, occiput, temple(1.0), temple(-1.0), cerebellum]).blend(9.0).minus(orbits)
}

fn paint_skull(body: &Body, scene: &mut Scene) {
    let t = &body.tissue;
    let s = body.skull;
    let (c, r) = (body.brain, body.brain_r);
    let table = 0.30 * s + 0.3;
    scene.add(
        cranial_cavity(body, 0.0)
            .layer(Layer::solid(s + 1.0, t.cortical, CTV1))
            .layer(Layer::stain(s + 1.0 - table, t.marrow))
            .layer(Layer::stain(1.0 + table, t.cortical))
            .layer(Layer::solid(1.0, Material::Flat(12.0), 0)),
    );
    // Floor of the skull: clivus, petrous bones with the ear's air cells, wings of the sphenoid.
    let foramen = body.foramen();
    let mut base = vec![
        Shape::capsule(
            add(foramen, [0.0, -0.24 * r[1], 4.0]),
            add(c, [0.0, -0.20 * r[1], -0.56 * r[2]]),
            6.0 + 2.0 * body.scale,
            7.0,
        ),
        Shape::ellipsoid(add(c, [0.0, -0.26 * r[1], -0.66 * r[2]]), [0.30 * r[0], 0.17 * r[1], 0.14 * r[2]]),
    ];
    for side in [1.0, -1.0] {
        base.push(Shape::capsule(
            add(foramen, [side * 0.24 * r[0], -0.10 * r[1], 0.18 * r[2]]),
            [side * 0.86 * r[0], c[1] + 0.22 * r[1], foramen[2] + 0.30 * r[2]],
            6.0,
            9.5,
        ));
        base.push(Shape::ellipsoid(
            [side * 0.80 * r[0], c[1] + 0.30 * r[1], foramen[2] + 0.02 * r[2]],
            [6.0, 10.0, 13.0],
        ));
    }
    scene.add(bone(body, base, 2.2, CTV1).blend(3.0));
    for side in [1.0, -1.0] {
        let mastoid =
            Shape::ellipsoid([side * 0.82 * r[0], c[1] + 0.30 * r[1], foramen[2] + 0.16 * r[2]], [4.0, 6.5, 8.0]);
        scene.add(
            Part::one(mastoid).layer(Layer::stain(0.0, Material::Mottled { hu: -250.0, depth: 500.0, size: 3.5 })),
        );
        let canal = Shape::capsule(
            [side * 0.70 * r[0], c[1] + 0.16 * r[1], foramen[2] + 0.26 * r[2]],
            [side * 0.56 * body.growth.head_breadth, c[1] + 0.16 * r[1], foramen[2] + 0.22 * r[2]],
            2.6,
            3.2,
        );
        scene.add(Part::one(canal).layer(Layer::solid(0.0, Material::Flat(-950.0), AIRWAY)));
    }
    let sphenoid = Shape::ellipsoid(add(c, [0.0, -0.30 * r[1], -0.66 * r[2]]), [0.18 * r[0], 0.10 * r[1], 0.09 * r[2]]);
    if body.growth.age > 4.0 {
        scene.add(Part::one(sphenoid).layer(Layer::solid(0.0, Material::Flat(-900.0), AIRWAY)));
    }
}

fn paint_brain(body: &Body, scene: &mut Scene, draw: &mut crate::random::Draw) {
    let t = &body.tissue;
    let (c, r) = (body.brain, body.brain_r);
    scene.add(cranial_cavity(body, 1.2).layer(Layer::solid(0.0, t.brain, BRAIN)));
    // White matter is a little darker; sulci, falx and ventricles show the form.
    for side in [1.0, -1.0] {
        let white =
            Shape::ellipsoid([side * 0.42 * r[0], c[1], c[2] + 0.1 * r[2]], [0.36 * r[0], 0.72 * r[1], 0.55 * r[2]]);
        scene.add(
            Part::one(white)
                .layer(Layer::stain(0.0, Material::Mottled { hu: 28.0, depth: 4.0, size: 10.0 }).within(BRAIN)),
        );
        for n in 0..9 {
            let angle = (n as f32 + draw.uniform(0.0, 0.8)) / 9.0 * 2.6 - 1.3;
            let rise = draw.uniform(0.15, 0.75);
            let (sa, ca) = angle.sin_cos();
            let flat = (1.0f32 - rise * rise).sqrt();
            let p = |f: f32, dz: f32| {
                [side * f * ca * flat * r[0], c[1] + f * sa * flat * r[1], c[2] + (f * rise + dz) * r[2]]
            };
            scene.add(
                Part::one(Shape::capsule(p(0.99, 0.1), p(0.82, -0.08), 1.7, 0.8))
                    .layer(Layer::stain(0.0, Material::Flat(14.0)).within(BRAIN)),
            );
        }
    }
    let falx = Shape::ellipsoid(add(c, [0.0, 0.0, 0.55 * r[2]]), [1.3, 0.96 * r[1], 0.44 * r[2]]);
    scene.add(
        Part::one(falx).layer(Layer::stain(0.0, Material::Flat(if t.contrast { 75.0 } else { 42.0 })).within(BRAIN)),
    );
    let size = draw.bell(1.0, 0.15);
    let fluid = Layer::stain(0.0, Material::Flat(10.0)).within(BRAIN);
    for side in [1.0, -1.0] {
        let own = size * draw.bell(1.0, 0.08);
        let line = spline(
            &on_side(
                side,
                &[
                    add(c, [0.10 * r[0], -0.34 * r[1], 0.10 * r[2]]),
                    add(c, [0.11 * r[0], 0.0, 0.24 * r[2]]),
                    add(c, [0.24 * r[0], 0.34 * r[1], 0.12 * r[2]]),
                    add(c, [0.33 * r[0], 0.52 * r[1], -0.05 * r[2]]),
                ],
            ),
            5,
        );
        scene.add(Part::new(tube(&line, |f| own * (4.0 + 3.0 * f))).layer(fluid));
    }
    let third =
        Shape::capsule(add(c, [0.0, -0.06 * r[1], -0.10 * r[2]]), add(c, [0.0, 0.10 * r[1], -0.16 * r[2]]), 2.0, 2.0);
    scene.add(Part::one(third).layer(fluid));
    let fourth = Shape::ellipsoid(add(c, [0.0, 0.36 * r[1], -0.66 * r[2]]), [5.5, 3.2, 8.0]);
    scene.add(Part::one(fourth).layer(fluid));
}

/// Paints the brainstem, which goes on into the cord: skull and spine come before.
pub(crate) fn paint_brainstem(body: &Body, scene: &mut Scene) {
    let (c, r) = (body.brain, body.brain_r);
    let size = (r[0] * r[1] * r[2]).cbrt() / 66.0;
    let foramen = body.foramen();
    let midbrain = add(c, [0.0, 0.10 * r[1], -0.34 * r[2]]);
    let pons = add(c, [0.0, 0.10 * r[1], -0.62 * r[2]]);
    let cistern = Shape::ellipsoid(mix(pons, midbrain, 0.4), [19.0 * size, 17.0 * size, 24.0 * size]);
    scene.add(Part::one(cistern).layer(Layer::stain(0.0, Material::Flat(14.0)).within(BRAIN).clearing(BRAIN)));
    let shapes = [
        Shape::capsule(midbrain, pons, 13.0 * size, 11.5 * size),
        Shape::ellipsoid(add(pons, [0.0, -2.0 * size, 0.0]), [15.5 * size, 12.5 * size, 13.5 * size]),
        Shape::capsule(pons, add(foramen, [0.0, 0.0, -1.0]), 10.0 * size, 5.5 * size),
    ];
    scene.add(Part::new(shapes).blend(4.0).layer(Layer::solid(0.0, body.tissue.brain, BRAINSTEM)));
}

fn paint_face(body: &Body, face: &Face, scene: &mut Scene, draw: &mut crate::random::Draw) {
    let s = body.scale.sqrt();
    let (eye, er) = (face.eye, face.eye_r);
    let r = body.brain_r;
    let mut bones = Vec::new();
    for side in [1.0, -1.0] {
        // Rim of the orbit, cheek bone and its arch.
        let rim = |a: f32| {
            [
                side * (eye[0] + a.cos() * (er + 5.0)),
                eye[1] - 3.0 + 6.0 * a.cos().max(0.0),
                eye[2] + a.sin() * (er + 5.0),
            ]
        };
        let ring: Vec<V3> = (0..=12).map(|i| rim(i as f32 / 12.0 * std::f32::consts::TAU)).collect();
        bones.extend(tube(&ring, |_| 3.0 * s));
        let cheek = [side * (eye[0] + er + 3.0), eye[1] + 2.0, eye[2] - er - 6.0];
        let arch_end = [side * 0.93 * r[0], face.jaw[1] - 3.0, eye[2] - 0.55 * er];
        let arch_mid = [side * (0.90 * r[0] + 2.0), 0.5 * (cheek[1] + arch_end[1]), eye[2] - 0.9 * er];
        bones.extend(tube(&spline(&[cheek, arch_mid, arch_end], 4), |_| 3.2 * s));
        bones.push(Shape::capsule(
            cheek,
            [side * 0.5 * eye[0], face.teeth_y + 7.0, face.mouth[2] + 15.0 * s],
            4.0 * s,
            5.0 * s,
        ));
    }
    // The upper jaw carries the palate and holds the upper teeth.
    let arch = mouth_arch(body, face, 0.0);
    bones.extend(tube(&arch.iter().map(|p| add(*p, [0.0, 2.0, 11.0 * s])).collect::<Vec<_>>(), |_| 5.0 * s));
    bones.push(Shape::ellipsoid(add(face.mouth, [0.0, -4.0, 15.0 * s]), [17.0 * s, 19.0 * s, 2.6]));
    bones.push(Shape::capsule(
        [0.0, face.teeth_y + 1.0, eye[2] - er - 2.0],
        [0.0, face.teeth_y + 3.0, eye[2] + 4.0],
        4.5,
        3.5,
    ));
    scene.add(bone(body, bones, 1.3, CTV1).blend(2.0));
    // Air: nose, maxillary sinuses, ethmoid cells, throat.
    let air = Material::Flat(-980.0);
    let nose_mid = [0.0, 0.5 * (face.teeth_y + face.throat_y) - 2.0, eye[2] - 1.35 * er];
    for side in [1.0, -1.0] {
        let meatus = Shape::ellipsoid(add(nose_mid, [side * 5.0 * s, -3.0, 0.0]), [2.6 * s, 25.0 * s, 11.0 * s]);
        scene.add(Part::one(meatus).layer(Layer::solid(0.0, air, AIRWAY)));
        let grown = by_age(body.growth.age, &[(2.0, 0.5), (6.0, 0.75), (14.0, 1.0)]) * draw.bell(1.0, 0.06);
        let sinus = Shape::ellipsoid(
            [side * (eye[0] - 1.0), eye[1] + 14.0, eye[2] - er - 3.0 - 11.0 * grown],
            [11.0 * grown, 14.0 * grown, 12.0 * grown],
        );
        let filling =
            if draw.chance(0.25) { Material::Level { air: -960.0, fluid: 25.0, y: eye[1] + 15.0 } } else { air };
        scene.add(
            Part::one(sinus)
                .layer(Layer::solid(1.4, body.tissue.cortical, CTV1))
                .layer(Layer::solid(0.0, filling, AIRWAY)),
        );
        let ethmoid = Shape::ellipsoid([side * 5.0 * s, eye[1] + 12.0, eye[2] - 3.0], [4.5 * s, 15.0 * s, 9.0 * s]);
        scene.add(Part::one(ethmoid).layer(Layer::solid(
            0.0,
            Material::Mottled { hu: -450.0, depth: 700.0, size: 5.0 },
            AIRWAY,
        )));
    }
    let septum = Shape::ellipsoid(nose_mid, [1.2, 26.0 * s, 13.0 * s]);
    scene.add(Part::one(septum).layer(Layer::stain(0.0, Material::Flat(180.0))));
}

fn paint_eyes(body: &Body, face: &Face, scene: &mut Scene, draw: &mut crate::random::Draw) {
    let t = &body.tissue;
    let vitreous = draw.bell(12.0, 4.0);
    let lens_hu = draw.bell(85.0, 12.0);
    for (at, side) in [1.0, -1.0].into_iter().enumerate() {
        let r = face.eye_r;
        let c = [side * face.eye[0], face.eye[1], face.eye[2] + draw.bell(0.0, 0.7)];
        let apex = [side * 0.45 * face.eye[0], c[1] + 3.1 * r, c[2]];
        scene.add(
            Part::new([Shape::sphere(c, r + 4.5), Shape::capsule(c, apex, r + 3.0, 4.0)])
                .layer(Layer::solid(0.0, t.fat, 0)),
        );
        // Lids in front of the eye.
        scene.add(
            Part::one(Shape::ellipsoid(add(c, [0.0, -0.78 * r, 0.0]), [r + 3.0, 0.42 * r, r]))
                .layer(Layer::solid(0.0, t.skin, BODY)),
        );
        for (dx, dz) in [(0.85, 0.0), (-0.85, 0.0), (0.0, 0.85), (0.0, -0.85)] {
            let on = [c[0] + dx * (r + 1.0), c[1] + 0.5 * r, c[2] + dz * (r + 1.0)];
            scene.add(Part::one(Shape::capsule(on, apex, 1.7, 1.5)).layer(Layer::solid(0.0, t.muscle, 0)));
        }
        scene.add(Part::one(Shape::capsule(add(c, [0.0, r, 0.0]), apex, 2.2, 2.2)).layer(Layer::solid(
            0.0,
            Material::Flat(32.0),
            0,
        )));
        scene.add(
            Part::one(Shape::ellipsoid(c, [r, r * draw.bell(1.01, 0.015), r]))
                .layer(Layer::solid(0.0, Material::Flat(48.0), EYE[at]))
                .layer(Layer::stain(-1.2, Material::Flat(vitreous))),
        );
        let gaze = draw.bell(0.0, 7.0);
        let lens = add(c, [-(gaze.to_radians().sin()) * 0.55 * r, -0.58 * r, draw.bell(0.0, 0.4)]);
        let shape = Shape::tilted(lens, [4.7, 2.7, 4.9], rotation(0.0, 0.0, gaze));
        scene.add(
            Part::one(shape)
                .layer(Layer::stain(0.0, Material::Flat(lens_hu)).clearing(0))
                .layer(Layer::mark(0.0, LENS[at])),
        );
    }
}

/// Where the roots of the teeth stand: from the left molars round the front to the right ones.
fn mouth_arch(body: &Body, face: &Face, dz: f32) -> Vec<V3> {
    let half = 0.165 * body.growth.head_breadth;
    let depth = 0.62 * (face.mouth[1] - face.teeth_y) + 0.34 * (face.throat_y - face.teeth_y);
    (0..=16)
        .map(|i| {
            let a = (i as f32 / 8.0 - 1.0) * 1.35;
            [half * a.sin(), face.teeth_y + 6.0 + depth * (1.0 - a.cos()), face.mouth[2] + dz]
        })
        .collect()
}

fn paint_mouth(body: &Body, face: &Face, scene: &mut Scene, draw: &mut crate::random::Draw) {
    let t = &body.tissue;
    let s = body.scale.sqrt();
    let half = 0.165 * body.growth.head_breadth;
    // Lower jaw: joint, branch, angle, body, chin.
    let (jaw, r) = (face.jaw, body.brain_r);
    let chin = [0.0, face.teeth_y + 4.0, body.chin_z + 9.0];
    let joint = [0.72 * r[0], jaw[1] + 1.0, face.eye[2] - 1.2 * face.eye_r];
    let left = [
        joint,
        [jaw[0] + 2.0, jaw[1] - 4.0, jaw[2] + 10.0],
        jaw,
        [0.66 * jaw[0], mix(jaw, chin, 0.55)[1], mix(jaw, chin, 0.5)[2]],
    ];
    let mut line: Vec<V3> = left.to_vec();
    line.push([0.26 * jaw[0], chin[1] + 2.0, chin[2]]);
    line.push([-0.26 * jaw[0], chin[1] + 2.0, chin[2]]);
    line.extend(left.iter().rev().map(|p| [-p[0], p[1], p[2]]));
    let shapes = tube(&spline(&line, 4), |_| 4.6 * s).into_iter().map(|c| match c {
        Shape::Capsule { a, b, ra, rb, .. } => Shape::Capsule { a, b, ra, rb, z_scale: 0.72 },
        other => other,
    });
    scene.add(bone(body, shapes.collect(), 1.6, CTV1));
    // The mouth: tongue and floor, with some air under the palate.
    let cavity = Shape::ellipsoid(
        add(face.mouth, [0.0, 1.0, 1.5]),
        [0.92 * half, 0.46 * (face.throat_y - face.teeth_y), 15.0 * s],
    );
    scene.add(Part::one(cavity).layer(Layer::solid(0.0, t.muscle, CAVITY_ORAL)));
    let septum = Shape::ellipsoid(face.mouth, [1.5, 0.3 * (face.throat_y - face.teeth_y), 8.0 * s]);
    scene.add(Part::one(septum).layer(Layer::stain(0.0, Material::Flat(0.0)).within(CAVITY_ORAL)));
    if draw.chance(0.7) {
        let gap = Shape::ellipsoid(
            add(face.mouth, [0.0, draw.bell(-2.0, 3.0), 12.0 * s]),
            [0.62 * half, 13.0 * s, draw.uniform(1.5, 3.5)],
        );
        scene.add(Part::one(gap).layer(Layer::stain(0.0, Material::Flat(-900.0)).within(CAVITY_ORAL)));
    }
    for dz in [5.0 * s, -5.0 * s] {
        let arch = mouth_arch(body, face, dz);
        let teeth: Vec<Shape> = arch
            .windows(2)
            .filter(|_| draw.chance(0.93))
            .map(|w| {
                let m = mix(w[0], w[1], 0.5);
                Shape::capsule(add(m, [0.0, 0.0, -2.5]), add(m, [0.0, 0.0, 2.5]), 2.9 * s, 2.9 * s)
            })
            .collect();
        scene.add(Part::new(teeth).layer(Layer::solid(0.0, Material::Flat(1900.0), 0)));
    }
}

fn paint_glands(body: &Body, face: &Face, scene: &mut Scene, draw: &mut crate::random::Draw) {
    let t = &body.tissue;
    let size = by_age(body.growth.age, &[(2.0, 0.74), (6.0, 0.86), (17.0, 1.12)]);
    for (at, side) in [1.0, -1.0].into_iter().enumerate() {
        let own = size * draw.bell(1.0, 0.05);
        // Behind and over the jaw's branch, below the ear.
        let middle = [side * (face.jaw[0] + 5.5), face.jaw[1] + 8.0, face.jaw[2] + 0.09 * body.growth.head_height];
        let deep = add(middle, [-side * 7.0 * own, 3.0, -2.0]);
        let front = add(middle, [side * 2.0, -13.0 * own, 2.0]);
        let shapes = [
            Shape::ellipsoid(middle, [8.5 * own, 13.0 * own, 22.0 * own]),
            Shape::ellipsoid(deep, [8.0 * own, 9.0 * own, 14.0 * own]),
            Shape::ellipsoid(front, [4.5 * own, 11.0 * own, 12.0 * own]),
        ];
        let gland = Material::Mottled { hu: t.parotid, depth: 15.0, size: 6.0 };
        let jawbone = Shape::capsule(
            [side * 0.72 * body.brain_r[0], face.jaw[1] + 1.0, face.eye[2] - 1.2 * face.eye_r],
            [side * face.jaw[0], face.jaw[1], face.jaw[2]],
            5.5,
            5.5,
        );
        scene.add(Part::new(shapes).blend(4.0).minus(jawbone).layer(Layer::solid(0.0, gland, PAROTID[at])));
        let submandibular = Shape::ellipsoid(
            [side * 0.62 * face.jaw[0], mix(face.mouth, face.jaw, 0.45)[1], body.chin_z + 3.0],
            [6.5 * own, 11.0 * own, 8.0 * own],
        );
        scene.add(Part::one(submandibular).layer(Layer::solid(0.0, Material::Flat(t.parotid.max(20.0) + 20.0), 0)));
    }
}
