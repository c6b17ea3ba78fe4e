//! Who and what a CT series is: the attributes an RT Structure Set must repeat to be filed under the same patient.

use std::fmt;

/// Patient and study attributes, as text. `Debug` shows none of them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PatientStudy {
    /// PatientName.
    pub patient_name: String,
    /// PatientID.
    pub patient_id: String,
    /// PatientBirthDate, `YYYYMMDD`.
    pub birth_date: String,
    /// PatientSex: `M`, `F`, `O` or empty.
    pub sex: String,
    /// PatientAge, e.g. `009Y`.
    pub age: String,
    /// StudyDate, `YYYYMMDD`.
    pub study_date: String,
    /// StudyTime, `HHMMSS`.
    pub study_time: String,
    /// AccessionNumber.
    pub accession_number: String,
    /// ReferringPhysicianName.
    pub referring_physician: String,
    /// StudyID.
    pub study_id: String,
    /// StudyDescription.
    pub study_description: String,
    /// SpecificCharacterSet of the CT files, as written there (values separated by backslashes).
    pub character_set: String,
}

impl fmt::Debug for PatientStudy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PatientStudy(withheld)")
    }
}

/// One image of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct SliceReference {
    /// SOPClassUID.
    pub sop_class_uid: String,
    /// SOPInstanceUID.
    pub sop_instance_uid: String,
    /// ReferencedFrameNumber (from 1 on), for a frame of a multi-frame image.
    pub frame_number: Option<u32>,
    /// ImagePositionPatient, LPS mm.
    pub position: Option<[f64; 3]>,
}

/// What identifies a CT series and its images.
#[derive(Clone, Debug, PartialEq)]
pub struct CtIdentity {
    /// Patient and study attributes.
    pub patient: PatientStudy,
    /// StudyInstanceUID.
    pub study_uid: String,
    /// SeriesInstanceUID.
    pub series_uid: String,
    /// FrameOfReferenceUID, where the files name one.
    pub frame_of_reference_uid: Option<String>,
    /// PositionReferenceIndicator, may be empty.
    pub position_reference: String,
    /// PatientPosition: HFS, FFS, HFP, ...; empty where the files don't say.
    pub patient_position: String,
    /// The image of every slice, in the order of k.
    pub slices: Vec<SliceReference>,
}
