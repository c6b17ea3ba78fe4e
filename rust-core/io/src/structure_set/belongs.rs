//! Whether a structure set and a CT series are of the same patient and the same frame of reference.

use super::StructureSetFile;
use crate::{error::IoError, finding::Finding, identity::CtIdentity};

/// Names as hospitals write them: case, padding and empty name components don't matter.
fn name_key(name: &str) -> String {
    name.trim_end_matches(['^', '=', ' ']).trim().to_lowercase()
}

/// An error when the structure set is of another patient or in another frame of reference than the CT series.
///
/// Patients are compared by PatientID; by PatientName where one of the IDs is empty (anonymised data). What a file does
/// not say is not held against it. See [`reference_findings`] for what is only doubtful.
pub fn check_belongs_to(file: &StructureSetFile, ct: &CtIdentity) -> Result<(), IoError> {
    let (id, ct_id) = (file.patient.patient_id.trim(), ct.patient.patient_id.trim());
    if !id.is_empty() && !ct_id.is_empty() {
        if id != ct_id {
            return Err(IoError::OtherPatient { what: "PatientID" });
        }
    } else {
        let (name, ct_name) = (name_key(&file.patient.patient_name), name_key(&ct.patient.patient_name));
        if !name.is_empty() && !ct_name.is_empty() && name != ct_name {
            return Err(IoError::OtherPatient { what: "PatientName" });
        }
    }
    if let (Some(got), Some(expected)) = (&file.structure_set.frame_of_reference, &ct.frame_of_reference_uid)
        && got.0 != *expected
    {
        return Err(IoError::OtherFrame { expected: expected.clone(), got: got.0.clone() });
    }
    Ok(())
}

/// What is odd about the references of a structure set to this CT series, though it can be used: contours are placed by
/// their coordinates.
pub fn reference_findings(file: &StructureSetFile, ct: &CtIdentity) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !file.referenced_series_uids.is_empty() && !file.referenced_series_uids.contains(&ct.series_uid) {
        findings.push(Finding::general(
            "refers to another series in the same frame of reference; contours are placed by their coordinates",
        ));
    }
    let known = |uid: &String| ct.slices.iter().any(|s| s.sop_instance_uid == *uid);
    let foreign = file.referenced_image_uids.iter().filter(|uid| !known(uid)).count();
    if foreign > 0 {
        let all = file.referenced_image_uids.len();
        findings.push(Finding::general(format!(
            "{foreign} of {all} image references point to images that are not in this series; contours are placed by their coordinates"
        )));
    }
    findings
}
