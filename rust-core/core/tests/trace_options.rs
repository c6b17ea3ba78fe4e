//! Smooth loops, keyholes and XOR loops: other points, the same voxels.

mod common;

use proptest::prelude::*;
use tmli_core::{
    Contour, ContourKind, Holes, Mask, PointLps, TraceOptions, VolumeGeometry, rasterise, trace, trace_with,
};

const OPTIONS: [TraceOptions; 6] = [
    TraceOptions { smooth: false, holes: Holes::Loops },
    TraceOptions { smooth: false, holes: Holes::Xor },
    TraceOptions { smooth: false, holes: Holes::Keyhole },
    TraceOptions { smooth: true, holes: Holes::Loops },
    TraceOptions { smooth: true, holes: Holes::Xor },
    TraceOptions { smooth: true, holes: Holes::Keyhole },
];

/// As a file keeps them: ten decimals.
fn written(mut contours: Vec<Contour>) -> Vec<Contour> {
    for point in contours.iter_mut().flat_map(|c| c.points.iter_mut()) {
        *point = PointLps(point.0.map(|x| (x * 1e10).round() / 1e10));
    }
    contours
}

fn assert_round_trips(mask: &Mask, what: &str) {
    let grids: [fn([usize; 3]) -> VolumeGeometry; 2] = [common::axial, common::oblique];
    for (n, geometry) in grids.map(|make| make(mask.shape())).iter().enumerate() {
        for options in OPTIONS {
            let contours = trace_with(mask, geometry, options);
            for contours in [contours.clone(), written(contours)] {
                let back = rasterise(&contours, geometry);
                assert!(back.findings.is_empty(), "{what}, grid {n}, {options:?}: {:?}", back.findings);
                let (expected, got) = (mask.count(), back.mask.count());
                assert!(back.mask == *mask, "{what}, grid {n}, {options:?}: {expected} voxels became {got}");
            }
        }
    }
}

fn plane(rows: usize, columns: usize, inside: impl Fn(usize, usize) -> bool) -> Mask {
    Mask::from_fn([1, rows, columns], |[_, j, i]| inside(j, i))
}

/// Shapes that tracers get wrong, by name.
fn torture_set() -> Vec<(&'static str, Mask)> {
    let within =
        |j: usize, i: usize, margin: usize| (margin..40 - margin).contains(&j) && (margin..40 - margin).contains(&i);
    let ring = move |j, i, outer, inner| within(j, i, outer) && !within(j, i, inner);
    let distance = |j: usize, i: usize| (j as f64 - 31.3).hypot(i as f64 - 30.8);
    vec![
        ("annulus", plane(40, 40, move |j, i| ring(j, i, 2, 12))),
        ("annulus in annulus", plane(40, 40, move |j, i| ring(j, i, 1, 5) || ring(j, i, 9, 15))),
        ("round annulus", plane(64, 64, |j, i| (12.0..25.0).contains(&distance(j, i)))),
        ("diagonal", plane(12, 12, |j, i| j == i)),
        ("other diagonal", plane(12, 12, |j, i| j + i == 11)),
        ("one pixel", plane(5, 5, |j, i| (j, i) == (2, 3))),
        ("pixel in a corner of the image", plane(5, 5, |j, i| (j, i) == (4, 4))),
        ("one row", plane(3, 200, |j, i| j == 1 && (2..190).contains(&i))),
        ("one column", plane(200, 3, |_, i| i == 1)),
        ("comb of thousands of points", plane(10, 4001, |j, i| j == 0 || i % 2 == 0)),
        ("checkerboard", plane(30, 31, |j, i| (j + i) % 2 == 0)),
        ("lattice of holes", plane(31, 31, |j, i| j % 2 == 0 || i % 2 == 0)),
        ("holes that touch", plane(20, 20, |j, i| j == 0 || i == 0 || j == 19 || i == 19 || j != i)),
        ("border", plane(9, 70, |j, i| j == 0 || i == 0 || j == 8 || i == 69)),
        ("whole slice", plane(7, 130, |_, _| true)),
        (
            "spiral",
            plane(63, 63, |j, i| {
                let angle = (j as f64 - 31.3).atan2(i as f64 - 30.8) / std::f64::consts::TAU;
                (distance(j, i) / 6.0 - angle).rem_euclid(1.0) < 0.5 && distance(j, i) < 30.0
            }),
        ),
    ]
}

#[test]
fn the_torture_set_comes_back_whatever_is_drawn() {
    for (what, mask) in torture_set() {
        assert!(!mask.is_empty(), "{what}");
        assert_round_trips(&mask, what);
    }
}

#[test]
fn keyholes_leave_one_loop_for_each_connected_part() {
    let parts = [("annulus", 1), ("annulus in annulus", 2), ("lattice of holes", 1), ("checkerboard", 465)];
    for (what, expected) in parts {
        let (_, mask) = torture_set().into_iter().find(|(name, _)| *name == what).expect("in the set");
        let options = TraceOptions { holes: Holes::Keyhole, ..TraceOptions::default() };
        assert_eq!(trace_with(&mask, &common::axial(mask.shape()), options).len(), expected, "{what}");
    }
}

#[test]
fn xor_is_said_of_all_loops_as_soon_as_there_is_a_hole() {
    let options = TraceOptions { holes: Holes::Xor, ..TraceOptions::default() };
    for (what, mask) in torture_set() {
        let geometry = common::axial(mask.shape());
        let contours = trace_with(&mask, &geometry, options);
        let expected = if what == "annulus" { ContourKind::ClosedPlanarXor } else { contours[0].kind };
        assert!(contours.iter().all(|c| c.kind == expected), "{what}");
        if what == "whole slice" {
            assert_eq!(contours[0].kind, ContourKind::ClosedPlanar);
        }
    }
}

/// Area of all loops in pixels, holes negative, and their length in pixels.
fn area_and_length(contours: &[Contour], geometry: &VolumeGeometry) -> (f64, f64) {
    let mut sums = (0.0, 0.0);
    for contour in contours {
        let p: Vec<[f64; 3]> = contour.points.iter().map(|&p| geometry.index_from_point(p)).collect();
        for (a, b) in p.iter().zip(p.iter().cycle().skip(1)) {
            sums.0 += (a[2] * b[1] - b[2] * a[1]) / 2.0;
            sums.1 += (a[1] - b[1]).hypot(a[2] - b[2]);
        }
    }
    sums
}

#[test]
fn a_smooth_disc_keeps_its_area_and_loses_its_stairs() {
    let radius = 24.0;
    let mask = plane(64, 64, |j, i| (j as f64 - 31.3).hypot(i as f64 - 30.8) < radius);
    let geometry = common::axial(mask.shape());
    let smooth = trace_with(&mask, &geometry, TraceOptions { smooth: true, ..TraceOptions::default() });
    let (area, length) = area_and_length(&smooth, &geometry);
    assert!((area - mask.count() as f64).abs() < 1e-3, "{area} for {} voxels", mask.count());
    // Stairs are 4/pi too long; the circle is 1.
    let circle = std::f64::consts::TAU * radius;
    assert!((length / circle - 1.0).abs() < 0.01, "{length} for {circle}");
    let (_, stairs) = area_and_length(&trace(&mask, &geometry), &geometry);
    assert!(stairs / circle > 1.2);
}

proptest! {
    #[test]
    fn random_masks_come_back_whatever_is_drawn(
        shape in (1usize..3, 1usize..14, 1usize..90), seed in any::<u64>(), density in 1u64..16,
    ) {
        let mut state = seed;
        let mask = Mask::from_fn([shape.0, shape.1, shape.2], |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 60 < density
        });
        assert_round_trips(&mask, "random");
    }
}
