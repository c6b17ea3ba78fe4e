//! What is in a folder.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use dicom_core::dictionary::UidDictionary;
use dicom_dictionary_std::{StandardSopClassDictionary, tags, uids};
use rayon::prelude::*;
use tmli_core::VolumeGeometry;

use crate::{
    attributes::Attributes,
    dicom_file::{self, Extent},
    error::IoError,
    finding::Finding,
    header::SliceHeader,
    loaded, multi_frame,
    room::{self, Room},
    series, walk,
};

/// What was found in a folder and below.
#[derive(Debug, Default)]
pub struct FolderScan {
    /// CT series, by SeriesInstanceUID, in the order of their series numbers.
    pub ct_series: Vec<SeriesEntry>,
    /// RT Structure Sets, in the order of their paths.
    pub structure_sets: Vec<StructureSetEntry>,
    /// Everything else that is DICOM.
    pub other_objects: Vec<OtherEntry>,
    /// Files that are no DICOM.
    pub not_dicom: usize,
    /// Files that seem to be DICOM but can't be read, and why. The path is for use, not for display: it may hold a
    /// patient's name.
    pub unreadable: Vec<(PathBuf, IoError)>,
}

impl FolderScan {
    /// What is in the folder, in a few words, for messages.
    pub(crate) fn in_words(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        if !self.structure_sets.is_empty() {
            parts.push(format!("{} RT Structure Set(s)", self.structure_sets.len()));
        }
        for other in &self.other_objects {
            parts.push(format!("{} x {} ({})", other.count, other.sop_class, other.modality));
        }
        if !self.unreadable.is_empty() {
            parts.push(format!("{} unreadable DICOM file(s)", self.unreadable.len()));
        }
        if self.not_dicom > 0 {
            parts.push(format!("{} file(s) that are no DICOM", self.not_dicom));
        }
        if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
    }
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
    /// FrameOfReferenceUID of the first referenced frame, otherwise of the first ROI, otherwise of the file.
    pub frame_of_reference: Option<String>,
    /// SeriesInstanceUIDs it refers to.
    pub referenced_series_uids: Vec<String>,
}

/// One CT series.
#[derive(Clone, Debug)]
pub struct SeriesEntry {
    /// SeriesInstanceUID; empty where the files don't say.
    pub series_uid: String,
    /// StudyInstanceUID; empty where the files don't say.
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
    /// TransferSyntaxUID of the first file.
    pub transfer_syntax: String,
    /// The files, sorted along the normal where positions are known; a multi-frame file once.
    pub files: Vec<PathBuf>,
    /// One for each slice, in the same order.
    pub(crate) headers: Vec<SliceHeader>,
}

impl SeriesEntry {
    fn new(mut headers: Vec<SliceHeader>) -> Self {
        headers.sort_by(|a, b| {
            let along = |h: &SliceHeader| h.position_mm().unwrap_or(f64::INFINITY);
            along(a).total_cmp(&along(b)).then_with(|| a.path.cmp(&b.path))
        });
        let mut files: Vec<PathBuf> = headers.iter().map(|h| h.path.clone()).collect();
        files.dedup();
        let first = &headers[0];
        Self {
            series_uid: first.series_uid.clone(),
            study_uid: first.study_uid.clone(),
            frame_of_reference: first.frame_of_reference.clone(),
            series_number: first.series_number,
            description: first.series_description.clone(),
            patient_position: first.patient_position.clone(),
            is_localizer: headers.iter().all(|h| h.is_localizer),
            transfer_syntax: first.transfer_syntax.clone(),
            files,
            headers,
        }
    }

    /// The grid of the volume, and what is worth knowing about it; or why the series is no volume. Reads no pixel.
    pub fn geometry(&self) -> Result<(VolumeGeometry, Vec<Finding>), IoError> {
        series::stack(&self.headers).map(|stack| (stack.geometry, stack.findings))
    }

    /// Positions of the slices along the normal of the first one, ascending, in mm; without slices that say none.
    pub fn positions_mm(&self) -> Vec<f64> {
        self.headers.iter().filter_map(SliceHeader::position_mm).collect()
    }

    /// The series in one line: slices, matrix, spacing, orientation, UID. No free text, so no patient data.
    pub fn in_words(&self) -> String {
        let first = &self.headers[0];
        let grid = match self.geometry() {
            Ok((geometry, _)) => format!("spacing {}", geometry.spacing_mm()),
            Err(IoError::Geometry(e)) => format!("not a volume: {e}"),
            Err(e) => e.to_string(),
        };
        let position = if self.patient_position.is_empty() { "position unknown" } else { &self.patient_position };
        let scout = if self.is_localizer { ", scout" } else { "" };
        format!(
            "CT, {} slices of {} x {}, {position}{scout}, {grid}, series UID {}",
            self.headers.len(),
            first.rows,
            first.columns,
            if self.series_uid.is_empty() { "(none)" } else { &self.series_uid }
        )
    }
}

enum Found {
    Ct(Vec<SliceHeader>),
    StructureSet(StructureSetEntry),
    Other { modality: String, sop_class: String },
    NotDicom,
    Unreadable(PathBuf, IoError),
}

/// Lists what is in a folder and all folders below it, whatever files are called. Reads headers only, in parallel.
///
/// # Errors
/// [`IoError::Folder`] when it can't be listed, [`IoError::EmptyFolder`] when there is no file at all. Files that can't
/// be read are no error, they are in [`FolderScan::unreadable`].
pub fn scan_folder(dir: &Path) -> Result<FolderScan, IoError> {
    let paths = walk::files_below(dir)?;
    if paths.is_empty() {
        return Err(IoError::EmptyFolder);
    }
    Ok(scan_files(paths))
}

/// Tells what these files are, whatever folders they lie in. Reads headers only, in parallel.
pub(crate) fn scan_files(paths: Vec<PathBuf>) -> FolderScan {
    let count = paths.len();
    let found: Vec<Found> = paths
        .into_par_iter()
        .enumerate()
        .map(|(n, path)| look_into(path, format!("file {} of {count}", n + 1)))
        .collect();

    let mut scan = FolderScan::default();
    let mut series: BTreeMap<(String, String), Vec<SliceHeader>> = BTreeMap::new();
    let mut others: BTreeMap<(String, String), usize> = BTreeMap::new();
    for item in found {
        match item {
            Found::Ct(headers) => {
                for header in headers {
                    series.entry(series_key(&header)).or_default().push(header);
                }
            }
            Found::StructureSet(entry) => scan.structure_sets.push(entry),
            Found::Other { modality, sop_class } => *others.entry((modality, sop_class)).or_default() += 1,
            Found::NotDicom => scan.not_dicom += 1,
            Found::Unreadable(path, error) => scan.unreadable.push((path, error)),
        }
    }
    scan.ct_series = series.into_values().map(SeriesEntry::new).collect();
    scan.ct_series.sort_by_key(|s| (s.is_localizer, s.series_number.unwrap_or(i32::MAX)));
    scan.other_objects =
        others.into_iter().map(|((modality, sop_class), count)| OtherEntry { modality, sop_class, count }).collect();
    scan
}

/// Anonymised files may have lost their SeriesInstanceUID: then a folder and a frame of reference are one series.
fn series_key(header: &SliceHeader) -> (String, String) {
    if !header.series_uid.is_empty() {
        return (header.series_uid.clone(), String::new());
    }
    let folder = header.path.parent().map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
    (header.frame_of_reference.clone().unwrap_or_default(), folder)
}

fn look_into(path: PathBuf, label: String) -> Found {
    what_is(&path, &label).unwrap_or_else(|error| Found::Unreadable(path, error))
}

fn what_is(path: &Path, label: &str) -> Result<Found, IoError> {
    if let Some(entry) = structure_set_entry(path, label)? {
        return Ok(Found::StructureSet(entry));
    }
    let Some((class, modality)) = kind(path, label)? else { return Ok(Found::NotDicom) };
    let is_ct = match class.as_str() {
        uids::CT_IMAGE_STORAGE | uids::ENHANCED_CT_IMAGE_STORAGE | uids::LEGACY_CONVERTED_ENHANCED_CT_IMAGE_STORAGE => {
            true
        }
        "" => modality == "CT",
        _ => false,
    };
    if is_ct {
        let Some(object) = dicom_file::open(path, label, Extent::Header)? else { return Ok(Found::NotDicom) };
        let header = SliceHeader::new(path.to_owned(), label.to_owned(), &object);
        drop(object);
        return Ok(Found::Ct(match multi_frame_headers(&header, label)? {
            Some(headers) => headers,
            None => vec![header],
        }));
    }
    let sop_class = StandardSopClassDictionary.by_uid(&class).map_or(class.clone(), |entry| entry.name.to_owned());
    let sop_class = if sop_class.is_empty() { "unknown class".to_owned() } else { sop_class };
    let modality = if modality.is_empty() { "no modality".to_owned() } else { modality };
    Ok(Found::Other { modality, sop_class })
}

/// A header for each frame of a file that has several and describes them.
fn multi_frame_headers(whole: &SliceHeader, label: &str) -> Result<Option<Vec<SliceHeader>>, IoError> {
    if whole.frames <= 1 && whole.sop_class_uid == uids::CT_IMAGE_STORAGE {
        return Ok(None);
    }
    let Some(file) = loaded::load_header(&whole.path, label)? else { return Ok(None) };
    multi_frame::frame_headers(whole, &file.data_set()?).map_err(|problem| dicom_file::refusal(&problem, label))
}

/// Class and modality of an object: of what is no CT, nothing else is asked for. `Ok(None)`: the file is no DICOM.
fn kind(path: &Path, label: &str) -> Result<Option<(String, String)>, IoError> {
    let Some(object) = dicom_file::open(path, label, Extent::Kind)? else { return Ok(None) };
    let class = object.text(tags::SOP_CLASS_UID);
    let class =
        class.unwrap_or_else(|| object.meta().media_storage_sop_class_uid().trim_matches(['\0', ' ']).to_owned());
    Ok(Some((class, object.text_or_empty(tags::MODALITY))))
}

/// `Ok(None)`: the file is something else.
fn structure_set_entry(path: &Path, label: &str) -> Result<Option<StructureSetEntry>, IoError> {
    if !dicom_file::mentions(path, label, uids::RT_STRUCTURE_SET_STORAGE, "RTSTRUCT")? {
        return Ok(None);
    }
    let Some(file) = loaded::load(path, label)? else { return Ok(None) };
    let object = file.data_set()?;
    let class = object.text_or_empty(tags::SOP_CLASS_UID);
    if class != uids::RT_STRUCTURE_SET_STORAGE
        && !(class.is_empty() && object.text_or_empty(tags::MODALITY) == "RTSTRUCT")
    {
        return Ok(None);
    }
    let mut room = Room::default();
    let refused = |problem| dicom_file::refusal(&problem, label);
    let mut roi_names = Vec::new();
    for roi in object.items(tags::STRUCTURE_SET_ROI_SEQUENCE) {
        room.take(room::roi(roi.whole)).map_err(refused)?;
        roi_names.push(roi.text_or_empty(tags::ROI_NAME));
    }
    let referenced_series_uids = crate::structure_set::referenced_series(&object, &mut room);
    Ok(Some(StructureSetEntry {
        path: path.to_owned(),
        sop_instance_uid: object.text_or_empty(tags::SOP_INSTANCE_UID),
        label: object.text_or_empty(tags::STRUCTURE_SET_LABEL),
        roi_names,
        frame_of_reference: crate::structure_set::frame_of_reference(&object),
        referenced_series_uids: referenced_series_uids.map_err(refused)?,
    }))
}
