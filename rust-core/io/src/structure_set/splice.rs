//! A DICOM data set as ranges of bytes: what is not changed is kept byte for byte.

use std::ops::Range;

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use crate::preflight::{ITEM, ITEM_END, SEQUENCE_END, UNDEFINED, has_long_length};

/// One element of a data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) tag: Tag,
    /// Header, value and end marker.
    pub(super) whole: Range<usize>,
    /// The value without its end marker.
    pub(super) value: Range<usize>,
}

/// Reads Little Endian elements from a slice of bytes that preflight has checked: nesting is limited.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) implicit: bool,
}

impl Reader<'_> {
    fn array<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.bytes.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    fn u16(&self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_le_bytes)
    }

    fn u32(&self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_le_bytes)
    }

    fn tag(&self, at: usize) -> Option<Tag> {
        Some(Tag(self.u16(at)?, self.u16(at + 2)?))
    }

    /// The element that begins at `at`; `None` when there is no whole one.
    fn element(&self, at: usize) -> Option<Element> {
        let tag = self.tag(at)?;
        // The file meta information is always explicit.
        let (start, length) = if (self.implicit && tag.group() != 2) || tag.group() == 0xFFFE {
            (at + 8, self.u32(at + 4)?)
        } else {
            let vr = VR::from_binary(self.array(at + 4)?)?;
            if has_long_length(vr) { (at + 12, self.u32(at + 8)?) } else { (at + 8, u32::from(self.u16(at + 6)?)) }
        };
        if length != UNDEFINED {
            let end = start.checked_add(length as usize).filter(|&end| end <= self.bytes.len())?;
            return Some(Element { tag, whole: at..end, value: start..end });
        }
        let end_marker = if tag == ITEM { ITEM_END } else { SEQUENCE_END };
        let mut next = start;
        while self.tag(next)? != end_marker {
            next = self.element(next)?.whole.end;
        }
        Some(Element { tag, whole: at..next + 8, value: start..next })
    }

    /// The element at `at`, when it is of this group.
    pub(super) fn element_of_group(&self, at: usize, group: u16) -> Option<Element> {
        if self.tag(at)?.group() == group { self.element(at) } else { None }
    }

    /// The elements of a range, or the items of a sequence's value; `None` when they don't fill it.
    pub(super) fn elements(&self, range: Range<usize>) -> Option<Vec<Element>> {
        let within = Self { bytes: self.bytes.get(..range.end)?, ..*self };
        let mut elements = Vec::new();
        let mut at = range.start;
        while at < range.end {
            let element = within.element(at)?;
            at = element.whole.end;
            elements.push(element);
        }
        Some(elements)
    }

    /// A whole number in an item, e.g. a ROI number.
    pub(super) fn number(&self, item: &Element, tag: Tag) -> Option<i32> {
        let elements = self.elements(item.value.clone())?;
        let element = elements.iter().find(|e| e.tag == tag)?;
        let text = std::str::from_utf8(self.bytes.get(element.value.clone())?).ok()?;
        text.trim_matches([' ', '\0']).parse().ok()
    }
}

/// Appends an element with a value of even length.
pub(super) fn put(out: &mut Vec<u8>, tag: Tag, vr: VR, value: &[u8], implicit: bool) -> Option<()> {
    out.extend(tag.group().to_le_bytes());
    out.extend(tag.element().to_le_bytes());
    if implicit {
        out.extend(u32::try_from(value.len()).ok()?.to_le_bytes());
    } else {
        out.extend(vr.to_bytes());
        if vr == VR::SQ {
            out.extend([0, 0]);
            out.extend(u32::try_from(value.len()).ok()?.to_le_bytes());
        } else {
            out.extend(u16::try_from(value.len()).ok()?.to_le_bytes());
        }
    }
    out.extend(value);
    Some(())
}

/// Appends an item that holds these elements.
pub(super) fn put_item(out: &mut Vec<u8>, elements: &[u8]) -> Option<()> {
    put(out, ITEM, VR::UN, elements, true)
}

/// A UID or code as the bytes of its value.
pub(super) fn padded(text: &str, with: u8) -> Vec<u8> {
    let mut value = text.as_bytes().to_vec();
    if !value.len().is_multiple_of(2) {
        value.push(with);
    }
    value
}

/// Preamble and file meta information, with another MediaStorageSOPInstanceUID.
pub(super) fn meta_with(reader: Reader<'_>, meta: &[Element], start: usize, uid: &str) -> Option<Vec<u8>> {
    let mut group = Vec::new();
    for element in meta.iter().filter(|e| e.tag != tags::FILE_META_INFORMATION_GROUP_LENGTH) {
        if element.tag == tags::MEDIA_STORAGE_SOP_INSTANCE_UID {
            put(&mut group, element.tag, VR::UI, &padded(uid, 0), false)?;
        } else {
            group.extend(&reader.bytes[element.whole.clone()]);
        }
    }
    let mut out = reader.bytes[..start].to_vec();
    let length = u32::try_from(group.len()).ok()?.to_le_bytes();
    put(&mut out, tags::FILE_META_INFORMATION_GROUP_LENGTH, VR::UL, &length, false)?;
    out.extend(group);
    Some(out)
}
