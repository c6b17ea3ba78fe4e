//! Spine, ribs, breastbone, collarbones and shoulder blades.

use crate::{
    growth::by_age,
    landmarks::Body,
    paint::{Layer, Material, Part, Scene},
    random::Concern,
    shape::{Shape, V3, add, on_side, rotation, section_at, spline, tube},
    structures::CTV1,
};

/// A bone: cortex of this thickness (mm) around marrow.
pub(crate) fn bone(body: &Body, shapes: Vec<Shape>, cortex: f32, set: u32) -> Part {
    let t = &body.tissue;
    Part::new(shapes).layer(Layer::solid(0.0, t.cortical, set)).layer(Layer::stain(-cortex, t.marrow))
}

/// One vertebra: middle and half height of its body, half breadth.
pub(crate) struct Vertebra {
    pub(crate) centre: V3,
    pub(crate) half_height: f32,
    pub(crate) half_breadth: f32,
    pub(crate) kind: Kind,
    /// 0 at the top of its kind.
    pub(crate) number: usize,
}

/// Region of the spine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Cervical,
    Thoracic,
    Lumbar,
}

/// All vertebrae from C1 down to L5.
pub(crate) fn vertebrae(body: &Body) -> Vec<Vertebra> {
    let mut list = Vec::new();
    let (bottom, t12, c7, top) = (body.z(0.29), body.z(0.555), body.z(1.03), body.foramen()[2] - 2.0);
    let lumbar_r = by_age(body.growth.age, &[(2.0, 13.5), (5.0, 16.0), (10.0, 20.0), (17.0, 25.0)]);
    let mut stretch = |low: f32, high: f32, count: usize, kind: Kind, breadth: (f32, f32)| {
        let step = (high - low) / count as f32;
        for n in 0..count {
            let z = high - (n as f32 + 0.5) * step;
            let f = n as f32 / (count - 1) as f32;
            list.push(Vertebra {
                centre: body.spine(z),
                half_height: 0.5 * step,
                half_breadth: lumbar_r * (breadth.0 + (breadth.1 - breadth.0) * f),
                kind,
                number: n,
            });
        }
    };
    stretch(c7, top, 7, Kind::Cervical, (0.62, 0.66));
    stretch(t12, c7, 12, Kind::Thoracic, (0.62, 0.88));
    stretch(bottom, t12, 5, Kind::Lumbar, (0.92, 1.06));
    list
}

/// Radius of the spinal canal; wide in children early on.
fn canal_r(body: &Body) -> f32 {
    by_age(body.growth.age, &[(2.0, 7.5), (6.0, 8.5), (17.0, 9.5)])
}

/// Paints ribs, breastbone, collarbones and shoulder blades; the spine comes with [`paint_spine`].
pub(crate) fn paint_cage(body: &Body, scene: &mut Scene) {
    let mut draw = body.draw(Concern::Skeleton);
    let thorax = body.thorax();
    let spine = vertebrae(body);
    let radius = 2.6 + 1.5 * body.scale;
    let sternum_top = body.z(0.985);
    let sternum_bottom = body.z(0.985 - by_age(body.growth.age, &[(2.0, 0.27), (17.0, 0.31)]));
    let pitch = draw.bell(1.0, 0.1);
    for vertebra in spine.iter().filter(|v| v.kind == Kind::Thoracic) {
        let n = vertebra.number as f32;
        // Ribs fall towards the front, the lower ones more; the last two end in the flank.
        let fall =
            pitch * body.trunk() * by_age(n, &[(0.0, 0.06), (3.0, 0.13), (7.0, 0.17), (9.0, 0.16), (11.0, 0.09)]);
        let end = by_age(n, &[(0.0, 128.0), (4.0, 132.0), (7.0, 122.0), (9.0, 104.0), (10.0, 80.0), (11.0, 58.0)]);
        for side in [1.0, -1.0] {
            let own_fall = fall * draw.bell(1.0, 0.04);
            let mut points = vec![add(
                vertebra.centre,
                [side * 0.8 * vertebra.half_breadth, 0.55 * vertebra.half_breadth, 0.4 * vertebra.half_height],
            )];
            let mut cartilage = Vec::new();
            let steps = 22;
            for step in 0..=steps {
                let degrees = 24.0 + (172.0 - 24.0) * step as f32 / steps as f32;
                let along = (degrees - 24.0) / 130.0;
                let z = vertebra.centre[2] + 2.0 - own_fall * (along * std::f32::consts::FRAC_PI_2).sin().powf(1.3);
                let s = section_at(&thorax, z);
                let (sin, cos) = degrees.to_radians().sin_cos();
                let out = radius + 0.8;
                let ry = if cos > 0.0 { s.ry[1] } else { s.ry[0] };
                let p = [side * (s.rx + out) * sin.powf(0.92), s.centre[1] + (ry + out) * cos, z];
                if degrees <= end {
                    points.push(p);
                } else if n < 6.5 {
                    if cartilage.is_empty() {
                        cartilage.push(points[points.len() - 1]);
                    }
                    // Cartilage climbs back to the breastbone.
                    let target = sternum_top - (n + 0.4) / 7.0 * (sternum_top - sternum_bottom);
                    let climb = ((degrees - end) / (172.0 - end)).clamp(0.0, 1.0);
                    cartilage.push([p[0], p[1], p[2] + (target - p[2]) * climb]);
                }
            }
            let tall = |shapes: Vec<Shape>| -> Vec<Shape> {
                shapes
                    .into_iter()
                    .map(|s| match s {
                        Shape::Capsule { a, b, ra, rb, .. } => Shape::Capsule { a, b, ra, rb, z_scale: 0.62 },
                        other => other,
                    })
                    .collect()
            };
            scene.add(bone(body, tall(tube(&points, |_| radius)), 1.0, CTV1));
            if cartilage.len() > 1 {
                scene.add(Part::new(tall(tube(&cartilage, |_| radius))).solid(body.tissue.cartilage, 0));
            }
        }
    }
    let front = |z: f32| {
        let s = section_at(&thorax, z);
        s.centre[1] - s.ry[0] - radius - 2.0
    };
    let half = 5.0 + 7.0 * body.scale;
    let through: Vec<V3> = (0..=6)
        .map(|i| sternum_top + (sternum_bottom - sternum_top) * i as f32 / 6.0)
        .map(|z| [0.0, front(z), z])
        .collect();
    let plates = through.windows(2).enumerate().map(|(i, w)| {
        let middle = crate::shape::mix(w[0], w[1], 0.5);
        let wide = if i == 0 { 1.45 } else { 0.9 };
        let tilt = rotation(((w[0][1] - w[1][1]) / (w[0][2] - w[1][2])).atan().to_degrees(), 0.0, 0.0);
        let long = 0.53 * (w[0][2] - w[1][2]);
        Shape::Rounded { centre: middle, radii: [half * wide, 3.0 + 1.8 * body.scale, long], axes: Some(tilt) }
    });
    scene.add(bone(body, plates.collect(), 1.0, CTV1));
    paint_girdle(body, scene);
}

fn paint_girdle(body: &Body, scene: &mut Scene) {
    let s = body.scale;
    for side in [1.0, -1.0] {
        let joint = body.shoulder(1.0);
        let r = body.humeral_head_r();
        let acromion = [joint[0] + 0.1 * r, joint[1] + 0.6 * r, joint[2] + 1.45 * r];
        let notch = section_at(&body.thorax(), body.z(0.985));
        let front = notch.centre[1] - notch.ry[0] - 6.0;
        let collar = spline(
            &on_side(
                side,
                &[
                    [6.0 + 6.0 * s, front - 2.0, body.z(0.99)],
                    [0.34 * acromion[0], front - 2.0 * s, body.z(1.0)],
                    [0.72 * acromion[0], 0.5 * (front + acromion[1]), body.z(1.01)],
                    [acromion[0], acromion[1] - 3.0, acromion[2]],
                ],
            ),
            8,
        );
        scene.add(bone(body, tube(&collar, |f| (3.0 + 2.2 * s) * if f < 0.15 { 1.35 } else { 1.0 }), 1.4, CTV1));
        // The blade lies on the back of the ribs, its plane turned towards the front at the side.
        let height = 0.25 * body.trunk();
        let wall = section_at(&body.thorax(), body.z(0.86));
        let (bx, by) = (0.70 * joint[0], wall.centre[1] + 0.80 * wall.ry[1] + 6.0 * s + 3.0);
        let axes = rotation(0.0, side * 8.0, side * -34.0);
        let blade = Shape::tilted([side * bx, by, body.z(0.86)], [0.26 * joint[0], 2.4 + 1.2 * s, 0.5 * height], axes);
        let glenoid = [joint[0] - 1.35 * r, joint[1] + 0.3 * r, joint[2]];
        let neck = Shape::capsule(
            [side * glenoid[0], glenoid[1], glenoid[2]],
            [side * bx, by - 1.0, body.z(0.91)],
            0.62 * r,
            3.0,
        );
        let ridge = tube(
            &on_side(
                side,
                &[[0.45 * joint[0], by + 6.0 * s, body.z(0.905)], [bx, by + 9.0 * s, body.z(0.93)], acromion],
            ),
            |_| 2.6 + 1.6 * s,
        );
        let coracoid = Shape::capsule(
            [side * glenoid[0], glenoid[1] - 2.0, glenoid[2] + 0.8 * r],
            [side * (joint[0] - 1.1 * r), joint[1] - 1.1 * r, joint[2] + 0.9 * r],
            2.6 + 1.8 * s,
            2.2 + 1.5 * s,
        );
        let mut shapes = vec![blade, neck, coracoid];
        shapes.extend(ridge);
        scene.add(bone(body, shapes, 1.2, CTV1).blend(2.0));
    }
}

/// Paints vertebrae, discs, sacrum-to-skull canal and cord.
pub(crate) fn paint_spine(body: &Body, scene: &mut Scene) {
    let canal = canal_r(body);
    let list = vertebrae(body);
    let outline = crate::skin::trunk(body);
    let mut canal_line = Vec::new();
    for v in &list {
        let (c, r, h) = (v.centre, v.half_breadth, v.half_height);
        let depth = if v.kind == Kind::Cervical { 0.72 * r } else { 0.78 * r };
        let disc =
            Shape::Rounded { centre: add(c, [0.0, 0.0, -h]), radii: [0.96 * r, 0.96 * depth, 0.42 * h], axes: None };
        scene.add(Part::one(disc).solid(body.tissue.cartilage, 0));
        let behind = depth + canal;
        canal_line.push(add(c, [0.0, behind - 0.5, 0.0]));
        let (spread, spine_long, spine_down) = match v.kind {
            Kind::Cervical => (1.35 * r + 4.0, 0.85 * canal + 0.7 * r, -0.4 * h),
            Kind::Thoracic => (1.6 * r, 1.1 * canal + 0.8 * r, -1.5 * h),
            Kind::Lumbar => (1.75 * r, 1.0 * canal + 0.85 * r, -0.5 * h),
        };
        let thick = 2.2 + 0.13 * r;
        let mut shapes = vec![Shape::Rounded { centre: c, radii: [r, depth, 0.80 * h], axes: None }];
        let crown = add(c, [0.0, behind + canal + 0.6 * thick, -0.3 * h]);
        for side in [1.0, -1.0] {
            let pedicle = add(c, [side * (canal + 0.5 * thick), 0.75 * depth, 0.25 * h]);
            let joint = add(c, [side * (canal + thick), behind + 0.2 * canal, 0.0]);
            shapes.push(Shape::capsule(pedicle, joint, 1.1 * thick, 1.2 * thick));
            shapes.push(Shape::capsule(
                add(joint, [0.0, 0.0, 0.6 * h]),
                add(joint, [0.0, 0.0, -0.7 * h]),
                1.0 * thick,
                1.0 * thick,
            ));
            shapes.push(Shape::capsule(joint, crown, thick, thick));
            let back = if v.kind == Kind::Thoracic { 0.9 * canal } else { -0.2 * canal };
            shapes.push(Shape::capsule(joint, add(c, [side * spread, behind + back, 0.2 * h]), thick, 0.8 * thick));
        }
        let mut tip = add(crown, [0.0, spine_long, spine_down]);
        // Never out of the back.
        let skin = section_at(&outline, tip[2]);
        tip[1] = tip[1].min(skin.centre[1] + skin.ry[1] - body.fat - 3.0 - thick).max(crown[1]);
        shapes.push(Shape::capsule(crown, tip, 0.9 * thick, 0.8 * thick));
        scene.add(bone(body, shapes, 0.9, CTV1).blend(1.5));
        if v.kind != Kind::Cervical {
            // The basivertebral vein and denser end plates.
            let plate = Shape::Rounded { centre: c, radii: [0.8 * r, 0.8 * depth, 0.35 * h], axes: None };
            scene.add(Part::one(plate).layer(Layer::stain(0.0, body.tissue.marrow)));
        }
    }
    let foramen = body.foramen();
    let mut line = vec![add(foramen, [0.0, 0.0, 6.0])];
    line.extend(canal_line);
    let sacral = body.spine(body.z(0.25));
    line.push(add(sacral, [0.0, 0.9 * canal + 3.0, 0.0]));
    line.push(add(body.spine(body.z(0.20)), [0.0, 0.8 * canal, 0.0]));
    let smooth = spline(&line, 3);
    let fluid = Material::Flat(14.0);
    scene.add(
        Part::new(tube(&smooth, |f| canal * if f > 0.92 { 0.6 } else { 0.92 })).layer(Layer::solid(0.0, fluid, 0)),
    );
    let cord_end = smooth.len() * 19 / 26;
    scene.add(Part::new(tube(&smooth[..cord_end], |_| 0.52 * canal)).layer(Layer::stain(0.0, Material::Flat(38.0))));
}
