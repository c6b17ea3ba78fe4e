//! Enhanced multi-frame images: many slices in one file, each described by functional groups (DICOM PS3.3, C.7.6.16).

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, InMemDicomObject};

use crate::{attributes::Attributes, header::SliceHeader};

/// The functional group of one frame: its own, otherwise the one that all frames share.
pub(crate) fn functional_group(object: &InMemDicomObject, frame: usize, group: Tag) -> Option<&InMemDicomObject> {
    let per_frame = object.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE).get(frame);
    let shared = object.items(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE).first();
    [per_frame, shared].into_iter().flatten().find_map(|groups| groups.items(group).first())
}

/// A header for each frame; `None` when the file doesn't describe its frames one by one.
pub(crate) fn frame_headers(whole: &SliceHeader, object: &DefaultDicomObject) -> Option<Vec<SliceHeader>> {
    let described = object.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE).len();
    if described == 0 || i64::try_from(described) != Ok(whole.frames) {
        return None;
    }
    let headers = (0..described).map(|frame| {
        let group = |tag| functional_group(object, frame, tag);
        let measures = group(tags::PIXEL_MEASURES_SEQUENCE);
        SliceHeader {
            label: format!("{}, frame {}", whole.label, frame + 1),
            frame: Some(frame),
            pixel_spacing_mm: measures.and_then(|m| m.decimals(tags::PIXEL_SPACING)),
            slice_thickness_mm: measures.and_then(|m| m.decimal(tags::SLICE_THICKNESS)),
            orientation: group(tags::PLANE_ORIENTATION_SEQUENCE)
                .and_then(|g| g.decimals(tags::IMAGE_ORIENTATION_PATIENT)),
            position: group(tags::PLANE_POSITION_SEQUENCE).and_then(|g| g.decimals(tags::IMAGE_POSITION_PATIENT)),
            ..whole.clone()
        }
    });
    Some(headers.collect())
}

/// RescaleSlope and RescaleIntercept of an image or of one of its frames.
pub(crate) fn rescale(object: &InMemDicomObject, frame: usize) -> (Option<f64>, Option<f64>) {
    let group = functional_group(object, frame, tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE);
    let value = |tag| object.decimal(tag).or_else(|| group.and_then(|g| g.decimal(tag)));
    (value(tags::RESCALE_SLOPE), value(tags::RESCALE_INTERCEPT))
}
