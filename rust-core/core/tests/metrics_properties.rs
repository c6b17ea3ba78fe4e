//! What holds for any pair of masks.

use proptest::prelude::*;
use tmli_core::{Mask, MetricOptions, Profile, SpacingMm, StructureMetrics, compare_masks_with};

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
        for axes in [[1, 2, 0], [2, 0, 1], [0, 2, 1]] {
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
    fn border_voxels_are_those_that_trying_all_finds(voxels in voxels(), spacing in spacing()) {
        let pair = masks(&voxels, [0; 3], [6, 7, 70], ORDER);
        let m = compare(&pair, spacing, &MetricOptions { profile: Profile::Voxel, ..MetricOptions::default() });
        prop_assume!(m.undefined.is_none());
        let borders = pair.each_ref().map(border_voxels);
        for (from, to, got) in [
            (&borders[0], &borders[1], m.reference_to_prediction),
            (&borders[1], &borders[0], m.prediction_to_reference),
        ] {
            let nearest = |a: &[usize; 3]| {
                let squared = |b: &[usize; 3]| -> f64 {
                    (0..3).map(|x| (a[x].abs_diff(b[x]) as f64 * spacing[x]).powi(2)).sum()
                };
                to.iter().map(squared).fold(f64::INFINITY, f64::min).sqrt()
            };
            let distances: Vec<f64> = from.iter().map(nearest).collect();
            prop_assert!(same(got.mean_mm, distances.iter().sum::<f64>() / distances.len() as f64));
            prop_assert!(same(got.max_mm, distances.into_iter().fold(0.0, f64::max)));
        }
    }
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
fn small_and_cut_masks_are_flagged() {
    let flags = |voxels: &[[usize; 3]]| {
        let mut mask = Mask::new([9; 3]);
        voxels.iter().for_each(|&at| mask.set(at, true));
        let m = compare(&[mask.clone(), mask], [5.0, 1.0, 1.0], &MetricOptions::default());
        (m.is_below_resolution(), m.touches_border())
    };
    assert_eq!(flags(&[[4, 4, 4]]), (true, false), "one voxel");
    assert_eq!(flags(&[[4, 4, 4], [4, 4, 5]]), (true, false), "one slice");
    assert_eq!(flags(&[[4, 4, 4], [5, 4, 4]]), (false, false), "two slices");
    assert_eq!(flags(&[[4, 4, 0], [5, 4, 4]]), (false, true), "the first column");
    assert_eq!(flags(&[[4, 4, 4], [8, 4, 4]]), (false, true), "the last slice");
    assert_eq!(flags(&[]), (false, false), "nothing");
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
