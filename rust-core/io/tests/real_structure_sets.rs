//! RT Structure Sets of real systems: exact voxel counts, and every mask equal to the one published beside it.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use ndarray::Array3;
use tmli_core::{Mask, Roi, rasterise};
use tmli_io::{
    CtSeries, IoError, StructureSetFile, check_belongs_to, read_ct_folder, read_label_map, read_structure_set,
    reference_findings,
};

fn labels_to_mask(labels: &Array3<u32>, wanted: u32) -> Mask {
    Mask::from_bytes(labels.mapv(|v| u8::from(v == wanted)).view())
}

fn rasterised(roi: &Roi, ct: &CtSeries) -> Mask {
    rasterise(&roi.contours, ct.volume.geometry()).mask
}

/// Reads series, structure set and published mask; the one ROI must equal the mask.
fn check(ct_dir: &Path, structure_set: &Path, mask: &Path, voxels: usize) -> (CtSeries, StructureSetFile) {
    let ct = read_ct_folder(ct_dir, None).unwrap();
    let file = read_structure_set(structure_set).unwrap();
    check_belongs_to(&file, &ct.identity).unwrap();
    assert_eq!(file.structure_set.rois.len(), 1);
    let got = rasterised(&file.structure_set.rois[0], &ct);
    assert_eq!(got.count(), voxels);
    let published = labels_to_mask(&read_label_map(mask, ct.volume.geometry()).unwrap(), 1);
    assert_eq!(published.count(), voxels);
    assert!(got == published, "the masks differ in some voxels");
    (ct, file)
}

#[test]
fn contours_without_image_references_are_placed_by_their_coordinates() {
    let Some(dir) = common::shared("ibsi1_ct_phantom") else { return };
    let (_, file) = check(
        &dir.join("dicom/image"),
        &dir.join("dicom/mask/DCM_RS_00060.dcm"),
        &dir.join("nifti/mask/mask.nii.gz"),
        125_256,
    );
    let roi = &file.structure_set.rois[0];
    assert_eq!((roi.name.as_str(), roi.contours.len()), ("GTV-1", 26));
    let said: Vec<String> = file.findings.iter().map(ToString::to_string).collect();
    assert!(said.iter().any(|f| f.contains("26 of 26 contours name no image")), "{said:?}");
    assert!(said.iter().any(|f| f.contains("26 of 26 contours repeat their first point")), "{said:?}");
}

#[test]
fn references_to_another_series_do_not_matter() {
    let Some(dir) = common::shared("sts") else { return };
    for (case, voxels) in [("STS_001", 117_145), ("STS_002", 17_090)] {
        let dicom = dir.join(case).join("ct_dicom");
        let (ct, file) = check(
            &dicom.join("image"),
            &dicom.join("mask/RS.dcm"),
            &dir.join(case).join("ct_nifti/mask/mask.nii.gz"),
            voxels,
        );
        let said: Vec<String> = reference_findings(&file, &ct.identity).iter().map(ToString::to_string).collect();
        assert!(said.iter().any(|f| f.contains("not in this series")), "{said:?}");
    }
}

#[test]
fn liver_label_lies_on_liver() {
    let Some(dir) = common::shared("totalseg_j2k") else { return };
    let ct = read_ct_folder(&dir, None).unwrap();
    let labels = read_label_map(&dir.join("example_seg_dicom.nii.gz"), ct.volume.geometry()).unwrap();
    let mean = |label: u32| {
        let values: Vec<f64> =
            labels.iter().zip(ct.volume.data()).filter(|(l, _)| **l == label).map(|(_, hu)| f64::from(*hu)).collect();
        assert!(values.len() > 1000, "label {label}: {} voxels", values.len());
        values.iter().sum::<f64>() / values.len() as f64
    };
    let (liver, stomach) = (mean(5), mean(6));
    assert!((40.0..150.0).contains(&liver), "liver {liver} HU");
    assert!((-200.0..100.0).contains(&stomach), "stomach {stomach} HU");
    // The liver is on the patient's right: at smaller x than the stomach.
    let centre = |label: u32| {
        let columns: Vec<f64> =
            labels.indexed_iter().filter(|(_, l)| **l == label).map(|((_, _, i), _)| i as f64).collect();
        columns.iter().sum::<f64>() / columns.len() as f64
    };
    assert!(centre(5) + 50.0 < centre(6), "liver at column {}, stomach at {}", centre(5), centre(6));
}

#[test]
fn label_map_of_another_scan_is_refused() {
    let (Some(a), Some(b)) = (common::shared("totalseg_j2k"), common::shared("sts")) else { return };
    let ct = read_ct_folder(&b.join("STS_001/ct_dicom"), None).unwrap();
    let error = read_label_map(&a.join("example_seg_dicom.nii.gz"), ct.volume.geometry()).unwrap_err();
    assert!(matches!(error, IoError::LabelGrid { .. }), "{error}");
    let error = read_label_map(&b.join("STS_002/ct_nifti/mask/mask.nii.gz"), ct.volume.geometry()).unwrap_err();
    assert!(matches!(error, IoError::LabelGrid { .. }), "{error}");
}

#[test]
fn structure_set_of_another_patient_is_refused() {
    let Some(dir) = common::shared("sts") else { return };
    let ct = read_ct_folder(&dir.join("STS_001/ct_dicom"), None).unwrap();
    let other = read_structure_set(&dir.join("STS_002/ct_dicom/mask/RS.dcm")).unwrap();
    let error = check_belongs_to(&other, &ct.identity).unwrap_err();
    assert!(matches!(error, IoError::OtherPatient { what: "PatientID" }), "{error}");
    assert!(!error.to_string().contains("STS"), "{error}");
}

#[test]
fn broken_references_are_told_and_do_not_hinder() {
    let Some(dir) = common::shared("rt_utils_refs/mock_data") else { return };
    let ct = read_ct_folder(&dir, None).unwrap();
    for name in ["invalid_reference_rt.dcm", "non_existent_reference_rt.dcm"] {
        let file = read_structure_set(&dir.join(name)).unwrap();
        assert_eq!(file.structure_set.rois.len(), 4, "{name}");
        assert!(file.structure_set.rois.iter().all(|roi| roi.contours.len() == 3), "{name}");
        check_belongs_to(&file, &ct.identity).unwrap();
        assert!(!reference_findings(&file, &ct.identity).is_empty(), "{name}");
    }
    let file = read_structure_set(&dir.join("rt.dcm")).unwrap();
    let error = check_belongs_to(&file, &ct.identity).unwrap_err();
    assert!(matches!(error, IoError::OtherFrame { .. }), "{error}");
}

#[test]
fn a_ct_image_is_no_structure_set() {
    let Some(dir) = common::shared("rt_utils_refs/mock_data") else { return };
    let error = read_structure_set(&dir.join("ct_1.dcm")).unwrap_err();
    assert!(matches!(error, IoError::WrongObject { .. }), "{error}");
}
