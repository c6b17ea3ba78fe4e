//! Contours to voxels: what is inside, what is left out, and that it is said.

mod common;

use proptest::prelude::*;
use tmli_core::{Contour, ContourFinding, ContourKind, Mask, PointLps, VolumeGeometry, rasterise};

/// A closed loop of (row, column) index coordinates on plane `k`.
fn loop_at(geometry: &VolumeGeometry, k: f64, corners: &[(f64, f64)]) -> Contour {
    let points = corners.iter().map(|&(j, i)| geometry.point_from_index([k, j, i])).collect();
    Contour { kind: ContourKind::ClosedPlanar, points }
}

fn rectangle(geometry: &VolumeGeometry, k: f64, j: [f64; 2], i: [f64; 2]) -> Contour {
    loop_at(geometry, k, &[(j[0], i[0]), (j[0], i[1]), (j[1], i[1]), (j[1], i[0])])
}

fn voxels(mask: &Mask) -> Vec<[usize; 3]> {
    let [k, j, i] = mask.shape();
    let all = (0..k).flat_map(|k| (0..j).flat_map(move |j| (0..i).map(move |i| [k, j, i])));
    all.filter(|&kji| mask.get(kji)).collect()
}

#[test]
fn a_voxel_is_inside_when_its_centre_is() {
    for geometry in [common::axial([2, 8, 9]), common::oblique([2, 8, 9])] {
        let triangle = loop_at(&geometry, 1.0, &[(0.9, 0.9), (0.9, 5.2), (5.2, 0.9)]);
        let found = rasterise(&[triangle], &geometry);
        assert_eq!(found.findings, []);
        // Columns and rows from 1 on, their sum at most 6.1.
        assert_eq!(found.mask, Mask::from_fn([2, 8, 9], |[k, j, i]| k == 1 && j >= 1 && i >= 1 && j + i <= 6));
    }
}

#[test]
fn edges_through_centres_are_half_open_and_last_digits_do_not_matter() {
    let geometry = common::axial([1, 6, 6]);
    for error in [0.0, 4e-7, -4e-7] {
        let square = rectangle(&geometry, 0.0, [1.0 + error, 3.0 - error], [2.0 - error, 4.0 + error]);
        let found = rasterise(&[square], &geometry);
        assert_eq!(voxels(&found.mask), [[0, 1, 2], [0, 1, 3], [0, 2, 2], [0, 2, 3]], "{error}");
    }
}

#[test]
fn a_hole_may_be_a_loop_a_keyhole_or_an_exclusive_or() {
    let geometry = common::oblique([1, 12, 12]);
    let outer = [(1.0, 1.0), (1.0, 10.0), (10.0, 10.0), (10.0, 1.0)];
    let inner = [(4.0, 4.0), (4.0, 7.0), (7.0, 7.0), (7.0, 4.0)];
    // Into the hole along a slanted channel through voxel centres, around it backwards, and out the same way.
    let keyhole = [&outer[..], &[outer[0], inner[0], inner[3], inner[2], inner[1], inner[0]]].concat();
    let expected = Mask::from_fn([1, 12, 12], |[_, j, i]| {
        let within = |low, high| (low..high).contains(&j) && (low..high).contains(&i);
        within(1, 10) && !within(4, 7)
    });

    let loops = [loop_at(&geometry, 0.0, &outer), loop_at(&geometry, 0.0, &inner)];
    assert_eq!(rasterise(&loops, &geometry).mask, expected);
    assert_eq!(rasterise(&[loop_at(&geometry, 0.0, &keyhole)], &geometry).mask, expected);
    let xor = loops.map(|c| Contour { kind: ContourKind::ClosedPlanarXor, ..c });
    assert_eq!(rasterise(&xor, &geometry).mask, expected);
}

#[test]
fn parts_of_one_slice_and_islands_in_holes_are_kept() {
    let geometry = common::axial([1, 20, 40]);
    let squares =
        [([0.5, 9.5], [0.5, 9.5]), ([2.5, 7.5], [2.5, 7.5]), ([4.5, 5.5], [4.5, 5.5]), ([3.5, 8.5], [20.5, 30.5])];
    let contours: Vec<_> = squares.iter().map(|&(j, i)| rectangle(&geometry, 0.0, j, i)).collect();
    assert_eq!(rasterise(&contours, &geometry).mask.count(), 81 - 25 + 1 + 50);
}

#[test]
fn a_repeated_first_point_changes_nothing() {
    let geometry = common::axial([1, 9, 9]);
    let mut square = rectangle(&geometry, 0.0, [1.5, 6.5], [1.5, 6.5]);
    let once = rasterise(&[square.clone()], &geometry);
    square.points.push(square.points[0]);
    assert_eq!(rasterise(&[square], &geometry), once);
    assert_eq!(once.mask.count(), 25);
}

#[test]
fn a_contour_beside_its_slice_goes_to_the_nearest_and_is_reported() {
    let geometry = common::oblique([4, 5, 5]);
    let at = |k: f64| rasterise(&[rectangle(&geometry, k, [0.5, 3.5], [0.5, 3.5])], &geometry);
    for (plane, slice) in [(1.3, 1), (1.7, 2), (1.5, 1), (-0.5, 0), (3.5, 3)] {
        let found = at(plane);
        assert_eq!(found.mask.bounds().map(|b| (b.min[0], b.max[0])), Some((slice, slice + 1)), "{plane}");
        let [ContourFinding::OffSlice { contour: 0, distance_mm }] = found.findings[..] else {
            panic!("{:?}", found.findings)
        };
        assert!((distance_mm - (plane - slice as f64).abs() * 3.27).abs() < 1e-5, "{distance_mm}");
    }
    assert_eq!(at(1.001).findings, [], "a rounded coordinate is not worth a word");
    for beyond in [-0.6, 3.6, 1000.0] {
        assert_eq!(at(beyond).findings, [ContourFinding::OutsideVolume { contour: 0 }]);
        assert!(at(beyond).mask.is_empty());
    }
}

#[test]
fn contours_of_a_finer_scan_do_not_cancel_each_other() {
    let geometry = common::axial([3, 9, 9]);
    let contours: Vec<_> =
        [0.6, 1.0, 1.4].iter().map(|&k| rectangle(&geometry, k, [1.5, 6.5 + k], [1.5, 6.5])).collect();
    let found = rasterise(&contours, &geometry);
    assert_eq!(found.mask, rasterise(&contours[1..2], &geometry).mask);
    let left_out: Vec<usize> = found.findings.iter().filter(|f| f.left_out()).map(ContourFinding::contour).collect();
    assert_eq!(left_out, [0, 2]);
}

#[test]
fn the_same_loop_twice_is_used_once() {
    let geometry = common::axial([1, 9, 9]);
    let square = rectangle(&geometry, 0.0, [1.5, 6.5], [1.5, 6.5]);
    let mut reversed = square.clone();
    reversed.points.reverse();
    reversed.points.rotate_left(1);
    let found = rasterise(&[square.clone(), square, reversed], &geometry);
    assert_eq!(found.mask.count(), 25);
    assert_eq!(
        found.findings,
        [ContourFinding::Repeated { contour: 1, of: 0 }, ContourFinding::Repeated { contour: 2, of: 0 }]
    );
}

#[test]
fn what_can_not_be_filled_is_left_out_and_named() {
    let geometry = common::axial([4, 9, 9]);
    let good = rectangle(&geometry, 1.0, [1.5, 6.5], [1.5, 6.5]);
    let of_kind = |kind| Contour { kind, ..good.clone() };
    let with_point = |n: usize, point: [f64; 3]| {
        let mut contour = good.clone();
        contour.points[n] = geometry.point_from_index(point);
        contour
    };
    let mut not_finite = good.clone();
    not_finite.points[2] = PointLps::new(f64::NAN, 0.0, 0.0);
    let mut line = good.clone();
    line.points.truncate(2);
    let tilted = loop_at(&geometry, 0.0, &[(1.0, 1.0), (1.0, 6.0), (6.0, 6.0), (6.0, 1.0)]);
    let mut tilted = tilted;
    for point in &mut tilted.points {
        point.0[2] = -812.5 + (point.0[0] + 250.3);
    }
    let contours = [
        good.clone(),
        of_kind(ContourKind::Point),
        of_kind(ContourKind::OpenPlanar),
        of_kind(ContourKind::OpenNonplanar),
        not_finite,
        line,
        with_point(0, [3.0, 1.5, 1.5]),
        tilted,
        rectangle(&geometry, 1.0, [20.0, 30.0], [1.0, 2.0]),
        rectangle(&geometry, 2.0, [6.5, 30.0], [-5.0, 1.5]),
        Contour { kind: ContourKind::ClosedPlanar, points: vec![] },
    ];
    let found = rasterise(&contours, &geometry);
    use ContourFinding as F;
    let [
        F::NotARegion { contour: 1 },
        F::NotARegion { contour: 2 },
        F::NotARegion { contour: 3 },
        F::NonFinite { contour: 4 },
        F::TooFewPoints { contour: 5, points: 2 },
        F::NotPlanar { contour: 6, deviation_mm },
        F::NotInSlicePlane { contour: 7, extent_mm },
        F::OutsideVolume { contour: 8 },
        F::PartlyOutside { contour: 9 },
        F::TooFewPoints { contour: 10, points: 0 },
    ] = found.findings[..]
    else {
        panic!("{:#?}", found.findings)
    };
    assert!(deviation_mm > 1.0 && (extent_mm - 5.0 * 0.976_562).abs() < 1e-9, "{deviation_mm} {extent_mm}");
    let expected = Mask::from_fn([4, 9, 9], |[k, j, i]| {
        (k == 1 && (2..7).contains(&j) && (2..7).contains(&i)) || (k == 2 && j >= 7 && i < 2)
    });
    assert_eq!(found.mask, expected);
    for finding in &found.findings {
        assert!(finding.to_string().starts_with(&format!("contour {} ", finding.contour() + 1)), "{finding}");
    }
}

/// Even-odd in floating point, and how near the point is to an edge.
fn reference_inside(corners: &[(f64, f64)], (j, i): (f64, f64)) -> (bool, f64) {
    let mut inside = false;
    let mut nearest = f64::INFINITY;
    for (a, b) in corners.iter().zip(corners.iter().cycle().skip(1)) {
        if (a.0 > j) != (b.0 > j) && i < (b.1 - a.1) * (j - a.0) / (b.0 - a.0) + a.1 {
            inside = !inside;
        }
        let (along, length) = ((b.0 - a.0, b.1 - a.1), (b.0 - a.0).hypot(b.1 - a.1).max(1e-12));
        let t = (((j - a.0) * along.0 + (i - a.1) * along.1) / (length * length)).clamp(0.0, 1.0);
        nearest = nearest.min((j - a.0 - t * along.0).hypot(i - a.1 - t * along.1));
    }
    (inside, nearest)
}

proptest! {
    #[test]
    fn any_polygon_even_one_that_crosses_itself_is_filled_by_even_odd(
        corners in prop::collection::vec((-3.0..12.0, -5.0..80.0), 3..12), is_oblique in any::<bool>(),
    ) {
        let shape = [1, 10, 75];
        let geometry = if is_oblique { common::oblique(shape) } else { common::axial(shape) };
        let found = rasterise(&[loop_at(&geometry, 0.0, &corners)], &geometry);
        for j in 0..10 {
            for i in 0..75 {
                let (inside, distance) = reference_inside(&corners, (j as f64, i as f64));
                prop_assert!(distance < 1e-4 || found.mask.get([0, j, i]) == inside, "[{j}, {i}]");
            }
        }
    }

    #[test]
    fn direction_and_first_point_do_not_matter(
        corners in prop::collection::vec((0u8..20, 0u8..20), 3..10), first in 0usize..10,
    ) {
        // In half voxels: many edges and corners lie on centres.
        let mut corners: Vec<(f64, f64)> = corners.iter().map(|&(j, i)| (f64::from(j) / 2.0, f64::from(i) / 2.0)).collect();
        let geometry = common::oblique([1, 11, 11]);
        let mask = rasterise(&[loop_at(&geometry, 0.0, &corners)], &geometry).mask;
        corners.reverse();
        let first = first % corners.len();
        corners.rotate_left(first);
        prop_assert_eq!(rasterise(&[loop_at(&geometry, 0.0, &corners)], &geometry).mask, mask);
    }

    #[test]
    fn two_loops_with_a_common_edge_share_no_voxel_and_leave_none(
        cut in prop::collection::vec((1u8..19, 1u8..19), 1..6),
    ) {
        // A square is cut in two along any line; in half voxels, so that the line passes through centres.
        let geometry = common::axial([1, 11, 11]);
        let cut: Vec<(f64, f64)> = cut.iter().map(|&(j, i)| (f64::from(j) / 2.0, f64::from(i) / 2.0)).collect();
        let backwards: Vec<(f64, f64)> = cut.iter().rev().copied().collect();
        let left = [&[(0.0, 0.0)], &cut[..], &[(10.0, 10.0), (10.0, 0.0)]].concat();
        let right = [&[(10.0, 10.0)], &backwards[..], &[(0.0, 0.0), (0.0, 10.0)]].concat();
        let [left, right] = [left, right].map(|corners| rasterise(&[loop_at(&geometry, 0.0, &corners)], &geometry).mask);
        let whole = Mask::from_fn([1, 11, 11], |[_, j, i]| j < 10 && i < 10);
        let mut either = left.clone();
        either.union_with(&right);
        let mut both = left;
        both.intersect_with(&right);
        // A line that crosses itself may cover a voxel twice; even-odd then takes it from both or gives it to both.
        let mut covered = either.clone();
        covered.subtract(&both);
        prop_assert_eq!(covered, whole);
    }
}
