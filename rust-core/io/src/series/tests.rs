use std::path::PathBuf;

use super::*;
use crate::header::Rescale;

const AXIAL: [f64; 6] = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];

fn header(position: [f64; 3]) -> SliceHeader {
    SliceHeader {
        path: PathBuf::new(),
        label: "file".into(),
        sop_class_uid: String::new(),
        sop_instance_uid: String::new(),
        study_uid: String::new(),
        series_uid: String::new(),
        frame_of_reference: Some("1.2".into()),
        patient_position: "HFS".into(),
        is_localizer: false,
        rows: 4,
        columns: 5,
        frames: 1,
        frame: None,
        pixel_spacing_mm: Some([0.5, 0.75]),
        orientation: Some(AXIAL),
        position: Some(position),
        slice_thickness_mm: None,
        rescale: Rescale::default(),
        transfer_syntax: String::new(),
        series_number: None,
        series_description: String::new(),
    }
}

fn at(z: &[f64]) -> Vec<SliceHeader> {
    z.iter().map(|&z| header([10.0, 20.0, z])).collect()
}

fn refusal(headers: &[SliceHeader]) -> SeriesGeometryError {
    match stack(headers) {
        Err(IoError::Geometry(e)) => e,
        other => panic!("{other:?}"),
    }
}

#[test]
fn slices_are_sorted_and_rows_and_columns_keep_their_spacing() {
    let stack = stack(&at(&[5.0, -5.0, 0.0])).unwrap();
    assert_eq!(stack.order, [1, 2, 0]);
    assert_eq!(stack.geometry.spacing_mm(), SpacingMm::new(5.0, 0.5, 0.75));
    assert_eq!(stack.geometry.origin(), PointLps::new(10.0, 20.0, -5.0));
    assert_eq!(stack.geometry.shape(), [3, 4, 5]);
}

#[test]
fn rounded_positions_are_even_but_mentioned() {
    let z: Vec<f64> =
        (0..40).map(|k| (f64::from(k) * 0.75 * 100.0).round() / 100.0 + 0.02 * f64::from(k % 2)).collect();
    let stack = stack(&at(&z)).unwrap();
    assert!(stack.findings.iter().any(|f| f.message.contains("deviate from even spacing")), "{:?}", stack.findings);
}

#[test]
fn a_drift_that_adds_up_is_uneven() {
    // Every gap differs from its neighbour by a hair only, yet the ends are 2 mm off.
    let z: Vec<f64> = (0..100).map(|k| f64::from(k) * 3.0 + f64::from(k * k) * 2e-4).collect();
    assert!(matches!(refusal(&at(&z)), SeriesGeometryError::UnevenSpacing { .. }));
}

#[test]
fn two_spacings_are_named_where_they_meet() {
    let error = refusal(&at(&[0.0, 3.0, 6.0, 9.0, 14.0, 19.0, 24.0]));
    let SeriesGeometryError::UnevenSpacing { first_mm, other_mm, below_mm, above_mm, .. } = error else {
        panic!("{error}");
    };
    assert_eq!((first_mm, other_mm, below_mm, above_mm), (3.0, 5.0, 9.0, 14.0));
}

#[test]
fn several_missing_slices_are_counted() {
    let error = refusal(&at(&[0.0, 5.0, 10.0, 25.0, 30.0, 35.0, 45.0]));
    let SeriesGeometryError::MissingSlices { below_mm, count, spacing_mm, gaps_after_mm, .. } = error else {
        panic!("{error}");
    };
    assert_eq!((below_mm, count, spacing_mm, gaps_after_mm), (10.0, 2, 5.0, vec![10.0, 35.0]));
}

#[test]
fn one_slice_moved_sideways_is_no_tilt() {
    let mut headers = at(&[0.0, 5.0, 10.0, 15.0]);
    headers[2].position = Some([11.0, 20.0, 10.0]);
    let SeriesGeometryError::Sideways { position_mm, shift_mm } = refusal(&headers) else { panic!() };
    assert_eq!((position_mm, shift_mm), (10.0, 1.0));
}

#[test]
fn a_steady_shift_is_a_tilt() {
    let headers: Vec<_> = (0..5).map(|k| header([0.0, f64::from(k) * 5.0, f64::from(k) * 5.0])).collect();
    let SeriesGeometryError::GantryTilt { tilt_degrees, shift_mm, .. } = refusal(&headers) else { panic!() };
    assert!((tilt_degrees - 45.0).abs() < 1e-9 && (shift_mm - 5.0).abs() < 1e-9);
}

#[test]
fn every_kind_of_mixture_is_named_with_its_position() {
    type Change = fn(&mut SliceHeader);
    let cases: [(Change, &str); 5] = [
        (|h| h.orientation = Some([0.0, 1.0, 0.0, 0.0, 0.0, 1.0]), "orientations"),
        (|h| h.patient_position = "FFS".into(), "patient positions"),
        (|h| h.rows = 8, "sizes"),
        (|h| h.pixel_spacing_mm = Some([0.5, 0.8]), "pixel spacings"),
        (|h| h.frame_of_reference = Some("1.3".into()), "frames of reference"),
    ];
    for (change, word) in cases {
        let mut headers = at(&[0.0, 5.0, 10.0]);
        change(&mut headers[1]);
        let text = refusal(&headers).to_string();
        assert!(text.contains(word) && text.contains("0.00 mm"), "{text}");
    }
}

#[test]
fn feet_first_and_prone_scans_keep_their_own_axes() {
    let mut headers = at(&[0.0, 5.0, 10.0]);
    for h in &mut headers {
        h.orientation = Some([-1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    }
    let stack = stack(&headers).unwrap();
    assert_eq!(stack.order, [2, 1, 0], "the normal points to the feet");
    assert_eq!(stack.geometry.axes(), [[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]);
    assert_eq!(stack.geometry.point_from_index([2.0, 1.0, 1.0]), PointLps::new(9.25, 20.5, 0.0));
}

#[test]
fn directions_that_are_none_are_refused() {
    for orientation in [[0.0; 6], [1.0, 0.0, 0.0, 1.0, 0.0, 0.0], [f64::NAN; 6], [2.0, 0.0, 0.0, 0.0, 1.0, 0.0]] {
        let mut headers = at(&[0.0, 5.0]);
        headers[0].orientation = Some(orientation);
        assert!(matches!(refusal(&headers), SeriesGeometryError::Orientation { .. }), "{orientation:?}");
    }
}

#[test]
fn a_slice_without_a_position_is_refused() {
    let mut headers = at(&[0.0, 5.0]);
    headers[1].position = None;
    assert!(matches!(stack(&headers), Err(IoError::Missing { attribute: "ImagePositionPatient", .. })));
}
