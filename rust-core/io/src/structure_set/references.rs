//! What a structure set says it was drawn on.

use std::collections::BTreeSet;

use dicom_dictionary_std::tags;

use crate::{
    attributes::Attributes,
    byte_set::ByteSet,
    preflight::Problem,
    room::{self, Room},
};

/// The frame of reference of the file: of its first referenced frame, otherwise of its first ROI, otherwise the root's
/// (which real files often lack).
pub(crate) fn frame_of_reference(object: &ByteSet<'_>) -> Option<String> {
    let first = |sequence, tag| object.items(sequence).find_map(|item| item.text(tag));
    first(tags::REFERENCED_FRAME_OF_REFERENCE_SEQUENCE, tags::FRAME_OF_REFERENCE_UID)
        .or_else(|| first(tags::STRUCTURE_SET_ROI_SEQUENCE, tags::REFERENCED_FRAME_OF_REFERENCE_UID))
        .or_else(|| object.text(tags::FRAME_OF_REFERENCE_UID))
}

fn series_items<'a>(object: &ByteSet<'a>) -> impl Iterator<Item = ByteSet<'a>> {
    object
        .items(tags::REFERENCED_FRAME_OF_REFERENCE_SEQUENCE)
        .flat_map(|frame| frame.items(tags::RT_REFERENCED_STUDY_SEQUENCE))
        .flat_map(|study| study.items(tags::RT_REFERENCED_SERIES_SEQUENCE))
}

/// SeriesInstanceUIDs that the file refers to, in file order.
pub(crate) fn referenced_series(object: &ByteSet<'_>, room: &mut Room) -> Result<Vec<String>, Problem> {
    let mut uids: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    for uid in series_items(object).filter_map(|series| series.text(tags::SERIES_INSTANCE_UID)) {
        if seen.insert(uid.clone()) {
            room.take(2 * room::uid(&uid))?;
            uids.push(uid);
        }
    }
    Ok(uids)
}

/// SOPInstanceUIDs of the images that the file refers to, as a whole and contour by contour.
pub(crate) fn referenced_images(object: &ByteSet<'_>, room: &mut Room) -> Result<BTreeSet<String>, Problem> {
    let whole = series_items(object).flat_map(|series| series.items(tags::CONTOUR_IMAGE_SEQUENCE));
    let single = object
        .items(tags::ROI_CONTOUR_SEQUENCE)
        .flat_map(|roi| roi.items(tags::CONTOUR_SEQUENCE))
        .flat_map(|contour| contour.items(tags::CONTOUR_IMAGE_SEQUENCE));
    let mut uids = BTreeSet::new();
    for uid in whole.chain(single).filter_map(|image| image.text(tags::REFERENCED_SOP_INSTANCE_UID)) {
        if !uids.contains(&uid) {
            room.take(room::uid(&uid))?;
            uids.insert(uid);
        }
    }
    Ok(uids)
}
