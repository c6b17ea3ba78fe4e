//! Multi-frame objects: many slices in one file, each described by functional groups (DICOM PS3.3, C.7.6.16).
//!
//! There may be thousands of frames with some ten items each, so they are read one by one and never kept.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::{
    attributes::Attributes,
    byte_set::{ByteSet, Item, Items},
    header::{Rescale, SliceHeader},
    preflight::Problem,
    room::{self, Room},
};

/// The frames of an object, in their order.
pub(crate) struct Frames<'a> {
    shared: Option<ByteSet<'a>>,
    frames: Items<'a>,
}

/// What is said of one frame.
pub(crate) struct Frame<'a, 's> {
    own: ByteSet<'a>,
    shared: Option<&'s ByteSet<'a>>,
}

impl<'a> Frames<'a> {
    pub(crate) fn of(object: &ByteSet<'a>) -> Self {
        Self {
            shared: object.items(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE).next(),
            frames: object.unparsed_items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE),
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.frames.clone().count()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Frame<'a, '_>> {
        self.frames.clone().map(Item::parse).map(|own| Frame { own, shared: self.shared.as_ref() })
    }
}

impl<'a> Frame<'a, '_> {
    /// One functional group: the frame's own, otherwise the one that all frames share.
    pub(crate) fn group(&self, group: Tag) -> Option<ByteSet<'a>> {
        [Some(&self.own), self.shared].into_iter().flatten().find_map(|groups| groups.items(group).next())
    }
}

/// A header for each frame; `None` when the file doesn't describe its frames one by one.
pub(crate) fn frame_headers(whole: &SliceHeader, object: &ByteSet<'_>) -> Result<Option<Vec<SliceHeader>>, Problem> {
    let frames = Frames::of(object);
    let described = frames.count();
    if described == 0 || i64::try_from(described) != Ok(whole.frames) {
        return Ok(None);
    }
    Room::default().take(room::FRAME.saturating_mul(described as u64))?;
    let headers = frames.iter().enumerate().map(|(n, frame)| {
        let measures = frame.group(tags::PIXEL_MEASURES_SEQUENCE);
        let values = frame.group(tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE);
        SliceHeader {
            label: format!("{}, frame {}", whole.label, n + 1),
            frame: Some(n),
            pixel_spacing_mm: measures.as_ref().and_then(|m| m.decimals(tags::PIXEL_SPACING)),
            slice_thickness_mm: measures.and_then(|m| m.decimal(tags::SLICE_THICKNESS)),
            orientation: frame
                .group(tags::PLANE_ORIENTATION_SEQUENCE)
                .and_then(|g| g.decimals(tags::IMAGE_ORIENTATION_PATIENT)),
            position: frame.group(tags::PLANE_POSITION_SEQUENCE).and_then(|g| g.decimals(tags::IMAGE_POSITION_PATIENT)),
            rescale: values.map_or(whole.rescale, |values| whole.rescale.or(Rescale::of(&values))),
            ..whole.clone()
        }
    });
    Ok(Some(headers.collect()))
}
