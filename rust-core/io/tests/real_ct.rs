//! CT series of real scanners come out as pydicom reads them, and series that are no volume are refused by name.
#![allow(clippy::unwrap_used)]

mod common;

use tmli_core::{PointLps, geometry::GRID_TOLERANCE_MM};
use tmli_io::{CtSeries, IoError, SeriesGeometryError, read_ct_folder};

struct Expected {
    shape: [usize; 3],
    origin: [f64; 3],
    spacing_mm: [f64; 3],
    minimum: i16,
    maximum: i16,
    sum: i64,
    patient_position: &'static str,
}

fn check(ct: &CtSeries, expected: &Expected) {
    let geometry = ct.volume.geometry();
    assert_eq!(geometry.shape(), expected.shape);
    for (a, b) in geometry.spacing_mm().to_array().iter().zip(expected.spacing_mm) {
        assert!((a - b).abs() < 1e-5, "spacing {a}, expected {b}");
    }
    let PointLps(origin) = geometry.origin();
    for (a, b) in origin.iter().zip(expected.origin) {
        assert!((a - b).abs() < GRID_TOLERANCE_MM, "origin {origin:?}");
    }
    let data = ct.volume.data();
    assert_eq!(data.iter().copied().min(), Some(expected.minimum));
    assert_eq!(data.iter().copied().max(), Some(expected.maximum));
    assert_eq!(data.iter().map(|&v| i64::from(v)).sum::<i64>(), expected.sum);
    assert_eq!(ct.identity.patient_position, expected.patient_position);
    assert_eq!(ct.identity.slices.len(), expected.shape[0]);
}

#[test]
fn jpeg_2000_series_has_the_spacing_of_its_positions() {
    let Some(dir) = common::shared("totalseg_j2k") else { return };
    let ct = read_ct_folder(&dir, None).unwrap();
    check(
        &ct,
        &Expected {
            shape: [20, 512, 512],
            origin: [-249.51171875, -437.51171875, -804.5],
            spacing_mm: [2.0, 0.9765625, 0.9765625],
            minimum: -1024,
            maximum: 1839,
            sum: -3_272_217_339,
            patient_position: "HFS",
        },
    );
    assert!(ct.findings.iter().any(|f| f.message.contains("SliceThickness is 3 mm")), "{:?}", ct.findings);
    // Anonymised: study and series UIDs are gone, so they are made up, always the same.
    assert!(ct.findings.iter().any(|f| f.message.contains("made-up")), "{:?}", ct.findings);
    let again = read_ct_folder(&dir, None).unwrap();
    assert_eq!(again.identity, ct.identity);
}

#[test]
fn implicit_vr_unsigned_twelve_bits() {
    let Some(dir) = common::shared("ibsi1_ct_phantom/dicom") else { return };
    let ct = read_ct_folder(&dir, None).unwrap();
    check(
        &ct,
        &Expected {
            shape: [60, 201, 204],
            origin: [-174.39450073242, -79.625503540039, -100.40000152587],
            spacing_mm: [3.0, 0.97699999809265, 0.97699999809265],
            minimum: -1000,
            maximum: 3065,
            sum: -655_581_056,
            patient_position: "HFS",
        },
    );
}

#[test]
fn signed_sixteen_bits_without_offset() {
    let Some(dir) = common::shared("sts") else { return };
    let expected = [
        Expected {
            shape: [59, 202, 198],
            origin: [-23.437615999999, -86.914145999999, -881.32],
            spacing_mm: [3.27, 0.976562, 0.976562],
            minimum: -1000,
            maximum: 1397,
            sum: -523_058_985,
            patient_position: "HFS",
        },
        Expected {
            shape: [48, 143, 161],
            origin: [1.95299600000001, 59.570154, -629.04],
            spacing_mm: [3.27, 0.976562, 0.976562],
            minimum: -1000,
            maximum: 1156,
            sum: -322_176_927,
            patient_position: "HFS",
        },
    ];
    for (case, expected) in ["STS_001", "STS_002"].iter().zip(expected) {
        check(&read_ct_folder(&dir.join(case).join("ct_dicom"), None).unwrap(), &expected);
    }
}

#[test]
fn feet_first_scan_at_five_millimetres() {
    let Some(dir) = common::shared("crlm_1006_ffs") else { return };
    let ct = read_ct_folder(&dir, None).unwrap();
    check(
        &ct,
        &Expected {
            shape: [51, 512, 512],
            origin: [-191.0, -167.199997, -376.440002],
            spacing_mm: [5.0, 0.804688, 0.804688],
            minimum: -3024,
            maximum: 1184,
            sum: -13_713_524_258,
            patient_position: "FFS",
        },
    );
}

#[test]
fn oblique_slices_with_a_fractional_slope() {
    let Some(dir) = common::shared("rt_utils_refs/oriented_data") else { return };
    let ct = read_ct_folder(&dir, None).unwrap();
    check(
        &ct,
        &Expected {
            shape: [3, 50, 100],
            origin: [123.0, -432.0, 30.0],
            spacing_mm: [4.5, 3.5, 2.5],
            minimum: -10,
            maximum: 10,
            sum: 412,
            patient_position: "",
        },
    );
    let last = ct.volume.geometry().point_from_index([2.0, 0.0, 0.0]);
    for (a, b) in last.0.iter().zip([122.0159697, -428.1596334, 38.0798058]) {
        assert!((a - b).abs() < 1e-3, "{last:?}");
    }
}

#[test]
fn padding_becomes_air() {
    let Some(dir) = common::shared("rt_utils_refs/mock_data") else { return };
    let ct = read_ct_folder(&dir, None).unwrap();
    // PixelPaddingValue -2000 with intercept -1024 would be -3024 HU.
    assert_eq!(ct.volume.data().iter().copied().min(), Some(-1024));
    assert_eq!(ct.volume.data().iter().copied().max(), Some(125));
}

#[test]
fn tilted_gantry_is_refused() {
    let Some(dir) = common::shared("ct_bad_series/gantrytilting") else { return };
    let error = read_ct_folder(&dir, None).unwrap_err();
    let IoError::Geometry(SeriesGeometryError::GantryTilt { tilt_degrees, first_mm, last_mm, .. }) = &error else {
        panic!("{error}");
    };
    assert!((tilt_degrees - 14.0).abs() < 0.1, "{tilt_degrees}");
    let text = error.to_string();
    assert!(text.contains(&format!("{first_mm:.2} to {last_mm:.2} mm")), "{text}");
}

#[test]
fn tilted_head_scan_with_three_spacings_is_refused() {
    let Some(dir) = common::shared("ct_tilt_ge") else { return };
    let error = read_ct_folder(&dir, None).unwrap_err();
    let IoError::Geometry(SeriesGeometryError::GantryTilt { tilt_degrees, .. }) = &error else { panic!("{error}") };
    assert!((tilt_degrees - 18.5).abs() < 0.1, "{tilt_degrees}");
}

#[test]
fn missing_slice_is_named() {
    let Some(dir) = common::shared("ct_bad_series/sliceincrement") else { return };
    let error = read_ct_folder(&dir, None).unwrap_err();
    let IoError::Geometry(SeriesGeometryError::MissingSlices { below_mm, above_mm, count: 1, .. }) = error else {
        panic!("{error}");
    };
    assert!((below_mm - 28.107).abs() < 0.01 && (above_mm - 38.107).abs() < 0.01);
}

#[test]
fn slices_in_one_place_are_named() {
    let Some(dir) = common::shared("ct_bad_series/notavolume") else { return };
    let error = read_ct_folder(&dir, None).unwrap_err();
    let IoError::Geometry(SeriesGeometryError::DuplicatePositions { position_mm, count: 4, .. }) = error else {
        panic!("{error}");
    };
    assert_eq!(position_mm, 61.5);
}

#[test]
fn one_slice_has_no_spacing() {
    let Some(dir) = common::shared("rt_utils_refs/one_slice_data") else { return };
    let error = read_ct_folder(&dir, None).unwrap_err();
    assert!(matches!(error, IoError::Geometry(SeriesGeometryError::SingleSlice { .. })), "{error}");
}

#[test]
fn several_series_are_listed() {
    let Some(dir) = common::shared("sts") else { return };
    let error = read_ct_folder(&dir, None).unwrap_err();
    let IoError::SeveralSeries { series } = &error else { panic!("{error}") };
    assert_eq!(series.len(), 2);
    assert!(series.iter().any(|line| line.contains("59 slices of 202 x 198, HFS")), "{series:?}");
    let ct = read_ct_folder(&dir, Some("1")).unwrap();
    let by_uid = read_ct_folder(&dir, Some(&ct.identity.series_uid)).unwrap();
    assert_eq!(by_uid.identity, ct.identity);
    assert!(matches!(read_ct_folder(&dir, Some("1.2.3")), Err(IoError::NoSuchSeries { .. })));
}
