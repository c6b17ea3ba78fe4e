//! Stored bits to numbers, and what codecs give.

use super::*;

#[path = "../../tests/common/mod.rs"]
mod common;

const HTJ2K_SUM: u64 = 117_137_474;

fn encoding(bits_stored: u32, high_bit: u32, signed: bool) -> Encoding {
    Encoding { bits_allocated: 16, bits_stored, high_bit, signed }
}

#[test]
fn signed_values_extend_their_sign_from_the_stored_bits() {
    let twelve = encoding(12, 11, true);
    assert_eq!(twelve.value(0x0FFF), -1);
    assert_eq!(twelve.value(0x0800), -2048);
    assert_eq!(twelve.value(0x07FF), 2047);
    assert_eq!(encoding(16, 15, true).value(0xFFFF), -1);
}

#[test]
fn bits_outside_of_the_stored_ones_do_not_count() {
    assert_eq!(encoding(12, 11, false).value(0xF123), 0x123);
    assert_eq!(encoding(12, 15, false).value(0x1234), 0x123);
    assert_eq!(encoding(12, 15, true).value(0xFFF7), -1);
    assert_eq!(encoding(16, 15, false).value(0xFFFF), 65535);
}

#[test]
fn every_codec_gives_every_frame_of_a_multi_frame_image() {
    let Some(dir) = common::shared("transfer_syntaxes") else { return };
    let open = |name: &str| {
        let path = dir.join(name);
        crate::dicom_file::open(&path, "file", crate::dicom_file::Extent::All).expect("read").expect("DICOM")
    };
    let size = Size { rows: 64, columns: 64 };
    let frames = |name: &str| -> Vec<Vec<u16>> {
        let object = open(name);
        let encoding = Encoding::new(&object, "file").expect("16 bits");
        let frame = |n: usize| {
            let mut out = vec![0; 64 * 64];
            cells(&object, "file", size, n, encoding, |at, cell| out[at] = cell).expect("decoded");
            out
        };
        (0..10).map(frame).collect()
    };
    let expected = frames("emri_small.dcm");
    assert_ne!(expected[0], expected[9]);
    for name in ["emri_small_RLE.dcm", "emri_small_jpeg_2k_lossless.dcm", "emri_small_jpeg_ls_lossless.dcm"] {
        assert!(frames(name) == expected, "{name}");
    }
}

#[test]
fn high_throughput_jpeg_2000_is_decoded() {
    let Some(dir) = common::shared("transfer_syntaxes") else { return };
    let path = dir.join("HTJ2KLossless_08_RGB.dcm");
    let object = crate::dicom_file::open(&path, "file", crate::dicom_file::Extent::All).expect("read");
    let bytes = decode(&object.expect("DICOM"), "file", Size { rows: 480, columns: 640 }, 0, 1).expect("decoded");
    assert_eq!(bytes.len(), 480 * 640 * 3);
    let sum: u64 = bytes.iter().map(|&b| u64::from(b)).sum();
    assert_eq!(sum, HTJ2K_SUM, "the sum of all samples, as OpenJPEG decodes them");
}
