//! Metrics against closed forms, and against values of a public tool.

use proptest::prelude::*;
use tmli_core::{Mask, MetricsError, SpacingMm, compare_masks, metrics::surface_distances};

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    a == b || (a - b).abs() <= tolerance
}

fn cuboid(shape: [usize; 3], min: [usize; 3], max: [usize; 3]) -> Mask {
    Mask::from_fn(shape, |kji| (0..3).all(|x| (min[x]..max[x]).contains(&kji[x])))
}

fn sphere(shape: [usize; 3], spacing: SpacingMm, radius_mm: f64) -> Mask {
    let spacing = spacing.to_array();
    Mask::from_fn(shape, |kji| {
        let squared: f64 = (0..3).map(|x| ((kji[x] as f64 - (shape[x] / 2) as f64) * spacing[x]).powi(2)).sum();
        squared <= radius_mm * radius_mm
    })
}

mod values_of_surface_distance {
    //! From the tests of google-deepmind/surface-distance, and from `golden/make_surface_distance.py`.

    use super::*;

    #[test]
    fn two_single_voxels() {
        let voxel = |at: [usize; 3]| Mask::from_fn([128; 3], move |kji| kji == at);
        let spacing = SpacingMm::new(3.0, 2.0, 1.0);
        let (a, b) = (voxel([50, 60, 70]), voxel([50, 60, 72]));
        let metrics = compare_masks(&a, &b, spacing).expect("one grid");
        assert_eq!((metrics.hd_mm, metrics.hd95_mm, metrics.dsc), (2.0, 2.0, 0.0));
        for mean in [metrics.asd_mm, metrics.reference_to_prediction.mean_mm, metrics.prediction_to_reference.mean_mm] {
            assert!(close(mean, 1.5, 1e-12));
        }
        assert!(close(surface_distances(&a, &b, spacing).expect("one grid").surface_dice(1.0), 0.5, 1e-12));
    }

    #[test]
    fn two_cubes_that_touch_the_border_on_all_sides() {
        let spacing = SpacingMm::new(2.0, 1.0, 1.0);
        let (a, b) = (cuboid([100; 3], [0; 3], [50, 100, 100]), cuboid([100; 3], [0; 3], [51, 100, 100]));
        let metrics = compare_masks(&a, &b, spacing).expect("one grid");
        assert!(close(metrics.reference_to_prediction.mean_mm, 0.322, 5e-4));
        assert!(close(metrics.prediction_to_reference.mean_mm, 0.339, 5e-4));
        assert!(close(metrics.dsc, 0.990, 5e-4));
        assert_eq!((metrics.hd_mm, metrics.hd95_mm), (2.0, 2.0));
        assert!(close(surface_distances(&a, &b, spacing).expect("one grid").surface_dice(1.0), 0.836, 5e-4));
    }

    fn mask_from_hex(digits: &str, shape: [usize; 3]) -> Mask {
        let nibble = |n: usize| digits[n..=n].parse_hex();
        Mask::from_fn(shape, |[k, j, i]| {
            let voxel = (k * shape[1] + j) * shape[2] + i;
            nibble(voxel / 4) >> (3 - voxel % 4) & 1 == 1
        })
    }

    trait ParseHex {
        fn parse_hex(&self) -> u32;
    }

    impl ParseHex for str {
        fn parse_hex(&self) -> u32 {
            u32::from_str_radix(self, 16).expect("hexadecimal digits")
        }
    }

    #[test]
    fn small_masks_of_all_kinds_on_anisotropic_grids() {
        let golden: serde_json::Value =
            serde_json::from_str(include_str!("golden/surface_distance.json")).expect("the golden file is JSON");
        let cases = golden["cases"].as_array().expect("a list of cases");
        assert_eq!(cases.len(), 14);
        for (number, case) in cases.iter().enumerate() {
            let at = |name: &str| case.pointer(name).and_then(serde_json::Value::as_f64).expect("a number");
            let shape: [usize; 3] = std::array::from_fn(|x| at(&format!("/shape/{x}")) as usize);
            let spacing = SpacingMm::new(at("/spacing_mm/0"), at("/spacing_mm/1"), at("/spacing_mm/2"));
            let mask = |name: &str| mask_from_hex(case[name].as_str().expect("digits"), shape);
            let (reference, prediction) = (mask("reference"), mask("prediction"));
            let metrics = compare_masks(&reference, &prediction, spacing).expect("one grid");
            let distances = surface_distances(&reference, &prediction, spacing).expect("one grid");
            let mut pairs = vec![
                ("/dsc".to_owned(), metrics.dsc),
                ("/hd_mm".to_owned(), metrics.hd_mm),
                ("/hd95_mm".to_owned(), metrics.hd95_mm),
                ("/asd_mm".to_owned(), metrics.asd_mm),
                ("/reference_area_mm2".to_owned(), distances.areas_mm2().0),
                ("/prediction_area_mm2".to_owned(), distances.areas_mm2().1),
                ("/surface_dice_1mm".to_owned(), distances.surface_dice(1.0)),
            ];
            for (direction, directed) in [
                ("reference_to_prediction", metrics.reference_to_prediction),
                ("prediction_to_reference", metrics.prediction_to_reference),
            ] {
                pairs.push((format!("/{direction}/mean_mm"), directed.mean_mm));
                pairs.push((format!("/{direction}/percentile95_mm"), directed.percentile95_mm));
                pairs.push((format!("/{direction}/max_mm"), directed.max_mm));
            }
            for (name, got) in pairs {
                let expected = at(&name);
                assert!(
                    close(got, expected, 1e-9 * (1.0 + expected)),
                    "case {number}{name}: {got}, expected {expected}"
                );
            }
        }
    }
}

#[test]
fn a_mask_agrees_with_itself() {
    let mask = sphere([9, 40, 70], SpacingMm::new(5.0, 1.0, 0.7), 15.0);
    let metrics = compare_masks(&mask, &mask, SpacingMm::new(5.0, 1.0, 0.7)).expect("one grid");
    assert_eq!((metrics.dsc, metrics.hd_mm, metrics.hd95_mm, metrics.asd_mm), (1.0, 0.0, 0.0, 0.0));
    assert_eq!(metrics.reference_volume_ml, mask.count() as f64 * 0.0035);
    assert_eq!(metrics.undefined, None);
}

#[test]
fn concentric_spheres_are_apart_by_the_difference_of_their_radii() {
    for spacing in [SpacingMm::new(1.0, 1.0, 1.0), SpacingMm::new(2.5, 0.9, 0.8)] {
        let shape = spacing.to_array().map(|s| (70.0 / s) as usize);
        let metrics =
            compare_masks(&sphere(shape, spacing, 20.0), &sphere(shape, spacing, 30.0), spacing).expect("one grid");
        // Elements lie at voxel corners on both sides of the surface; the nearest is on the near side, so distances
        // come out up to a voxel short, half a voxel on average.
        let voxel = spacing.to_array().into_iter().fold(0.0, f64::max);
        assert!(close(metrics.asd_mm, 10.0 - voxel / 2.0, voxel / 4.0), "{}", metrics.asd_mm);
        assert!(close(metrics.hd95_mm, 10.0, voxel), "{}", metrics.hd95_mm);
        assert!(close(metrics.hd_mm, 10.0, 1.5 * voxel), "{}", metrics.hd_mm);
        assert!(close(metrics.dsc, 2.0 * 8.0 / (8.0 + 27.0), 0.02), "{}", metrics.dsc);
        assert!(close(metrics.prediction_volume_ml, 113.1, 2.0), "{}", metrics.prediction_volume_ml);
    }
}

#[test]
fn the_surface_of_a_box_is_its_faces_with_bevelled_edges_and_corners() {
    let spacing = SpacingMm::new(5.0, 0.7, 1.3);
    let [sk, sj, si] = spacing.to_array();
    let mask = cuboid([20, 20, 90], [3, 4, 60], [9, 12, 70]);
    let [k, j, i] = [5.0 * sk, 7.0 * sj, 9.0 * si];
    let faces = 2.0 * (k * j + j * i + i * k);
    let edges = 4.0 * (k * f64::hypot(sj, si) + j * f64::hypot(sk, si) + i * f64::hypot(sk, sj)) / 2.0;
    let corner = ((sk * sj).powi(2) + (sj * si).powi(2) + (si * sk).powi(2)).sqrt() / 8.0;
    let (area, _) = surface_distances(&mask, &mask, spacing).expect("one grid").areas_mm2();
    assert!(close(area, faces + edges + 8.0 * corner, 1e-9), "{area}");
}

#[test]
fn a_box_with_a_margin_is_farthest_at_its_corners() {
    let spacing = SpacingMm::new(5.0, 2.0, 1.0);
    let inner = cuboid([50; 3], [10; 3], [40; 3]);
    let outer = cuboid([50; 3], [8, 7, 6], [42, 43, 44]);
    let metrics = compare_masks(&inner, &outer, spacing).expect("one grid");
    assert!(close(
        metrics.prediction_to_reference.max_mm,
        (10.0_f64.powi(2) + 6.0_f64.powi(2) + 4.0_f64.powi(2)).sqrt(),
        1e-12
    ));
    assert_eq!(metrics.reference_to_prediction.max_mm, 10.0, "the middle of the faces across the slices");
    assert_eq!(metrics.hd_mm, metrics.prediction_to_reference.max_mm);
}

#[test]
fn far_apart_masks_are_measured_through_empty_slices() {
    let one = cuboid([200, 4, 4], [0; 3], [1, 1, 1]);
    let other = cuboid([200, 4, 4], [199, 0, 0], [200, 1, 1]);
    let metrics = compare_masks(&one, &other, SpacingMm::new(5.0, 1.0, 1.0)).expect("one grid");
    assert_eq!(metrics.hd_mm, 199.0 * 5.0);
    assert!(close(metrics.asd_mm, 198.5 * 5.0, 1e-9), "{}", metrics.asd_mm);
}

#[test]
fn masks_of_different_grids_and_impossible_spacing_are_refused() {
    let (a, b) = (Mask::new([1, 2, 3]), Mask::new([3, 2, 1]));
    let unit = SpacingMm::new(1.0, 1.0, 1.0);
    let shapes = MetricsError::Shape { reference: [1, 2, 3], prediction: [3, 2, 1] };
    assert_eq!(compare_masks(&a, &b, unit), Err(shapes));
    for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let refused = compare_masks(&a, &a, SpacingMm::new(1.0, wrong, 1.0));
        assert!(matches!(refused, Err(MetricsError::Spacing { .. })), "{refused:?}");
    }
}

proptest! {
    #[test]
    fn the_order_of_the_masks_and_their_place_do_not_matter(
        voxels in prop::collection::vec((0usize..4, 0usize..5, 0usize..6, any::<bool>()), 1..30),
        place in (0usize..4, 0usize..4, 0usize..130),
    ) {
        let spacing = SpacingMm::new(5.0, 1.2, 0.8);
        let put = |place: (usize, usize, usize)| {
            let mut masks = [Mask::new([8, 9, 140]), Mask::new([8, 9, 140])];
            for &(k, j, i, first) in &voxels {
                masks[usize::from(first)].set([k + place.0, j + place.1, i + place.2], true);
            }
            masks
        };
        let ([a, b], [moved_a, moved_b]) = (put((0, 0, 0)), put(place));
        let metrics = compare_masks(&a, &b, spacing).expect("one grid");
        let swapped = compare_masks(&moved_b, &moved_a, spacing).expect("one grid");
        prop_assert!(close(metrics.hd_mm, swapped.hd_mm, 1e-12) || metrics.hd_mm.is_nan());
        prop_assert!(close(metrics.hd95_mm, swapped.hd95_mm, 1e-12) || metrics.hd95_mm.is_nan());
        prop_assert!(close(metrics.asd_mm, swapped.asd_mm, 1e-9) || metrics.asd_mm.is_nan());
        prop_assert!(metrics.undefined.is_some() || metrics.hd95_mm <= metrics.hd_mm);
        prop_assert!(metrics.undefined.is_some() || metrics.asd_mm <= metrics.hd_mm);
    }
}
