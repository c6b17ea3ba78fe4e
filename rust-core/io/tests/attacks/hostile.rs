//! Files that claim what they do not hold, nest without end, or grow when they are inflated: those of `tests/attacks`.

use std::{
    io::{Read as _, Write as _},
    path::PathBuf,
};

use crate::common::{
    self,
    builder::{EXPLICIT, claiming, ct_image, element, file, sequence},
};

/// `tests/attacks` of the repository.
pub(crate) fn folder() -> PathBuf {
    common::repository().join("tests/attacks")
}

/// Name and bytes of every file there.
pub(crate) fn files() -> Vec<(&'static str, Vec<u8>)> {
    let pixels = |stream: &[u8]| encapsulated(stream);
    vec![
        ("nested-sequences.dcm", nested(20_000)),
        ("element-beyond-the-file.dcm", claim(&claiming(0x3006_0050, b"UN", 0xE000_0000, b"1\\2\\3 "))),
        ("pixels-beyond-the-file.dcm", claim(&claiming(0x7FE0_0010, b"OW", 0xFFFF_FFF0, &[0; 4]))),
        (
            "item-beyond-the-file.dcm",
            claim(&claiming(0x3006_0020, b"SQ", 12, &[0xFE, 0xFF, 0, 0xE0, 0, 0, 0, 0x40, 1, 2, 3, 4])),
        ),
        ("deflate-bomb.dcm", deflate_bomb()),
        ("huge-image-jpeg-ls.dcm", ct(65535, 65535, "1.2.840.10008.1.2.4.80", &pixels(&[0xFF; 64]))),
        ("huge-image-uncompressed.dcm", ct(65535, 65535, EXPLICIT, &element(0x7FE0_0010, b"OW", &[0; 32]))),
        ("huge-label-map.nii", huge_label_map()),
    ]
}

/// A CT image with these pixels.
pub(crate) fn ct(rows: u16, columns: u16, syntax: &str, pixels: &[u8]) -> Vec<u8> {
    ct_image(syntax, [rows, columns], 16, "0", pixels)
}

/// An enhanced CT image of many frames, each of which says its place and none of which is there.
pub(crate) fn frames(count: u32, size: u16, syntax: &str, pixels: &[u8]) -> Vec<u8> {
    let us = |tag, value: u16| element(tag, b"US", &value.to_le_bytes());
    let measures = sequence(0x0028_9110, &[element(0x0028_0030, b"DS", b"1\\1")]);
    let orientation = sequence(0x0020_9116, &[element(0x0020_0037, b"DS", b"1\\0\\0\\0\\1\\0")]);
    let place = |z: u32| sequence(0x0020_9113, &[element(0x0020_0032, b"DS", format!("0\\0\\{z}").as_bytes())]);
    let mut data = element(0x0008_0016, b"UI", b"1.2.840.10008.5.1.4.1.1.2.1");
    data.extend(element(0x0008_0018, b"UI", b"1.2.3"));
    data.extend(element(0x0020_000E, b"UI", b"1.2.3.5"));
    data.extend(element(0x0028_0008, b"IS", count.to_string().as_bytes()));
    data.extend([us(0x0028_0010, size), us(0x0028_0011, size)].concat());
    data.extend([us(0x0028_0100, 16), us(0x0028_0101, 16)].concat());
    data.extend(sequence(0x5200_9229, &[[orientation, measures].concat()]));
    data.extend(sequence(0x5200_9230, &(0..count).map(place).collect::<Vec<_>>()));
    data.extend(pixels);
    file(syntax, &data)
}

/// The same image 5 mm further.
pub(crate) fn next_slice(slice: &[u8]) -> Vec<u8> {
    let mut other = slice.to_vec();
    let at = other.windows(5).position(|w| w == b"0\\0\\0").unwrap();
    other[at + 4] = b'5';
    other
}

/// Pixel data with an empty offset table and one fragment.
pub(crate) fn encapsulated(fragment: &[u8]) -> Vec<u8> {
    let mut value = vec![0xFE, 0xFF, 0x00, 0xE0, 0, 0, 0, 0, 0xFE, 0xFF, 0x00, 0xE0];
    value.extend((fragment.len() as u32).to_le_bytes());
    value.extend(fragment);
    value.extend([0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
    claiming(0x7FE0_0010, b"OB", u32::MAX, &value)
}

fn nested(levels: usize) -> Vec<u8> {
    let level = [8, 0, 0x40, 0x11, b'S', b'Q', 0, 0, 255, 255, 255, 255, 0xFE, 0xFF, 0, 0xE0, 255, 255, 255, 255];
    file(EXPLICIT, &level.repeat(levels))
}

/// A structure set with one element that says a wrong length.
fn claim(bytes: &[u8]) -> Vec<u8> {
    let mut data = element(0x0008_0016, b"UI", b"1.2.840.10008.5.1.4.1.1.481.3");
    data.extend(bytes);
    file(EXPLICIT, &data)
}

/// Deflated Explicit VR Little Endian.
const DEFLATED: &str = "1.2.840.10008.1.2.1.99";

fn bombs_first_element() -> Vec<u8> {
    element(0x0008_0016, b"UI", b"1.2.840.10008.5.1.4.1.1.481.3")
}

/// 300 kB that become 300 MB.
fn deflate_bomb() -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&bombs_first_element()).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..300 {
        encoder.write_all(&zeros).unwrap();
    }
    file(DEFLATED, &encoder.finish().unwrap())
}

/// The same file with its data set deflated.
pub(crate) fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&bytes[file(EXPLICIT, &[]).len()..]).unwrap();
    file(DEFLATED, &encoder.finish().unwrap())
}

/// Whether two files of this name say the same. A deflated one may say it in other bytes: which compressor flate2 has
/// depends on the crates that it is built with.
pub(crate) fn same(name: &str, stored: &[u8], made: &[u8]) -> bool {
    if name != "deflate-bomb.dcm" {
        return stored == made;
    }
    let head = file(DEFLATED, &[]).len();
    stored[..head] == made[..head] && inflated(&stored[head..]) == inflated(&made[head..])
}

/// The first element, and how many bytes follow it.
fn inflated(stream: &[u8]) -> (Vec<u8>, u64) {
    let mut decoder = flate2::read::DeflateDecoder::new(stream);
    let mut first = bombs_first_element();
    decoder.read_exact(&mut first).unwrap();
    (first, std::io::copy(&mut decoder, &mut std::io::sink()).unwrap())
}

/// A NIfTI header of 32767 x 32767 x 32767 voxels of eight bytes, and no voxel.
fn huge_label_map() -> Vec<u8> {
    let mut header = vec![0; 352];
    header[..4].copy_from_slice(&348_i32.to_le_bytes());
    for (n, value) in [3_i16, 32767, 32767, 32767, 1, 1, 1, 1].iter().enumerate() {
        header[40 + 2 * n..42 + 2 * n].copy_from_slice(&value.to_le_bytes());
    }
    header[70..72].copy_from_slice(&64_i16.to_le_bytes());
    header[108..112].copy_from_slice(&352_f32.to_le_bytes());
    header[254..256].copy_from_slice(&1_i16.to_le_bytes());
    for row in 0..3 {
        header[280 + 20 * row..284 + 20 * row].copy_from_slice(&1_f32.to_le_bytes());
    }
    header[344..348].copy_from_slice(b"n+1\0");
    header
}
