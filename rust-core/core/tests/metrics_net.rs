//! `net` against closed forms, at 1 mm and at 5 x 1 x 1 mm: solids and the same solids grown or moved. With
//! `--nocapture` it prints the table of docs/explanation/metric-definitions.md.
#![allow(clippy::print_stdout)]

use tmli_core::{Mask, MetricOptions, Profile, SpacingMm, compare_masks_with};

type Point = [f64; 3];

/// Distance to a solid's surface in mm, negative inside.
type Solid = Box<dyn Fn(Point) -> f64>;

fn length(p: Point) -> f64 {
    p.iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn sphere(radius: f64) -> Solid {
    Box::new(move |p| length(p) - radius)
}

fn shell(radius: f64, half_thickness: f64) -> Solid {
    Box::new(move |p| (length(p) - radius).abs() - half_thickness)
}

fn cuboid(half: Point) -> Solid {
    Box::new(move |p| {
        let q: Point = std::array::from_fn(|x| p[x].abs() - half[x]);
        length(q.map(|x| x.max(0.0))) + q.into_iter().fold(f64::NEG_INFINITY, f64::max).min(0.0)
    })
}

fn capsule(half_length: f64, radius: f64) -> Solid {
    Box::new(move |[k, j, i]| length([k - k.clamp(-half_length, half_length), j, i]) - radius)
}

fn cylinder(half_length: f64, radius: f64) -> Solid {
    let section = cuboid([half_length, radius, 1e9]);
    Box::new(move |[k, j, i]| section([k, j.hypot(i), 0.0]))
}

fn torus(radius: f64, tube: f64) -> Solid {
    Box::new(move |[k, j, i]| k.hypot(j.hypot(i) - radius) - tube)
}

/// The solid turned about two axes.
fn turned(solid: Solid, a: f64, b: f64) -> Solid {
    Box::new(move |[k, j, i]| {
        let (k, j) = (a.cos() * k - a.sin() * j, a.sin() * k + a.cos() * j);
        let (j, i) = (b.cos() * j - b.sin() * i, b.sin() * j + b.cos() * i);
        solid([k, j, i])
    })
}

/// A solid in the middle of the grid, and by how many mm it is grown. Of these two, the true ASD and HD95 are the growth.
struct Case {
    name: &'static str,
    solid: Solid,
    /// Where the solid's centre is from the middle voxel, in voxels.
    centre: Point,
    growths_mm: Vec<f64>,
}

impl Case {
    /// Nothing is symmetric about the grid.
    fn new(name: &'static str, solid: Solid) -> Self {
        Self { name, solid, centre: [0.31, 0.17, -0.23], growths_mm: vec![0.7, 1.6, 2.5, 4.0] }
    }

    /// Faces lie between voxels, before and after: else no mask says where they are, as all of a face's voxels are off
    /// by the same.
    fn upright(name: &'static str, half: Point, spacing: Point) -> Self {
        let growths_mm = [1.0, 2.0, 3.0, 4.0, 5.0].into_iter().filter(|by| by % spacing[0] == 0.0).collect();
        Self { name, solid: cuboid(half), centre: [-0.5; 3], growths_mm }
    }
}

fn cases(spacing: Point) -> Vec<Case> {
    vec![
        Case::new("sphere of 12 mm", sphere(12.0)),
        Case::new("sphere of 20 mm", sphere(20.0)),
        Case::new("shell", shell(20.0, 4.0)),
        Case::new("turned box", turned(cuboid([14.0, 17.0, 12.0]), 0.5, 0.3)),
        Case::new("another turned box", turned(cuboid([18.0, 12.0, 15.0]), 1.1, 0.8)),
        Case::new("capsule", capsule(10.0, 12.0)),
        Case::new("turned capsule", turned(capsule(12.0, 11.0), 0.7, 0.4)),
        Case::upright("upright box", [15.0, 14.0, 17.0], spacing),
        Case::upright("upright cube", [20.0; 3], spacing),
    ]
}

/// Solids that were not looked at while the net's constants were chosen.
fn held_out(spacing: Point) -> Vec<Case> {
    let elsewhere = |name, solid| Case { centre: [-0.12, 0.41, 0.27], ..Case::new(name, solid) };
    vec![
        elsewhere("sphere of 9 mm", sphere(9.0)),
        elsewhere("sphere of 16 mm", sphere(16.0)),
        elsewhere("thinner shell", shell(15.0, 3.5)),
        elsewhere("cylinder", turned(cylinder(14.0, 11.0), 0.9, 0.2)),
        elsewhere("disc", turned(cylinder(9.0, 17.0), 0.35, 0.6)),
        elsewhere("torus", turned(torus(15.0, 7.0), 0.8, 0.5)),
        elsewhere("third turned box", turned(cuboid([11.0, 19.0, 15.0]), 0.75, 0.55)),
        elsewhere("slightly turned box", turned(cuboid([16.0, 13.0, 13.0]), 0.2, 1.2)),
        Case::upright("another upright box", [10.0, 18.0, 16.0], spacing),
    ]
}

/// Errors of ASD and HD95 in mm: of all pairs of each solid.
fn errors(cases: Vec<Case>, profile: Profile, spacing: SpacingMm) -> Vec<(&'static str, Vec<[f64; 2]>)> {
    let s = spacing.to_array();
    let shape = s.map(|s| (68.0 / s) as usize / 2 * 2);
    let of_case = |Case { name, solid, centre, growths_mm }: Case| {
        let middle: Point = std::array::from_fn(|x| (shape[x] as f64 / 2.0 + centre[x]) * s[x]);
        let grown =
            |by: f64| Mask::from_fn(shape, |at| solid(std::array::from_fn(|x| at[x] as f64 * s[x] - middle[x])) <= by);
        let reference = grown(0.0);
        let error = |by: f64| {
            let m = compare_masks_with(&reference, &grown(by), spacing, &of(profile)).expect("one grid");
            [m.asd_mm - by, m.hd95_mm - by]
        };
        (name, growths_mm.into_iter().map(error).collect())
    };
    cases.into_iter().map(of_case).collect()
}

fn of(profile: Profile) -> MetricOptions {
    MetricOptions { profile, ..MetricOptions::default() }
}

fn root_mean_square<'a>(errors: impl Iterator<Item = &'a [f64; 2]> + Clone) -> [f64; 2] {
    let count = errors.clone().count() as f64;
    std::array::from_fn(|n| (errors.clone().map(|error| error[n].powi(2)).sum::<f64>() / count).sqrt())
}

const GRIDS: [SpacingMm; 2] = [SpacingMm::new(1.0, 1.0, 1.0), SpacingMm::new(5.0, 1.0, 1.0)];

fn printed(what: &str, profile: Profile, spacing: SpacingMm, cases: Vec<Case>) -> [f64; 2] {
    let found = errors(cases, profile, spacing);
    for (name, errors) in &found {
        println!("{spacing}: {profile}, {name}: off by {:.3?} mm", root_mean_square(errors.iter()));
    }
    let all = root_mean_square(found.iter().flat_map(|(_, errors)| errors));
    println!("{spacing}: {profile}, {what}: ASD and HD95 off by {all:.3?} mm");
    all
}

#[test]
fn the_net_is_nearer_to_the_truth_than_voxels() {
    // ASD and HD95 in mm. An HD95 of 0.05 is wanted on the fine grid: docs/explanation/metric-definitions.md says what is
    // in the way.
    for (spacing, limits) in GRIDS.into_iter().zip([[0.02, 0.18], [0.08, 0.6]]) {
        let all = |profile| printed("all solids", profile, spacing, cases(spacing.to_array()));
        let [net, surfel, voxel] = [Profile::Net, Profile::Surfel, Profile::Voxel].map(all);
        assert!(net[0] <= limits[0] && net[1] <= limits[1], "{spacing}: {net:?}, at most {limits:?}");
        assert!(net[0] < surfel[0] / 3.0 && net[0] < voxel[0] / 3.0, "{spacing}: {net:?}, {surfel:?}, {voxel:?}");
    }
}

#[test]
fn so_it_is_for_solids_that_the_net_was_not_made_for() {
    for (spacing, limits) in GRIDS.into_iter().zip([[0.02, 0.25], [0.08, 1.1]]) {
        let net = printed("solids held out", Profile::Net, spacing, held_out(spacing.to_array()));
        assert!(net[0] <= limits[0] && net[1] <= limits[1], "{spacing}: {net:?}, at most {limits:?}");
    }
}

/// True ASD and HD95 of a ball and the same ball moved. All parts of a ball's surface between two parallel planes that
/// are equally far apart are equally large.
fn moved_ball(radius: f64, by: Point) -> [f64; 2] {
    const PARTS: usize = 200_000;
    let s = length(by);
    let distance = |n: usize| {
        let cosine = (n as f64 + 0.5) / PARTS as f64 * 2.0 - 1.0;
        ((radius * radius + s * s - 2.0 * radius * s * cosine).sqrt() - radius).abs()
    };
    mean_and_percentile95((0..PARTS).map(distance).collect())
}

/// Points of a box's faces, 0.02 mm^2 each.
fn points_of_box(half: Point) -> Vec<Point> {
    const STEP: f64 = 0.141;
    let mut points = Vec::new();
    for axis in 0..3 {
        let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
        let counts = [u, v].map(|x| (2.0 * half[x] / STEP) as usize);
        for n in 0..counts[0] * counts[1] {
            let mut at = [half[axis]; 3];
            at[u] = ((n / counts[1]) as f64 + 0.5) * 2.0 * half[u] / counts[0] as f64 - half[u];
            at[v] = ((n % counts[1]) as f64 + 0.5) * 2.0 * half[v] / counts[1] as f64 - half[v];
            points.extend([at, at.map(|x| -x)]);
        }
    }
    points
}

fn mean_and_percentile95(mut distances: Vec<f64>) -> [f64; 2] {
    distances.sort_unstable_by(f64::total_cmp);
    [distances.iter().sum::<f64>() / distances.len() as f64, distances[distances.len() * 19 / 20]]
}

/// True ASD and HD95 of a box and the same box moved along its own axes. Both ways are the same, as the box looks the
/// same from behind.
fn moved_box(half: Point, by: Point) -> [f64; 2] {
    let solid = cuboid(half);
    let distance = |p: Point| solid(std::array::from_fn(|x| p[x] + by[x])).abs();
    mean_and_percentile95(points_of_box(half).into_iter().map(distance).collect())
}

#[test]
fn moved_solids_are_as_far_as_they_were_moved() {
    let moves = [[1.3, -1.7, 0.8], [-0.4, 0.9, 2.1]];
    for (spacing, limits) in GRIDS.into_iter().zip([[0.02, 0.05], [0.08, 0.6]]) {
        let s = spacing.to_array();
        let shape = s.map(|s| (68.0 / s) as usize);
        let middle: Point = std::array::from_fn(|x| (shape[x] as f64 / 2.0 + [-0.12, 0.41, 0.27][x]) * s[x]);
        let mut errors = Vec::new();
        for by in moves {
            let mut add = |name: &str, solid: Solid, by: Point, truth: [f64; 2]| {
                let [reference, prediction] = [[0.0; 3], by].map(|by| {
                    Mask::from_fn(shape, |at| {
                        solid(std::array::from_fn(|x| at[x] as f64 * s[x] - middle[x] - by[x])) <= 0.0
                    })
                });
                let m = compare_masks_with(&reference, &prediction, spacing, &of(Profile::Net)).expect("one grid");
                let error = [m.asd_mm - truth[0], m.hd95_mm - truth[1]];
                println!("{spacing}: {name} moved by {by:?} mm: ASD and HD95 of {truth:.3?} mm, off by {error:.3?}");
                errors.push(error);
            };
            add("ball", sphere(13.0), by, moved_ball(13.0, by));
            add("large ball", sphere(22.0), by, moved_ball(22.0, by));
            for (half, a, b) in [([11.0, 19.0, 15.0], 0.75, 0.55), ([17.0, 14.0, 20.0], 0.4, 1.0)] {
                // The way along the box's axes: turned as points of the box are.
                let along: Point = std::array::from_fn(|x| {
                    let axis: Solid = Box::new(move |p| p[x]);
                    turned(axis, a, b)(by)
                });
                add("turned box", turned(cuboid(half), a, b), by, moved_box(half, along));
            }
        }
        let net = root_mean_square(errors.iter());
        println!("{spacing}: net, moved solids: ASD and HD95 off by {net:.3?} mm");
        assert!(net[0] <= limits[0] && net[1] <= limits[1], "{spacing}: {net:?}, at most {limits:?}");
    }
}

#[test]
fn a_box_grown_round_and_a_larger_box_may_have_one_mask() {
    let (spacing, shape) = (GRIDS[0], [40; 3]);
    let mask = |solid: Solid, by: f64| Mask::from_fn(shape, |at| solid(at.map(|x| x as f64 - 19.5)) <= by);
    let half = [11.0, 12.0, 14.0];
    let (grown, larger) = (mask(cuboid(half), 1.0), mask(cuboid(half.map(|x| x + 1.0)), 0.0));
    assert_eq!(grown, larger);
    // True HD95 from the box itself: that of what is grown is 1 mm. No method can give both.
    let from_larger = points_of_box(half.map(|x| x + 1.0)).into_iter().map(cuboid(half)).collect();
    let [_, larger_mm] = mean_and_percentile95(from_larger);
    let m = compare_masks_with(&mask(cuboid(half), 0.0), &grown, spacing, &of(Profile::Net)).expect("one grid");
    println!("a box and one mask: HD95 of 1 mm or {larger_mm:.3} mm, net {:.3} mm", m.hd95_mm);
    assert!(larger_mm > 1.15 && (1.0..=larger_mm).contains(&m.hd95_mm), "{} {larger_mm}", m.hd95_mm);
}

#[test]
fn a_mask_of_one_or_two_slices_is_as_thick_as_its_slices() {
    let lens = |slices: std::ops::Range<usize>| {
        Mask::from_fn([9, 30, 30], |[k, j, i]| slices.contains(&k) && (j as f64 - 15.0).hypot(i as f64 - 15.0) <= 4.0)
    };
    let m = compare_masks_with(&lens(4..6), &lens(4..5), GRIDS[1], &of(Profile::Net)).expect("one grid");
    assert!((m.hd95_mm - 5.0).abs() < 1e-3 && (m.hd_mm - 5.0).abs() < 1e-3, "{m:?}");
}

#[test]
fn identical_masks_have_no_distance_and_empty_ones_are_undefined() {
    let spacing = SpacingMm::new(5.0, 1.0, 1.0);
    let ball = Mask::from_fn([9, 40, 40], |[k, j, i]| {
        length([(k as f64 - 4.0) * 5.0, j as f64 - 20.0, i as f64 - 20.0]) < 15.0
    });
    let same = compare_masks_with(&ball, &ball, spacing, &of(Profile::Net)).expect("one grid");
    assert!(same.hd_mm < 1e-9 && same.surface_dice == 1.0 && same.profile == Profile::Net);
    let missed = compare_masks_with(&ball, &Mask::new([9, 40, 40]), spacing, &of(Profile::Net)).expect("one grid");
    assert_eq!((missed.hd95_mm, missed.asd_mm, missed.surface_dice), (f64::INFINITY, f64::INFINITY, 0.0));
}
