//! ROIs are added to and replaced in structure sets of others; the rest stays byte for byte.
#![allow(clippy::unwrap_used)]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
};

use common::oracles;
use ndarray::Array3;
use tmli_core::{
    Contour, Holes, Mask, PointLps, SpacingMm, TraceOptions, Volume, VolumeGeometry, rasterise, trace, trace_with,
};
use tmli_io::{
    CtAttributes, CtIdentity, RoiGeneration, RoiToWrite, StructureSetOptions, edit_structure_set, read_structure_set,
    write_ct_series, write_structure_set,
};

const SHAPE: [usize; 3] = [5, 30, 40];

fn series(dir: &Path) -> (CtIdentity, VolumeGeometry) {
    let geometry =
        VolumeGeometry::axial(SHAPE, PointLps::new(-20.3, -18.1, -402.1), SpacingMm::new(5.0, 0.9765625, 0.9765625))
            .unwrap();
    let volume = Volume::new(geometry.clone(), Array3::zeros((SHAPE[0], SHAPE[1], SHAPE[2]))).unwrap();
    (write_ct_series(dir, &volume, &CtAttributes::default()).unwrap(), geometry)
}

fn ring(outer: f64, inner: f64) -> Mask {
    Mask::from_fn(SHAPE, |[k, j, i]| {
        let distance = (j as f64 - 14.6).hypot(i as f64 - 19.2);
        (1..4).contains(&k) && (inner..outer).contains(&distance)
    })
}

fn roi(name: &str, contours: Vec<Contour>) -> RoiToWrite {
    RoiToWrite {
        name: name.into(),
        interpreted_type: "ORGAN".into(),
        colour: [1, 2, 3],
        code: None,
        contours,
        generation: RoiGeneration::Automatic,
        generation_description: "test".into(),
    }
}

/// A CT series, and a structure set of it with one ROI: `A`, these contours.
fn one_roi(folder: &Path) -> (CtIdentity, VolumeGeometry, PathBuf, Vec<Contour>) {
    let (ct, geometry) = series(&folder.join("ct"));
    let path = folder.join("rs.dcm");
    let contours = trace(&ring(12.0, 5.0), &geometry);
    write_structure_set(&path, &ct, &geometry, &[roi("A", contours.clone())], &StructureSetOptions::default()).unwrap();
    (ct, geometry, path, contours)
}

fn roi_names(path: &Path) -> Vec<String> {
    read_structure_set(path).unwrap().structure_set.rois.into_iter().map(|roi| roi.name).collect()
}

#[test]
fn all_ways_to_draw_a_mask_survive_the_file() {
    let temp = tempfile::tempdir().unwrap();
    let (ct, geometry) = series(&temp.path().join("ct"));
    let mask = ring(12.0, 5.0);
    for holes in [Holes::Loops, Holes::Xor, Holes::Keyhole] {
        for smooth in [false, true] {
            let contours = trace_with(&mask, &geometry, TraceOptions { smooth, holes });
            let path = temp.path().join("rs.dcm");
            let options = StructureSetOptions::default();
            write_structure_set(&path, &ct, &geometry, &[roi("A", contours)], &options).unwrap();
            let file = read_structure_set(&path).unwrap();
            let back = rasterise(&file.structure_set.rois[0].contours, &geometry);
            assert!(back.findings.is_empty() && back.mask == mask, "{holes:?} {smooth}");
            let kind = file.structure_set.rois[0].contours[0].kind;
            assert_eq!(kind == tmli_core::ContourKind::ClosedPlanarXor, holes == Holes::Xor);
        }
    }
}

const REWRITE: &str = r#"
import sys, pydicom
from pydicom.uid import ExplicitVRLittleEndian
d = pydicom.dcmread(sys.argv[1])
d.ApprovalStatus = "APPROVED"
d.ReviewDate, d.ReviewTime, d.ReviewerName = "20240101", "120000", "Somebody"
block = d.private_block(0x3007, "ELSEWHERE", create=True)
block.add_new(1, "LO", "kept")
for roi in d.StructureSetROISequence: roi.ROIObservationDescription = "kept too" if "ROIObservationDescription" in roi else ""
d.is_undefined_length_sequence = True
d["StructureSetROISequence"].is_undefined_length = True
for item in d.ROIContourSequence: item.is_undefined_length_sequence_item = True
if sys.argv[3] == "explicit":
    d.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    d.save_as(sys.argv[2], implicit_vr=False, little_endian=True, enforce_file_format=True)
else:
    d.save_as(sys.argv[2])
"#;

const COMPARE: &str = r#"
import sys, pydicom
old, new = (pydicom.dcmread(p) for p in sys.argv[1:3])
assert old.SOPInstanceUID != new.SOPInstanceUID
assert new.file_meta.MediaStorageSOPInstanceUID == new.SOPInstanceUID
changed = {"SOPInstanceUID", "StructureSetROISequence", "ROIContourSequence", "RTROIObservationsSequence",
           "ApprovalStatus", "ReviewDate", "ReviewTime", "ReviewerName"}
for e in old:
    if e.keyword not in changed: assert new[e.tag] == e, e
assert new.ApprovalStatus == "UNAPPROVED" and "ReviewerName" not in new
assert [r.ROIName for r in new.StructureSetROISequence] == ["A", "B", "C"]
assert [r.ROINumber for r in new.StructureSetROISequence] == [1, 2, 3]
assert [r.ReferencedROINumber for r in new.ROIContourSequence] == [1, 2, 3]
assert [r.ReferencedROINumber for r in new.RTROIObservationsSequence] == [1, 2, 3]
assert len({r.ObservationNumber for r in new.RTROIObservationsSequence}) == 3
assert new.ROIContourSequence[0] == old.ROIContourSequence[0]
assert new.ROIContourSequence[1] != old.ROIContourSequence[1]
assert new.private_block(0x3007, "ELSEWHERE")[1].value in ("kept", b"kept")
"#;

#[test]
fn one_roi_is_replaced_one_is_added_and_the_rest_is_kept() {
    let temp = tempfile::tempdir().unwrap();
    let (ct, geometry) = series(&temp.path().join("ct"));
    let (a, b) = (ring(12.0, 5.0), ring(4.0, 0.0));
    let own = temp.path().join("own.dcm");
    let rois = [roi("A", trace(&a, &geometry)), roi("B", trace(&b, &geometry))];
    write_structure_set(&own, &ct, &geometry, &rois, &StructureSetOptions::default()).unwrap();
    for encoding in ["implicit", "explicit"] {
        let Some(mut python) = oracles::python() else { return };
        let old = temp.path().join("old.dcm");
        let (ok, text) = oracles::output(python.args(["-c", REWRITE]).arg(&own).arg(&old).arg(encoding));
        assert!(ok, "{text}");
        let new = temp.path().join("new.dcm");
        let (b2, c) = (ring(6.0, 2.0), ring(10.0, 9.0));
        let changes = [roi("B", trace(&b2, &geometry)), roi("C", trace(&c, &geometry))];
        let edited = edit_structure_set(&old, &new, &ct, &geometry, &changes).unwrap();
        assert_eq!((edited.replaced, edited.added), (vec!["B".to_owned()], vec!["C".to_owned()]));
        assert!(edited.was_approved);
        let file = read_structure_set(&new).unwrap();
        assert_eq!(file.sop_instance_uid, edited.sop_instance_uid);
        for (name, mask) in [("A", &a), ("B", &b2), ("C", &c)] {
            let read = file.structure_set.rois.iter().find(|r| r.name == name).unwrap();
            assert!(rasterise(&read.contours, &geometry).mask == *mask, "{encoding}: {name}");
        }
        let Some(mut python) = oracles::python() else { return };
        let (ok, text) = oracles::output(python.args(["-c", COMPARE]).arg(&old).arg(&new));
        assert!(ok, "{encoding}: {text}");
        // The bytes of the untouched ROI are the same, too.
        let (old, new) = (fs::read(&old).unwrap(), fs::read(&new).unwrap());
        let mark = b"CLOSED_PLANAR";
        let at = old.windows(mark.len()).position(|w| w == mark).unwrap();
        let piece = &old[at..at + 400];
        assert!(new.windows(piece.len()).any(|w| w == piece), "{encoding}");
    }
}

#[test]
fn a_structure_set_of_another_patient_is_not_changed() {
    let temp = tempfile::tempdir().unwrap();
    let (mut ct, geometry, path, contours) = one_roi(temp.path());
    ct.patient.patient_id = "another".into();
    let out = temp.path().join("out.dcm");
    assert!(edit_structure_set(&path, &out, &ct, &geometry, &[roi("A", contours)]).is_err());
    assert!(!out.exists());
}

/// An element in Implicit VR Little Endian.
fn implicit(tag: u32, value: &[u8]) -> Vec<u8> {
    let mut bytes = ((tag >> 16) as u16).to_le_bytes().to_vec();
    bytes.extend((tag as u16).to_le_bytes());
    bytes.extend((value.len() as u32).to_le_bytes());
    bytes.extend(value);
    bytes
}

#[test]
fn sequences_are_found_behind_elements_out_of_order_and_refused_when_they_are_there_twice() {
    let temp = tempfile::tempdir().unwrap();
    let (ct, geometry, path, contours) = one_roi(temp.path());
    let bytes = fs::read(&path).unwrap();
    // StructureSetDate as a fuzzer left it, with a tag that comes after all sequences.
    let at = bytes.windows(4).position(|w| w == [0x06, 0x30, 0x08, 0x00]).unwrap();
    let mut late = bytes.clone();
    late[at + 1] = 0x31;
    fs::write(&path, &late).unwrap();
    let out = temp.path().join("edited.dcm");
    edit_structure_set(&path, &out, &ct, &geometry, &[roi("B", contours.clone())]).unwrap();
    assert_eq!(roi_names(&out), ["A", "B"]);

    let twice = [bytes, implicit(0x3006_0020, &[])].concat();
    fs::write(&path, &twice).unwrap();
    let refused = edit_structure_set(&path, &out, &ct, &geometry, &[roi("B", contours)]).unwrap_err();
    assert!(refused.to_string().contains("(3006,0020) is in the file twice"), "{refused}");
}

/// Found by fuzzing: the length was held against what is left of the file, of which the copy had less.
#[test]
fn an_end_marker_that_says_a_length_does_not_hinder() {
    let temp = tempfile::tempdir().unwrap();
    let (ct, geometry, path, contours) = one_roi(temp.path());
    let mut bytes = fs::read(&path).unwrap();
    let end_of_item = bytes.windows(8).position(|w| w == [0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0]).unwrap();
    let lies = u32::try_from(bytes.len() - end_of_item - 8).unwrap();
    for length in [lies, u32::MAX - 1, u32::MAX] {
        bytes[end_of_item + 4..end_of_item + 8].copy_from_slice(&length.to_le_bytes());
        fs::write(&path, &bytes).unwrap();
        let out = temp.path().join("edited.dcm");
        edit_structure_set(&path, &out, &ct, &geometry, &[roi("B", contours.clone())]).unwrap();
        assert_eq!(roi_names(&out), ["A", "B"]);
    }
}

#[test]
fn rois_that_were_passed_on_as_unknown_are_not_mixed_with_new_ones() {
    let temp = tempfile::tempdir().unwrap();
    let (ct, geometry) = series(&temp.path().join("ct"));
    let ct = CtIdentity { frame_of_reference_uid: None, ..ct };
    let path = temp.path().join("rs.dcm");
    let contour = common::builder::contour(4, b"DS", b"0\\0\\5\\10\\0\\5\\10\\10\\5\\0\\10\\5");
    let mut bytes = common::builder::structure_set("ISO_IR 192", &[(1, b"A", vec![contour])]);
    // An item in Implicit VR under UN, with the number of its ROI.
    let item = [&[0xFE, 0xFF, 0x00, 0xE0, 10, 0, 0, 0][..], &implicit(0x3006_0084, b"1 ")].concat();
    bytes.extend(common::builder::element(0x3006_0080, b"UN", &item));
    fs::write(&path, &bytes).unwrap();
    let out = temp.path().join("edited.dcm");
    let rois = [roi("B", trace(&ring(12.0, 5.0), &geometry))];
    let refused = edit_structure_set(&path, &out, &ct, &geometry, &rois).unwrap_err();
    assert!(refused.to_string().contains("passed them on as UN"), "{refused}");
    assert!(!out.exists());
}

#[test]
fn contours_too_long_for_explicit_vr_are_added_all_the_same() {
    let temp = tempfile::tempdir().unwrap();
    let (ct, geometry) = series(&temp.path().join("ct"));
    let path = temp.path().join("rs.dcm");
    let contour = common::builder::contour(4, b"DS", b"0\\0\\5\\10\\0\\5\\10\\10\\5\\0\\10\\5");
    fs::write(&path, common::builder::structure_set("ISO_IR 192", &[(1, b"A", vec![contour])])).unwrap();
    // A spiral's worth of points on one slice: 120 kB of decimal strings.
    let z = ct.slices[2].position.unwrap()[2];
    let points = (0..3000).map(|n| {
        let angle = f64::from(n) * 0.002;
        PointLps([-5.0 + 9.0 * angle.cos(), -5.0 + 9.0 * angle.sin(), z])
    });
    let long = Contour { kind: tmli_core::ContourKind::ClosedPlanar, points: points.collect() };
    let out = temp.path().join("edited.dcm");
    // The file names a frame of reference of its own, the CT series none that is held against it.
    let ct = CtIdentity { frame_of_reference_uid: None, ..ct };
    edit_structure_set(&path, &out, &ct, &geometry, &[roi("Long", vec![long.clone()])]).unwrap();
    let rois = read_structure_set(&out).unwrap().structure_set.rois;
    assert_eq!((rois[0].name.as_str(), rois[0].contours.len()), ("A", 1));
    assert_eq!((rois[1].name.as_str(), rois[1].contours[0].points.len()), ("Long", 3000));
    let (read, drawn) = (rasterise(&rois[1].contours, &geometry).mask, rasterise(&[long], &geometry).mask);
    assert!(read == drawn && drawn.count() > 100);
    assert_eq!(fs::read(&out).unwrap().windows(6).filter(|w| *w == [0x06, 0x30, 0x50, 0x00, b'U', b'N']).count(), 1);
}
