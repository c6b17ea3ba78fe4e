//! Mask to contours and back: nothing may change.

mod common;

use proptest::prelude::*;
use tmli_core::{Contour, ContourKind, Mask, PointLps, VolumeGeometry, rasterise, trace};

fn assert_round_trip(mask: &Mask, geometry: &VolumeGeometry) -> Vec<Contour> {
    let contours = trace(mask, geometry);
    let back = rasterise(&contours, geometry);
    assert_eq!(back.findings, []);
    assert!(back.mask == *mask, "{} voxels became {}", mask.count(), back.mask.count());
    contours
}

/// On an axial and on an oblique grid; gives the number of points of every loop.
fn points_of_loops(shape: [usize; 2], inside: impl Fn(usize, usize) -> bool) -> Vec<usize> {
    let shape = [1, shape[0], shape[1]];
    let mask = Mask::from_fn(shape, |[_, j, i]| inside(j, i));
    let contours = assert_round_trip(&mask, &common::axial(shape));
    assert_eq!(assert_round_trip(&mask, &common::oblique(shape)).len(), contours.len());
    let mut points: Vec<usize> = contours.iter().map(|c| c.points.len()).collect();
    points.sort_unstable();
    points
}

#[test]
fn one_pixel_is_a_square_around_its_centre() {
    let geometry = common::axial([3, 4, 5]);
    let mask = Mask::from_fn([3, 4, 5], |kji| kji == [1, 2, 3]);
    let contours = assert_round_trip(&mask, &geometry);
    let corners = [(1.5, 2.5), (1.5, 3.5), (2.5, 3.5), (2.5, 2.5)].map(|(j, i)| geometry.point_from_index([1.0, j, i]));
    assert_eq!(contours, [Contour { kind: ContourKind::ClosedPlanar, points: corners.to_vec() }]);
}

#[test]
fn shapes_that_tracers_get_wrong() {
    let within =
        |j: usize, i: usize, margin: usize| (margin..20 - margin).contains(&j) && (margin..20 - margin).contains(&i);
    assert_eq!(points_of_loops([20, 20], |j, i| within(j, i, 2) && !within(j, i, 5)), [4, 4], "annulus");
    let nested = |j, i| (within(j, i, 1) && !within(j, i, 3)) || (within(j, i, 5) && !within(j, i, 8));
    assert_eq!(points_of_loops([20, 20], nested), [4, 4, 4, 4], "annulus in annulus");
    assert_eq!(points_of_loops([4, 4], |j, i| j == i), [4, 4, 4, 4], "pixels that touch at corners");
    assert_eq!(points_of_loops([4, 4], |j, i| j + i == 3), [4, 4, 4, 4], "the other diagonal");
    assert_eq!(points_of_loops([3, 200], |j, i| j == 1 && i > 2 && i < 190), [4], "one row");
    assert_eq!(points_of_loops([200, 3], |_, i| i == 1), [4], "one column");
    assert_eq!(points_of_loops([10, 21], |j, i| j == 0 || i % 2 == 0), [44], "comb");
    assert_eq!(points_of_loops([6, 6], |j, i| (j + i) % 2 == 0), [4; 18], "checkerboard");
    assert_eq!(points_of_loops([7, 130], |_, _| true), [4], "whole slice");
    assert_eq!(points_of_loops([9, 9], |j, i| j == 0 || i == 0 || j == 8 || i == 8), [4, 4], "border");
    let pinched = |j: usize, i: usize| within(j + 7, i + 7, 7) && (j, i) != (2, 2) && (j, i) != (3, 3);
    assert_eq!(points_of_loops([7, 7], pinched), [4, 8], "two holes that touch at a corner are one");
    assert_eq!(points_of_loops([7, 7], |_, _| false), [0; 0], "nothing");
}

#[test]
fn every_slice_is_traced_on_its_own_plane() {
    let geometry = common::oblique([5, 6, 7]);
    let mask = Mask::from_fn([5, 6, 7], |[k, j, i]| k != 2 && j > k && i < 5);
    let contours = assert_round_trip(&mask, &geometry);
    let slices: Vec<i64> =
        contours.iter().map(|c| (geometry.index_from_point(c.points[0])[0] * 1e6).round() as i64).collect();
    assert_eq!(slices, [0, 1_000_000, 3_000_000, 4_000_000]);
}

/// Twice the signed area of a loop in pixels.
fn signed_area(contour: &Contour, geometry: &VolumeGeometry) -> f64 {
    let corners: Vec<[f64; 3]> = contour.points.iter().map(|&p| geometry.index_from_point(p)).collect();
    corners.iter().zip(corners.iter().cycle().skip(1)).map(|(a, b)| a[2] * b[1] - b[2] * a[1]).sum::<f64>() / 2.0
}

fn has_needless_point(contour: &Contour, geometry: &VolumeGeometry) -> bool {
    let corners: Vec<[f64; 3]> = contour.points.iter().map(|&p| geometry.index_from_point(p)).collect();
    let n = corners.len();
    (0..n).any(|x| {
        let [a, b, c] = [corners[x], corners[(x + 1) % n], corners[(x + 2) % n]];
        ((b[1] - a[1]) * (c[2] - b[2]) - (b[2] - a[2]) * (c[1] - b[1])).abs() < 0.5
    })
}

proptest! {
    #[test]
    fn random_masks_come_back_voxel_for_voxel(
        shape in (1usize..4, 1usize..12, 1usize..150), seed in any::<u64>(), density in 1u64..16,
    ) {
        let shape = [shape.0, shape.1, shape.2];
        let mut state = seed;
        let mask = Mask::from_fn(shape, |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 60 < density
        });
        for geometry in [common::axial(shape), common::oblique(shape)] {
            let contours = trace(&mask, &geometry);
            let back = rasterise(&contours, &geometry);
            prop_assert!(back.findings.is_empty(), "{:?}", back.findings);
            prop_assert!(back.mask == mask);
            prop_assert!(!contours.iter().any(|c| has_needless_point(c, &geometry)));
            // Outer loops count positive, holes negative.
            let area: f64 = contours.iter().map(|c| signed_area(c, &geometry)).sum();
            prop_assert!((area - mask.count() as f64).abs() < 1e-3, "{area} for {}", mask.count());
        }
    }

    #[test]
    fn points_rounded_to_a_hundredth_of_a_millimetre_still_give_the_mask(
        bits in prop::collection::vec(any::<bool>(), 8 * 9), oblique in any::<bool>(),
    ) {
        let shape = [1, 8, 9];
        let mask = Mask::from_fn(shape, |[_, j, i]| bits[j * 9 + i]);
        let geometry = if oblique { common::oblique(shape) } else { common::axial(shape) };
        let mut contours = trace(&mask, &geometry);
        for point in contours.iter_mut().flat_map(|c| c.points.iter_mut()) {
            *point = PointLps(point.0.map(|x| (x * 100.0).round() / 100.0));
        }
        prop_assert!(rasterise(&contours, &geometry).mask == mask);
    }
}
