//! A whole patient at once gives what structure by structure gives.

use ndarray::Array3;
use proptest::prelude::*;
use tmli_core::{
    FrameOfReferenceUid, Mask, MetricOptions, MetricsError, PointLps, Profile, Segment, Segmentation, SpacingMm,
    StructureMetrics, Undefined, VolumeGeometry, compare_masks_with,
    metrics::{NamedMetrics, compare_byte_masks, compare_label_maps, compare_pairs, compare_segmentations},
};

const SHAPE: [usize; 3] = [14, 60, 150];
const SPACING: SpacingMm = SpacingMm::new(5.0, 1.0, 1.2);
const NAMES: [&str; 5] = ["A", "B", "C", "D", "E"];

/// Labels 1 to 3 as neighbouring balls, 4 at the border in one map alone, 5 in none.
fn label_map(shift: f64, with_last: bool) -> Array3<u16> {
    Array3::from_shape_fn((SHAPE[0], SHAPE[1], SHAPE[2]), |(k, j, i)| {
        let inside = |ck: f64, cj: f64, ci: f64, radius: f64| {
            let [dk, dj, di] = [(k as f64 - ck) * 5.0, j as f64 - cj, (i as f64 - ci) * 1.2];
            dk * dk + dj * dj + di * di <= radius * radius
        };
        let balls = [
            inside(6.0, 20.0, 40.0 + shift, 18.0),
            inside(7.0, 40.0, 70.0, 20.0 + shift),
            inside(3.0, 20.0, 100.0, 9.0),
        ];
        match balls.iter().position(|&ball| ball) {
            Some(n) => n as u16 + 1,
            None if with_last && j >= 58 && k < 2 => 4,
            None => 0,
        }
    })
}

fn options() -> MetricOptions {
    MetricOptions { percentile: 90.0, tolerance_mm: 1.0, path_tolerance_mm: 1.0, ..MetricOptions::default() }
}

fn masks(map: &Array3<u16>) -> Vec<Mask> {
    (1..=5).map(|label| Mask::from_fn(SHAPE, |at| map[at] == label)).collect()
}

/// Through text, for which not a number is equal to itself.
fn assert_same(got: &[NamedMetrics], expected: &[StructureMetrics]) {
    assert_eq!(got.len(), expected.len());
    for ((got, expected), name) in got.iter().zip(expected).zip(NAMES) {
        assert_eq!(got.name, name);
        assert_eq!(format!("{:.9?}", got.metrics), format!("{expected:.9?}"));
    }
}

#[test]
fn label_maps_byte_masks_and_bit_masks_give_the_same_numbers() {
    let (a, b) = (label_map(0.0, true), label_map(1.5, false));
    let (reference, prediction) = (masks(&a), masks(&b));
    let expected: Vec<StructureMetrics> = reference
        .iter()
        .zip(&prediction)
        .map(|(a, b)| compare_masks_with(a, b, SPACING, &options()).expect("one grid"))
        .collect();
    assert_eq!(expected[3].undefined, Some(Undefined::PredictionEmpty));
    assert!(expected[3].touches_border() && !expected[0].touches_border());
    assert_eq!(expected[4].undefined, Some(Undefined::BothEmpty));
    assert!(expected[0].hd95_mm > 0.0 && expected[2].hd_mm == 0.0);

    let labels: Vec<(u16, &str)> = (1..=5).zip(NAMES).collect();
    let from_labels = compare_label_maps(a.view(), b.view(), &labels, SPACING, &options()).expect("one grid");
    assert_same(&from_labels, &expected);

    let pairs: Vec<_> = NAMES.into_iter().zip(&reference).zip(&prediction).map(|((name, a), b)| (name, a, b)).collect();
    assert_same(&compare_pairs(&pairs, SPACING, &options()).expect("one grid"), &expected);

    let bytes: Vec<_> = pairs.iter().map(|(name, a, b)| (*name, a.to_bytes(), b.to_bytes())).collect();
    let views: Vec<_> = bytes.iter().map(|(name, a, b)| (*name, a.view(), b.view())).collect();
    assert_same(&compare_byte_masks(&views, SPACING, &options()).expect("one grid"), &expected);
}

fn segmentation(masks: Vec<Mask>, geometry: VolumeGeometry) -> Segmentation {
    let segments = NAMES.into_iter().zip(masks).map(|(name, mask)| Segment { name: name.to_owned(), mask }).collect();
    Segmentation { geometry, segments }
}

#[test]
fn segmentations_are_compared_by_name_and_only_on_one_grid() {
    let geometry = |x: f64| VolumeGeometry::axial(SHAPE, PointLps::new(x, 0.0, 0.0), SPACING).expect("a valid grid");
    let reference = segmentation(masks(&label_map(0.0, true)), geometry(0.0));
    let mut prediction = segmentation(masks(&label_map(0.0, true)), geometry(0.0));
    prediction.segments.reverse();
    prediction.segments.retain(|segment| segment.name != "B");
    let found = compare_segmentations(&reference, &prediction, &options()).expect("one grid");
    assert_eq!(found.iter().map(|found| found.name.as_str()).collect::<Vec<_>>(), ["A", "C", "D", "E"]);
    assert!(found.iter().all(|found| found.metrics.hd_mm == 0.0 || found.metrics.undefined.is_some()));

    let frame = |uid: &str| geometry(0.0).in_frame(FrameOfReferenceUid(uid.to_owned()));
    let in_frame = Segmentation { geometry: frame("1.2"), ..reference.clone() };
    for elsewhere in [geometry(0.5), frame("1.3")] {
        let prediction = Segmentation { geometry: elsewhere, ..prediction.clone() };
        let refused = compare_segmentations(&in_frame, &prediction, &options());
        assert_eq!(refused, Err(MetricsError::Geometry { shape: SHAPE }));
    }
}

proptest! {
    #[test]
    fn any_label_maps_give_values_that_agree_with_each_other(
        shape in (1usize..5, 1usize..7, 1usize..70),
        spacing in (0.01..50.0_f64, 0.01..50.0_f64, 0.01..50.0_f64),
        seed in any::<u64>(),
        profile in prop::sample::select(Profile::ALL.to_vec()),
    ) {
        let mut state = seed;
        let mut map = || Array3::from_shape_fn(shape, |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) % 9 / 3) as u8
        });
        let (a, b) = (map(), map());
        let spacing = SpacingMm::new(spacing.0, spacing.1, spacing.2);
        let options = MetricOptions { profile, ..MetricOptions::default() };
        let found = compare_label_maps(a.view(), b.view(), &[(0, "A"), (1, "B"), (2, "C")], spacing, &options);
        for NamedMetrics { metrics: m, .. } in found.expect("one grid") {
            if m.undefined.is_some() {
                prop_assert!(!m.hd_mm.is_finite() && !m.asd_mm.is_finite());
                continue;
            }
            let distances = [m.asd_mm, m.hd95_mm, m.hd_percentile_mm, m.pooled_percentile_mm];
            prop_assert!(distances.iter().all(|&d| (0.0..=m.hd_mm * (1.0 + 1e-12)).contains(&d)), "{m:?}");
            prop_assert!((0.0..=1.0).contains(&m.dsc) && (0.0..=1.0 + 1e-12).contains(&m.surface_dice), "{m:?}");
            prop_assert!(m.added_path_length_mm >= 0.0 && m.centre_shift_length_mm().is_finite());
        }
    }
}
