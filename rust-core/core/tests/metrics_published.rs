//! Values that the tests of other tools expect, on masks built from their description: MONAI, ITK, MetricsReloaded and
//! medpy. Those of surface-distance are in `metrics.rs`, those of plastimatch and SlicerRT in `metrics_slicer_rt`.

use tmli_core::{Mask, MetricOptions, Profile, SpacingMm, StructureMetrics, compare_masks_with};

const UNIT: SpacingMm = SpacingMm::new(1.0, 1.0, 1.0);

fn voxel(reference: &Mask, prediction: &Mask, spacing: SpacingMm) -> StructureMetrics {
    let options = MetricOptions { profile: Profile::Voxel, tolerance_mm: 1.0, ..MetricOptions::default() };
    compare_masks_with(reference, prediction, spacing, &options).expect("one grid")
}

/// Closer than the last printed digit.
fn assert_close(what: &str, got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance, "{what}: {got}, expected {expected}");
}

mod monai {
    //! Project-MONAI/MONAI, tests/metrics/test_hausdorff_distance.py and test_surface_distance.py.

    use super::*;

    const SPACING: SpacingMm = SpacingMm::new(0.85, 1.2, 0.9);

    /// A ball in 99 x 99 x 99 voxels; radius and centre are in mm from the first voxel.
    fn ball(radius: f64, centre: [f64; 3], spacing: SpacingMm) -> Mask {
        let spacing = spacing.to_array();
        Mask::from_fn([99; 3], |at| {
            (0..3).map(|x| (at[x] as f64 * spacing[x] - centre[x]).powi(2)).sum::<f64>() <= radius * radius
        })
    }

    #[test]
    fn hausdorff_distances() {
        let at = [20.0, 33.0, 22.0];
        // The first ball is the prediction. Directed (from the prediction), and the larger of both.
        for (spacing, prediction, reference, directed, both) in [
            (UNIT, (20.0, [20.0; 3]), (20.0, [19.0; 3]), 1.732_050_807_568_877_2, 1.732_050_807_568_877_2),
            (UNIT, (33.0, [19.0, 33.0, 22.0]), (33.0, at), 1.0, 1.0),
            (UNIT, (20.0, at), (40.0, at), 20.099_751_242_241_78, 20.223_748_416_156_685),
            (SPACING, (20.0, [20.0; 3]), (20.0, [19.0; 3]), 2.080_865_144_729_614_3, 2.267_156_8),
            (SPACING, (15.0, at), (30.0, at), 15.439_640_998_840_332, 15.625_94),
        ] {
            let [reference, prediction] = [reference, prediction].map(|(radius, at)| ball(radius, at, spacing));
            let m = voxel(&reference, &prediction, spacing);
            assert_close("directed HD", m.prediction_to_reference.max_mm, directed, 1e-6 * directed);
            assert_close("HD", m.hd_mm, both, 1e-6 * both);
        }
        let m = voxel(&ball(40.0, at, UNIT), &ball(20.0, at, UNIT), UNIT);
        assert_close("directed HD95", m.prediction_to_reference.percentile95_mm, 19.924_858_845_171_276, 2e-5);
        assert_close("HD95", m.hd95_mm, 20.099_751_242_241_78, 2e-5);
    }

    #[test]
    fn average_surface_distances() {
        let (from, to) = ([42.0, 45.0, 52.0], [43.0, 45.0, 52.0]);
        for (spacing, prediction, reference, symmetric, directed) in [
            (UNIT, (33.0, [19.0, 33.0, 22.0]), (33.0, [20.0, 33.0, 22.0]), 0.350_217, 0.348_327_880_770_628_9),
            (UNIT, (20.0, [20.0, 33.0, 22.0]), (40.0, [20.0, 33.0, 22.0]), 15.117_741, 12.040_033_513_150_455),
            (SPACING, (33.0, from), (33.0, to), 0.4951, 0.4951),
        ] {
            let [reference, prediction] = [reference, prediction].map(|(radius, at)| ball(radius, at, spacing));
            let m = voxel(&reference, &prediction, spacing);
            assert_close("ASD", m.asd_mm, symmetric, 1e-5 * symmetric);
            assert_close("directed mean", m.prediction_to_reference.mean_mm, directed, 1e-5 * directed);
        }
    }
}

#[test]
fn itk_two_cubes_are_apart_by_the_diagonal_of_ten_voxels() {
    // itkHausdorffDistanceImageFilterGTest.cxx. Its average (4.5) is over all voxels of a mask, which no profile takes.
    let cube = |from: usize, to: usize| Mask::from_fn([50; 3], |at| at.iter().all(|x| (from..to).contains(x)));
    for size in [1.0, 0.5] {
        let m = voxel(&cube(10, 30), &cube(20, 35), SpacingMm::new(size, size, size));
        assert_close("HD", m.hd_mm, 10.0 * size * 3.0_f64.sqrt(), 1e-12);
    }
}

mod metrics_reloaded {
    //! Project-MONAI/MetricsReloaded, test/test_metrics/test_pairwise_measures.py. Its figures are flat: their outline (in
    //! one slice every voxel is at the border) is the border that it measures between.

    use super::*;

    fn outline(inside: impl Fn(usize, usize) -> bool) -> Mask {
        Mask::from_fn([1, 16, 16], |[_, j, i]| {
            let deep = j > 0 && i > 0 && inside(j - 1, i) && inside(j, i - 1) && inside(j + 1, i) && inside(j, i + 1);
            inside(j, i) && !deep
        })
    }

    #[test]
    fn a_square_and_the_square_with_a_point_far_away() {
        let square = |j: usize, i: usize| (9..12).contains(&j) && (9..12).contains(&i);
        let m = voxel(&outline(|j, i| square(j, i) || (j, i) == (1, 1)), &outline(square), UNIT);
        assert_close("HD", m.hd_mm, 11.31, 0.01);
        assert_close("HD95", m.hd95_mm, 6.79, 0.01);
    }

    #[test]
    fn a_square_and_the_square_with_a_cross() {
        let square = |j: usize, i: usize| (3..8).contains(&j) && (3..8).contains(&i);
        let cross = |j: usize, i: usize| (j == 5 && (1..10).contains(&i)) || (i == 5 && (1..10).contains(&j));
        let m = voxel(&outline(square), &outline(|j, i| square(j, i) || cross(j, i)), UNIT);
        assert_close("ASSD", m.asd_mm, 0.44, 0.01);
        let masd = f64::midpoint(m.reference_to_prediction.mean_mm, m.prediction_to_reference.mean_mm);
        assert_close("MASD", masd, 0.425, 0.001);
        assert_close("surface Dice at 1 mm", m.surface_dice, 0.89, 0.01);
    }
}

#[test]
fn medpy_two_neighbours_are_apart_by_the_spacing() {
    // tests/metric_/binary.py.
    let at = |n: usize| Mask::from_fn([1, 1, 2], move |kji| kji[2] == n);
    for size in [1.0, 2.0] {
        assert_eq!(voxel(&at(1), &at(0), SpacingMm::new(1.0, 1.0, size)).asd_mm, size);
    }
}
