//! Reading an RT Structure Set: tolerant of what real files lack, and every oddity is told.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fmt,
    path::Path,
};

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use tmli_core::{FrameOfReferenceUid, Roi, RoiNumber, StructureSet};

use super::{contour::read_contours, references};
use crate::{
    attributes::Attributes,
    byte_set::ByteSet,
    dicom_file::refusal,
    error::IoError,
    finding::Finding,
    loaded::{self, Loaded},
    preflight::Problem,
    room::{self, Room},
};

/// Whom a file belongs to, for comparing only. `Debug` shows nothing of it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PatientKey {
    pub(crate) patient_id: String,
    pub(crate) patient_name: String,
}

impl fmt::Debug for PatientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PatientKey(withheld)")
    }
}

/// An RT Structure Set file.
#[derive(Clone, Debug)]
pub struct StructureSetFile {
    /// ROIs and contours. A ROI of the file that has no contour is kept, without contours.
    pub structure_set: StructureSet,
    /// SOPInstanceUID.
    pub sop_instance_uid: String,
    /// StudyInstanceUID.
    pub study_uid: String,
    /// SeriesInstanceUIDs of the images it was drawn on, as it says.
    pub referenced_series_uids: Vec<String>,
    /// SOPInstanceUIDs of the images it was drawn on, as it says. They may be wrong: contours are placed by their
    /// coordinates.
    pub referenced_image_uids: BTreeSet<String>,
    /// Whom it belongs to.
    pub patient: PatientKey,
    /// What was odd.
    pub findings: Vec<Finding>,
}

const LABEL: &str = "the structure set file";

/// Reads an RT Structure Set. Coordinates win over references: neither missing nor dangling image references hinder.
///
/// # Errors
/// When the file can't be read, is no DICOM, or is something else than an RT Structure Set.
pub fn read_structure_set(path: &Path) -> Result<StructureSetFile, IoError> {
    read_loaded(path).map(|(_, file)| file)
}

/// The file's bytes too, for changing some of them.
pub(super) fn read_loaded(path: &Path) -> Result<(Loaded, StructureSetFile), IoError> {
    let file = loaded::load(path, LABEL)?.ok_or(IoError::NotDicom { file: LABEL.to_owned() })?;
    let object = file.data_set()?;
    let class = object.text_or_empty(tags::SOP_CLASS_UID);
    let modality = object.text_or_empty(tags::MODALITY);
    if class != uids::RT_STRUCTURE_SET_STORAGE && modality != "RTSTRUCT" {
        return Err(IoError::WrongObject {
            file: LABEL.to_owned(),
            expected: "an RT Structure Set",
            got: if modality.is_empty() {
                "an object without modality".to_owned()
            } else {
                format!("of modality {modality}")
            },
        });
    }
    let read = interpret(&object).map_err(|problem| refusal(&problem, LABEL))?;
    Ok((file, read))
}

/// What a structure set says. Whatever is kept of it takes its [`Room`]; points are not counted, they are what the file holds.
pub(super) fn interpret(object: &ByteSet<'_>) -> Result<StructureSetFile, Problem> {
    let mut room = Room::default();
    let mut findings = Vec::new();
    let main_frame = references::frame_of_reference(object);
    if main_frame.is_none() {
        findings.push(Finding::general("no FrameOfReferenceUID anywhere: that it fits a scan can't be checked"));
    }
    let mut rois = defined_rois(object, main_frame.as_deref(), &mut findings, &mut room)?;
    add_observations(object, &mut rois, &mut room)?;
    add_contours(object, &mut rois, &mut findings, &mut room)?;
    if rois.is_empty() {
        findings.push(Finding::general("the structure set holds no ROI"));
    }
    for roi in rois.iter().filter(|roi| roi.contours.is_empty()) {
        findings.push(Finding::roi(roi.number, "no contour"));
    }
    Ok(StructureSetFile {
        structure_set: StructureSet {
            label: object.text_or_empty(tags::STRUCTURE_SET_LABEL),
            frame_of_reference: main_frame.map(FrameOfReferenceUid),
            rois,
        },
        sop_instance_uid: object.text_or_empty(tags::SOP_INSTANCE_UID),
        study_uid: object.text_or_empty(tags::STUDY_INSTANCE_UID),
        referenced_series_uids: references::referenced_series(object, &mut room)?,
        referenced_image_uids: references::referenced_images(object, &mut room)?,
        patient: PatientKey {
            patient_id: object.text_or_empty(tags::PATIENT_ID),
            patient_name: object.text_or_empty(tags::PATIENT_NAME),
        },
        findings,
    })
}

fn number(item: &ByteSet<'_>, tag: Tag) -> Option<RoiNumber> {
    item.int(tag).and_then(|n| i32::try_from(n).ok()).map(RoiNumber)
}

/// The ROIs of StructureSetROISequence that are in the file's frame of reference, still without contours.
fn defined_rois(
    object: &ByteSet<'_>,
    main_frame: Option<&str>,
    findings: &mut Vec<Finding>,
    room: &mut Room,
) -> Result<Vec<Roi>, Problem> {
    let mut rois: Vec<Roi> = Vec::new();
    let mut seen: HashSet<RoiNumber> = HashSet::new();
    for item in object.items(tags::STRUCTURE_SET_ROI_SEQUENCE) {
        room.take(room::roi(item.whole))?;
        let name = item.text_or_empty(tags::ROI_NAME);
        let Some(number) = number(&item, tags::ROI_NUMBER) else {
            findings.push(Finding::general("a ROI without a number can have no contours; left out"));
            continue;
        };
        if !seen.insert(number) {
            findings
                .push(Finding::roi(number, "the number is given to several ROIs; all its contours go to the first"));
            continue;
        }
        let frame = item.text(tags::REFERENCED_FRAME_OF_REFERENCE_UID);
        if let (Some(frame), Some(main)) = (frame.as_deref(), main_frame)
            && frame != main
        {
            let message = format!("in another frame of reference ({frame}) than the file ({main}); left out");
            findings.push(Finding::roi(number, message));
            continue;
        }
        if name.is_empty() {
            findings.push(Finding::roi(number, "no name"));
        }
        let generation_description = item.text(tags::ROI_GENERATION_DESCRIPTION);
        rois.push(Roi { generation_description, ..without_contours(number, name) });
    }
    Ok(rois)
}

fn without_contours(number: RoiNumber, name: String) -> Roi {
    Roi { number, name, interpreted_type: None, colour: None, generation_description: None, contours: Vec::new() }
}

fn add_observations(object: &ByteSet<'_>, rois: &mut [Roi], room: &mut Room) -> Result<(), Problem> {
    let index: HashMap<RoiNumber, usize> = rois.iter().enumerate().map(|(n, roi)| (roi.number, n)).collect();
    for item in object.items(tags::RTROI_OBSERVATIONS_SEQUENCE) {
        let found = number(&item, tags::REFERENCED_ROI_NUMBER).and_then(|number| index.get(&number));
        if let Some(roi) = found.map(|&at| &mut rois[at])
            && roi.interpreted_type.is_none()
        {
            room.take(room::roi(item.whole))?;
            roi.interpreted_type = item.text(tags::RTROI_INTERPRETED_TYPE);
        }
    }
    Ok(())
}

fn add_contours(
    object: &ByteSet<'_>,
    rois: &mut Vec<Roi>,
    findings: &mut Vec<Finding>,
    room: &mut Room,
) -> Result<(), Problem> {
    let defined: BTreeSet<Option<RoiNumber>> =
        object.items(tags::STRUCTURE_SET_ROI_SEQUENCE).map(|item| number(&item, tags::ROI_NUMBER)).collect();
    let mut index: HashMap<RoiNumber, usize> = rois.iter().enumerate().map(|(n, roi)| (roi.number, n)).collect();
    for item in object.items(tags::ROI_CONTOUR_SEQUENCE) {
        // What is not in its contours.
        room.take(room::roi(&[]))?;
        let Some(number) = number(&item, tags::REFERENCED_ROI_NUMBER) else {
            findings.push(Finding::general("contours that belong to no ROI number; left out"));
            continue;
        };
        let at = match index.get(&number) {
            Some(&at) => at,
            // Left out before, with a finding: it is in another frame of reference.
            None if defined.contains(&Some(number)) => continue,
            None => {
                findings.push(Finding::roi(number, "contours of a ROI that is not defined; kept under its number"));
                let name = format!("ROI {}", number.0);
                rois.push(without_contours(number, name));
                index.insert(number, rois.len() - 1);
                rois.len() - 1
            }
        };
        let roi = &mut rois[at];
        roi.colour = roi.colour.or_else(|| {
            let rgb: [f64; 3] = item.decimals(tags::ROI_DISPLAY_COLOR)?;
            Some(rgb.map(|c| c.clamp(0.0, 255.0) as u8))
        });
        read_contours(item.unparsed_items(tags::CONTOUR_SEQUENCE), number, &mut roi.contours, findings, room)?;
    }
    Ok(())
}
