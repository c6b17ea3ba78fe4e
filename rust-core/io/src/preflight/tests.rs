use std::io::Cursor;

use super::*;

fn nested(depth: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..depth {
        bytes.extend([0x08, 0x00, 0x40, 0x11, b'S', b'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
        bytes.extend([0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF]);
    }
    bytes
}

fn walk(bytes: Vec<u8>) -> Result<(), Problem> {
    let walked = check(Cursor::new(bytes), Some(uids::EXPLICIT_VR_LITTLE_ENDIAN), None);
    walked.unwrap_or(Ok(Walked::default())).map(|_| ())
}

#[test]
fn elements_of_eight_bytes_each_have_an_end() {
    let empty = [0x08, 0x00, 0x60, 0x00, b'C', b'S', 0, 0];
    assert_eq!(walk(empty.repeat(100_000)), Ok(()));
    assert_eq!(walk(empty.repeat(1_000_000)), Err(Problem::TooMany));
}

#[test]
fn the_data_set_begins_where_the_group_length_says() {
    let element = |tag: [u8; 4], vr: &[u8; 2], value: &[u8]| {
        let length = u16::try_from(value.len()).expect("short");
        [&tag[..], vr, &length.to_le_bytes(), value].concat()
    };
    // The first element is of a wrong group: a walk that ends the group there never sees the transfer syntax.
    let meta = [
        element([0x02, 0x01, 0x02, 0x00], b"UI", b"1.2\0"),
        element([0x02, 0x00, 0x10, 0x00], b"UI", b"1.2.840.10008.1.2.1\0"),
    ]
    .concat();
    let group_length = u32::try_from(meta.len()).expect("short").to_le_bytes();
    let mut file = [vec![0; 128], b"DICM".to_vec()].concat();
    file.extend(element([0x02, 0x00, 0x00, 0x00], b"UL", &group_length));
    file.extend(meta);
    file.extend([0x08, 0x00, 0x15, 0x11, b'O', b'B', 0, 0, 0, 0xFF, 0xFF, 0xFF]);
    let walked = check(Cursor::new(file), None, None).expect("memory");
    assert!(matches!(walked, Err(Problem::TooLong { claimed: 0xFFFF_FF00, .. })), "{walked:?}");
}

#[test]
fn nesting_has_an_end() {
    assert_eq!(walk(nested(60)), Ok(()));
    assert_eq!(walk(nested(20_000)), Err(Problem::TooDeep));
}

#[test]
fn no_element_is_longer_than_the_file() {
    let bytes = vec![0x08, 0x00, 0x15, 0x11, b'U', b'N', 0, 0, 0, 0, 0, 0xE0, 1, 2, 3, 4];
    let problem = Problem::TooLong { tag: Tag(0x0008, 0x1115), claimed: 0xE000_0000, left: 4 };
    assert_eq!(walk(bytes), Err(problem));
}

#[test]
fn an_item_within_a_sequence_is_no_longer_than_the_file() {
    let mut bytes = vec![0x08, 0x00, 0x40, 0x11, b'S', b'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF];
    bytes.extend([0xFE, 0xFF, 0x00, 0xE0, 0, 0, 0, 0x7F]);
    assert!(matches!(walk(bytes), Err(Problem::TooLong { tag: ITEM, .. })));
}

#[test]
fn values_that_end_within_a_number_are_refused() {
    // The parser takes the whole numbers and goes on after them, two bytes too early.
    let element = |vr: &[u8; 2]| [&[0x28, 0, 3, 1][..], vr, &[2, 0, 7, 7], &[0x28, 0, 4, 1, b'L', b'O', 0, 0]].concat();
    let problem = Problem::Uneven { tag: Tag(0x0028, 0x0103), length: 2, unit: 4 };
    assert_eq!(walk(element(b"SL")), Err(problem));
    assert_eq!(walk(element(b"US")), Ok(()));
}
