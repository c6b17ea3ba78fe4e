//! Writing an RT Structure Set that points at the CT series it was made on.

use std::path::Path;

use tmli_core::{Contour, VolumeGeometry};

use crate::{error::IoError, identity::CtIdentity};

/// DICOM ROIGenerationAlgorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoiGeneration {
    /// By an algorithm.
    Automatic,
    /// By an algorithm, then by hand.
    Semiautomatic,
    /// By hand.
    Manual,
}

/// A coded term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoiCode {
    /// CodingSchemeDesignator, e.g. `SCT`.
    pub scheme: String,
    /// CodeValue.
    pub value: String,
    /// CodeMeaning.
    pub meaning: String,
}

/// One ROI to write.
#[derive(Clone, Debug)]
pub struct RoiToWrite {
    /// ROIName, e.g. `Kidney_L`.
    pub name: String,
    /// RTROIInterpretedType, e.g. `ORGAN`, `CTV`, `PTV`, `EXTERNAL`.
    pub interpreted_type: String,
    /// Display colour, RGB.
    pub colour: [u8; 3],
    /// What it is, in a coding scheme.
    pub code: Option<RoiCode>,
    /// Loops in LPS mm.
    pub contours: Vec<Contour>,
    /// How it was made.
    pub generation: RoiGeneration,
    /// Algorithm name and version.
    pub generation_description: String,
}

/// What the file says about itself.
#[derive(Clone, Debug)]
pub struct StructureSetOptions {
    /// StructureSetLabel; cut at 16 characters.
    pub label: String,
    /// Added to the sentence "Research use only ..." in StructureSetDescription.
    pub description: String,
    /// SeriesDescription.
    pub series_description: String,
    /// Manufacturer.
    pub manufacturer: String,
    /// ManufacturerModelName.
    pub model_name: String,
    /// SoftwareVersions.
    pub software_version: String,
    /// SeriesNumber.
    pub series_number: i32,
    /// Date and time (`YYYYMMDD`, `HHMMSS`) instead of now: the same input then gives the same file, UIDs included.
    pub fixed_time: Option<(String, String)>,
}

impl Default for StructureSetOptions {
    fn default() -> Self {
        Self {
            label: "TMLI".into(),
            description: String::new(),
            series_description: "TMLI auto-segmentation".into(),
            manufacturer: "TMLI".into(),
            model_name: "TMLI".into(),
            software_version: env!("CARGO_PKG_VERSION").into(),
            series_number: 9001,
            fixed_time: None,
        }
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenStructureSet {
    /// SOPInstanceUID of the new file.
    pub sop_instance_uid: String,
    /// Names of the ROIs in the file, in the order of their numbers 1..N.
    pub written: Vec<String>,
    /// Names of the ROIs left out because they have no contour.
    pub empty: Vec<String>,
    /// Size of the file.
    pub bytes: u64,
}

/// Writes an RT Structure Set, whole or not at all.
pub fn write_structure_set(
    _path: &Path,
    _ct: &CtIdentity,
    _geometry: &VolumeGeometry,
    _rois: &[RoiToWrite],
    _options: &StructureSetOptions,
) -> Result<WrittenStructureSet, IoError> {
    Err(IoError::EmptyFolder)
}

/// The bytes that [`write_structure_set`] writes.
pub fn structure_set_bytes(
    _ct: &CtIdentity,
    _geometry: &VolumeGeometry,
    _rois: &[RoiToWrite],
    _options: &StructureSetOptions,
) -> Result<(Vec<u8>, WrittenStructureSet), IoError> {
    Err(IoError::EmptyFolder)
}
