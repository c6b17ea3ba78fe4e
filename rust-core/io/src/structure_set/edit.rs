//! Adding and replacing ROIs in a structure set that somebody else wrote: everything else stays byte for byte.

use std::{
    collections::{HashMap, HashSet},
    iter,
    path::Path,
};

use dicom_core::{Tag, VR};
use dicom_dictionary_std::{tags, uids};
use tmli_core::VolumeGeometry;

use super::{
    read::{StructureSetFile, read_loaded},
    splice,
    write::{self, RoiToWrite},
    write_contours,
};
use crate::{
    atomic::write_bytes_atomically, attributes::Attributes, byte_set::ByteSet, dataset::DataSet, error::IoError,
    identity::CtIdentity, loaded::Loaded, structure_set::check_belongs_to, uid,
};

const WHAT: &str = "the structure set";

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
/// As [`crate::read_structure_set`] and [`check_belongs_to`]; [`IoError::Invalid`] when a ROI has no contour, a name is not in
/// the file's character set, or the file is neither Implicit nor Explicit VR Little Endian.
pub fn edit_structure_set(
    source: &Path,
    out: &Path,
    ct: &CtIdentity,
    geometry: &VolumeGeometry,
    rois: &[RoiToWrite],
) -> Result<EditedStructureSet, IoError> {
    let (loaded, file) = read_loaded(source)?;
    check_belongs_to(&file, ct)?;
    let (bytes, edited) = edited(&loaded, &file, ct, geometry, rois)?;
    write_bytes_atomically(out, WHAT, &bytes)?;
    Ok(edited)
}

fn invalid(reason: impl Into<String>) -> IoError {
    IoError::Invalid { what: WHAT, reason: reason.into() }
}

fn number(item: &ByteSet<'_>, tag: Tag) -> Option<i32> {
    item.int(tag).and_then(|n| i32::try_from(n).ok())
}

fn too_long() -> IoError {
    invalid("its contours are longer than 4 GB, which a sequence can't hold")
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
    loaded: &Loaded,
    file: &StructureSetFile,
    ct: &CtIdentity,
    geometry: &VolumeGeometry,
    rois: &[RoiToWrite],
) -> Result<(Vec<u8>, EditedStructureSet), IoError> {
    let implicit = match loaded.transfer_syntax.as_str() {
        uids::IMPLICIT_VR_LITTLE_ENDIAN => true,
        uids::EXPLICIT_VR_LITTLE_ENDIAN => false,
        _ => return Err(invalid("only Implicit and Explicit VR Little Endian files can be changed in place")),
    };
    let data_set = loaded.data_set()?;
    let mut seen = HashSet::new();
    if let Some(twice) = data_set.elements.iter().find(|e| !seen.insert(e.tag)) {
        return Err(invalid(format!(
            "element {} is in the file twice, so it is not clear which one counts",
            twice.tag
        )));
    }
    let changed = [tags::STRUCTURE_SET_ROI_SEQUENCE, tags::ROI_CONTOUR_SEQUENCE, tags::RTROI_OBSERVATIONS_SEQUENCE];
    if changed.iter().any(|&tag| data_set.items(tag).any(|item| item.is_implicit() != implicit)) {
        return Err(invalid(
            "its ROIs went through a system that did not know them and passed them on as UN; only the file as it was before can be changed in place",
        ));
    }
    let utf8 = data_set.text(tags::SPECIFIC_CHARACTER_SET).is_some_and(|set| set == "ISO_IR 192");
    let frame = file.structure_set.frame_of_reference.as_ref().map(|f| f.0.clone()).unwrap_or_default();
    let items = new_items(&data_set, file, (ct, geometry), rois, (&frame, &loaded.transfer_syntax, utf8))?;
    let new_uid = uid::unique();
    let mut out = loaded.bytes[..loaded.meta.start].to_vec();
    splice::put_meta(&mut out, &loaded.meta()?, &new_uid).ok_or_else(too_long)?;
    let was_approved = put_elements(&mut out, &data_set, implicit, &items, &new_uid).ok_or_else(too_long)?;
    let names = |replaces: bool| {
        rois.iter().zip(&items).filter(|(_, i)| i.replaces == replaces).map(|(roi, _)| roi.name.clone()).collect()
    };
    let edited =
        EditedStructureSet { sop_instance_uid: new_uid, replaced: names(true), added: names(false), was_approved };
    Ok((out, edited))
}

fn new_items(
    data_set: &ByteSet<'_>,
    file: &StructureSetFile,
    (ct, geometry): (&CtIdentity, &VolumeGeometry),
    rois: &[RoiToWrite],
    (frame, syntax, utf8): (&str, &str, bool),
) -> Result<Vec<NewItems>, IoError> {
    let numbers: HashMap<&str, i32> =
        file.structure_set.rois.iter().rev().map(|roi| (roi.name.as_str(), roi.number.0)).collect();
    let highest = |sequence: Tag, tag: Tag| -> i32 {
        data_set.items(sequence).filter_map(|item| number(&item, tag)).max().unwrap_or(0)
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
        let explicit = syntax == uids::EXPLICIT_VR_LITTLE_ENDIAN;
        let encoded = |item: DataSet| item.into_item_bytes(syntax, utf8).map_err(invalid);
        all.push(NewItems {
            number,
            replaces: old.is_some(),
            roi: encoded(write::roi_item(number.into(), roi, frame))?,
            contours: encoded(write_contours::roi_contours(number.into(), roi.colour, contours, ct, explicit))?,
            observation: encoded(write::observation(observation.into(), number.into(), roi))?,
        });
    }
    Ok(all)
}

/// All elements in order, changed where they must be. Gives whether the source was approved.
fn put_elements(
    out: &mut Vec<u8>,
    data_set: &ByteSet<'_>,
    implicit: bool,
    items: &[NewItems],
    new_uid: &str,
) -> Option<bool> {
    let elements = &data_set.elements;
    let was_approved = data_set.text(tags::APPROVAL_STATUS).is_some_and(|status| status == "APPROVED");
    type Pick = fn(&NewItems) -> &[u8];
    let sequences: [(Tag, Tag, Pick); 3] = [
        (tags::STRUCTURE_SET_ROI_SEQUENCE, tags::ROI_NUMBER, |i| &i.roi),
        (tags::ROI_CONTOUR_SEQUENCE, tags::REFERENCED_ROI_NUMBER, |i| &i.contours),
        (tags::RTROI_OBSERVATIONS_SEQUENCE, tags::REFERENCED_ROI_NUMBER, |i| &i.observation),
    ];
    let (there, mut lacking): (Vec<_>, Vec<_>) =
        sequences.into_iter().partition(|(tag, ..)| elements.iter().any(|e| e.tag == *tag));
    for element in elements {
        // A sequence that the file lacks goes to its place in the order of tags.
        while let Some(&(tag, number, pick)) = lacking.first().filter(|(tag, ..)| *tag < element.tag) {
            put_sequence(out, implicit, (tag, number), iter::empty(), items, pick)?;
            lacking.remove(0);
        }
        if let Some(&(tag, number, pick)) = there.iter().find(|(tag, ..)| *tag == element.tag) {
            put_sequence(out, implicit, (tag, number), data_set.items(tag), items, pick)?;
            continue;
        }
        match element.tag {
            tags::SOP_INSTANCE_UID => splice::put(out, element.tag, VR::UI, &splice::padded(new_uid, 0), implicit)?,
            tags::APPROVAL_STATUS if was_approved => {
                splice::put(out, element.tag, VR::CS, &splice::padded("UNAPPROVED", b' '), implicit)?;
            }
            // Who approved what is no longer there.
            tags::REVIEW_DATE | tags::REVIEW_TIME | tags::REVIEWER_NAME if was_approved => {}
            _ => out.extend(element.whole),
        }
    }
    for (tag, number, pick) in lacking {
        put_sequence(out, implicit, (tag, number), iter::empty(), items, pick)?;
    }
    Some(was_approved)
}

/// Old items in their order, replaced ones in place, new ones at the end.
fn put_sequence<'a>(
    out: &mut Vec<u8>,
    implicit: bool,
    (tag, number_tag): (Tag, Tag),
    old: impl Iterator<Item = ByteSet<'a>>,
    items: &[NewItems],
    pick: fn(&NewItems) -> &[u8],
) -> Option<()> {
    let mut value = Vec::new();
    let mut done = vec![false; items.len()];
    for item in old {
        let found = number(&item, number_tag).and_then(|n| items.iter().position(|new| new.number == n));
        match found {
            None => value.extend(item.whole),
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
    splice::put(out, tag, VR::SQ, &value, implicit)
}
