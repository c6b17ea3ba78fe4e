//! 500 random pairs of masks on anisotropic grids against DeepMind's surface-distance, MONAI and medpy
//! (`golden/make_random_pairs.py` says how their values were made).

use std::collections::HashMap;

use tmli_core::{Mask, MetricOptions, Profile, SpacingMm, StructureMetrics, compare_masks_with};

/// Knuth's linear congruential generator, the upper 31 bits.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// The same pair as `pair(seed)` of the script.
fn random_pair(seed: u64) -> (SpacingMm, [Mask; 2]) {
    let mut numbers = Numbers(seed);
    let shape: [usize; 3] = std::array::from_fn(|_| 2 + numbers.below(12));
    let [k, j, i] = std::array::from_fn(|_| (30 + numbers.below(470)) as f64 / 100.0);
    let masks = std::array::from_fn(|n| one_mask(&mut numbers, shape, (seed + n as u64) % 3));
    (SpacingMm::new(k, j, i), masks)
}

fn one_mask(numbers: &mut Numbers, shape: [usize; 3], kind: u64) -> Mask {
    match kind {
        0 => {
            let percent = 1 + numbers.below(99);
            Mask::from_fn(shape, |_| numbers.below(100) < percent)
        }
        1 => {
            let mut mask = Mask::new(shape);
            for _ in 0..1 + numbers.below(4) {
                let first = shape.map(|n| numbers.below(n));
                let size = shape.map(|n| 1 + numbers.below(n));
                mask.union_with(&Mask::from_fn(shape, |at| {
                    (0..3).all(|x| (first[x]..first[x] + size[x]).contains(&at[x]))
                }));
            }
            mask
        }
        _ => {
            let centre = shape.map(|n| numbers.below(n));
            let radius = shape.map(|n| 1 + numbers.below(n));
            Mask::from_fn(shape, |at| {
                let squared: usize =
                    (0..3).map(|x| at[x].abs_diff(centre[x]).pow(2) * 1_000_000 / radius[x].pow(2)).sum();
                squared > 100_000 && squared <= 1_000_000
            })
        }
    }
}

/// Rows of the golden file: seed, and values by name.
fn golden() -> Vec<(u64, HashMap<&'static str, f64>)> {
    let mut lines = include_str!("golden/random_pairs.csv").lines().filter(|line| !line.starts_with('#'));
    let names: Vec<&str> = lines.next().expect("a heading").split(',').collect();
    lines
        .map(|line| {
            let cells = line.split(',').map(|cell| cell.parse::<f64>().expect("a number"));
            let row: HashMap<&str, f64> = names.iter().copied().zip(cells).collect();
            (row["seed"] as u64, row)
        })
        .collect()
}

fn measured(seed: u64, profile: Profile, percentile: f64) -> StructureMetrics {
    let (spacing, [reference, prediction]) = random_pair(seed);
    let options = MetricOptions { profile, percentile, tolerance_mm: 1.0, ..MetricOptions::default() };
    compare_masks_with(&reference, &prediction, spacing, &options).expect("one grid")
}

fn assert_close(seed: u64, name: &str, got: f64, expected: f64) {
    // MONAI computes with 32-bit numbers, ranks between which it interpolates too; the others with 64 bits.
    let monai_percentile = name.starts_with("monai_hd") && name != "monai_hd";
    let tolerance = if monai_percentile { 2e-5 } else { 1e-6_f64.max(expected * 3e-7) };
    assert!((got - expected).abs() <= tolerance, "pair {seed}, {name}: {got}, expected {expected}");
}

#[test]
fn surfel_gives_the_values_of_surface_distance() {
    let golden = golden();
    assert_eq!(golden.len(), 500);
    for (seed, expected) in golden {
        let m = measured(seed, Profile::Surfel, 57.0);
        for (name, got) in [
            ("surfel_hd", m.hd_mm),
            ("surfel_hd95", m.hd95_mm),
            ("surfel_hd57", m.hd_percentile_mm),
            ("surfel_asd", m.asd_mm),
            ("surfel_mean_forth", m.reference_to_prediction.mean_mm),
            ("surfel_mean_back", m.prediction_to_reference.mean_mm),
            ("surfel_surface_dice", m.surface_dice),
            ("dsc", m.dsc),
        ] {
            assert_close(seed, name, got, expected[name]);
        }
    }
}

#[test]
fn voxel_gives_the_values_of_monai_and_pooled_those_of_medpy() {
    for (seed, expected) in golden() {
        let m = measured(seed, Profile::Voxel, 57.0);
        let pooled = measured(seed, Profile::Voxel, 95.0).pooled_percentile_mm;
        let (forth, back) = (m.reference_to_prediction.mean_mm, m.prediction_to_reference.mean_mm);
        for (name, got) in [
            ("monai_hd", m.hd_mm),
            ("monai_hd95", m.hd95_mm),
            ("monai_hd57", m.hd_percentile_mm),
            ("monai_asd", m.asd_mm),
            ("monai_mean_forth", forth),
            ("monai_mean_back", back),
            ("monai_surface_dice", m.surface_dice),
            ("medpy_hd95", pooled),
            ("medpy_assd", m.asd_mm),
        ] {
            assert_close(seed, name, got, expected[name]);
        }
    }
}

#[test]
fn slicer_rt_is_the_mean_of_both_directions() {
    for (seed, expected) in golden() {
        let m = measured(seed, Profile::SlicerRt, 95.0);
        let mean = f64::midpoint(expected["monai_mean_forth"], expected["monai_mean_back"]);
        assert_close(seed, "asd", m.asd_mm, mean);
        assert_close(seed, "monai_hd", m.hd_mm, expected["monai_hd"]);
        let (forth, back) = (m.reference_to_prediction.percentile95_mm, m.prediction_to_reference.percentile95_mm);
        assert_eq!(m.hd95_mm, f64::midpoint(forth, back));
        assert!(forth.max(back) <= expected["monai_hd95"] + 1e-5, "a lower rank is no larger");
    }
}
