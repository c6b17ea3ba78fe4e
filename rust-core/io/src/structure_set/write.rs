//! Writing an RT Structure Set that points at the CT series it was made on.

use std::path::Path;

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};
use tmli_core::{Contour, VolumeGeometry};

use super::write_contours::{self, PlacedContour};
use crate::{
    atomic::write_bytes_atomically,
    dataset::{DataSet, clean, cut},
    error::IoError,
    identity::CtIdentity,
    uid,
};

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

impl RoiGeneration {
    pub(crate) const fn as_dicom(self) -> &'static str {
        match self {
            Self::Automatic => "AUTOMATIC",
            Self::Semiautomatic => "SEMIAUTOMATIC",
            Self::Manual => "MANUAL",
        }
    }
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
    /// Loops in LPS mm. Holes are loops inside loops.
    pub contours: Vec<Contour>,
    /// How it was made.
    pub generation: RoiGeneration,
    /// Algorithm name and version; cut at 64 characters.
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

/// Said in every structure set.
pub(crate) const RESEARCH_USE: &str = "Research use only. Not for clinical use without review by a qualified person.";

/// Class of the referenced study: retired, yet what planning systems write and expect here.
const DETACHED_STUDY_MANAGEMENT: &str = "1.2.840.10008.3.1.2.3.1";

const WHAT: &str = "the structure set";

/// Writes an RT Structure Set, whole or not at all.
///
/// # Errors
/// [`IoError::Invalid`] when a contour lies on no slice of the CT or every ROI is empty, otherwise as
/// [`crate::write_atomically`].
pub fn write_structure_set(
    path: &Path,
    ct: &CtIdentity,
    geometry: &VolumeGeometry,
    rois: &[RoiToWrite],
    options: &StructureSetOptions,
) -> Result<WrittenStructureSet, IoError> {
    let (bytes, written) = structure_set_bytes(ct, geometry, rois, options)?;
    write_bytes_atomically(path, WHAT, &bytes)?;
    Ok(written)
}

/// The bytes that [`write_structure_set`] writes: Implicit VR Little Endian, which every planning system reads and in
/// which a contour may be longer than 64 kB.
pub fn structure_set_bytes(
    ct: &CtIdentity,
    geometry: &VolumeGeometry,
    rois: &[RoiToWrite],
    options: &StructureSetOptions,
) -> Result<(Vec<u8>, WrittenStructureSet), IoError> {
    let invalid = |reason: String| IoError::Invalid { what: WHAT, reason };
    if ct.slices.len() != geometry.shape()[0] {
        let (expected, got) = (ct.slices.len(), geometry.shape()[0]);
        return Err(invalid(format!("the grid should have the {expected} slices of the CT series, got {got}")));
    }
    let (full, empty): (Vec<&RoiToWrite>, Vec<&RoiToWrite>) = rois.iter().partition(|roi| !roi.contours.is_empty());
    if full.is_empty() {
        return Err(invalid(format!("none of its {} ROIs has a contour", rois.len())));
    }
    let placed: Vec<Vec<PlacedContour>> =
        full.iter().map(|roi| write_contours::place(roi, ct, geometry)).collect::<Result<_, _>>()?;

    let (date, time) = options.fixed_time.clone().unwrap_or_else(now);
    let uids = Uids::new(ct, &full, &placed, options);
    let mut file = DataSet::new();
    file.text_if_any(tags::SPECIFIC_CHARACTER_SET, VR::CS, character_set(ct, rois, options));
    patient_and_study(&mut file, ct);
    equipment_and_series(&mut file, &uids, options, (&date, &time));
    structure_set(&mut file, ct, &full, &uids, options);
    file.sequence(
        tags::ROI_CONTOUR_SEQUENCE,
        full.iter()
            .zip(placed)
            .enumerate()
            .map(|(n, (roi, contours))| write_contours::roi_contours(n as i64 + 1, roi.colour, contours, ct, false))
            .collect(),
    );
    file.sequence(
        tags::RTROI_OBSERVATIONS_SEQUENCE,
        full.iter().enumerate().map(|(n, roi)| observation(n as i64 + 1, n as i64 + 1, roi)).collect(),
    );
    file.text(tags::STRUCTURE_SET_DATE, VR::DA, &date);
    file.text(tags::STRUCTURE_SET_TIME, VR::TM, &time);
    file.text(tags::APPROVAL_STATUS, VR::CS, "UNAPPROVED");

    let bytes = file.into_file(uids::IMPLICIT_VR_LITTLE_ENDIAN).map_err(invalid)?;
    let names = |rois: &[&RoiToWrite]| rois.iter().map(|roi| roi.name.clone()).collect();
    let written = WrittenStructureSet {
        sop_instance_uid: uids.instance,
        written: names(&full),
        empty: names(&empty),
        bytes: bytes.len() as u64,
    };
    Ok((bytes, written))
}

struct Uids {
    instance: String,
    series: String,
    frame: String,
}

impl Uids {
    fn new(
        ct: &CtIdentity,
        rois: &[&RoiToWrite],
        placed: &[Vec<PlacedContour>],
        options: &StructureSetOptions,
    ) -> Self {
        let frame = frame_of(ct);
        if options.fixed_time.is_none() {
            return Self { instance: uid::unique(), series: uid::unique(), frame };
        }
        let mut parts: Vec<&str> = vec!["structure set", &ct.series_uid, &options.label, &options.software_version];
        for (roi, contours) in rois.iter().zip(placed) {
            parts.push(&roi.name);
            parts.extend(contours.iter().map(|c| c.data.as_str()));
        }
        let instance = uid::derived(&parts);
        let series = uid::derived(&["structure set series", &instance]);
        Self { instance, series, frame }
    }
}

/// Without a frame of reference the slices themselves are the frame: made up from them, the same every time.
pub(crate) fn frame_of(ct: &CtIdentity) -> String {
    let made_up = || uid::derived(&["frame of reference", &ct.study_uid, &ct.series_uid]);
    ct.frame_of_reference_uid.clone().unwrap_or_else(made_up)
}

pub(crate) fn now() -> (String, String) {
    let now = chrono::Local::now();
    (now.format("%Y%m%d").to_string(), now.format("%H%M%S").to_string())
}

/// UTF-8 as soon as a text needs it; otherwise what the CT says, or nothing.
fn character_set<'a>(ct: &'a CtIdentity, rois: &[RoiToWrite], options: &StructureSetOptions) -> &'a str {
    let p = &ct.patient;
    let patient = [
        &p.patient_name,
        &p.patient_id,
        &p.accession_number,
        &p.referring_physician,
        &p.study_id,
        &p.study_description,
    ];
    let own = [&options.label, &options.description, &options.series_description, &options.manufacturer];
    let rest = [&options.model_name, &options.software_version, &ct.position_reference];
    let roi_texts = rois.iter().flat_map(|roi| {
        [&roi.name, &roi.generation_description].into_iter().chain(roi.code.iter().map(|code| &code.meaning))
    });
    if patient.into_iter().chain(own).chain(rest).chain(roi_texts).all(|text| text.is_ascii()) {
        // Escape sequences are not written, so only a single set can be repeated.
        if p.character_set.starts_with("ISO_IR") && !p.character_set.contains('\\') { &p.character_set } else { "" }
    } else {
        "ISO_IR 192"
    }
}

pub(crate) fn patient_and_study(file: &mut DataSet, ct: &CtIdentity) {
    let p = &ct.patient;
    file.text(tags::PATIENT_NAME, VR::PN, &p.patient_name)
        .text(tags::PATIENT_ID, VR::LO, &p.patient_id)
        .text(tags::PATIENT_BIRTH_DATE, VR::DA, &p.birth_date)
        .text(tags::PATIENT_SEX, VR::CS, &p.sex)
        .text_if_any(tags::PATIENT_AGE, VR::AS, &p.age)
        .text(tags::STUDY_INSTANCE_UID, VR::UI, &ct.study_uid)
        .text(tags::STUDY_DATE, VR::DA, &p.study_date)
        .text(tags::STUDY_TIME, VR::TM, &p.study_time)
        .text(tags::ACCESSION_NUMBER, VR::SH, &p.accession_number)
        .text(tags::REFERRING_PHYSICIAN_NAME, VR::PN, &p.referring_physician)
        .text(tags::STUDY_ID, VR::SH, &p.study_id)
        .text_if_any(tags::STUDY_DESCRIPTION, VR::LO, &p.study_description);
}

fn equipment_and_series(file: &mut DataSet, uids: &Uids, options: &StructureSetOptions, (date, time): (&str, &str)) {
    file.text(tags::SOP_CLASS_UID, VR::UI, uids::RT_STRUCTURE_SET_STORAGE)
        .text(tags::SOP_INSTANCE_UID, VR::UI, &uids.instance)
        .text(tags::INSTANCE_CREATION_DATE, VR::DA, date)
        .text(tags::INSTANCE_CREATION_TIME, VR::TM, time)
        .text(tags::MODALITY, VR::CS, "RTSTRUCT")
        .text(tags::SERIES_INSTANCE_UID, VR::UI, &uids.series)
        .is(tags::SERIES_NUMBER, &[i64::from(options.series_number)])
        .text_if_any(tags::SERIES_DESCRIPTION, VR::LO, &cut(&clean(&options.series_description), 64))
        .text(tags::OPERATORS_NAME, VR::PN, "")
        .text(tags::MANUFACTURER, VR::LO, &cut(&clean(&options.manufacturer), 64))
        .text_if_any(tags::MANUFACTURER_MODEL_NAME, VR::LO, &cut(&clean(&options.model_name), 64))
        .text_if_any(tags::SOFTWARE_VERSIONS, VR::LO, &cut(&clean(&options.software_version), 64));
}

fn structure_set(
    file: &mut DataSet,
    ct: &CtIdentity,
    rois: &[&RoiToWrite],
    uids: &Uids,
    options: &StructureSetOptions,
) {
    let description = format!("{RESEARCH_USE} {}", clean(&options.description));
    file.text(tags::STRUCTURE_SET_LABEL, VR::SH, &cut(&clean(&options.label), 16))
        .text(tags::STRUCTURE_SET_DESCRIPTION, VR::ST, &cut(&description, 1024))
        .text(tags::FRAME_OF_REFERENCE_UID, VR::UI, &uids.frame)
        .text(tags::POSITION_REFERENCE_INDICATOR, VR::LO, &ct.position_reference)
        .sequence(tags::REFERENCED_FRAME_OF_REFERENCE_SEQUENCE, vec![reference_chain(ct, uids)]);
    let roi_items = rois.iter().enumerate().map(|(n, roi)| roi_item(n as i64 + 1, roi, &uids.frame));
    file.sequence(tags::STRUCTURE_SET_ROI_SEQUENCE, roi_items.collect());
}

/// The item of StructureSetROISequence.
pub(super) fn roi_item(number: i64, roi: &RoiToWrite, frame: &str) -> DataSet {
    let mut item = DataSet::new();
    item.is(tags::ROI_NUMBER, &[number])
        .text(tags::REFERENCED_FRAME_OF_REFERENCE_UID, VR::UI, frame)
        .text(tags::ROI_NAME, VR::LO, &cut(&clean(&roi.name), 64))
        .text(tags::ROI_GENERATION_ALGORITHM, VR::CS, roi.generation.as_dicom())
        .text_if_any(tags::ROI_GENERATION_DESCRIPTION, VR::LO, &cut(&clean(&roi.generation_description), 64));
    item
}

/// Frame of reference -> study -> series -> every image.
fn reference_chain(ct: &CtIdentity, uids: &Uids) -> DataSet {
    let mut series = DataSet::new();
    series
        .text(tags::SERIES_INSTANCE_UID, VR::UI, &ct.series_uid)
        .sequence(tags::CONTOUR_IMAGE_SEQUENCE, DataSet::image_references(&ct.slices));
    let mut study = DataSet::reference(DETACHED_STUDY_MANAGEMENT, &ct.study_uid);
    study.sequence(tags::RT_REFERENCED_SERIES_SEQUENCE, vec![series]);
    let mut frame = DataSet::new();
    frame
        .text(tags::FRAME_OF_REFERENCE_UID, VR::UI, &uids.frame)
        .sequence(tags::RT_REFERENCED_STUDY_SEQUENCE, vec![study]);
    frame
}

/// The item of RTROIObservationsSequence.
pub(super) fn observation(number: i64, roi_number: i64, roi: &RoiToWrite) -> DataSet {
    let mut item = DataSet::new();
    item.is(tags::OBSERVATION_NUMBER, &[number])
        .is(tags::REFERENCED_ROI_NUMBER, &[roi_number])
        .text(tags::RTROI_INTERPRETED_TYPE, VR::CS, &roi.interpreted_type)
        .text(tags::ROI_INTERPRETER, VR::PN, "");
    if let Some(code) = &roi.code {
        let code = DataSet::code(&code.scheme, &code.value, &cut(&clean(&code.meaning), 64));
        item.sequence(tags::RTROI_IDENTIFICATION_CODE_SEQUENCE, vec![code]);
    }
    item
}
