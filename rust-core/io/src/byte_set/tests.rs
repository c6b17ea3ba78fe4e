//! Data sets byte by byte.
#![allow(clippy::unwrap_used)]

use super::*;

/// An element in Implicit VR Little Endian.
fn implicit(tag: Tag, value: &[u8]) -> Vec<u8> {
    let mut bytes = [tag.group().to_le_bytes(), tag.element().to_le_bytes()].concat();
    bytes.extend(u32::try_from(value.len()).unwrap().to_le_bytes());
    bytes.extend(value);
    bytes
}

/// An element in Explicit VR Little Endian.
fn explicit(tag: Tag, vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
    let mut bytes = [tag.group().to_le_bytes(), tag.element().to_le_bytes()].concat();
    bytes.extend(vr);
    if matches!(vr, b"UN" | b"SQ") {
        bytes.extend([0, 0]);
        bytes.extend(u32::try_from(value.len()).unwrap().to_le_bytes());
    } else {
        bytes.extend(u16::try_from(value.len()).unwrap().to_le_bytes());
    }
    bytes.extend(value);
    bytes
}

fn number_in_item(bytes: &[u8], encoding: Encoding) -> Option<i64> {
    let data_set = ByteSet::parse(bytes, encoding).unwrap();
    data_set.items(tags::STRUCTURE_SET_ROI_SEQUENCE).next()?.int(tags::ROI_NUMBER)
}

#[test]
fn sequences_passed_on_as_unknown_are_read_whatever_is_in_them() {
    let items = [implicit(tags::ROI_NUMBER, b"7 "), explicit(tags::ROI_NUMBER, b"IS", b"7 ")];
    for item in items {
        let value = implicit(ITEM, &item);
        let known = explicit(tags::STRUCTURE_SET_ROI_SEQUENCE, b"UN", &value);
        assert_eq!(number_in_item(&known, Encoding::EXPLICIT), Some(7));

        let mut open = explicit(tags::STRUCTURE_SET_ROI_SEQUENCE, b"UN", &[]);
        open[8..12].copy_from_slice(&UNDEFINED.to_le_bytes());
        open.extend(value);
        open.extend(implicit(SEQUENCE_END, &[]));
        assert_eq!(number_in_item(&open, Encoding::EXPLICIT), Some(7));
    }
}

#[test]
fn numbers_are_read_as_text_and_as_binary() {
    let mut bytes = explicit(tags::ROI_NUMBER, b"US", &[3, 1]);
    bytes.extend(explicit(tags::OBSERVATION_NUMBER, b"SL", &[0xFE, 0xFF, 0xFF, 0xFF]));
    bytes.extend(explicit(tags::NUMBER_OF_CONTOUR_POINTS, b"IS", b" 12 "));
    let data_set = ByteSet::parse(&bytes, Encoding::EXPLICIT).unwrap();
    assert_eq!(data_set.int(tags::ROI_NUMBER), Some(259));
    assert_eq!(data_set.int(tags::OBSERVATION_NUMBER), Some(-2));
    assert_eq!(data_set.int(tags::NUMBER_OF_CONTOUR_POINTS), Some(12));
}

#[test]
fn nesting_has_an_end_also_within_unknown_sequences() {
    let mut bytes = Vec::new();
    for _ in 0..200 {
        let item = implicit(ITEM, &bytes);
        bytes = implicit(tags::STRUCTURE_SET_ROI_SEQUENCE, &item);
    }
    assert_eq!(ByteSet::parse(&bytes, Encoding::IMPLICIT).unwrap_err(), Problem::TooDeep);
    let hidden = explicit(tags::STRUCTURE_SET_ROI_SEQUENCE, b"UN", &implicit(ITEM, &bytes));
    assert_eq!(ByteSet::parse(&hidden, Encoding::EXPLICIT).unwrap_err(), Problem::TooDeep);
}

#[test]
fn no_claim_goes_beyond_the_file() {
    let mut bytes = implicit(tags::ROI_NAME, b"Liver ");
    bytes[4..8].copy_from_slice(&0x7000_0000_u32.to_le_bytes());
    let problem = Problem::TooLong { tag: tags::ROI_NAME, claimed: 0x7000_0000, left: 6 };
    assert_eq!(ByteSet::parse(&bytes, Encoding::IMPLICIT).unwrap_err(), problem);
}
