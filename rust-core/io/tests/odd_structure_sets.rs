//! Structure sets as odd as they come: what can be read is read, and every oddity is told with ROI and slice.
#![allow(clippy::unwrap_used)]

mod common;

use std::{fs, time::Instant};

use common::builder::{claiming, contour, element, file, sequence, structure_set};
use tmli_core::RoiNumber;
use tmli_io::{StructureSetFile, read_structure_set};

const SQUARE: &[u8] = b"0\\0\\5\\10\\0\\5\\10\\10\\5\\0\\10\\5";

fn read(bytes: &[u8]) -> StructureSetFile {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rs.dcm");
    fs::write(&path, bytes).unwrap();
    read_structure_set(&path).unwrap()
}

fn said(file: &StructureSetFile, roi: i32, slice_mm: Option<f64>, words: &str) -> bool {
    file.findings.iter().any(|f| f.roi == Some(RoiNumber(roi)) && f.slice_mm == slice_mm && f.message.contains(words))
}

#[test]
fn names_in_every_character_set_are_read() {
    let sets: [(&str, &[u8], &str); 7] = [
        ("ISO_IR 192", "左肺".as_bytes(), "左肺"),
        ("ISO_IR 100", b"Gro\xDFhirn", "Großhirn"),
        ("GB18030", b"\xD7\xF3\xB7\xCE", "左肺"),
        ("\\ISO 2022 IR 58", b"\x1B$)A\xD7\xF3\xB7\xCE", "左肺"),
        ("\\ISO 2022 IR 87", b"\x1B$B:8GY\x1B(B", "左肺"),
        ("\\ISO 2022 IR 149", b"\x1B$)C\xC6\xF3", "폐"),
        ("ISO 2022 IR 6\\ISO 2022 IR 87", b"L \x1B$BGY\x1B(B", "L 肺"),
    ];
    for (set, bytes, expected) in sets {
        let file = read(&structure_set(set, &[(1, bytes, vec![contour(4, b"DS", SQUARE)])]));
        assert_eq!(file.structure_set.rois[0].name, expected, "{set}");
    }
}

#[test]
fn contour_data_of_unknown_type_is_read_and_may_be_longer_than_64_kb() {
    let points = 9000;
    let data: Vec<String> = (0..points).map(|n| format!("{n}.5\\{}.25\\-7.5", n % 100)).collect();
    let data = data.join("\\");
    assert!(data.len() > 1 << 16);
    let file = read(&structure_set("ISO_IR 100", &[(3, b"Bowel", vec![contour(points, b"UN", data.as_bytes())])]));
    let read = &file.structure_set.rois[0].contours[0].points;
    assert_eq!((read.len(), read[8999].0), (points, [8999.5, 99.25, -7.5]));
    assert!(said(&file, 3, Some(-7.5), "of unknown type (UN)"), "{:?}", file.findings);
}

#[test]
fn every_oddity_names_roi_and_slice() {
    let commas = b"0,5\\0\\-2,5\\10\\0\\-2,5\\10\\10\\-2,5";
    let nan = b"0\\0\\30\\NaN\\0\\30\\10\\10\\30";
    let short = b"0\\0\\40\\1";
    let contours = vec![
        contour(4, b"DS", SQUARE),
        contour(3, b"DS", commas),
        contour(3, b"DS", nan),
        contour(2, b"DS", short),
        contour(99, b"DS", SQUARE),
    ];
    let file = read(&structure_set("", &[(7, b"A", contours), (7, b"B", vec![]), (8, b"", vec![])]));
    let roi = &file.structure_set.rois[0];
    assert_eq!(roi.contours.len(), 3);
    assert_eq!(roi.contours[1].points[0].0, [0.5, 0.0, -2.5]);
    assert!(said(&file, 7, Some(-2.5), "1 of 5 contours have decimal commas"), "{:?}", file.findings);
    assert!(said(&file, 7, Some(30.0), "value 4 of 9 in ContourData is not a finite number; left out"));
    assert!(said(&file, 7, Some(40.0), "3 values for each point, got 4 in all; left out"));
    assert!(said(&file, 7, Some(5.0), "1 of 5 contours have a NumberOfContourPoints"));
    assert!(said(&file, 7, None, "the number is given to several ROIs"));
    assert!(said(&file, 8, None, "no name") && said(&file, 8, None, "no contour"));
}

#[test]
fn fifty_thousand_contours_are_read_in_a_moment() {
    let contours: Vec<Vec<u8>> = (0..50_000).map(|_| contour(4, b"DS", SQUARE)).collect();
    let bytes = structure_set("ISO_IR 192", &[(1, b"Marrow", contours)]);
    let start = Instant::now();
    let file = read(&bytes);
    assert_eq!(file.structure_set.rois[0].contours.len(), 50_000);
    assert!(file.findings.len() < 10, "told once, not 50,000 times: {}", file.findings.len());
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn sequences_that_a_system_did_not_know_are_read_from_unknown() {
    // What passes through a system without a dictionary for RT objects: all sequences as UN, explicit within.
    let known = structure_set("ISO_IR 192", &[(4, "左肺".as_bytes(), vec![contour(4, b"DS", SQUARE)])]);
    let unknown = |items: &[u8]| claiming(0x3006_0039, b"UN", items.len() as u32, items);
    let mut roi = sequence(0x3006_0040, &[contour(4, b"DS", SQUARE)]);
    roi.extend(element(0x3006_0084, b"IS", b"4"));
    // Tag, VR, reserved bytes and length of the sequence are 12 bytes.
    let items = sequence(0x3006_0039, &[roi])[12..].to_vec();
    let at = known.windows(8).position(|w| w == [0x06, 0x30, 0x39, 0x00, b'S', b'Q', 0, 0]).unwrap();
    let mut hidden = known[..at].to_vec();
    hidden.extend(unknown(&items));
    let (plain, hidden) = (read(&known), read(&hidden));
    assert_eq!(hidden.structure_set, plain.structure_set);
    assert_eq!(hidden.structure_set.rois[0].contours.len(), 1);

    let again = file("1.2.840.10008.1.2.1", &hidden_set());
    assert_eq!(read(&again).structure_set.rois[0].name, "Implicit");
}

/// A data set in Explicit VR whose StructureSetROISequence is UN of undefined length, in Implicit VR as the standard says.
fn hidden_set() -> Vec<u8> {
    let mut set = element(0x0008_0060, b"CS", b"RTSTRUCT");
    set.extend(claiming(0x3006_0020, b"UN", u32::MAX, &[]));
    let mut item = [0x06, 0x30, 0x22, 0x00, 2, 0, 0, 0, b'1', b' '].to_vec();
    item.extend([0x06, 0x30, 0x26, 0x00, 8, 0, 0, 0]);
    item.extend(b"Implicit");
    set.extend([0xFE, 0xFF, 0x00, 0xE0]);
    set.extend((item.len() as u32).to_le_bytes());
    set.extend(item);
    set.extend([0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
    set
}
