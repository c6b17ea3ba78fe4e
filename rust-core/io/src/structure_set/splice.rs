//! Elements and items as bytes, to be put between those of an existing file.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use crate::{byte_set::ByteSet, preflight::ITEM, value_representation::has_long_length};

/// Appends an element with a value of even length.
pub(super) fn put(out: &mut Vec<u8>, tag: Tag, vr: VR, value: &[u8], implicit: bool) -> Option<()> {
    out.extend(tag.group().to_le_bytes());
    out.extend(tag.element().to_le_bytes());
    if implicit {
        out.extend(u32::try_from(value.len()).ok()?.to_le_bytes());
    } else {
        out.extend(vr.to_bytes());
        if has_long_length(vr) {
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

/// Appends file meta information with another MediaStorageSOPInstanceUID; nothing where there is none.
pub(super) fn put_meta(out: &mut Vec<u8>, meta: &ByteSet<'_>, uid: &str) -> Option<()> {
    if meta.elements.is_empty() {
        return Some(());
    }
    let mut group = Vec::new();
    for element in meta.elements.iter().filter(|e| e.tag != tags::FILE_META_INFORMATION_GROUP_LENGTH) {
        if element.tag == tags::MEDIA_STORAGE_SOP_INSTANCE_UID {
            put(&mut group, element.tag, VR::UI, &padded(uid, 0), false)?;
        } else {
            group.extend(element.whole);
        }
    }
    let length = u32::try_from(group.len()).ok()?.to_le_bytes();
    put(out, tags::FILE_META_INFORMATION_GROUP_LENGTH, VR::UL, &length, false)?;
    out.extend(group);
    Some(())
}
