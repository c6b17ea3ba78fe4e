//! DICOM Segmentations: what is written is read back as it was, by us and by others' programs.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod common;

use std::path::{Path, PathBuf};

use common::oracles;
use dicom_core::VR;
use dicom_dictionary_std::tags;
use ndarray::Array3;
use tmli_core::{FrameOfReferenceUid, Mask, PointLps, SpacingMm, Volume, VolumeGeometry};
use tmli_io::{
    CtAttributes, CtIdentity, IoError, RoiCode, RoiGeneration, SegmentToWrite, StructureSetOptions, check_belongs_to,
    read_segmentation, write_ct_series, write_segmentation,
};

/// Neither rows nor columns are a multiple of eight, so frames begin within bytes.
const SHAPE: [usize; 3] = [6, 29, 71];

fn geometry() -> VolumeGeometry {
    VolumeGeometry::axial(SHAPE, PointLps::new(-20.3, -18.1, -402.1), SpacingMm::new(5.0, 0.9765625, 0.5)).unwrap()
}

fn series(dir: &Path) -> (CtIdentity, VolumeGeometry) {
    let volume = Volume::new(geometry(), Array3::zeros((SHAPE[0], SHAPE[1], SHAPE[2]))).unwrap();
    let ct = write_ct_series(dir, &volume, &CtAttributes::default()).unwrap();
    let frame = FrameOfReferenceUid(ct.frame_of_reference_uid.clone().unwrap());
    (ct, geometry().in_frame(frame))
}

fn segment(name: &str, mask: Mask) -> SegmentToWrite {
    SegmentToWrite {
        name: name.into(),
        category: Some(RoiCode { scheme: "SCT".into(), value: "123037004".into(), meaning: "Body structure".into() }),
        code: Some(RoiCode { scheme: "SCT".into(), value: "64033007".into(), meaning: "Kidney".into() }),
        colour: [255, 128, 7],
        generation: RoiGeneration::Automatic,
        algorithm: "TMLI 0.1.0".into(),
        mask,
    }
}

/// Overlapping segments, one voxel in the last corner, and an empty one.
fn segments() -> Vec<SegmentToWrite> {
    let ball = Mask::from_fn(SHAPE, |[k, j, i]| k > 0 && (j as f64 - 14.0).hypot(i as f64 - 30.0) < 11.0);
    let half = Mask::from_fn(SHAPE, |[k, j, i]| k < 4 && i > 20 && (j + i) % 3 != 0);
    let corner = Mask::from_fn(SHAPE, |at| at == [5, 28, 70]);
    vec![segment("Ball", ball), segment("Half", half), segment("Nothing", Mask::new(SHAPE)), segment("Corner", corner)]
}

fn written(dir: &Path) -> (PathBuf, CtIdentity, VolumeGeometry) {
    let (ct, geometry) = series(&dir.join("ct"));
    let path = dir.join("seg.dcm");
    let result = write_segmentation(&path, &ct, &geometry, &segments(), &StructureSetOptions::default()).unwrap();
    assert_eq!(result.written, ["Ball", "Half", "Corner"]);
    assert_eq!(result.empty, ["Nothing"]);
    assert_eq!(result.frames, 5 + 4 + 1);
    (path, ct, geometry)
}

#[test]
fn overlapping_segments_come_back_voxel_for_voxel() {
    let temp = tempfile::tempdir().unwrap();
    let (path, ct, geometry) = written(temp.path());
    let file = read_segmentation(&path, &geometry).unwrap();
    assert!(file.findings.is_empty(), "{:?}", file.findings);
    assert_eq!(file.referenced_series_uids, [ct.series_uid]);
    for expected in segments().iter().filter(|s| !s.mask.is_empty()) {
        assert!(file.segmentation.mask(&expected.name) == Some(&expected.mask), "{}", expected.name);
    }
    assert!(file.segments.iter().all(|s| s.code.as_ref().is_some_and(|c| c.value == "64033007")));
    assert!(file.segments.iter().all(|s| s.colour.is_some_and(|c| c[0] >= 254 && c[1].abs_diff(128) < 2)));
}

#[test]
fn terms_in_other_scripts_survive() {
    let temp = tempfile::tempdir().unwrap();
    let (ct, geometry) = series(&temp.path().join("ct"));
    let mut segment = segments().swap_remove(0);
    segment.code = Some(RoiCode { scheme: "SCT".into(), value: "64033007".into(), meaning: "肾".into() });
    let path = temp.path().join("seg.dcm");
    write_segmentation(&path, &ct, &geometry, &[segment], &StructureSetOptions::default()).unwrap();
    let read = read_segmentation(&path, &geometry).unwrap();
    assert_eq!(read.segments[0].code.as_ref().map(|code| code.meaning.as_str()), Some("肾"));
    let Some(said) = oracles::dciodvfy(&path) else { return };
    assert_eq!(said, ["Segmentation"]);
}

#[test]
fn another_grid_is_refused() {
    let temp = tempfile::tempdir().unwrap();
    let (path, _, geometry) = written(temp.path());
    let moved = VolumeGeometry::axial(SHAPE, PointLps::new(-20.3, -17.8, -402.1), geometry.spacing_mm()).unwrap();
    let error = read_segmentation(&path, &moved).unwrap_err();
    assert!(matches!(&error, IoError::LabelGrid { .. }), "{error}");
    assert!(error.to_string().contains("0.300 mm off"), "{error}");
    let ct = temp.path().join("ct/0001.dcm");
    assert!(matches!(read_segmentation(&ct, &geometry).unwrap_err(), IoError::WrongObject { .. }));
}

#[test]
fn another_patient_and_another_frame_of_reference_are_told() {
    let temp = tempfile::tempdir().unwrap();
    let (path, ct, geometry) = written(temp.path());
    let file = read_segmentation(&path, &geometry).unwrap();
    check_belongs_to(&file, &ct).unwrap();
    let mut other = ct.clone();
    other.patient.patient_id = "somebody else".into();
    let error = check_belongs_to(&file, &other).unwrap_err();
    assert!(matches!(error, IoError::OtherPatient { what: "PatientID" }), "{error}");
    let mut other = ct.clone();
    other.frame_of_reference_uid = Some("1.2.3".into());
    let error = check_belongs_to(&file, &other).unwrap_err();
    assert!(matches!(error, IoError::OtherFrame { .. }), "{error}");
    // What neither says is not held against them.
    other.frame_of_reference_uid = None;
    check_belongs_to(&file, &other).unwrap();
}

#[test]
fn a_fractional_segmentation_is_refused_with_what_to_do() {
    let temp = tempfile::tempdir().unwrap();
    let (path, _, geometry) = written(temp.path());
    let mut object = dicom_object::open_file(&path).unwrap();
    object.put_str(tags::SEGMENTATION_TYPE, VR::CS, "FRACTIONAL");
    let fractional = temp.path().join("fractional.dcm");
    object.write_to_file(&fractional).unwrap();
    let error = read_segmentation(&fractional, &geometry).unwrap_err();
    assert!(error.to_string().contains("export it as a BINARY segmentation"), "{error}");
}

#[test]
fn a_segmentation_of_others_is_read() {
    let Some(dir) = common::shared("transfer_syntaxes") else { return };
    // Three slices 1 mm apart; pydicom counts the voxels.
    let axes = [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]];
    let origin = PointLps::new(-235.2, -226.8, -128.69);
    let geometry = VolumeGeometry::new([3, 512, 512], origin, SpacingMm::new(1.0, 0.810547, 0.810547), axes).unwrap();
    let script = "import sys, pydicom; print(int(pydicom.dcmread(sys.argv[1]).pixel_array.sum()))";
    let file = read_segmentation(&dir.join("liver.dcm"), &geometry).unwrap();
    let compressed = read_segmentation(&dir.join("liver_deflate.dcm"), &geometry).unwrap_err();
    assert!(compressed.to_string().contains("export it uncompressed"), "{compressed}");
    let Some(mut python) = oracles::python() else { return };
    let (ok, text) = oracles::output(python.args(["-c", script]).arg(dir.join("liver.dcm")));
    assert!(ok, "{text}");
    assert_eq!(file.segmentation.segments[0].mask.count().to_string(), text.trim());
}

#[test]
fn dciodvfy_and_dcmtk_have_nothing_to_say_of_a_segmentation() {
    let temp = tempfile::tempdir().unwrap();
    let (path, ..) = written(temp.path());
    let Some(said) = oracles::dciodvfy(&path) else { return };
    assert_eq!(said, ["Segmentation"]);
    let Some(mut dcmdump) = oracles::program("dcmdump") else { return };
    let (success, text) = oracles::output(dcmdump.arg(&path));
    assert!(success && !text.lines().any(|line| line.starts_with("E:") || line.starts_with("W:")), "{text}");
}

#[test]
fn highdicom_reads_a_segmentation() {
    const SCRIPT: &str = r#"
import sys, warnings, highdicom as hd, pydicom
seg = hd.seg.segread(sys.argv[1])
assert seg.segmentation_type == hd.seg.SegmentationTypeValues.BINARY
assert seg.number_of_segments == 3 and [seg.get_segment_description(n).segment_label for n in (1, 2, 3)] == ["Ball", "Half", "Corner"]
assert seg.get_segment_description(1).segmented_property_type.value == "64033007"
ct = [pydicom.dcmread(f) for f in sys.argv[2:]]
uids = [d.SOPInstanceUID for d in sorted(ct, key=lambda d: d.ImagePositionPatient[2])]
pixels = seg.get_pixels_by_source_instance(uids, assert_missing_frames_are_empty=True)
print(pixels.shape, [int(n) for n in pixels.sum(axis=(0, 1, 2))], int(pixels[5, 28, 70, 2]))
"#;
    let Some(mut command) = oracles::peers() else { return };
    let temp = tempfile::tempdir().unwrap();
    let (path, ..) = written(temp.path());
    command.args(["-c", SCRIPT]).arg(&path).args(common::files(&temp.path().join("ct")));
    let (ok, text) = oracles::output(&mut command);
    assert!(ok, "{text}");
    let counts: Vec<usize> = segments().iter().map(|s| s.mask.count()).filter(|&n| n > 0).collect();
    assert_eq!(text.trim(), format!("(6, 29, 71, 3) {counts:?} 1"));
}
