//! `net` against closed forms: solids and the same solids grown by a known distance, at 1 mm and at 5 x 1 x 1 mm.

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

/// The solid turned about two axes.
fn turned(solid: Solid, a: f64, b: f64) -> Solid {
    Box::new(move |[k, j, i]| {
        let (k, j) = (a.cos() * k - a.sin() * j, a.sin() * k + a.cos() * j);
        let (j, i) = (b.cos() * j - b.sin() * i, b.sin() * j + b.cos() * i);
        solid([k, j, i])
    })
}

fn solids() -> Vec<Solid> {
    vec![
        sphere(12.0),
        sphere(20.0),
        shell(20.0, 4.0),
        turned(cuboid([14.0, 17.0, 12.0]), 0.5, 0.3),
        turned(cuboid([18.0, 12.0, 15.0]), 1.1, 0.8),
        capsule(10.0, 12.0),
        turned(capsule(12.0, 11.0), 0.7, 0.4),
    ]
}

/// Root mean square errors of ASD and HD95, of solids grown by 0 to 4 mm.
fn rms_errors(profile: Profile, spacing: SpacingMm) -> [f64; 2] {
    let s = spacing.to_array();
    let shape = s.map(|s| (68.0 / s) as usize);
    // Nothing is symmetric about the grid.
    let centre: Point = std::array::from_fn(|x| (shape[x] as f64 / 2.0) * s[x] + [0.31, 0.17, -0.23][x] * s[x]);
    let options = MetricOptions { profile, ..MetricOptions::default() };
    let (mut squares, mut count) = ([0.0; 2], 0.0);
    for solid in solids() {
        let grown =
            |by: f64| Mask::from_fn(shape, |at| solid(std::array::from_fn(|x| at[x] as f64 * s[x] - centre[x])) <= by);
        let reference = grown(0.0);
        for by in [0.7, 1.6, 2.5, 4.0] {
            let m = compare_masks_with(&reference, &grown(by), spacing, &options).expect("one grid");
            let errors = [m.asd_mm - by, m.hd95_mm - by];
            (0..2).for_each(|n| squares[n] += errors[n] * errors[n]);
            count += 1.0;
        }
    }
    squares.map(|square| (square / count).sqrt())
}

#[test]
fn the_net_is_nearer_to_the_truth_than_voxels() {
    // Of the HD95 most is due to the edges of the boxes, which a net rounds.
    let limits = [(SpacingMm::new(1.0, 1.0, 1.0), [0.025, 0.27]), (SpacingMm::new(5.0, 1.0, 1.0), [0.085, 0.9])];
    for (spacing, limits) in limits {
        let net = rms_errors(Profile::Net, spacing);
        let others = [Profile::Surfel, Profile::Voxel].map(|profile| rms_errors(profile, spacing));
        println!("{spacing}: ASD and HD95 off by {net:.3?} mm, surfel and voxel by {others:.3?} mm");
        assert!(net[0] <= limits[0] && net[1] <= limits[1], "{spacing}: {net:?}, at most {limits:?}");
        assert!(others.iter().all(|other| net[0] < other[0] / 3.0), "{spacing}: {net:?} and {others:?}");
    }
}

#[test]
fn identical_masks_have_no_distance_and_empty_ones_are_undefined() {
    let spacing = SpacingMm::new(5.0, 1.0, 1.0);
    let options = MetricOptions { profile: Profile::Net, ..MetricOptions::default() };
    let ball = Mask::from_fn([9, 40, 40], |[k, j, i]| {
        length([(k as f64 - 4.0) * 5.0, j as f64 - 20.0, i as f64 - 20.0]) < 15.0
    });
    let same = compare_masks_with(&ball, &ball, spacing, &options).expect("one grid");
    assert!(same.hd_mm < 1e-9 && same.surface_dice == 1.0 && same.profile == Profile::Net);
    let missed = compare_masks_with(&ball, &Mask::new([9, 40, 40]), spacing, &options).expect("one grid");
    assert_eq!((missed.hd95_mm, missed.asd_mm, missed.surface_dice), (f64::INFINITY, f64::INFINITY, 0.0));
}
