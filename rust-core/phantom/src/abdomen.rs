//! Diaphragm, liver, stomach, spleen, kidneys, pancreas and bowel.

use crate::{
    growth::by_age,
    landmarks::Body,
    paint::{Layer, Material, Part, Scene},
    random::{Concern, Draw},
    shape::{Section, Shape, V3, add, mix, rotation, section_at, spline, tube},
    skin::{belly, domes},
    structures::{BAG_BOWEL, BOWEL_SMALL, COLON, KIDNEY, LIVER, SPLEEN, STOMACH},
    thorax::{Heart, stomach_entry},
};

/// Half breadth and depth of the belly's hollow below the ribs.
fn hollow(body: &Body) -> (f32, f32) {
    let wall = body.fat + 3.5 + 11.0 * body.scale;
    (body.chest_x - wall, body.chest_y - 0.6 * wall)
}

/// Paints the diaphragm and the fat under it; lungs come before, the heart after.
pub(crate) fn paint_diaphragm(body: &Body, scene: &mut Scene) {
    let t = &body.tissue;
    let [(rc, rr), (lc, lr)] = domes(body);
    let shapes =
        [Shape::ellipsoid(rc, rr), Shape::ellipsoid(lc, lr), Shape::Loft { sections: belly(body), power: 2.4 }];
    scene.add(Part::new(shapes).blend(8.0).layer(Layer::solid(2.5, t.muscle, 0)).layer(Layer::solid(0.0, t.fat, 0)));
    // Loin muscles beside the spine.
    for side in [1.0, -1.0] {
        let r = 0.10 * body.chest_x;
        let beside = |f: f32, x: f32| add(body.spine(body.z(f)), [side * x * body.chest_x, 2.0, 0.0]);
        let hip = body.hip(side);
        let line = spline(
            &[
                beside(0.54, 0.17),
                beside(0.44, 0.25),
                beside(0.34, 0.32),
                [0.80 * hip[0], -0.10 * body.chest_y, body.z(0.22)],
                [0.98 * hip[0], hip[1] - 22.0 * body.scale, hip[2]],
            ],
            5,
        );
        scene.add(
            Part::new(tube(&line, |f| r * (0.7 + 1.5 * f * (1.0 - f) + 0.2 * f))).layer(Layer::solid(0.0, t.muscle, 0)),
        );
        // The hip bone's inner muscle lines the pelvis.
        scene.add(
            Part::one(Shape::capsule(
                beside(0.20, 0.25),
                [0.85 * hip[0], hip[1] + 14.0 * body.scale, hip[2]],
                0.08 * body.hip_x,
                0.06 * body.hip_x,
            ))
            .layer(Layer::solid(0.0, t.muscle, 0)),
        );
    }
}

/// Paints everything in the belly, bowel first.
pub(crate) fn paint(body: &Body, scene: &mut Scene) {
    let mut draw = body.draw(Concern::Abdomen);
    paint_bag(body, scene);
    paint_bowel(body, scene);
    paint_stomach_and_spleen(body, scene, &mut draw);
    paint_liver(body, scene, &mut draw);
    paint_kidneys(body, scene, &mut draw);
}

/// The space in which the bowel lies, between the belly's front wall and what lies behind the peritoneum.
fn paint_bag(body: &Body, scene: &mut Scene) {
    let outer = belly(body);
    let sections: Vec<Section> = [0.175, 0.21, 0.26, 0.32, 0.38, 0.44, 0.485]
        .map(|f| {
            let s = section_at(&outer, body.z(f));
            let spine = body.spine(s.z)[1] - 0.20 * body.chest_x;
            let narrow = if (0.2..=0.47).contains(&f) { 1.0 } else { 0.7 };
            let back = (spine - s.centre[1] + 0.10 * body.chest_y).max(8.0);
            Section::new(s.z, s.centre[1], narrow * (s.rx - 2.0), s.ry[0] - 3.0, back)
        })
        .to_vec();
    scene.add(Part::one(Shape::Loft { sections, power: 2.6 }).layer(Layer::mark(0.0, BAG_BOWEL)));
}

fn paint_kidneys(body: &Body, scene: &mut Scene, draw: &mut Draw) {
    let t = &body.tissue;
    let half = 0.5 * by_age(body.growth.age, &[(2.0, 68.0), (5.0, 79.0), (10.0, 93.0), (17.0, 110.0)]);
    for (at, side) in [1.0, -1.0].into_iter().enumerate() {
        let long = half * draw.bell(1.0, 0.025);
        // The liver pushes the right one down.
        let spine = body.spine(body.z(if side > 0.0 { 0.515 } else { 0.485 } + draw.bell(0.0, 0.008)));
        let centre = add(spine, [side * (0.41 * body.chest_x + draw.bell(0.0, 2.0)), 0.06 * body.chest_y, 0.0]);
        let axes = rotation(8.0, side * -14.0, side * 35.0);
        let hilum = add(centre, [-side * 0.40 * long, -0.28 * long, 0.0]);
        let kidney = Part::one(Shape::tilted(centre, [0.53 * long, 0.48 * long, long], axes))
            .minus(Shape::tilted(hilum, [0.20 * long, 0.17 * long, 0.32 * long], axes))
            .layer(Layer::solid(0.0, Material::Flat(t.kidney), KIDNEY[at]))
            .layer(Layer::stain(
                -0.17 * long,
                Material::Flat(if t.contrast { t.kidney * 0.72 } else { t.kidney - 6.0 }),
            ));
        scene.add(kidney);
        let pelvis = Shape::tilted(mix(hilum, centre, 0.45), [0.22 * long, 0.13 * long, 0.40 * long], axes);
        let urine = if t.contrast && draw.chance(0.4) { 350.0 } else { -20.0 };
        scene.add(Part::one(pelvis).layer(Layer::stain(0.0, Material::Flat(urine)).within(KIDNEY[at])));
        let vessel = Shape::capsule(
            hilum,
            add(spine, [side * 6.0, -0.20 * body.chest_x, 3.0]),
            3.2 * body.scale + 1.0,
            3.0 * body.scale + 1.0,
        );
        scene.add(Part::one(vessel).layer(Layer::solid(0.0, Material::Flat(t.blood), 0)));
        let adrenal = Shape::tilted(
            add(centre, [-side * 0.35 * long, -0.1 * long, 1.02 * long]),
            [4.0, 9.0, 10.0],
            rotation(0.0, 0.0, side * 25.0),
        );
        scene.add(Part::one(adrenal).layer(Layer::solid(0.0, Material::Flat(40.0), 0)));
    }
}

/// The colon's course from the caecum to where the rectum begins.
fn colon_line(body: &Body, draw: &mut Draw) -> Vec<V3> {
    let outer = belly(body);
    let mut at = |x: f32, y: f32, f: f32| -> V3 {
        let z = body.z(f + draw.bell(0.0, 0.008));
        let s = section_at(&outer, z);
        let deep = if y < 0.0 { s.ry[0] } else { s.ry[1] };
        [(x + draw.bell(0.0, 0.03)) * s.rx, s.centre[1] + (y + draw.bell(0.0, 0.04)) * deep, z]
    };
    let sag = 0.03;
    let points = [
        at(-0.62, -0.15, 0.275),
        at(-0.70, 0.05, 0.34),
        at(-0.73, 0.15, 0.40),
        at(-0.72, 0.05, 0.455),
        at(-0.50, -0.45, 0.455),
        at(-0.20, -0.68, 0.43 - sag),
        at(0.22, -0.70, 0.43 - sag),
        at(0.55, -0.42, 0.475),
        at(0.76, 0.15, 0.535),
        at(0.78, 0.35, 0.46),
        at(0.77, 0.35, 0.38),
        at(0.74, 0.25, 0.30),
        at(0.52, -0.05, 0.245),
        at(0.10, -0.22, 0.26),
        at(-0.22, 0.05, 0.235),
    ];
    let mut line = points.to_vec();
    line.push(crate::pelvis::rectum_line(body)[0]);
    line
}

fn paint_bowel(body: &Body, scene: &mut Scene) {
    let t = &body.tissue;
    let mut draw = body.draw(Concern::Bowel);
    let wall = Material::Flat(t.bowel_wall);
    let r = by_age(body.growth.age, &[(2.0, 6.8), (6.0, 8.2), (10.0, 9.5), (17.0, 11.5)]);
    for stretch in loops(body, r, &mut draw) {
        let content = match draw.uniform(0.0, 1.0) {
            f if t.oral_contrast && f < 0.7 => {
                Material::Mottled { hu: draw.uniform(120.0, 260.0), depth: 40.0, size: 10.0 }
            }
            f if f > 0.9 => Material::Level { air: -850.0, fluid: 18.0, y: stretch[stretch.len() / 2][1] },
            _ => Material::Mottled { hu: draw.uniform(8.0, 38.0), depth: 10.0, size: 9.0 },
        };
        let thick = r * draw.uniform(0.88, 1.08);
        let squeezed = draw.uniform(0.0, 6.0);
        let radius = |f: f32| thick * (0.94 + 0.10 * (f * 23.0 + squeezed).sin());
        scene.add(
            Part::new(tube(&stretch, radius))
                .layer(Layer::solid(0.0, wall, BOWEL_SMALL))
                .layer(Layer::stain(-2.0, content)),
        );
    }
    let line = spline(&colon_line(body, &mut draw), 7);
    let girth = by_age(body.growth.age, &[(2.0, 12.0), (6.0, 14.0), (10.0, 16.5), (17.0, 20.0)]) * draw.bell(1.0, 0.08);
    let phase = draw.uniform(0.0, 6.0);
    let haustra = 15.0 + draw.uniform(0.0, 6.0);
    let radius = |f: f32| {
        let course = by_age(f, &[(0.0, 1.35), (0.2, 1.2), (0.5, 1.05), (0.7, 0.85), (1.0, 0.75)]);
        girth * course * (0.92 + 0.12 * (f * haustra * std::f32::consts::TAU + phase).sin())
    };
    let gas = draw.uniform(0.25, 0.7);
    let stool = Material::Stool { hu: if t.oral_contrast { 110.0 } else { draw.uniform(15.0, 50.0) }, gas };
    scene.add(Part::new(tube(&line, radius)).layer(Layer::solid(0.0, wall, COLON)).layer(Layer::stain(-1.8, stool)));
    // Gas collects in the transverse colon of a child on its back.
    if draw.chance(0.65) {
        let n = line.len();
        let (from, to) = (n * 5 / 16, n * 7 / 16);
        let front = line[from..to].iter().map(|p| p[1]).fold(f32::MAX, f32::min);
        let bubble = tube(&line[from..to], |_| 0.8 * girth);
        scene.add(Part::new(bubble).layer(
            Layer::stain(0.0, Material::Level { air: -900.0, fluid: 30.0, y: front + 0.3 * girth }).within(COLON),
        ));
    }
}

/// The point, pulled towards the middle until it is `gap` mm inside the outline.
fn within_wall(p: V3, outline: &[Section], gap: f32) -> V3 {
    let s = section_at(outline, p[2]);
    let (x, y) = (p[0] - s.centre[0], p[1] - s.centre[1]);
    let ry = s.ry[usize::from(y > 0.0)];
    let reach = ((x / (s.rx - gap).max(1.0)).powi(2) + (y / (ry - gap).max(1.0)).powi(2)).sqrt().max(1.0);
    [s.centre[0] + x / reach, s.centre[1] + y / reach, p[2]]
}

/// Loops of small bowel that fill the bag, as stretches of a curve through a jittered lattice.
fn loops(body: &Body, r: f32, draw: &mut Draw) -> Vec<Vec<V3>> {
    let outer = belly(body);
    let step = 1.8 * r;
    let (low, high) = (body.z(0.17), body.z(0.45));
    let layers = ((high - low) / step).floor().max(2.0) as usize;
    let mut line: Vec<V3> = Vec::new();
    for layer in 0..=layers {
        let z = low + (high - low) * layer as f32 / layers as f32;
        let s = section_at(&outer, z);
        let spine = body.spine(z)[1] - 0.24 * body.chest_x;
        let (rx, front) = (0.68 * s.rx, s.centre[1] - 0.80 * s.ry[0]);
        let rows = ((spine - front) / step).floor().max(1.0) as usize;
        let mut sheet: Vec<V3> = Vec::new();
        for row in 0..=rows {
            let y = front + (spine - front) * row as f32 / rows as f32;
            // Rows are shorter towards the front wall, as its curve asks.
            let u = ((y - s.centre[1]) / s.ry[0]).clamp(-0.95, 0.6);
            let half = rx * (1.0 - u * u).sqrt();
            let columns = (2.0 * half / (1.25 * step)).ceil().max(1.0) as usize;
            let mut strip: Vec<V3> = (0..=columns)
                .map(|c| {
                    let jitter: V3 = std::array::from_fn(|_| draw.bell(0.0, 0.16 * step));
                    // Up and down, to and fro: bowel meanders.
                    let (swing, sway) = if c % 2 == 0 { (0.5, -0.35) } else { (-0.5, 0.35) };
                    let own = [half * (2.0 * c as f32 / columns as f32 - 1.0), y + sway * step, z + swing * step];
                    within_wall(add(own, jitter), &outer, r + 2.0)
                })
                .collect();
            if row % 2 == 1 {
                strip.reverse();
            }
            sheet.extend(strip);
        }
        if layer % 2 == 1 {
            sheet.reverse();
        }
        line.extend(sheet);
    }
    let smooth = spline(&line, 3);
    let mut stretches = Vec::new();
    let mut start = 0;
    while start + 2 < smooth.len() {
        let end = (start + draw.uniform(12.0, 34.0) as usize).min(smooth.len() - 1);
        stretches.push(smooth[start..=end].to_vec());
        start = end;
    }
    stretches
}

fn paint_stomach_and_spleen(body: &Body, scene: &mut Scene, draw: &mut Draw) {
    let t = &body.tissue;
    let (x, y) = hollow(body);
    let trunk = body.trunk();
    let spleen = draw.bell(1.0, 0.07);
    let spleen_part = Part::one(Shape::tilted(
        [0.72 * x, 0.42 * y, body.z(0.578)],
        [0.19 * x * spleen, 0.44 * y * spleen, 0.088 * trunk * spleen],
        rotation(18.0, 8.0, -28.0),
    ))
    .minus(Shape::ellipsoid([0.46 * x, 0.22 * y, body.z(0.575)], [0.20 * x, 0.25 * y, 0.06 * trunk]));
    scene.add(spleen_part.layer(Layer::solid(0.0, Material::Mottled { hu: t.spleen, depth: 5.0, size: 12.0 }, SPLEEN)));
    let pancreas = spline(
        &[
            [-0.24 * x, 0.0, body.z(0.47)],
            [-0.05 * x, -0.12 * y, body.z(0.49)],
            [0.22 * x, 0.02 * y, body.z(0.51)],
            [0.50 * x, 0.30 * y, body.z(0.55)],
        ],
        5,
    );
    scene.add(Part::new(tube(&pancreas, |f| (0.095 - 0.04 * f) * x)).layer(Layer::solid(
        0.0,
        Material::Mottled { hu: t.pancreas, depth: 14.0, size: 5.0 },
        0,
    )));
    let full = draw.uniform(0.95, 1.35);
    let tone = draw.bell(0.0, 0.02);
    let line = spline(
        &[
            [0.40 * x, 0.20 * y, body.z(0.635)],
            [0.44 * x, 0.06 * y, body.z(0.585)],
            [0.42 * x, -0.28 * y, body.z(0.53 + tone)],
            [0.20 * x, -0.50 * y, body.z(0.485 + tone)],
            [-0.08 * x, -0.42 * y, body.z(0.478 + tone)],
            [-0.20 * x, -0.25 * y, body.z(0.50)],
        ],
        5,
    );
    let radius = |f: f32| full * x * by_age(f, &[(0.0, 0.25), (0.25, 0.27), (0.5, 0.23), (0.7, 0.165), (1.0, 0.09)]);
    let mut shapes = tube(&line, radius);
    shapes.push(Shape::capsule(stomach_entry(body), [0.40 * x, 0.08 * y, body.z(0.59)], 0.07 * x, 0.12 * x));
    let mut stomach = Part::new(shapes).blend(5.0);
    for shape in Heart::new(body).shapes(4.0) {
        stomach = stomach.minus(shape);
    }
    let fluid = if t.oral_contrast { draw.uniform(120.0, 220.0) } else { draw.uniform(5.0, 45.0) };
    let level = draw.uniform(-0.75, -0.05) * y;
    scene.add(
        stomach
            .layer(Layer::solid(0.0, Material::Flat(t.bowel_wall), STOMACH))
            .layer(Layer::stain(-3.0, Material::Level { air: -930.0, fluid, y: level })),
    );
}

fn paint_liver(body: &Body, scene: &mut Scene, draw: &mut Draw) {
    let t = &body.tissue;
    let (x, y) = hollow(body);
    let trunk = body.trunk();
    let [(centre, radii), _] = domes(body);
    let inset = 2.5;
    let long = draw.bell(1.0, 0.05);
    let right = Shape::ellipsoid(centre, [radii[0] - inset, radii[1] - inset, (radii[2] - inset) * long]);
    // Below the dome it fills the side of the belly, more so in the young.
    let fill = by_age(body.growth.age, &[(2.0, 1.0), (8.0, 0.94), (17.0, 0.80)]);
    let lower = Shape::Rounded {
        centre: add(centre, [0.0, 0.0, -0.20 * radii[2]]),
        radii: [0.97 * fill * radii[0], 0.92 * fill * radii[1], 0.68 * radii[2]],
        axes: None,
    };
    let left_tip = draw.uniform(0.42, 0.58);
    let left = Shape::tilted(
        [0.02 * x, -0.28 * y, body.z(0.595)],
        [left_tip * x, 0.44 * y, 0.088 * trunk],
        rotation(0.0, 14.0, 8.0),
    );
    let mut liver = Part::new([right, lower, left]).blend(10.0);
    // The lower surface rises from right to left and lies on kidney and bowel.
    let slope = draw.bell(0.0, 0.06);
    let foot = [
        -0.45 * x,
        0.0,
        body.z(by_age(body.growth.age, &[(2.0, 0.365), (8.0, 0.40), (17.0, 0.425)]) + draw.bell(0.0, 0.01)),
    ];
    let normal = [0.42 + slope, 0.20, -0.88];
    liver = liver.minus(Shape::ellipsoid([0.10 * x, 0.42 * y, body.z(0.53)], [0.36 * x, 0.36 * y, 0.12 * trunk]));
    liver = liver.and(Shape::HalfSpace { point: foot, normal });
    liver = liver.minus(Shape::tilted(
        add(body.spine(body.z(0.485)), [-0.42 * body.chest_x, 0.06 * body.chest_y, 0.0]),
        [0.22 * x, 0.22 * x, 0.10 * trunk],
        rotation(0.0, 14.0, 0.0),
    ));
    for shape in Heart::new(body).shapes(4.0) {
        liver = liver.minus(shape);
    }
    scene.add(liver.layer(Layer::solid(0.0, Material::Mottled { hu: t.liver, depth: 5.0, size: 14.0 }, LIVER)));
    // Hepatic and portal veins.
    let vein = Layer::stain(0.0, Material::Flat(if t.contrast { t.liver + 30.0 } else { t.blood - 4.0 })).within(LIVER);
    let cava = [-0.17 * x, 0.12 * y, body.z(0.655)];
    let porta = [-0.12 * x, 0.02 * y, body.z(0.535)];
    for root in [cava, porta] {
        for _ in 0..6 {
            let end = add(
                centre,
                [draw.bell(0.0, 0.4) * radii[0], draw.bell(0.0, 0.4) * radii[1], draw.bell(0.1, 0.35) * radii[2]],
            );
            scene.add(Part::one(Shape::capsule(root, end, 4.5 * body.scale, 1.2)).layer(vein));
        }
    }
    let bladder = Shape::tilted(
        [-0.36 * x, -0.42 * y, body.z(0.47)],
        [0.10 * x, 0.13 * y, 0.045 * trunk],
        rotation(-20.0, 0.0, 0.0),
    );
    scene.add(Part::one(bladder).layer(Layer::solid(1.2, Material::Flat(40.0), 0)).layer(Layer::solid(
        0.0,
        Material::Flat(8.0),
        0,
    )));
}
