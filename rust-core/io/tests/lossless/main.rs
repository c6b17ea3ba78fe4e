//! Masks become an RT Structure Set and come back without a voxel's difference: by our own reader, by dcmrtstruct2nii, by
//! plastimatch and by the libraries of the OHIF viewer.
#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
mod deepmind;
mod ohif;
mod patient;
mod torture;

use common::oracles;
use patient::Patient;
use rayon::prelude::*;
use tmli_core::{Holes, PointLps, SpacingMm, TraceOptions, VolumeGeometry, rasterise, trace_with};
use tmli_phantom::{Matrix, PhantomOptions, generate};

fn torture_patient() -> Patient {
    let origin = PointLps::new(-63.7, -31.15, -402.1);
    let geometry = VolumeGeometry::axial(torture::SHAPE, origin, SpacingMm::new(5.0, 0.9765625, 0.9765625)).unwrap();
    Patient::new(&geometry, torture::masks().into_iter().map(|(name, mask)| (name.to_owned(), mask)).collect())
}

fn phantom(seed: u64, age_years: f64) -> Patient {
    let child = generate(&PhantomOptions { seed, case: 1, age_years: Some(age_years), matrix: Matrix::M128 });
    let masks = child.segmentation.segments.into_iter().map(|segment| (segment.name, segment.mask)).collect();
    Patient::new(child.ct.geometry(), masks)
}

/// Ten children, from 3 to 16.5 years.
fn children() -> impl Iterator<Item = Patient> {
    (1..=10_u32).map(|seed| phantom(u64::from(seed), 1.5 * f64::from(seed) + 1.5))
}

fn observers() -> Option<Vec<Patient>> {
    let sets = deepmind::observers()?;
    Some(sets.into_iter().map(|set| Patient::new(&set.geometry, set.masks)).collect())
}

/// dcmrtstruct2nii reads the whole set of each patient, all in one process: its libraries take seconds to load.
fn assert_dcmrtstruct2nii_agrees(patients: &[Patient]) {
    // The tool still calls pydicom's reader by the name that it had before pydicom 3.
    const SCRIPT: &str = r#"
import sys, warnings
warnings.simplefilter("ignore")
import pydicom
pydicom.read_file = pydicom.dcmread
from dcmrtstruct2nii import dcmrtstruct2nii
for n in range(1, len(sys.argv), 3):
    dcmrtstruct2nii(*sys.argv[n:n + 3], gzip=False, convert_original_dicom=False)
"#;
    let Some(mut python) = oracles::peers() else { return };
    let out = |patient: &Patient| patient.folder.path().join("dcmrtstruct2nii");
    python.args(["-c", SCRIPT]);
    for patient in patients {
        python.arg(patient.structure_set()).arg(patient.ct_folder()).arg(out(patient));
    }
    let (ok, text) = oracles::output(&mut python);
    assert!(ok, "{text}");
    for patient in patients {
        patient.assert_found_by("dcmrtstruct2nii", |name| out(patient).join(format!("mask_{name}.nii")));
    }
}

/// plastimatch reads the whole set, loops in loops as holes.
fn assert_plastimatch_agrees(patient: &Patient) {
    let Some(mut plastimatch) = oracles::plastimatch() else { return };
    let out = patient.folder.path().join("plastimatch");
    plastimatch.args(["convert", "--xor-contours", "--prefix-format", "nii", "--input"]).arg(patient.structure_set());
    plastimatch.arg("--referenced-ct").arg(patient.ct_folder()).arg("--output-prefix").arg(&out);
    let (ok, text) = oracles::output(&mut plastimatch);
    assert!(ok, "{text}");
    patient.assert_found_by("plastimatch", |name| out.join(format!("{name}.nii")));
}

#[test]
fn the_torture_set_comes_back() {
    torture_patient().assert_comes_back();
}

#[test]
fn every_structure_of_ten_children_comes_back() {
    for (n, child) in children().enumerate() {
        assert_eq!(child.masks.len(), 25, "child {n}");
        child.assert_comes_back();
    }
}

#[test]
fn every_organ_of_two_observers_comes_back() {
    let Some(patients) = observers() else { return };
    assert_eq!(patients.iter().map(|patient| patient.masks.len()).sum::<usize>(), 42);
    patients.iter().for_each(Patient::assert_comes_back);
}

#[test]
fn every_organ_of_two_observers_comes_back_whatever_is_drawn() {
    for set in deepmind::observers().iter().flatten() {
        set.masks.par_iter().for_each(|(name, mask)| {
            for holes in [Holes::Loops, Holes::Keyhole, Holes::Xor] {
                for smooth in [false, true] {
                    let contours = trace_with(mask, &set.geometry, TraceOptions { smooth, holes });
                    let back = rasterise(&contours, &set.geometry);
                    assert!(back.findings.is_empty() && back.mask == *mask, "{name} {holes:?} {smooth}");
                }
            }
        });
    }
}

#[test]
fn dcmrtstruct2nii_finds_the_torture_set() {
    assert_dcmrtstruct2nii_agrees(&[torture_patient()]);
}

#[test]
fn dcmrtstruct2nii_finds_every_structure_of_ten_children() {
    assert_dcmrtstruct2nii_agrees(&children().collect::<Vec<_>>());
}

#[test]
fn dcmrtstruct2nii_finds_every_organ_of_two_observers() {
    assert_dcmrtstruct2nii_agrees(&observers().unwrap_or_default());
}

#[test]
fn plastimatch_finds_the_torture_set() {
    assert_plastimatch_agrees(&torture_patient());
}

#[test]
fn plastimatch_finds_every_structure_of_ten_children() {
    children().for_each(|child| assert_plastimatch_agrees(&child));
}

#[test]
fn plastimatch_finds_every_organ_of_two_observers() {
    observers().iter().flatten().for_each(assert_plastimatch_agrees);
}
