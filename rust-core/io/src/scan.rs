//! What is in a folder.

use std::path::{Path, PathBuf};

use crate::error::IoError;

/// What was found in a folder and below.
#[derive(Debug, Default)]
pub struct FolderScan {
    /// CT series, by SeriesInstanceUID, in the order of their series numbers.
    pub ct_series: Vec<SeriesEntry>,
    /// RT Structure Sets.
    pub structure_sets: Vec<StructureSetEntry>,
    /// Everything else that is DICOM.
    pub other_objects: Vec<OtherEntry>,
    /// Files that are no DICOM.
    pub not_dicom: usize,
    /// Files that seem to be DICOM but can't be read, and why. The path is for use, not for display: it may hold a
    /// patient's name.
    pub unreadable: Vec<(PathBuf, IoError)>,
}

/// DICOM objects of a kind that is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherEntry {
    /// Modality, e.g. `MR`.
    pub modality: String,
    /// SOP class, by name where it is known.
    pub sop_class: String,
    /// How many files.
    pub count: usize,
}

/// One RT Structure Set file.
#[derive(Clone, Debug)]
pub struct StructureSetEntry {
    /// Where it is.
    pub path: PathBuf,
    /// SOPInstanceUID.
    pub sop_instance_uid: String,
    /// StructureSetLabel.
    pub label: String,
    /// ROI names in file order.
    pub roi_names: Vec<String>,
    /// FrameOfReferenceUID of the file or of its first referenced frame.
    pub frame_of_reference: Option<String>,
    /// SeriesInstanceUIDs it refers to.
    pub referenced_series_uids: Vec<String>,
}

/// One CT series.
#[derive(Clone, Debug)]
pub struct SeriesEntry {
    /// SeriesInstanceUID.
    pub series_uid: String,
    /// StudyInstanceUID.
    pub study_uid: String,
    /// FrameOfReferenceUID of the first file.
    pub frame_of_reference: Option<String>,
    /// SeriesNumber.
    pub series_number: Option<i32>,
    /// SeriesDescription (free text: may hold anything, show it only to the user who owns the data).
    pub description: String,
    /// PatientPosition of the first file: HFS, FFS, ...
    pub patient_position: String,
    /// Whether every image is a scout (ImageType LOCALIZER).
    pub is_localizer: bool,
    /// The files, sorted along the normal of the first one where positions are known.
    pub files: Vec<PathBuf>,
}

/// Lists what is in a folder and all folders below it, whatever files are called. Reads headers only.
pub fn scan_folder(_dir: &Path) -> Result<FolderScan, IoError> {
    Err(IoError::EmptyFolder)
}
