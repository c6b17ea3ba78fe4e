//! What is said where a number has no meaning or little of it: the same in every profile.

use tmli_core::{
    Mask, MetricOptions, MetricsError, PointLps, Profile, Segment, Segmentation, SpacingMm, StructureMetrics,
    Undefined, VolumeGeometry, compare_masks_with, metrics::compare_segmentations,
};

const SPACING: SpacingMm = SpacingMm::new(5.0, 1.0, 1.2);

fn of(profile: Profile) -> MetricOptions {
    MetricOptions { profile, ..MetricOptions::default() }
}

fn compare(profile: Profile, reference: &Mask, prediction: &Mask) -> StructureMetrics {
    compare_masks_with(reference, prediction, SPACING, &of(profile)).expect("one grid")
}

fn cuboid(shape: [usize; 3], min: [usize; 3], max: [usize; 3]) -> Mask {
    Mask::from_fn(shape, |at| (0..3).all(|x| (min[x]..max[x]).contains(&at[x])))
}

fn voxels(at: &[[usize; 3]]) -> Mask {
    let mut mask = Mask::new([9; 3]);
    at.iter().for_each(|&at| mask.set(at, true));
    mask
}

/// HD, HD95, ASD and the pooled percentile, and both directed means and maxima.
fn distances(m: &StructureMetrics) -> [f64; 8] {
    let (forth, back) = (m.reference_to_prediction, m.prediction_to_reference);
    let directed = [forth.mean_mm, forth.max_mm, back.mean_mm, back.max_mm];
    let [a, b, c, d] = directed;
    [m.hd_mm, m.hd95_mm, m.asd_mm, m.pooled_percentile_mm, a, b, c, d]
}

#[test]
fn two_empty_masks_have_no_numbers() {
    let empty = Mask::new([9; 3]);
    for profile in Profile::ALL {
        let m = compare(profile, &empty, &empty);
        assert_eq!(m.undefined, Some(Undefined::BothEmpty), "{profile}");
        assert!(m.dsc.is_nan() && m.surface_dice.is_nan(), "{profile}: {m:?}");
        assert!(distances(&m).iter().all(|distance| distance.is_nan()), "{profile}: {m:?}");
        assert!(!m.is_below_resolution() && !m.touches_border(), "{profile}: nothing to flag");
    }
}

#[test]
fn one_empty_mask_is_a_miss_and_it_is_said_which() {
    let (empty, full) = (Mask::new([9; 3]), cuboid([9; 3], [3; 3], [6; 3]));
    for profile in Profile::ALL {
        for (reference, prediction, expected) in
            [(&empty, &full, Undefined::ReferenceEmpty), (&full, &empty, Undefined::PredictionEmpty)]
        {
            let m = compare(profile, reference, prediction);
            assert_eq!(m.undefined, Some(expected), "{profile}");
            assert_eq!((m.dsc, m.surface_dice), (0.0, 0.0), "{profile}");
            assert!(m.surface_dice.is_sign_positive(), "{profile}: a table would show -0");
            assert!(distances(&m).iter().all(|&distance| distance == f64::INFINITY), "{profile}: {m:?}");
        }
    }
}

#[test]
fn one_voxel_and_one_slice_have_numbers_and_are_flagged() {
    for profile in Profile::ALL {
        let one = compare(profile, &voxels(&[[4, 4, 3]]), &voxels(&[[4, 4, 5]]));
        assert!(one.is_below_resolution() && one.undefined.is_none(), "{profile}");
        // Two columns of 1.2 mm.
        assert!((one.hd_mm - 2.4).abs() < 0.01, "{profile}: {}", one.hd_mm);
        let slice = |from: usize| cuboid([9; 3], [4, 3, from], [5, 6, from + 3]);
        let flat = compare(profile, &slice(2), &slice(3));
        assert!(flat.is_below_resolution() && flat.undefined.is_none(), "{profile}");
        assert!((flat.hd_mm - 1.2).abs() < 0.01, "{profile}: {}", flat.hd_mm);
        let two_slices = voxels(&[[4, 4, 4], [5, 4, 4]]);
        assert!(!compare(profile, &two_slices, &two_slices).is_below_resolution(), "{profile}");
    }
}

#[test]
fn a_mask_cut_by_the_border_is_closed_there_with_background_and_flagged() {
    // The same two solids with and without room around them.
    let pair = |shape: [usize; 3], at: [usize; 3]| {
        let solid = |max: [usize; 3]| cuboid(shape, at, std::array::from_fn(|x| at[x] + max[x]));
        [solid([4, 9, 8]), solid([3, 9, 10])]
    };
    for profile in Profile::ALL {
        let [a, b] = pair([4, 9, 10], [0; 3]);
        let [room_a, room_b] = pair([10, 20, 30], [3, 4, 5]);
        let (cut, whole) = (compare(profile, &a, &b), compare(profile, &room_a, &room_b));
        assert!(cut.touches_border() && !whole.touches_border(), "{profile}");
        for (cut, whole) in distances(&cut).into_iter().zip(distances(&whole)) {
            assert!((cut - whole).abs() < 1e-9, "{profile}: {cut} and {whole}");
        }
        assert!((cut.surface_dice - whole.surface_dice).abs() < 1e-9, "{profile}");
    }
    for (at, touches) in [([4, 4, 0], true), ([0, 4, 4], true), ([4, 8, 4], true), ([7, 1, 1], false)] {
        let mask = voxels(&[at]);
        assert_eq!(compare(Profile::Surfel, &mask, &mask).touches_border(), touches, "{at:?}");
    }
}

#[test]
fn masks_of_another_geometry_are_refused_and_never_resampled() {
    let shape = [9; 3];
    let on = |geometry: VolumeGeometry| {
        let segments = vec![Segment { name: "Liver".to_owned(), mask: cuboid(shape, [3; 3], [6; 3]) }];
        Segmentation { geometry, segments }
    };
    let grid = |x: f64, spacing: SpacingMm| {
        VolumeGeometry::axial(shape, PointLps::new(x, 0.0, 0.0), spacing).expect("a valid grid")
    };
    for profile in Profile::ALL {
        for other in [grid(0.5, SPACING), grid(0.0, SpacingMm::new(5.0, 1.0, 1.25))] {
            let refused = compare_segmentations(&on(grid(0.0, SPACING)), &on(other), &of(profile));
            assert_eq!(refused, Err(MetricsError::Geometry { shape }), "{profile}");
        }
        let shapes = compare_masks_with(&Mask::new([1, 2, 3]), &Mask::new([3, 2, 1]), SPACING, &of(profile));
        assert_eq!(shapes, Err(MetricsError::Shape { reference: [1, 2, 3], prediction: [3, 2, 1] }), "{profile}");
    }
}
