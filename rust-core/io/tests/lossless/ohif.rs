//! The OHIF viewer's readers find every voxel: of an RT Structure Set with dcmjs, of a Segmentation with the adapters of
//! Cornerstone.

use serde_json::Value;
use tmli_core::{Contour, ContourKind, Mask, PointLps, rasterise};
use tmli_io::{RoiGeneration, SegmentToWrite, StructureSetOptions, write_segmentation};

use crate::{common::oracles, patient::Patient, phantom, torture_patient};

/// What the readers say of the patient's structure set, and of a Segmentation with the same masks.
fn read_by_ohif(patient: &Patient) -> Option<Value> {
    let segment = |(name, mask): &(String, Mask)| SegmentToWrite {
        name: name.clone(),
        category: None,
        code: None,
        colour: [255, 128, 7],
        generation: RoiGeneration::Automatic,
        algorithm: "TMLI".to_owned(),
        mask: mask.clone(),
    };
    let segments: Vec<SegmentToWrite> = patient.masks.iter().map(segment).collect();
    let path = patient.folder.path().join("seg.dcm");
    write_segmentation(&path, &patient.ct, &patient.geometry, &segments, &StructureSetOptions::default()).unwrap();
    let mut ohif = oracles::ohif()?;
    let (ok, text) = oracles::output(ohif.arg(patient.ct_folder()).arg(patient.structure_set()).arg(path));
    assert!(ok, "{}", text.chars().take(2000).collect::<String>());
    Some(serde_json::from_str(text.trim()).unwrap_or_else(|_| panic!("no JSON: {text:.300}")))
}

fn assert_rois_are_those_of(patient: &Patient, read: &Value) {
    let rois = read["rois"].as_array().unwrap();
    assert_eq!(rois.len(), patient.masks.len());
    for (roi, (name, mask)) in rois.iter().zip(&patient.masks) {
        assert_eq!(roi["name"], **name);
        assert_eq!(roi["type"], "ORGAN");
        assert_eq!(roi["colour"], serde_json::json!([255, 128, 7]));
        let contour = |contour: &Value| {
            let numbers: Vec<f64> = contour.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
            let points = numbers.chunks_exact(3).map(|p| PointLps::new(p[0], p[1], p[2])).collect();
            Contour { kind: ContourKind::ClosedPlanar, points }
        };
        let contours: Vec<Contour> = roi["contours"].as_array().unwrap().iter().map(contour).collect();
        assert!(rasterise(&contours, &patient.geometry).mask == *mask, "{name}");
    }
}

fn assert_segments_are_those_of(patient: &Patient, read: &Value) {
    let segments = read["segments"].as_array().unwrap();
    assert_eq!(segments.len(), patient.masks.len());
    let [slices, rows, columns] = patient.geometry.shape();
    for (segment, (name, mask)) in segments.iter().zip(&patient.masks) {
        assert_eq!(segment["label"], **name);
        let mut found = Mask::new([slices, rows, columns]);
        for voxel in segment["voxels"].as_array().unwrap() {
            let n = voxel.as_u64().unwrap() as usize;
            found.set([n / (rows * columns), n / columns % rows, n % columns], true);
        }
        assert!(found == *mask, "{name}: {} voxels became {}", mask.count(), found.count());
    }
}

#[test]
fn ohif_finds_the_torture_set() {
    let patient = torture_patient();
    let Some(read) = read_by_ohif(&patient) else { return };
    assert_eq!(read["overlaps"], true);
    assert_rois_are_those_of(&patient, &read);
    assert_segments_are_those_of(&patient, &read);
}

#[test]
fn ohif_finds_the_organs_of_a_child() {
    // Cornerstone's adapters 5.14 lose slices when segments overlap and an earlier one reaches higher, see
    // docs/explanation/dicom.md: of this child, what overlaps nothing before it.
    let mut child = phantom(4, 6.0);
    let mut apart: Vec<(String, Mask)> = Vec::new();
    for (name, mask) in std::mem::take(&mut child.masks) {
        if apart.iter().all(|(_, other)| other.count_and(&mask) == 0) {
            apart.push((name, mask));
        }
    }
    assert!(apart.len() >= 15, "{}", apart.len());
    let child = Patient::new(&child.geometry, apart);
    let Some(read) = read_by_ohif(&child) else { return };
    assert_eq!(read["overlaps"], false);
    assert_rois_are_those_of(&child, &read);
    assert_segments_are_those_of(&child, &read);
}
