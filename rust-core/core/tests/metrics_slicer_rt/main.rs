//! The profile `slicer-rt` against the values that plastimatch's own tests expect, and against plastimatch itself.

#[path = "../common/debian.rs"]
mod debian;

mod peer;

use tmli_core::{Mask, MetricOptions, Profile, SpacingMm, StructureMetrics, compare_masks_with};

fn slicer_rt(reference: &Mask, prediction: &Mask, spacing: SpacingMm) -> StructureMetrics {
    let options = MetricOptions { profile: Profile::SlicerRt, ..MetricOptions::default() };
    compare_masks_with(reference, prediction, spacing, &options).expect("one grid")
}

/// The larger of the two directed means, which plastimatch prints as the "max average".
fn larger_mean(m: &StructureMetrics) -> f64 {
    m.reference_to_prediction.mean_mm.max(m.prediction_to_reference.mean_mm)
}

/// That a value lies where plastimatch's test wants it.
fn assert_within(name: &str, value: f64, low: f64, high: f64) {
    assert!((low..=high).contains(&value), "{name}: {value}, expected {low} to {high}");
}

/// As `plastimatch synth --dim N`: 500 mm, centred on the origin. `inside` is asked in mm, `[k, j, i]`.
fn synth(voxels: usize, inside: impl Fn([f64; 3]) -> bool) -> Mask {
    let size = spacing(voxels).k;
    let centre = |n: usize| (n as f64 + 0.5) * size - 250.0;
    Mask::from_fn([voxels; 3], |at| inside(at.map(centre)))
}

fn spacing(voxels: usize) -> SpacingMm {
    let size = 500.0 / voxels as f64;
    SpacingMm::new(size, size, size)
}

/// `--pattern rect --rect-size`, whose numbers are along i, j, k.
fn rect(voxels: usize, i: [f64; 2]) -> Mask {
    let within = |x: f64, [low, high]: [f64; 2]| low <= x && x <= high;
    synth(voxels, |at| within(at[0], [-50.0, 50.0]) && within(at[1], [-50.0, 50.0]) && within(at[2], i))
}

#[test]
fn plm_dice_a_and_c_a_cube_and_the_cube_moved_by_20_mm() {
    let m = slicer_rt(&rect(38, [-50.0, 50.0]), &rect(38, [-30.0, 70.0]), spacing(38));
    assert_within("DSC", m.dsc, 0.799, 0.801);
    assert_within("HD", m.hd_mm, 26.31, 26.32);
    assert_within("avg average (boundary)", m.asd_mm, 7.11, 7.12);
    assert_within("max average (boundary)", larger_mean(&m), 8.53, 8.54);
    assert_within("95 percent (boundary)", m.hd95_mm, 26.31, 26.32);
}

#[test]
fn plm_dice_b_a_cube_with_itself_on_another_grid() {
    // plastimatch resamples, which leaves the cube of the finer grid; TMLI refuses two grids.
    let m = slicer_rt(&rect(47, [-50.0, 50.0]), &rect(47, [-50.0, 50.0]), spacing(47));
    assert_within("DSC", m.dsc, 0.999, 1.0);
}

#[test]
fn plm_dice_d_a_ball_and_a_cube() {
    let ball = synth(38, |at| at.iter().map(|x| (x / 50.0).powi(2)).sum::<f64>() <= 1.0);
    let m = slicer_rt(&ball, &rect(38, [-30.0, 70.0]), spacing(38));
    assert_within("HD", m.hd_mm, 45.575, 45.585);
    assert_within("avg average (boundary)", m.asd_mm, 14.89, 14.90);
    assert_within("max average (boundary)", larger_mean(&m), 18.38, 18.39);
    assert_within("95 percent (boundary)", m.hd95_mm, 32.89, 32.90);
}

/// The part of a cylinder of radius 10 mm on 40 x 40 x 100 voxels of 1 mm that lies in these slices.
fn cylinder(slices: std::ops::Range<usize>) -> Mask {
    Mask::from_fn([100, 40, 40], |[k, j, i]| {
        let [y, x] = [j, i].map(|n| n as f64 - 19.5);
        slices.contains(&k) && x * x + y * y <= 100.0
    })
}

#[test]
fn plm_dice_e_a_cylinder_cut_at_both_ends() {
    let unit = SpacingMm::new(1.0, 1.0, 1.0);
    // cyl-2 from -30 to 45 mm, cyl-3 from -45 to 40 mm, both cropped to the slices of cyl-2.
    let m = slicer_rt(&cylinder(20..95), &cylinder(20..90), unit);
    assert_within("DSC", m.dsc, 0.96550, 0.96554);
    assert_eq!(m.hd_mm, 5.0);
    // plastimatch expects 4: an image that is its own bounding box loses its last slice on every axis. The last row and
    // column of these are empty.
    assert_eq!(slicer_rt(&cylinder(20..94), &cylinder(20..90), unit).hd_mm, 4.0);
}

#[test]
fn plm_dice_f_the_same_cylinder_cut_alike() {
    let m = slicer_rt(&cylinder(30..85), &cylinder(30..85), SpacingMm::new(1.0, 1.0, 1.0));
    assert_eq!((m.dsc, m.hd_mm), (1.0, 0.0));
}
