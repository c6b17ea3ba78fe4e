//! Adding and replacing ROIs in a structure set that somebody else wrote: everything else stays byte for byte.

use std::{collections::HashMap, path::Path};

use dicom_core::{Tag, VR};
use dicom_dictionary_std::{tags, uids};
use tmli_core::VolumeGeometry;

use super::{
    read::{StructureSetFile, read_structure_set},
    splice::{self, Element, Reader},
    write::{self, RoiToWrite},
    write_contours,
};
use crate::{
    atomic::write_bytes_atomically, dataset::DataSet, error::IoError, identity::CtIdentity,
    structure_set::check_belongs_to, uid,
};

const WHAT: &str = "the structure set";

/// The longest decimal strings in Explicit VR.
const MAX_EXPLICIT: usize = 65_534;

/// What was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedStructureSet {
    /// SOPInstanceUID of the new file.
    pub sop_instance_uid: String,
    /// Names of the ROIs that were there and have new contours now, under their old numbers.
    pub replaced: Vec<String>,
    /// Names of the ROIs that are new.
    pub added: Vec<String>,
    /// Whether the source was approved: the new file is not.
    pub was_approved: bool,
}

/// Writes a copy of the structure set `source` in which `rois` take the place of those of the same name, or are added.
///
/// The copy has a SOPInstanceUID of its own and is UNAPPROVED. All other attributes and all other ROIs are kept byte for
/// byte, private ones included.
///
/// # Errors
/// As [`read_structure_set`] and [`check_belongs_to`]; [`IoError::Invalid`] when a ROI has no contour, a name is not in
/// the file's character set, or the file is neither Implicit nor Explicit VR Little Endian.
pub fn edit_structure_set(
    source: &Path,
    out: &Path,
    ct: &CtIdentity,
    geometry: &VolumeGeometry,
    rois: &[RoiToWrite],
) -> Result<EditedStructureSet, IoError> {
    let file = read_structure_set(source)?;
    check_belongs_to(&file, ct)?;
    let bytes =
        std::fs::read(source).map_err(|e| IoError::Read { file: "the structure set file".into(), source: e })?;
    let (bytes, edited) = edited(&bytes, &file, ct, geometry, rois)?;
    write_bytes_atomically(out, WHAT, &bytes)?;
    Ok(edited)
}

fn invalid(reason: impl Into<String>) -> IoError {
    IoError::Invalid { what: WHAT, reason: reason.into() }
}

fn damaged() -> IoError {
    IoError::Damaged { file: "the structure set file".into(), reason: "its elements don't fill it".into() }
}

/// The new items of one ROI, in the file's encoding.
struct NewItems {
    number: i32,
    replaces: bool,
    roi: Vec<u8>,
    contours: Vec<u8>,
    observation: Vec<u8>,
}

fn edited(
    bytes: &[u8],
    file: &StructureSetFile,
    ct: &CtIdentity,
    geometry: &VolumeGeometry,
    rois: &[RoiToWrite],
) -> Result<(Vec<u8>, EditedStructureSet), IoError> {
    let start = if bytes.get(128..132) == Some(b"DICM") { 132 } else { 0 };
    let explicit = Reader { bytes, implicit: false };
    let (meta, syntax) = meta_elements(explicit, start).ok_or_else(damaged)?;
    let implicit = match syntax.as_str() {
        uids::IMPLICIT_VR_LITTLE_ENDIAN => true,
        uids::EXPLICIT_VR_LITTLE_ENDIAN => false,
        _ => return Err(invalid("only Implicit and Explicit VR Little Endian files can be changed in place")),
    };
    let reader = Reader { bytes, implicit };
    let body = meta.last().map_or(start, |e| e.whole.end);
    let elements = reader.elements(body..bytes.len()).ok_or_else(damaged)?;

    let utf8 = elements
        .iter()
        .any(|e| e.tag == tags::SPECIFIC_CHARACTER_SET && bytes[e.value.clone()].starts_with(b"ISO_IR 192"));
    let frame = file.structure_set.frame_of_reference.as_ref().map(|f| f.0.clone()).unwrap_or_default();
    let items = new_items(reader, &elements, file, (ct, geometry), rois, (&frame, &syntax, utf8))?;
    let new_uid = uid::unique();
    let mut out = if meta.is_empty() {
        bytes[..start].to_vec()
    } else {
        splice::meta_with(reader, &meta, start, &new_uid).ok_or_else(damaged)?
    };
    let was_approved = put_elements(&mut out, reader, &elements, &items, &new_uid).ok_or_else(damaged)?;
    let names = |replaces: bool| {
        rois.iter().zip(&items).filter(|(_, i)| i.replaces == replaces).map(|(roi, _)| roi.name.clone()).collect()
    };
    let edited =
        EditedStructureSet { sop_instance_uid: new_uid, replaced: names(true), added: names(false), was_approved };
    Ok((out, edited))
}

/// The file meta information and its transfer syntax.
fn meta_elements(reader: Reader<'_>, start: usize) -> Option<(Vec<Element>, String)> {
    let mut meta = Vec::new();
    let mut syntax = uids::IMPLICIT_VR_LITTLE_ENDIAN.to_owned();
    let mut at = start;
    while let Some(element) = reader.element_of_group(at, 2) {
        at = element.whole.end;
        if element.tag == tags::TRANSFER_SYNTAX_UID {
            let text = std::str::from_utf8(&reader.bytes[element.value.clone()]).ok()?;
            syntax = text.trim_end_matches(['\0', ' ']).to_owned();
        }
        meta.push(element);
    }
    Some((meta, syntax))
}

fn new_items(
    reader: Reader<'_>,
    elements: &[Element],
    file: &StructureSetFile,
    (ct, geometry): (&CtIdentity, &VolumeGeometry),
    rois: &[RoiToWrite],
    (frame, syntax, utf8): (&str, &str, bool),
) -> Result<Vec<NewItems>, IoError> {
    let numbers: HashMap<&str, i32> =
        file.structure_set.rois.iter().rev().map(|roi| (roi.name.as_str(), roi.number.0)).collect();
    let highest = |sequence: Tag, tag: Tag| -> i32 {
        let items = elements.iter().find(|e| e.tag == sequence).and_then(|e| reader.elements(e.value.clone()));
        items.unwrap_or_default().iter().filter_map(|item| reader.number(item, tag)).max().unwrap_or(0)
    };
    let dangling = file.structure_set.rois.iter().map(|roi| roi.number.0).max().unwrap_or(0);
    let mut next = highest(tags::STRUCTURE_SET_ROI_SEQUENCE, tags::ROI_NUMBER).max(dangling);
    let mut observation = highest(tags::RTROI_OBSERVATIONS_SEQUENCE, tags::OBSERVATION_NUMBER);
    let mut all = Vec::with_capacity(rois.len());
    for (n, roi) in rois.iter().enumerate() {
        if roi.contours.is_empty() {
            return Err(invalid(format!("ROI {} has no contour", roi.name)));
        }
        if rois[..n].iter().any(|other| other.name == roi.name) {
            return Err(invalid(format!("ROI {} is given twice", roi.name)));
        }
        let fits = utf8 || (roi.name.is_ascii() && roi.generation_description.is_ascii());
        if !fits {
            return Err(invalid(format!("the name {} is not in the character set of the file", roi.name)));
        }
        let old = numbers.get(roi.name.as_str()).copied();
        let number = match old {
            Some(number) => number,
            None => {
                next = next.checked_add(1).ok_or_else(|| invalid("no ROI number is left"))?;
                next
            }
        };
        observation = observation.checked_add(1).ok_or_else(|| invalid("no observation number is left"))?;
        let contours = write_contours::place(roi, ct, geometry)?;
        if syntax == uids::EXPLICIT_VR_LITTLE_ENDIAN && contours.iter().any(|c| c.data.len() > MAX_EXPLICIT) {
            return Err(invalid(format!(
                "a contour of ROI {} is longer than Explicit VR allows; save the file as Implicit VR Little Endian",
                roi.name
            )));
        }
        let encoded = |item: DataSet| item.into_item_bytes(syntax, utf8).map_err(invalid);
        all.push(NewItems {
            number,
            replaces: old.is_some(),
            roi: encoded(write::roi_item(number.into(), roi, frame))?,
            contours: encoded(write_contours::roi_contours(number.into(), roi.colour, contours, ct))?,
            observation: encoded(write::observation(observation.into(), number.into(), roi))?,
        });
    }
    Ok(all)
}

/// All elements in order, changed where they must be. Gives whether the source was approved.
fn put_elements(
    out: &mut Vec<u8>,
    reader: Reader<'_>,
    elements: &[Element],
    items: &[NewItems],
    new_uid: &str,
) -> Option<bool> {
    let implicit = reader.implicit;
    let approval = elements.iter().find(|e| e.tag == tags::APPROVAL_STATUS);
    let was_approved = approval.is_some_and(|e| reader.bytes[e.value.clone()].starts_with(b"APPROVED"));
    type Pick = fn(&NewItems) -> &[u8];
    let sequences: [(Tag, Tag, Pick); 3] = [
        (tags::STRUCTURE_SET_ROI_SEQUENCE, tags::ROI_NUMBER, |i| &i.roi),
        (tags::ROI_CONTOUR_SEQUENCE, tags::REFERENCED_ROI_NUMBER, |i| &i.contours),
        (tags::RTROI_OBSERVATIONS_SEQUENCE, tags::REFERENCED_ROI_NUMBER, |i| &i.observation),
    ];
    let mut left: Vec<_> = sequences.to_vec();
    for element in elements {
        // A sequence that the file lacks goes to its place in the order of tags.
        while let Some(&(tag, number, pick)) = left.first().filter(|(tag, ..)| *tag < element.tag) {
            put_sequence(out, reader, (tag, number), &[], items, pick)?;
            left.remove(0);
        }
        if let Some(&(tag, number, pick)) = left.first().filter(|(tag, ..)| *tag == element.tag) {
            put_sequence(out, reader, (tag, number), &reader.elements(element.value.clone())?, items, pick)?;
            left.remove(0);
            continue;
        }
        match element.tag {
            tags::SOP_INSTANCE_UID => splice::put(out, element.tag, VR::UI, &splice::padded(new_uid, 0), implicit)?,
            tags::APPROVAL_STATUS if was_approved => {
                splice::put(out, element.tag, VR::CS, &splice::padded("UNAPPROVED", b' '), implicit)?;
            }
            // Who approved what is no longer there.
            tags::REVIEW_DATE | tags::REVIEW_TIME | tags::REVIEWER_NAME if was_approved => {}
            _ => out.extend(&reader.bytes[element.whole.clone()]),
        }
    }
    for (tag, number, pick) in left {
        put_sequence(out, reader, (tag, number), &[], items, pick)?;
    }
    Some(was_approved)
}

/// Old items in their order, replaced ones in place, new ones at the end.
fn put_sequence(
    out: &mut Vec<u8>,
    reader: Reader<'_>,
    (tag, number): (Tag, Tag),
    old: &[Element],
    items: &[NewItems],
    pick: fn(&NewItems) -> &[u8],
) -> Option<()> {
    let mut value = Vec::new();
    let mut done = vec![false; items.len()];
    for item in old {
        let found = reader.number(item, number).and_then(|n| items.iter().position(|new| new.number == n));
        match found {
            None => value.extend(&reader.bytes[item.whole.clone()]),
            Some(at) if !done[at] => {
                splice::put_item(&mut value, pick(&items[at]))?;
                done[at] = true;
            }
            Some(_) => {}
        }
    }
    for (new, _) in items.iter().zip(done).filter(|(_, done)| !done) {
        splice::put_item(&mut value, pick(new))?;
    }
    splice::put(out, tag, VR::SQ, &value, reader.implicit)
}
