//! What holds for any pair of masks.

use proptest::prelude::*;
use tmli_core::{
    Mask, MetricOptions, Profile, SpacingMm, StructureMetrics, compare_masks_with, metrics::surface_area::SurfaceAreas,
};

type Voxels = Vec<(usize, usize, usize, bool)>;

fn masks(voxels: &Voxels, place: [usize; 3], shape: [usize; 3], axes: [usize; 3]) -> [Mask; 2] {
    let mut masks = [Mask::new(axes.map(|x| shape[x])), Mask::new(axes.map(|x| shape[x]))];
    for &(k, j, i, first) in voxels {
        let at = [k + place[0], j + place[1], i + place[2]];
        masks[usize::from(first)].set(axes.map(|x| at[x]), true);
    }
    masks
}

fn voxels() -> impl Strategy<Value = Voxels> {
    prop::collection::vec((0usize..5, 0usize..6, 0usize..9, any::<bool>()), 1..60)
}

fn spacing() -> impl Strategy<Value = [f64; 3]> {
    (0.4..6.0_f64, 0.4..3.0_f64, 0.4..3.0_f64).prop_map(Into::into)
}

fn compare(masks: &[Mask; 2], spacing: [f64; 3], options: &MetricOptions) -> StructureMetrics {
    let [k, j, i] = spacing;
    compare_masks_with(&masks[0], &masks[1], SpacingMm::new(k, j, i), options).expect("one grid")
}

fn of(profile: Profile) -> MetricOptions {
    MetricOptions { profile, percentile: 80.0, tolerance_mm: 1.5, path_tolerance_mm: 1.0 }
}

/// Everything that does not depend on direction or place.
fn numbers(m: &StructureMetrics) -> [f64; 8] {
    [
        m.dsc,
        m.hd_mm,
        m.hd95_mm,
        m.hd_percentile_mm,
        m.pooled_percentile_mm,
        m.asd_mm,
        m.surface_dice,
        m.centre_shift_length_mm(),
    ]
}

fn same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() < 1e-9
}

const SHAPE: [usize; 3] = [9, 10, 140];
const ORDER: [usize; 3] = [0, 1, 2];

proptest! {
    #[test]
    fn swapping_the_masks_swaps_the_directions(voxels in voxels(), spacing in spacing()) {
        let [a, b] = masks(&voxels, [1, 1, 60], SHAPE, ORDER);
        for profile in Profile::ALL {
            let forth = compare(&[a.clone(), b.clone()], spacing, &of(profile));
            let back = compare(&[b.clone(), a.clone()], spacing, &of(profile));
            for (x, y) in numbers(&forth).into_iter().zip(numbers(&back)) {
                prop_assert!(same(x, y), "{profile}: {forth:?} {back:?}");
            }
            prop_assert!(same(forth.reference_to_prediction.mean_mm, back.prediction_to_reference.mean_mm));
        }
    }

    #[test]
    fn the_place_does_not_matter(voxels in voxels(), spacing in spacing(), place in (0usize..4, 0usize..4, 0usize..130)) {
        let here = masks(&voxels, [0; 3], SHAPE, ORDER);
        let there = masks(&voxels, place.into(), SHAPE, ORDER);
        for profile in Profile::ALL {
            let (a, b) = (compare(&here, spacing, &of(profile)), compare(&there, spacing, &of(profile)));
            for (x, y) in numbers(&a).into_iter().zip(numbers(&b)) {
                prop_assert!(same(x, y), "{profile}: {a:?} {b:?}");
            }
            prop_assert!(same(a.added_path_length_mm, b.added_path_length_mm));
        }
    }

    #[test]
    fn the_order_of_the_axes_does_not_matter(voxels in voxels(), spacing in spacing()) {
        let straight = masks(&voxels, [1, 1, 50], SHAPE, ORDER);
        let orders = [[1, 2, 0], [2, 0, 1], [0, 2, 1]].into_iter();
        for (axes, spacing) in orders.flat_map(|axes| [(axes, spacing), (axes, [spacing[0]; 3])]) {
            let turned = masks(&voxels, [1, 1, 50], SHAPE, axes);
            for profile in Profile::ALL {
                let a = compare(&straight, spacing, &of(profile));
                let b = compare(&turned, axes.map(|x| spacing[x]), &of(profile));
                for (x, y) in numbers(&a).into_iter().zip(numbers(&b)) {
                    prop_assert!(same(x, y), "{profile} {axes:?}: {a:?} {b:?}");
                }
            }
        }
    }

    #[test]
    fn more_tolerance_never_makes_it_worse(voxels in voxels(), spacing in spacing(), tolerances in (0.0..9.0, 0.0..9.0)) {
        let pair = masks(&voxels, [1; 3], SHAPE, ORDER);
        let (low, high): (f64, f64) = (f64::min(tolerances.0, tolerances.1), f64::max(tolerances.0, tolerances.1));
        for profile in Profile::ALL {
            let at = |tolerance_mm: f64| {
                let path_tolerance_mm = tolerance_mm;
                compare(&pair, spacing, &MetricOptions { profile, tolerance_mm, path_tolerance_mm, percentile: 95.0 })
            };
            let (tight, loose) = (at(low), at(high));
            prop_assert!(tight.surface_dice <= loose.surface_dice || tight.surface_dice.is_nan());
            prop_assert!(tight.added_path_length_mm >= loose.added_path_length_mm);
        }
    }

    #[test]
    fn numbers_of_border_voxels_are_those_that_trying_all_finds(voxels in voxels(), spacing in spacing()) {
        let pair = masks(&voxels, [0; 3], [6, 7, 70], ORDER);
        let [voxel, slicer] = [Profile::Voxel, Profile::SlicerRt].map(|profile| compare(&pair, spacing, &of(profile)));
        prop_assume!(voxel.undefined.is_none());
        let [forth, back] = distances_by_trying_all(&pair, spacing);
        for (profile, m) in [(Profile::Voxel, voxel), (Profile::SlicerRt, slicer)] {
            for (from, got) in [(&forth, m.reference_to_prediction), (&back, m.prediction_to_reference)] {
                prop_assert!(same(got.mean_mm, mean(from)));
                prop_assert!(same(got.max_mm, from[from.len() - 1]));
                prop_assert!(same(got.percentile95_mm, percentile(from, 95.0, profile)), "{profile}");
                prop_assert!(same(got.percentile_mm, percentile(from, 80.0, profile)), "{profile}");
            }
        }
        let mut both = [forth.clone(), back.clone()].concat();
        both.sort_by(f64::total_cmp);
        let joined = |profile| [&forth, &back].map(|from| percentile(from, 95.0, profile));
        prop_assert!(same(voxel.hd95_mm, joined(Profile::Voxel).into_iter().fold(0.0, f64::max)));
        prop_assert!(same(voxel.pooled_percentile_mm, percentile(&both, 80.0, Profile::Voxel)));
        prop_assert!(same(voxel.asd_mm, mean(&both)));
        prop_assert!(same(slicer.hd95_mm, joined(Profile::SlicerRt).iter().sum::<f64>() / 2.0));
        prop_assert!(same(slicer.asd_mm, f64::midpoint(mean(&forth), mean(&back))));
        let near = both.iter().filter(|&&distance| distance <= 1.5).count() as f64 / both.len() as f64;
        prop_assert!(same(voxel.surface_dice, near) && same(slicer.surface_dice, near));
    }

    #[test]
    fn numbers_of_surfels_are_those_that_trying_all_finds(voxels in voxels(), spacing in spacing()) {
        let pair = masks(&voxels, [0; 3], [6, 7, 70], ORDER);
        let m = compare(&pair, spacing, &of(Profile::Surfel));
        prop_assume!(m.undefined.is_none());
        let [a, b] = pair.each_ref().map(|mask| surfels(mask, spacing));
        let mut sums = (0.0, 0.0, 0.0);
        for (from, to, got) in [(&a, &b, m.reference_to_prediction), (&b, &a, m.prediction_to_reference)] {
            let mut found: Vec<(f64, f64)> = from.iter().map(|&(at, area)| (nearest(at, to, spacing), area)).collect();
            found.sort_by(|a, b| a.0.total_cmp(&b.0));
            let area: f64 = found.iter().map(|(_, area)| area).sum();
            let sum: f64 = found.iter().map(|(distance, area)| distance * area).sum();
            let near: f64 = found.iter().filter(|(distance, _)| *distance <= 1.5).map(|(_, area)| area).sum();
            sums = (sums.0 + sum, sums.1 + area, sums.2 + near);
            prop_assert!(same(got.mean_mm, sum / area));
            prop_assert!(same(got.max_mm, found[found.len() - 1].0));
            // Rounding may move the first distance that covers 80 % by one.
            let covers = |part: f64| {
                let mut covered = 0.0;
                let enough = |(_, area): &&(f64, f64)| {
                    covered += area;
                    covered / found.iter().map(|(_, area)| area).sum::<f64>() >= part
                };
                found.iter().find(enough).map_or(f64::NAN, |found| found.0)
            };
            let (low, high) = (covers(0.8 - 1e-9), covers(0.8 + 1e-9));
            prop_assert!((low - 1e-9..=high + 1e-9).contains(&got.percentile_mm), "{low} {high} {got:?}");
        }
        prop_assert!(same(m.asd_mm, sums.0 / sums.1) && same(m.surface_dice, sums.2 / sums.1));
    }
}

type Surfel = ([usize; 3], f64);

/// Every voxel corner (the one before voxel `[k, j, i]` has its indices) with a surface through its eight voxels.
fn surfels(mask: &Mask, [k, j, i]: [f64; 3]) -> Vec<Surfel> {
    let areas = SurfaceAreas::new(SpacingMm::new(k, j, i));
    let [slices, rows, columns] = mask.shape();
    let all = (0..=slices).flat_map(|k| (0..=rows).flat_map(move |j| (0..=columns).map(move |i| [k, j, i])));
    let code = |at: [usize; 3]| {
        (0..8_u8).fold(0, |code, bit| {
            let steps = [bit >> 2 & 1, bit >> 1 & 1, bit & 1];
            let voxel = std::array::from_fn(|x| at[x] as isize - 1 + isize::from(steps[x]));
            code | u8::from(mask.get_signed(voxel)) << bit
        })
    };
    all.map(|at| (at, areas.of(code(at)))).filter(|(_, area)| *area > 0.0).collect()
}

fn nearest(at: [usize; 3], to: &[Surfel], spacing: [f64; 3]) -> f64 {
    let squared =
        |other: &[usize; 3]| (0..3).map(|x| (at[x].abs_diff(other[x]) as f64 * spacing[x]).powi(2)).sum::<f64>();
    to.iter().map(|(other, _)| squared(other)).fold(f64::INFINITY, f64::min).sqrt()
}

/// From every border voxel of each mask to the nearest one of the other, nearest first.
fn distances_by_trying_all(pair: &[Mask; 2], spacing: [f64; 3]) -> [Vec<f64>; 2] {
    let [a, b] = pair.each_ref().map(border_voxels);
    [(&a, &b), (&b, &a)].map(|(from, to)| {
        let nearest = |at: &[usize; 3]| {
            let squared = |other: &[usize; 3]| {
                (0..3).map(|x| (at[x].abs_diff(other[x]) as f64 * spacing[x]).powi(2)).sum::<f64>()
            };
            to.iter().map(squared).fold(f64::INFINITY, f64::min).sqrt()
        };
        let mut distances: Vec<f64> = from.iter().map(nearest).collect();
        distances.sort_by(f64::total_cmp);
        distances
    })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Of sorted values: numpy's, or for `slicer-rt` the one of rank floor(q n - 1).
fn percentile(sorted: &[f64], q: f64, profile: Profile) -> f64 {
    let (part, n) = (q / 100.0, sorted.len() as f64);
    if profile == Profile::SlicerRt {
        return sorted[(part * n - 1.0 + 1e-9).floor().max(0.0) as usize];
    }
    let rank = part * (n - 1.0);
    let (below, above) = (sorted[rank.floor() as usize], sorted[rank.ceil() as usize]);
    below + (above - below) * rank.fract()
}

fn border_voxels(mask: &Mask) -> Vec<[usize; 3]> {
    let [slices, rows, columns] = mask.shape();
    let all = (0..slices).flat_map(|k| (0..rows).flat_map(move |j| (0..columns).map(move |i| [k, j, i])));
    let outside = |at: [usize; 3], axis: usize, step: isize| {
        let mut at = at.map(|x| x as isize);
        at[axis] += step;
        !mask.get_signed(at)
    };
    let is_border = |at: [usize; 3]| (0..3).any(|axis| outside(at, axis, -1) || outside(at, axis, 1));
    all.filter(|&at| mask.get(at) && is_border(at)).collect()
}

#[test]
fn the_centre_shift_is_signed_and_in_mm() {
    let voxel = |at: [usize; 3]| Mask::from_fn([9; 3], |kji| kji == at);
    let m = compare(&[voxel([4, 4, 4]), voxel([5, 2, 7])], [5.0, 2.0, 1.0], &MetricOptions::default());
    assert_eq!(m.centre_shift_mm, [5.0, -4.0, 3.0]);
    assert!(same(m.centre_shift_length_mm(), 50.0_f64.sqrt()));
}

#[test]
fn the_path_to_be_drawn_of_a_missed_square_is_its_outline() {
    let square = Mask::from_fn([3, 20, 20], |[k, j, i]| k == 1 && (5..10).contains(&j) && (5..10).contains(&i));
    let other = Mask::from_fn([3, 20, 20], |[k, j, i]| k == 1 && (5..10).contains(&j) && (7..12).contains(&i));
    let length = |prediction: &Mask, path_tolerance_mm: f64| {
        let options = MetricOptions { path_tolerance_mm, ..MetricOptions::default() };
        compare(&[square.clone(), prediction.clone()], [5.0, 2.0, 2.0], &options).added_path_length_mm
    };
    assert_eq!(length(&Mask::new([3, 20, 20]), 0.0), 16.0 * 2.0);
    assert_eq!(length(&square, 0.0), 0.0);
    // Of 16 pixels, three on top and three below are on both outlines.
    assert_eq!(length(&other, 0.0), 10.0 * 2.0);
    assert_eq!(length(&other, 4.0), 0.0);
}

#[test]
fn options_without_meaning_are_refused() {
    let mask = Mask::new([2; 3]);
    for options in [
        MetricOptions { percentile: 0.0, ..MetricOptions::default() },
        MetricOptions { percentile: f64::NAN, ..MetricOptions::default() },
        MetricOptions { tolerance_mm: -1.0, ..MetricOptions::default() },
        MetricOptions { path_tolerance_mm: f64::INFINITY, ..MetricOptions::default() },
    ] {
        assert!(compare_masks_with(&mask, &mask, SpacingMm::new(1.0, 1.0, 1.0), &options).is_err());
    }
}
