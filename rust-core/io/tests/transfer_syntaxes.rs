//! Every codec gives the pixels that pydicom gives, or a clear refusal; nothing panics.
#![allow(clippy::unwrap_used)]

mod common;

use std::{fs, path::Path};

use common::oracles;
use tmli_core::{PointLps, SpacingMm};
use tmli_io::{CtSeries, Finding, IoError, SeriesGeometryError, read_ct_folder, read_structure_set, scan_folder};

/// Puts a single-slice file into a series of two: the same image twice, 5 mm apart. The position is changed in place in
/// the file's bytes, so only files with uncompressed headers will do.
fn doubled(file: &Path, position: &str, moved: &str) -> Result<CtSeries, IoError> {
    doubled_bytes(fs::read(file).unwrap(), position, moved)
}

fn doubled_bytes(bytes: Vec<u8>, position: &str, moved: &str) -> Result<CtSeries, IoError> {
    assert_eq!(position.len(), moved.len());
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), &bytes).unwrap();
    let mut other = bytes.clone();
    let at = bytes.windows(position.len()).position(|w| w == position.as_bytes()).expect("position in the file");
    other[at..at + moved.len()].copy_from_slice(moved.as_bytes());
    fs::write(dir.path().join("b"), other).unwrap();
    read_ct_folder(dir.path(), None)
}

fn stored(ct: &CtSeries, intercept: i64) -> (i64, i64, i64) {
    slice_stored(ct, 0, intercept)
}

fn slice_stored(ct: &CtSeries, k: usize, intercept: i64) -> (i64, i64, i64) {
    let slice = ct.volume.data().index_axis(ndarray::Axis(0), k);
    let values: Vec<i64> = slice.iter().map(|&v| i64::from(v) - intercept).collect();
    (*values.iter().min().unwrap(), *values.iter().max().unwrap(), values.iter().sum())
}

#[test]
fn uncompressed_jpeg_2000_lossless_and_lossy_agree_with_pydicom() {
    let Some(dir) = common::shared("transfer_syntaxes") else { return };
    for name in ["693_UNCI.dcm", "693_J2KI.dcm"] {
        let ct = doubled(&dir.join(name), "-112.400\\47.000", "-112.400\\52.000").unwrap();
        let slice = ct.volume.data().index_axis(ndarray::Axis(0), 0);
        // Stored -2000 is padding, which becomes -1024 HU; the rest is as pydicom has it.
        assert_eq!(slice.iter().max(), Some(&(2836 - 1024)), "{name}");
        assert_eq!(ct.volume.geometry().spacing_mm().k, 5.0);
    }
    let read = |name: &str| doubled(&dir.join(name), "-112.400\\47.000", "-112.400\\52.000").unwrap();
    assert!(read("693_UNCR.dcm").volume == read("693_J2KR.dcm").volume, "lossless means the same voxels");
}

#[test]
fn unsigned_code_stream_of_signed_pixels_keeps_its_sign() {
    let Some(dir) = common::shared("transfer_syntaxes") else { return };
    // ImagePositionPatient -110.2153, -98.1898, 72.1446; slices tilted by 22 degrees, moved along their normal.
    let error = doubled(&dir.join("J2K_pixelrep_mismatch.dcm"), "-98.1898\\72.1446", "-98.1898\\77.1446").unwrap_err();
    assert!(matches!(error, IoError::Geometry(SeriesGeometryError::GantryTilt { .. })), "{error}");
    let ct = doubled(&dir.join("J2K_pixelrep_mismatch.dcm"), "-98.1898\\72.1446", "-96.3168\\76.7806").unwrap();
    assert_eq!(stored(&ct, 0), (-2000, 1896, -172_605_258));
}

#[test]
fn jpeg_lossless_with_a_damaged_private_sequence_is_read_or_refused() {
    let Some(dir) = common::shared("transfer_syntaxes") else { return };
    match doubled(&dir.join("bad_sequence.dcm"), "\\1687.5", "\\1688.5") {
        Ok(ct) => assert_eq!(stored(&ct, -1024), (13, 2267, 248_348_502)),
        Err(error) => assert!(matches!(error, IoError::Damaged { .. }), "{error}"),
    }
}

#[test]
fn a_ct_series_in_jpeg_lossless_has_the_same_voxels() {
    let Some(dir) = common::shared("ibsi1_ct_phantom/dicom/image") else { return };
    if oracles::program("dcmcjpeg").is_none() {
        return;
    }
    let (plain, packed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for file in common::files(&dir).iter().take(4) {
        common::copy_into(plain.path(), file);
        // Process 14, selection value 1: what scanners write.
        let mut encode = oracles::program("dcmcjpeg").unwrap();
        let (done, said) =
            oracles::output(encode.arg("+e1").arg(file).arg(packed.path().join(file.file_name().unwrap())));
        assert!(done, "{said}");
    }
    let (plain, packed) = (read_ct_folder(plain.path(), None).unwrap(), read_ct_folder(packed.path(), None).unwrap());
    assert!(packed.volume.data() == plain.volume.data());
}

/// The MR image that pydicom has in every transfer syntax, said to be a CT.
fn as_ct(file: &Path) -> Vec<u8> {
    let mut bytes = fs::read(file).unwrap();
    let (mr, ct) = (b"1.2.840.10008.5.1.4.1.1.4\0", b"1.2.840.10008.5.1.4.1.1.2\0");
    for at in 0..bytes.len() - mr.len() {
        if bytes[at..].starts_with(mr) {
            bytes[at..at + ct.len()].copy_from_slice(ct);
        }
    }
    bytes
}

#[test]
fn byte_order_run_length_jpeg_2000_and_jpeg_ls_give_the_same_pixels() {
    let Some(dir) = common::shared("transfer_syntaxes") else { return };
    for name in ["", "_RLE", "_bigendian", "_expb", "_implicit", "_jp2klossless", "_jpeg_ls_lossless", "_padded"] {
        let bytes = as_ct(&dir.join(format!("MR_small{name}.dcm")));
        let ct = doubled_bytes(bytes, "-91.2000\\6.6406", "-91.2000\\9.6406").unwrap();
        assert_eq!(stored(&ct, 0), (127, 2145, 2_125_338), "MR_small{name}");
        assert!(ct.findings.iter().any(|f| f.message.contains("stored values were taken for HU")), "{:?}", ct.findings);
    }
}

#[test]
fn a_compressed_image_of_another_size_is_refused() {
    let Some(dir) = common::shared("transfer_syntaxes") else { return };
    let mut bytes = as_ct(&dir.join("MR_small_jp2klossless.dcm"));
    let rows = [0x28, 0x00, 0x10, 0x00, b'U', b'S', 2, 0, 64, 0];
    let at = bytes.windows(rows.len()).position(|w| w == rows).unwrap();
    bytes[at + 8] = 96;
    let error = doubled_bytes(bytes, "-91.2000\\6.6406", "-91.2000\\9.6406").unwrap_err();
    assert!(error.to_string().contains("64 x 64 pixels, the header says 96 x 64"), "{error}");
}

#[test]
fn a_truncated_image_without_the_whole_of_its_pixels_is_refused() {
    let Some(dir) = common::shared("transfer_syntaxes") else { return };
    let bytes = as_ct(&dir.join("MR_truncated.dcm"));
    let error = doubled_bytes(bytes, "-91.2000\\6.6406", "-91.2000\\9.6406").unwrap_err();
    assert!(matches!(error, IoError::Truncated { expected: 8192, got: 8130, .. }), "{error}");
}

#[test]
fn small_signed_ct() {
    let Some(dir) = common::shared("transfer_syntaxes") else { return };
    let ct = doubled(&dir.join("CT_small.dcm"), "-75.699997", "-70.699997").unwrap();
    assert_eq!(stored(&ct, -1024), (128, 2191, 14_826_310));
    assert_eq!(ct.identity.patient_position, "FFS");
}

#[test]
fn an_enhanced_multi_frame_image_is_a_series_of_its_own() {
    let Some(dir) = common::shared("transfer_syntaxes") else { return };
    let temp = tempfile::tempdir().unwrap();
    common::copy_into(temp.path(), &dir.join("eCT_Supplemental.dcm"));
    let ct = read_ct_folder(temp.path(), None).unwrap();
    let geometry = ct.volume.geometry();
    assert_eq!(geometry.shape(), [2, 512, 512]);
    assert_eq!(geometry.spacing_mm(), SpacingMm::new(10.0, 0.388672, 0.388672));
    // Rows run to the right, so the normal points to the feet: the slice at -149 comes first.
    assert_eq!(geometry.origin(), PointLps::new(99.5, -301.5, -149.0));
    assert_eq!(geometry.axes()[0], [0.0, 0.0, -1.0]);
    let numbers: Vec<_> = ct.identity.slices.iter().map(|s| s.frame_number).collect();
    assert_eq!(numbers, [Some(2), Some(1)]);
    const SCRIPT: &str = r#"
import sys, pydicom
for frame in pydicom.dcmread(sys.argv[1]).pixel_array[::-1].astype(int):
    print(frame.min(), frame.max(), frame.sum())
"#;
    let Some(mut python) = common::oracles::python() else { return };
    let (success, text) = common::oracles::output(python.args(["-c", SCRIPT]).arg(dir.join("eCT_Supplemental.dcm")));
    assert!(success, "{text}");
    let ours: Vec<String> = (0..2)
        .map(|k| {
            let (min, max, sum) = slice_stored(&ct, k, -1024);
            format!("{min} {max} {sum}")
        })
        .collect();
    assert_eq!(text.trim().lines().collect::<Vec<_>>(), ours);
}

/// An uncompressed file (Explicit VR Little Endian), deflated.
fn deflated(file: &Path) -> Vec<u8> {
    let bytes = fs::read(file).unwrap();
    let explicit = b"1.2.840.10008.1.2.1\0";
    let at = bytes.windows(explicit.len()).position(|w| w == explicit).unwrap();
    // UID and length of its element (20 -> 22) grow by two bytes, and so does the group.
    let group_end = 144 + u32::from_le_bytes(bytes[140..144].try_into().unwrap()) as usize;
    let mut out = bytes[..at - 2].to_vec();
    out.extend(22_u16.to_le_bytes());
    out.extend(b"1.2.840.10008.1.2.1.99");
    out.extend(&bytes[at + explicit.len()..group_end]);
    let length = (out.len() - 144) as u32;
    out[140..144].copy_from_slice(&length.to_le_bytes());
    let mut encoder = flate2::write::DeflateEncoder::new(out, flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, &bytes[group_end..]).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn deflated_files_are_inflated_and_walked_over() {
    let Some(dir) = common::shared("transfer_syntaxes") else { return };
    let temp = tempfile::tempdir().unwrap();
    let bytes = deflated(&dir.join("CT_small.dcm"));
    fs::write(temp.path().join("a"), &bytes).unwrap();
    let scan = scan_folder(temp.path()).unwrap();
    assert_eq!(scan.ct_series.len(), 1, "{scan:?}");
    assert_eq!(scan.ct_series[0].positions_mm(), [-75.699997]);
    common::copy_into(temp.path(), &dir.join("image_dfl.dcm"));
    let scan = scan_folder(temp.path()).unwrap();
    assert!(scan.unreadable.is_empty(), "{:?}", scan.unreadable);
    assert_eq!(scan.other_objects.len(), 1);
}

#[test]
fn a_transfer_syntax_of_odd_length_is_understood() {
    let Some(dir) = common::shared("transfer_syntaxes") else { return };
    let bytes = fs::read(dir.join("CT_small.dcm")).unwrap();
    let padded = b"UI\x14\x001.2.840.10008.1.2.1\0";
    let at = bytes.windows(padded.len()).position(|w| w == padded).unwrap();
    let mut odd = bytes.clone();
    odd.remove(at + padded.len() - 1);
    odd[at + 2] = 19;
    let length = u32::from_le_bytes(odd[140..144].try_into().unwrap()) - 1;
    odd[140..144].copy_from_slice(&length.to_le_bytes());
    for (what, bytes) in [
        ("no padding", odd),
        ("a space", {
            let mut spaced = bytes.clone();
            spaced[at + padded.len() - 1] = b' ';
            spaced
        }),
    ] {
        let ct = doubled_bytes(bytes, "-75.699997", "-70.699997").unwrap_or_else(|e| panic!("{what}: {e}"));
        assert_eq!(stored(&ct, -1024), (128, 2191, 14_826_310), "{what}");
    }
}

#[test]
fn every_file_is_named_for_what_it_is() {
    let Some(dir) = common::shared("transfer_syntaxes") else { return };
    let scan = scan_folder(&dir).unwrap();
    let ct_files: usize = scan.ct_series.iter().map(|s| s.files.len()).sum();
    let others: usize = scan.other_objects.iter().map(|o| o.count).sum();
    let all = common::files(&dir).len();
    let counted = ct_files + others + scan.structure_sets.len() + scan.not_dicom + scan.unreadable.len();
    assert_eq!(counted, all, "every file is somewhere: {scan:#?}");
    assert!(ct_files >= 8, "{ct_files} CT files");
    // A sequence in UN that the parser takes for an element of 3.7 GB: refused before it allocates them.
    let said: Vec<String> = scan.unreadable.iter().map(|(_, e)| e.to_string()).collect();
    assert!(said.iter().any(|e| e.contains("(0008,1115) claims 3758161918 bytes")), "{said:?}");
    assert!(scan.other_objects.iter().any(|o| o.modality == "SEG"), "{:?}", scan.other_objects);
    assert!(scan.other_objects.iter().any(|o| o.modality == "MR"), "{:?}", scan.other_objects);
    for series in &scan.ct_series {
        // One slice each is refused with a reason, never a panic; an enhanced image is a volume.
        let result: Result<(_, Vec<Finding>), _> = series.geometry();
        assert_eq!(result.is_ok(), series.in_words().contains("2 slices"), "{}", series.in_words());
    }
}

#[test]
fn no_file_makes_the_structure_set_reader_panic() {
    let Some(dir) = common::shared("transfer_syntaxes") else { return };
    for file in common::files(&dir) {
        if let Ok(read) = read_structure_set(&file) {
            assert!(file.ends_with("rtstruct.dcm"), "{} is no structure set", file.display());
            assert!(!read.structure_set.rois.is_empty());
        }
    }
}

#[test]
fn a_truncated_slice_is_named_with_its_bytes() {
    let Some(dir) = common::shared("crlm_1006_ffs/image") else { return };
    let temp = tempfile::tempdir().unwrap();
    for file in common::files(&dir).iter().take(4) {
        common::copy_into(temp.path(), file);
    }
    let victim = common::files(temp.path())[1].clone();
    let bytes = fs::read(&victim).unwrap();
    fs::write(&victim, &bytes[..bytes.len() / 2]).unwrap();
    let error = read_ct_folder(temp.path(), None).unwrap_err();
    let IoError::Truncated { file, expected, got, .. } = &error else { panic!("{error}") };
    assert!(file.starts_with("file 2 of 4"), "{file}");
    assert_eq!(*expected, 512 * 512 * 2);
    assert!(got < expected);

    // Cut within the header: which series it belongs to can't be known, so the folder is refused.
    fs::write(&victim, &bytes[..700]).unwrap();
    let error = read_ct_folder(temp.path(), None).unwrap_err();
    assert!(error.to_string().contains("file 2 of 4"), "{error}");
}

#[test]
fn every_cut_of_a_file_is_an_error_or_a_whole_image() {
    let Some(dir) = common::shared("transfer_syntaxes") else { return };
    let bytes = fs::read(dir.join("CT_small.dcm")).unwrap();
    let temp = tempfile::tempdir().unwrap();
    for length in (0..bytes.len()).step_by(97) {
        fs::write(temp.path().join("a"), &bytes[..length]).unwrap();
        let scan = scan_folder(temp.path()).unwrap();
        for series in &scan.ct_series {
            assert!(tmli_io::read_ct_series(series).is_err(), "cut at {length}");
        }
    }
}
