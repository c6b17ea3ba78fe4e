//! Odd structure sets: what can be read is read, and every oddity is told.
#![allow(clippy::unwrap_used)]

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};

use super::{StructureSetFile, read::interpret};
use crate::{
    byte_set::{ByteSet, Encoding},
    dataset::DataSet,
};

const SQUARE: &str = "0\\0\\5\\10\\0\\5\\10\\10\\5\\0\\10\\5";

fn contour(kind: &str, points: i64, data: &str) -> DataSet {
    let mut item = DataSet::new();
    item.text(tags::CONTOUR_GEOMETRIC_TYPE, VR::CS, kind).is(tags::NUMBER_OF_CONTOUR_POINTS, &[points]).text(
        tags::CONTOUR_DATA,
        VR::DS,
        data,
    );
    item
}

fn roi_contours(number: i64, contours: Vec<DataSet>) -> DataSet {
    let mut item = DataSet::new();
    item.is(tags::REFERENCED_ROI_NUMBER, &[number]).sequence(tags::CONTOUR_SEQUENCE, contours);
    item
}

fn roi(number: i64, name: &str, frame: &str) -> DataSet {
    let mut item = DataSet::new();
    item.is(tags::ROI_NUMBER, &[number]).text(tags::ROI_NAME, VR::LO, name).text(
        tags::REFERENCED_FRAME_OF_REFERENCE_UID,
        VR::UI,
        frame,
    );
    item
}

fn read(rois: Vec<DataSet>, contours: Vec<DataSet>) -> StructureSetFile {
    let mut file = DataSet::new();
    file.sequence(tags::STRUCTURE_SET_ROI_SEQUENCE, rois).sequence(tags::ROI_CONTOUR_SEQUENCE, contours);
    let bytes = file.into_item_bytes(uids::IMPLICIT_VR_LITTLE_ENDIAN, true).unwrap();
    interpret(&ByteSet::parse(&bytes, Encoding::IMPLICIT).unwrap()).unwrap()
}

fn said(file: &StructureSetFile, words: &str) -> bool {
    file.findings.iter().any(|f| f.to_string().contains(words))
}

#[test]
fn an_empty_file_holds_no_roi_and_says_so() {
    let file = read(Vec::new(), Vec::new());
    assert!(file.structure_set.rois.is_empty());
    assert!(said(&file, "holds no ROI") && said(&file, "no FrameOfReferenceUID"));
}

#[test]
fn what_is_no_number_takes_its_contour_along_and_no_other() {
    for bad in ["nan", "inf", "abc", "", "1e999"] {
        let data = format!("0\\0\\5\\{bad}\\0\\5\\10\\10\\5");
        let file = read(
            vec![roi(1, "A", "1.2")],
            vec![roi_contours(1, vec![contour("CLOSED_PLANAR", 3, &data), contour("CLOSED_PLANAR", 4, SQUARE)])],
        );
        assert_eq!(file.structure_set.rois[0].contours.len(), 1, "{bad}");
        assert!(said(&file, "ROI 1, contour 1: slice at 5.00 mm: value 4 of 9"), "{bad}: {:?}", file.findings);
    }
}

#[test]
fn decimal_commas_and_padding_are_understood() {
    let file = read(
        vec![roi(1, "A", "1.2")],
        vec![roi_contours(1, vec![contour("CLOSED_PLANAR", 3, " 0,5 \\0\\5\\10\\ 0\\5\\10\\10\\5 ")])],
    );
    assert_eq!(file.structure_set.rois[0].contours[0].points[0].0, [0.5, 0.0, 5.0]);
}

#[test]
fn counts_that_do_not_fit_are_told_and_the_data_taken() {
    let file = read(
        vec![roi(1, "A", "1.2")],
        vec![roi_contours(1, vec![contour("CLOSED_PLANAR", 7, SQUARE), contour("CLOSED_PLANAR", 4, "0\\0\\5\\1")])],
    );
    assert_eq!(file.structure_set.rois[0].contours.len(), 1);
    assert!(said(&file, "1 of 2 contours have a NumberOfContourPoints"));
    assert!(said(&file, "contour 2: slice at 5.00 mm: ContourData should have 3 values for each point, got 4"));
}

#[test]
fn roi_numbers_given_twice_or_never_lose_no_contour() {
    let rois = vec![roi(3, "A", "1.2"), roi(3, "B", "1.2")];
    let square = || vec![contour("CLOSED_PLANAR", 4, SQUARE)];
    let file = read(rois, vec![roi_contours(3, square()), roi_contours(9, square())]);
    let names: Vec<_> = file.structure_set.rois.iter().map(|r| (r.name.as_str(), r.contours.len())).collect();
    assert_eq!(names, [("A", 1), ("ROI 9", 1)]);
    assert!(said(&file, "given to several ROIs") && said(&file, "ROI 9: contours of a ROI that is not defined"));
}

#[test]
fn a_roi_in_another_frame_of_reference_is_left_out_and_told() {
    let square = || vec![contour("CLOSED_PLANAR", 4, SQUARE)];
    let file =
        read(vec![roi(1, "A", "1.2"), roi(2, "B", "1.3")], vec![roi_contours(1, square()), roi_contours(2, square())]);
    assert_eq!(file.structure_set.rois.len(), 1);
    assert!(said(&file, "ROI 2: in another frame of reference (1.3)"));
}

#[test]
fn a_roi_without_contours_is_kept_and_told() {
    let file = read(vec![roi(1, "A", "1.2")], Vec::new());
    assert!(file.structure_set.rois[0].contours.is_empty());
    assert!(said(&file, "ROI 1: no contour"));
}

#[test]
fn a_repeated_first_point_is_dropped_from_loops_only() {
    let closed = format!("{SQUARE}\\0\\0\\5");
    let file = read(
        vec![roi(1, "A", "1.2")],
        vec![roi_contours(
            1,
            vec![
                contour("CLOSED_PLANAR", 5, &closed),
                contour("OPEN_PLANAR", 5, &closed),
                contour("POINT", 1, "1\\2\\3"),
            ],
        )],
    );
    let points: Vec<usize> = file.structure_set.rois[0].contours.iter().map(|c| c.points.len()).collect();
    assert_eq!(points, [4, 5, 1]);
}
