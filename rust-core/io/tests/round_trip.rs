//! What is written is read back as it was, by us and by others' programs.
#![allow(clippy::unwrap_used)]

mod common;

use std::{fs, path::Path};

use common::oracles;
use ndarray::Array3;
use tmli_core::{Contour, Mask, PointLps, Roi, SpacingMm, Volume, VolumeGeometry, rasterise, trace};
use tmli_io::{
    CtAttributes, CtIdentity, IoError, RoiCode, RoiGeneration, RoiToWrite, StructureSetFile, StructureSetOptions,
    check_belongs_to, read_ct_folder, read_structure_set, reference_findings, scan_folder, write_ct_series,
    write_structure_set,
};

const SHAPE: [usize; 3] = [7, 40, 48];

fn volume() -> Volume<i16> {
    let geometry =
        VolumeGeometry::axial(SHAPE, PointLps::new(-117.3, -98.05, -402.1), SpacingMm::new(5.0, 0.9765625, 0.9765625))
            .unwrap();
    let data = Array3::from_shape_fn((SHAPE[0], SHAPE[1], SHAPE[2]), |(k, j, i)| (k * 400 + j * 7 + i) as i16 - 1000);
    Volume::new(geometry, data).unwrap()
}

fn attributes() -> CtAttributes {
    CtAttributes {
        patient_name: "Phantom^Child".into(),
        patient_id: "P-001".into(),
        sex: "F".into(),
        age_years: Some(9.4),
        height_m: Some(1.33),
        seed: 17,
        ..CtAttributes::default()
    }
}

/// An annulus with an island in its hole, and a structure of one voxel.
fn masks() -> Vec<(&'static str, Mask)> {
    let distance = |j: usize, i: usize| ((j as f64 - 19.0).powi(2) + (i as f64 - 23.0).powi(2)).sqrt();
    let annulus = Mask::from_fn(SHAPE, |[k, j, i]| {
        let d = distance(j, i);
        (1..6).contains(&k) && ((8.0..15.0).contains(&d) || d < 3.0)
    });
    let voxel = Mask::from_fn(SHAPE, |at| at == [3, 0, 47]);
    let whole = Mask::from_fn(SHAPE, |_| true);
    vec![("CTV2", annulus), ("Lens_L", voxel), ("Bowel_Small", Mask::new(SHAPE)), ("External", whole)]
}

fn rois(geometry: &VolumeGeometry) -> Vec<RoiToWrite> {
    masks()
        .into_iter()
        .map(|(name, mask)| RoiToWrite {
            name: name.to_owned(),
            interpreted_type: "ORGAN".to_owned(),
            colour: [255, 128, 7],
            code: Some(RoiCode { scheme: "SCT".into(), value: "78076003".into(), meaning: "Lens of eye".into() }),
            contours: trace(&mask, geometry),
            generation: RoiGeneration::Automatic,
            generation_description: "TMLI 0.1.0, 3D V-Net".to_owned(),
        })
        .collect()
}

struct Written {
    _dir: tempfile::TempDir,
    path: std::path::PathBuf,
    ct_dir: std::path::PathBuf,
    ct: CtIdentity,
    geometry: VolumeGeometry,
}

fn written(options: &StructureSetOptions) -> Written {
    let dir = tempfile::tempdir().unwrap();
    let ct_dir = dir.path().join("ct");
    let volume = volume();
    let ct = write_ct_series(&ct_dir, &volume, &attributes()).unwrap();
    let path = dir.path().join("rtstruct.dcm");
    let geometry = volume.geometry().clone();
    let result = write_structure_set(&path, &ct, &geometry, &rois(&geometry), options).unwrap();
    assert_eq!(result.written, ["CTV2", "Lens_L", "External"]);
    assert_eq!(result.empty, ["Bowel_Small"]);
    assert_eq!(result.bytes, fs::metadata(&path).unwrap().len());
    Written { _dir: dir, path, ct_dir, ct, geometry }
}

fn mask_of(file: &StructureSetFile, name: &str, geometry: &VolumeGeometry) -> Mask {
    let roi: &Roi = file.structure_set.rois.iter().find(|roi| roi.name == name).unwrap();
    let result = rasterise(&roi.contours, geometry);
    assert!(result.findings.is_empty(), "{name}: {} findings", result.findings.len());
    result.mask
}

#[test]
fn a_ct_series_comes_back_voxel_for_voxel() {
    for (offset, what) in [(0, "twelve bits"), (2000, "sixteen bits"), (-20_000, "signed")] {
        let dir = tempfile::tempdir().unwrap();
        let mut volume = volume();
        volume.data_mut().mapv_inplace(|v| v + offset);
        let identity = write_ct_series(dir.path(), &volume, &attributes()).unwrap();
        let back = read_ct_folder(dir.path(), None).unwrap();
        assert_eq!(back.volume.data(), volume.data(), "{what}");
        assert!(back.volume.geometry().same_grid(volume.geometry()), "{what}");
        assert_eq!(back.identity, identity, "{what}");
        assert!(back.findings.is_empty(), "{what}: {:?}", back.findings);
    }
}

#[test]
fn the_same_seed_gives_the_same_files_and_another_seed_other_uids() {
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let other = CtAttributes { seed: 18, ..attributes() };
    let write = |dir: &Path, a: &CtAttributes| write_ct_series(dir, &volume(), a).unwrap();
    let a = write(dirs[0].path(), &attributes());
    let b = write(dirs[1].path(), &attributes());
    let c = write(dirs[2].path(), &other);
    assert_eq!(a, b);
    let bytes = |n: usize| fs::read(dirs[n].path().join("0003.dcm")).unwrap();
    assert!(bytes(0) == bytes(1));
    assert_ne!(a.series_uid, c.series_uid);
    assert_ne!(a.slices[0].sop_instance_uid, c.slices[0].sop_instance_uid);
}

#[test]
fn masks_survive_the_journey_through_a_structure_set() {
    let w = written(&StructureSetOptions::default());
    let file = read_structure_set(&w.path).unwrap();
    check_belongs_to(&file, &w.ct).unwrap();
    assert!(reference_findings(&file, &w.ct).is_empty());
    assert!(file.findings.is_empty(), "{:?}", file.findings);
    assert_eq!(file.referenced_series_uids, std::slice::from_ref(&w.ct.series_uid));
    for (name, mask) in masks().iter().filter(|(_, mask)| !mask.is_empty()) {
        assert!(mask_of(&file, name, &w.geometry) == *mask, "{name} differs");
    }
    let numbers: Vec<i32> = file.structure_set.rois.iter().map(|roi| roi.number.0).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert!(file.structure_set.rois.iter().all(|roi| roi.colour == Some([255, 128, 7])));
    assert!(file.structure_set.rois.iter().all(|roi| roi.interpreted_type.as_deref() == Some("ORGAN")));
    let described = Some("TMLI 0.1.0, 3D V-Net");
    assert!(file.structure_set.rois.iter().all(|roi| roi.generation_description.as_deref() == described));

    let scan = scan_folder(w.path.parent().unwrap()).unwrap();
    assert_eq!(scan.structure_sets[0].roi_names, ["CTV2", "Lens_L", "External"]);
    assert_eq!(scan.ct_series[0].files.len(), SHAPE[0]);
}

#[test]
fn real_contours_survive_the_journey() {
    let Some(dir) = common::shared("sts/STS_002/ct_dicom") else { return };
    let ct = read_ct_folder(&dir, None).unwrap();
    let geometry = ct.volume.geometry();
    let original = read_structure_set(&dir.join("mask/RS.dcm")).unwrap();
    let mask = rasterise(&original.structure_set.rois[0].contours, geometry).mask;
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("rs.dcm");
    let mut roi = rois(volume().geometry()).remove(0);
    roi.contours = trace(&mask, geometry);
    write_structure_set(&path, &ct.identity, geometry, &[roi], &StructureSetOptions::default()).unwrap();
    let back = read_structure_set(&path).unwrap();
    check_belongs_to(&back, &ct.identity).unwrap();
    assert!(mask_of(&back, "CTV2", geometry) == mask);
}

#[test]
fn with_a_fixed_time_the_same_input_gives_the_same_file() {
    let options = StructureSetOptions {
        fixed_time: Some(("20240102".into(), "030405".into())),
        ..StructureSetOptions::default()
    };
    let (a, b) = (written(&options), written(&options));
    assert!(fs::read(&a.path).unwrap() == fs::read(&b.path).unwrap());
    let free = (written(&StructureSetOptions::default()), written(&StructureSetOptions::default()));
    let uid = |w: &Written| read_structure_set(&w.path).unwrap().sop_instance_uid;
    assert_ne!(uid(&free.0), uid(&free.1));
}

#[test]
fn names_in_other_scripts_survive() {
    let w = written(&StructureSetOptions::default());
    let mut ct = w.ct.clone();
    ct.patient.patient_name = "张^伟".into();
    let mut roi = rois(&w.geometry).remove(0);
    roi.name = "左肺".into();
    let path = w.path.with_file_name("utf8.dcm");
    write_structure_set(&path, &ct, &w.geometry, &[roi], &StructureSetOptions::default()).unwrap();
    let file = read_structure_set(&path).unwrap();
    assert_eq!(file.structure_set.rois[0].name, "左肺");
    check_belongs_to(&file, &ct).unwrap();
    let Some(mut python) = oracles::python() else { return };
    let script = "import sys, pydicom; d = pydicom.dcmread(sys.argv[1]); \
                  print(d.SpecificCharacterSet, ascii(str(d.PatientName)), ascii(d.StructureSetROISequence[0].ROIName))";
    let (success, text) = oracles::output(python.args(["-c", script]).arg(&path));
    assert!(success, "{text}");
    assert_eq!(text.trim(), r"ISO_IR 192 '\u5f20^\u4f1f' '\u5de6\u80ba'");
    let Some(said) = oracles::dciodvfy(&path) else { return };
    assert_eq!(said, ["RTStructureSet"]);
}

#[test]
fn a_contour_beyond_the_scan_is_refused_and_leaves_no_file() {
    let w = written(&StructureSetOptions::default());
    let mut roi = rois(&w.geometry).remove(0);
    for point in &mut roi.contours[0].points {
        point.0[2] += 500.0;
    }
    let path = w.path.with_file_name("beyond.dcm");
    let error = write_structure_set(&path, &w.ct, &w.geometry, &[roi], &StructureSetOptions::default()).unwrap_err();
    assert!(matches!(error, IoError::Invalid { .. }), "{error}");
    assert!(error.to_string().contains("none of the 7 slices"), "{error}");
    assert!(!path.exists());
}

#[test]
fn a_structure_set_without_any_contour_is_refused() {
    let w = written(&StructureSetOptions::default());
    let mut roi = rois(&w.geometry).remove(0);
    roi.contours = Vec::<Contour>::new();
    let path = w.path.with_file_name("empty.dcm");
    let error = write_structure_set(&path, &w.ct, &w.geometry, &[roi], &StructureSetOptions::default()).unwrap_err();
    assert!(matches!(error, IoError::Invalid { .. }), "{error}");
}

#[test]
fn dciodvfy_has_nothing_to_say() {
    let w = written(&StructureSetOptions::default());
    let first = w.ct_dir.join("0001.dcm");
    for (file, kind) in [(&w.path, "RTStructureSet"), (&first, "CTImage"), (&w.ct_dir.join("0007.dcm"), "CTImage")] {
        let Some(said) = oracles::dciodvfy(file) else { return };
        assert_eq!(said, [kind]);
    }
}

#[test]
fn dcmtk_has_nothing_to_say() {
    let w = written(&StructureSetOptions::default());
    for (name, file) in [("dcmdump", &w.path), ("drtdump", &w.path), ("dcmdump", &w.ct_dir.join("0001.dcm"))] {
        let Some(mut command) = oracles::program(name) else { return };
        let (success, text) = oracles::output(command.arg(file));
        assert!(success, "{name}: {text}");
        assert!(!text.lines().any(|line| line.starts_with("E:") || line.starts_with("W:")), "{name}: {text}");
    }
}

#[test]
fn pydicom_reads_what_is_written() {
    const SCRIPT: &str = r#"
import sys, warnings
warnings.simplefilter("error")
import pydicom
from pydicom import config
config.settings.reading_validation_mode = config.RAISE
rs = pydicom.dcmread(sys.argv[1])
ct = [pydicom.dcmread(f) for f in sys.argv[2:]]
for d in [rs, *ct]:
    for e in d.iterall(): e.value
assert rs.file_meta.TransferSyntaxUID == pydicom.uid.ImplicitVRLittleEndian
assert rs.PatientID == ct[0].PatientID and rs.PatientName == ct[0].PatientName
assert rs.StudyInstanceUID == ct[0].StudyInstanceUID and rs.FrameOfReferenceUID == ct[0].FrameOfReferenceUID
assert rs.StructureSetLabel == "A label of more" and rs.ApprovalStatus == "UNAPPROVED"
assert rs.StructureSetDescription.startswith("Research use only")
frame = rs.ReferencedFrameOfReferenceSequence[0]
series = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
assert frame.FrameOfReferenceUID == ct[0].FrameOfReferenceUID
assert frame.RTReferencedStudySequence[0].ReferencedSOPInstanceUID == ct[0].StudyInstanceUID
assert series.SeriesInstanceUID == ct[0].SeriesInstanceUID
images = {d.SOPInstanceUID: d for d in ct}
assert {i.ReferencedSOPInstanceUID for i in series.ContourImageSequence} == set(images)
numbers = [r.ROINumber for r in rs.StructureSetROISequence]
assert numbers == list(range(1, len(numbers) + 1)), numbers
assert [r.ReferencedROINumber for r in rs.ROIContourSequence] == numbers
assert [r.ReferencedROINumber for r in rs.RTROIObservationsSequence] == numbers
assert all(r.ROIGenerationAlgorithm == "AUTOMATIC" and "V-Net" in r.ROIGenerationDescription for r in rs.StructureSetROISequence)
assert all(o.RTROIIdentificationCodeSequence[0].CodeValue == "78076003" for o in rs.RTROIObservationsSequence)
contours = 0
for roi in rs.ROIContourSequence:
    for c in roi.ContourSequence:
        contours += 1
        image = images[c.ContourImageSequence[0].ReferencedSOPInstanceUID]
        assert c.ContourGeometricType == "CLOSED_PLANAR"
        assert len(c.ContourData) == 3 * c.NumberOfContourPoints
        assert {str(z) for z in c.ContourData[2::3]} == {str(image.ImagePositionPatient[2])}, "z is the slice's"
        assert all(len(v.original_string) <= 16 for v in c.ContourData)
print(contours)
"#;
    let label = "A label of more than sixteen characters".to_owned();
    let w = written(&StructureSetOptions { label, ..StructureSetOptions::default() });
    let Some(mut python) = oracles::python() else { return };
    python.args(["-c", SCRIPT]).arg(&w.path).args(common::files(&w.ct_dir));
    let (success, text) = oracles::output(&mut python);
    assert!(success, "{text}");
    // Annulus and island on five slices, its hole as a loop of its own; one voxel; the whole of seven slices.
    assert_eq!(text.trim(), (5 * 3 + 1 + 7).to_string());
}
