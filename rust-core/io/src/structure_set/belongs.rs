//! Whether structures and a CT series are of the same patient and the same frame of reference.

use super::{PatientKey, StructureSetFile};
use crate::{error::IoError, finding::Finding, identity::CtIdentity};

/// A file with structures that lie in a scan of a patient: [`StructureSetFile`], [`crate::SegmentationFile`].
pub trait OfPatient {
    /// Whom it belongs to.
    fn patient(&self) -> &PatientKey;
    /// FrameOfReferenceUID of its coordinates, where the file says.
    fn frame_of_reference_uid(&self) -> Option<&str>;
}

impl OfPatient for StructureSetFile {
    fn patient(&self) -> &PatientKey {
        &self.patient
    }

    fn frame_of_reference_uid(&self) -> Option<&str> {
        self.structure_set.frame_of_reference.as_ref().map(|frame| frame.0.as_str())
    }
}

/// Names as hospitals write them: case, padding and empty name components don't matter.
fn name_key(name: &str) -> String {
    name.trim_end_matches(['^', '=', ' ']).trim().to_lowercase()
}

/// An error when the structures are of another patient or in another frame of reference than the CT series.
///
/// Reading does not ask, so that who knows better may go on: copies made anonymous in two ways differ here.
///
/// Patients are compared by PatientID; by PatientName where one of the IDs is empty (anonymised data). What a file does
/// not say is not held against it. See [`reference_findings`] for what is only doubtful.
pub fn check_belongs_to(file: &impl OfPatient, ct: &CtIdentity) -> Result<(), IoError> {
    let patient = file.patient();
    let (id, ct_id) = (patient.patient_id.trim(), ct.patient.patient_id.trim());
    if !id.is_empty() && !ct_id.is_empty() {
        if id != ct_id {
            return Err(IoError::OtherPatient { what: "PatientID" });
        }
    } else {
        let (name, ct_name) = (name_key(&patient.patient_name), name_key(&ct.patient.patient_name));
        if !name.is_empty() && !ct_name.is_empty() && name != ct_name {
            return Err(IoError::OtherPatient { what: "PatientName" });
        }
    }
    if let (Some(got), Some(expected)) = (file.frame_of_reference_uid(), &ct.frame_of_reference_uid)
        && got != expected
    {
        return Err(IoError::OtherFrame { expected: expected.clone(), got: got.to_owned() });
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
