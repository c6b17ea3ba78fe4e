//! Arms and legs: skin, muscle, and bones.

use crate::{
    growth::by_age,
    landmarks::Body,
    paint::{Layer, Material, Part, Scene},
    random::Concern,
    shape::{Shape, V3, mix, spline, tube},
    skeleton::bone,
    structures::{BODY, CTV1, CTV2},
};

/// Where one arm lies.
struct Arm {
    shoulder: V3,
    elbow: V3,
    wrist: V3,
    knuckles: V3,
    /// Radius of the upper arm's outside.
    girth: f32,
}

fn arm(body: &Body, side: f32) -> Arm {
    let mut draw =
        crate::random::Draw::numbered(body.seed, body.case, Concern::Skeleton, if side > 0.0 { 11 } else { 12 });
    let h = body.growth.height;
    let shoulder = body.shoulder(side);
    let girth = by_age(body.growth.age, &[(2.0, 25.0), (5.0, 27.0), (10.0, 32.0), (17.0, 43.0)])
        * (0.3 + 0.7 * body.growth.girth);
    let upper = h * by_age(body.growth.age, &[(2.0, 0.165), (17.0, 0.185)]);
    let fore = h * by_age(body.growth.age, &[(2.0, 0.128), (17.0, 0.145)]);
    // Clear of chest and hip, but inside the field of view: a tall child's arms are strapped close.
    let clear = |trunk: f32, r: f32| (trunk + r + 2.0).min(240.0 - r);
    let elbow_x = clear(body.waist_x.max(0.93 * body.chest_x) + draw.uniform(0.0, 6.0), 0.9 * girth);
    let wrist_x = clear(body.hip_x + draw.uniform(0.0, 6.0), 0.7 * girth);
    let elbow = [side * elbow_x, 0.42 * body.chest_y + draw.bell(0.0, 4.0), shoulder[2] - upper];
    let wrist = [side * wrist_x, 0.25 * body.chest_y + draw.bell(0.0, 6.0), elbow[2] - fore];
    let knuckles = [side * (wrist_x - 3.0), wrist[1] + 4.0, wrist[2] - 0.055 * h];
    Arm { shoulder, elbow, wrist, knuckles, girth }
}

/// The outlines of arms and legs.
fn outlines(body: &Body) -> Vec<Vec<Shape>> {
    let mut parts = Vec::new();
    for side in [1.0, -1.0] {
        let a = arm(body, side);
        let r = a.girth;
        let deltoid = [a.shoulder[0] + side * 0.12 * r, a.shoulder[1], a.shoulder[2] - 2.0];
        let upper = mix(a.shoulder, a.elbow, 0.45);
        let middle = mix(a.elbow, a.wrist, 0.3);
        parts.push(vec![
            Shape::capsule(deltoid, upper, (1.15 * r).max(1.25 * body.humeral_head_r() + body.fat), 1.02 * r),
            Shape::capsule(upper, a.elbow, 1.02 * r, 0.84 * r),
            Shape::capsule(a.elbow, middle, 0.84 * r, 0.86 * r),
            Shape::capsule(middle, a.wrist, 0.86 * r, 0.58 * r),
            Shape::tilted(
                mix(a.wrist, a.knuckles, 0.5),
                [0.34 * r + 3.0, 0.75 * r, 0.036 * body.growth.height],
                crate::shape::rotation(0.0, 0.0, 0.0),
            ),
            Shape::tilted(
                mix(a.wrist, a.knuckles, 1.35),
                [0.30 * r + 2.0, 0.65 * r, 0.038 * body.growth.height],
                crate::shape::rotation(0.0, 0.0, 0.0),
            ),
        ]);
        let hip = body.hip(side);
        let knee = body.knee(side);
        let (thigh, calf, knee_r) = leg_girth(body);
        let top = [side * 0.50 * body.hip_x, 0.16 * body.chest_y, hip[2]];
        let middle = mix(top, knee, 0.45);
        let shin = [knee[0], knee[1] + 4.0, knee[2] - 0.09 * body.growth.height];
        let ankle = [knee[0], knee[1] + 2.0, knee[2] - 0.2 * body.growth.height];
        parts.push(vec![
            Shape::capsule(top, middle, thigh, 0.92 * thigh),
            Shape::capsule(middle, knee, 0.92 * thigh, knee_r),
            Shape::capsule(knee, shin, knee_r, calf),
            Shape::capsule(shin, ankle, calf, 0.7 * calf),
        ]);
    }
    parts
}

fn leg_girth(body: &Body) -> (f32, f32, f32) {
    let g = 0.25 + 0.75 * body.growth.girth;
    let age = body.growth.age;
    let thigh = by_age(age, &[(2.0, 43.0), (5.0, 50.0), (10.0, 65.0), (17.0, 82.0)]) * g;
    let calf = by_age(age, &[(2.0, 31.0), (5.0, 36.0), (10.0, 45.0), (17.0, 55.0)]) * g;
    let knee = by_age(age, &[(2.0, 33.0), (5.0, 37.0), (10.0, 46.0), (17.0, 55.0)]) * g;
    (thigh.min(0.5 * body.hip_x), calf, knee)
}

/// Skin and fat of the limbs.
pub(crate) fn paint_skin(body: &Body, scene: &mut Scene) {
    for shapes in outlines(body) {
        let t = &body.tissue;
        scene.add(
            Part::new(shapes).blend(8.0).layer(Layer::solid(0.0, t.skin, BODY)).layer(Layer::solid(-1.5, t.fat, BODY)),
        );
    }
}

/// Muscle of the limbs, with the fat between its bellies.
pub(crate) fn paint_muscle(body: &Body, scene: &mut Scene) {
    for shapes in outlines(body) {
        let depth = 1.5 + 0.6 * body.fat;
        scene.add(Part::new(shapes).blend(8.0).layer(Layer::solid(-depth, body.tissue.muscle, BODY)));
    }
    let mut draw = body.draw(Concern::Skeleton);
    for side in [1.0, -1.0] {
        let (top, knee) = (body.hip(side), body.knee(side));
        let (thigh, ..) = leg_girth(body);
        for _ in 0..4 {
            // Septa between muscles, and the vessels that run in them.
            let angle = draw.uniform(0.0, std::f32::consts::TAU);
            let off = |f: f32| [angle.cos() * f * thigh, angle.sin() * f * thigh, 0.0];
            let line = [crate::shape::add(mix(top, knee, 0.25), off(0.55)), crate::shape::add(knee, off(0.25))];
            scene.add(
                Part::one(Shape::capsule(line[0], line[1], 4.0, 3.0))
                    .layer(Layer::stain(0.0, body.tissue.fat).within(BODY)),
            );
            scene.add(
                Part::one(Shape::capsule(line[0], line[1], 2.2, 1.8))
                    .layer(Layer::stain(0.0, Material::Flat(body.tissue.blood))),
            );
        }
    }
}

/// Bones of the arms and legs. `knee_stop` is the height of the scan above which marrow is a target.
pub(crate) fn paint_bones(body: &Body, scene: &mut Scene, knee_stop: f32) {
    let s = body.scale;
    let t = &body.tissue;
    for side in [1.0, -1.0] {
        let a = arm(body, side);
        let r = body.humeral_head_r();
        let shaft = spline(&[a.shoulder, mix(a.shoulder, a.elbow, 0.2), mix(a.shoulder, a.elbow, 0.6), a.elbow], 6);
        let slim = 0.43 * r + 1.0;
        let humerus = tube(&shaft, |f| if f < 0.3 { r * 0.78 + (slim - 0.78 * r) * f / 0.3 } else { slim });
        scene.add(long_bone(body, humerus, 0.42 * slim, CTV2, f32::MIN));
        let condyles = Shape::capsule(
            [a.elbow[0] - 0.75 * r, a.elbow[1], a.elbow[2] + 3.0],
            [a.elbow[0] + 0.75 * r, a.elbow[1], a.elbow[2] + 3.0],
            0.45 * r,
            0.45 * r,
        );
        scene.add(bone(body, vec![condyles], 1.2, CTV2));
        for (offset, thick) in [(0.42, 0.30), (-0.42, 0.28)] {
            let from = [a.elbow[0] + 0.6 * offset * r, a.elbow[1] - offset * r * 0.6, a.elbow[2] - 2.0];
            let to = [a.wrist[0] + 0.3 * offset * r, a.wrist[1] - offset * r, a.wrist[2]];
            scene.add(long_bone(body, tube(&[from, mix(from, to, 0.5), to], |_| thick * r + 1.0), 1.8, CTV2, f32::MIN));
        }
        for finger in 0..4 {
            let y = (finger as f32 - 1.5) * 0.28 * a.girth;
            let root = [a.wrist[0], a.wrist[1] + 0.6 * y, a.wrist[2] - 8.0 * s];
            let mid = [a.knuckles[0], a.knuckles[1] + y, a.knuckles[2]];
            let tip = [a.knuckles[0], a.knuckles[1] + y, a.knuckles[2] - 0.05 * body.growth.height];
            scene.add(bone(body, tube(&[root, mid, tip], |f| (2.6 - f) * (0.5 + 0.6 * s)), 1.2, CTV2));
        }
        let head = Part::one(Shape::sphere(a.shoulder, r));
        scene.add(head.layer(Layer::solid(0.0, t.cortical, CTV1)).layer(Layer::stain(-1.3, t.marrow)));
        paint_leg(body, scene, side, knee_stop);
    }
}

fn paint_leg(body: &Body, scene: &mut Scene, side: f32, knee_stop: f32) {
    let t = &body.tissue;
    let r = body.femoral_head_r();
    let (hip, knee) = (body.hip(side), body.knee(side));
    let trochanter = [hip[0] + side * 1.75 * r, hip[1] + 0.35 * r, hip[2] - 0.75 * r];
    let top = [hip[0] + side * 1.45 * r, hip[1] + 0.2 * r, hip[2] - 1.7 * r];
    // The shaft bows forward.
    let bow = |p: V3| [p[0], p[1] - 0.25 * r, p[2]];
    let line =
        [top, bow(mix(top, knee, 0.35)), bow(mix(top, knee, 0.65)), [knee[0], knee[1] - 0.1 * r, knee[2] + 0.6 * r]];
    let slim = 0.56 * r;
    let flare = |f: f32| {
        if f > 0.75 {
            slim + (1.0 * r - slim) * ((f - 0.75) / 0.25).powi(2)
        } else if f < 0.12 {
            slim * 1.25
        } else {
            slim
        }
    };
    scene.add(long_bone(body, tube(&spline(&line, 9), flare), 0.40 * slim, CTV2, knee_stop));
    let neck = Shape::capsule(hip, top, 0.66 * r, 0.72 * r);
    let greater = Shape::capsule(trochanter, top, 0.55 * r, 0.7 * r);
    let lesser = Shape::sphere([top[0] - side * 0.55 * r, top[1] + 0.35 * r, top[2] - 0.4 * r], 0.42 * r);
    scene.add(bone(body, vec![neck, greater, lesser], 1.6, CTV2).blend(4.0));
    for x in [0.55, -0.55] {
        let condyle =
            Shape::ellipsoid([knee[0] + x * r, knee[1] + 0.25 * r, knee[2] + 0.55 * r], [0.62 * r, 1.15 * r, 0.72 * r]);
        scene.add(
            Part::one(condyle)
                .layer(Layer::solid(0.0, t.cortical, CTV2).set_above(knee_stop))
                .layer(Layer::stain(-1.2, t.marrow)),
        );
    }
    let patella = Shape::ellipsoid([knee[0], knee[1] - 1.55 * r, knee[2] + 0.7 * r], [0.75 * r, 0.32 * r, 0.8 * r]);
    scene.add(bone(body, vec![patella], 1.2, 0));
    let shin = body.growth.height * 0.2;
    let plateau = [knee[0], knee[1] + 0.1 * r, knee[2] - 0.55 * r];
    let tibia =
        [plateau, [knee[0], knee[1] - 0.25 * r, knee[2] - 1.6 * r], [knee[0], knee[1] - 0.2 * r, knee[2] - shin]];
    let wide = |f: f32| r * if f < 0.35 { 1.15 - 1.4 * f } else { 0.64 };
    scene.add(long_bone(body, tube(&spline(&tibia, 6), wide), 0.28 * r, 0, f32::MIN));
    let fibula = |z: f32| [knee[0] + side * 1.15 * r, knee[1] + 0.9 * r, z];
    scene.add(long_bone(
        body,
        tube(&[fibula(knee[2] - 1.0 * r), fibula(knee[2] - shin)], |_| 0.28 * r + 1.0),
        1.8,
        0,
        f32::MIN,
    ));
    // The growth plates above and below the joint are cartilage until they close.
    if body.growth.age < 15.5 {
        for z in [knee[2] + 1.35 * r, knee[2] - 1.2 * r] {
            let plate = Shape::Rounded { centre: [knee[0], knee[1], z], radii: [1.3 * r, 1.1 * r, 1.4], axes: None };
            scene.add(Part::one(plate).layer(Layer::stain(0.0, Material::Flat(160.0)).within(CTV2)));
        }
    }
    let shell = Part::one(Shape::sphere(hip, r));
    scene.add(shell.layer(Layer::solid(0.0, t.cortical, CTV1)).layer(Layer::stain(-1.4, t.marrow)));
}

/// A long bone: thick cortex around fatty marrow.
fn long_bone(body: &Body, shapes: Vec<Shape>, cortex: f32, set: u32, set_above: f32) -> Part {
    let fatty = Material::Flat(by_age(body.growth.age, &[(2.0, 90.0), (17.0, 10.0)]));
    Part::new(shapes)
        .layer(Layer::solid(0.0, body.tissue.cortical, set).set_above(set_above))
        .layer(Layer::stain(-cortex, fatty))
}
