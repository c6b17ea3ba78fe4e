//! A volume as a CT series, like a scanner's.

use std::path::Path;

use tmli_core::Volume;

use crate::{error::IoError, identity::CtIdentity};

/// What the files say about a synthetic patient and its scan.
#[derive(Clone, Debug)]
pub struct CtAttributes {
    /// PatientName, e.g. `Phantom^Child 001`.
    pub patient_name: String,
    /// PatientID.
    pub patient_id: String,
    /// PatientSex: `M`, `F`, `O` or empty.
    pub sex: String,
    /// PatientAge in years, where known.
    pub age_years: Option<f64>,
    /// PatientSize in metres, where known.
    pub height_m: Option<f64>,
    /// StudyDate, `YYYYMMDD`.
    pub study_date: String,
    /// StudyTime, `HHMMSS`.
    pub study_time: String,
    /// StudyDescription.
    pub study_description: String,
    /// SeriesDescription.
    pub series_description: String,
    /// PatientPosition, e.g. `HFS`.
    pub patient_position: String,
    /// Manufacturer.
    pub manufacturer: String,
    /// ManufacturerModelName.
    pub model_name: String,
    /// Tube voltage in kV.
    pub kvp: f64,
    /// UIDs are derived from it: the same seed gives the same UIDs.
    pub seed: u64,
}

impl Default for CtAttributes {
    fn default() -> Self {
        Self {
            patient_name: "Phantom".into(),
            patient_id: "PHANTOM".into(),
            sex: String::new(),
            age_years: None,
            height_m: None,
            study_date: "20240101".into(),
            study_time: "120000".into(),
            study_description: "TMLI phantom".into(),
            series_description: "CT 5 mm".into(),
            patient_position: "HFS".into(),
            manufacturer: "TMLI".into(),
            model_name: "Phantom".into(),
            kvp: 120.0,
            seed: 0,
        }
    }
}

/// Writes a volume in Hounsfield units as one CT file per slice (`0001.dcm` ...) into `dir`, which is made when absent.
pub fn write_ct_series(_dir: &Path, _volume: &Volume<i16>, _attributes: &CtAttributes) -> Result<CtIdentity, IoError> {
    Err(IoError::EmptyFolder)
}
