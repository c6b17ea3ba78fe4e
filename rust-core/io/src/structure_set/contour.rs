//! The contours of one ROI, as files have them.

use dicom_core::VR;
use dicom_dictionary_std::tags;
use rayon::prelude::*;
use tmli_core::{Contour, ContourKind, PointLps, RoiNumber};

use crate::{
    attributes::{Attributes, parse_decimal},
    byte_set::ByteSet,
    finding::Finding,
};

/// A last point this close to the first one repeats it.
const REPEATED_POINT_MM: f64 = 1e-4;

/// What was odd about a contour that was read all the same.
#[derive(Clone, Copy, Default)]
struct Oddities {
    repeated_first_point: bool,
    no_image: bool,
    no_kind: bool,
    wrong_count: bool,
    decimal_commas: bool,
    bytes: bool,
}

/// How such oddities are told: once for a ROI, with their number, because all its contours tend to share them.
type Telling = (fn(&Oddities) -> bool, &'static str);
const TELLINGS: [Telling; 6] = [
    (|o| o.repeated_first_point, "repeat their first point at the end; the repetition was dropped"),
    (|o| o.no_image, "name no image; they are placed by their coordinates"),
    (|o| o.no_kind, "have no or an unknown ContourGeometricType; taken as closed"),
    (|o| o.decimal_commas, "have decimal commas; they were taken for points"),
    (|o| o.bytes, "have ContourData of unknown type (UN); it was taken for decimal strings"),
    (|o| o.wrong_count, "have a NumberOfContourPoints that doesn't fit their data; the data was taken"),
];

struct ReadContour {
    contour: Contour,
    /// z of the first point, as the file has it.
    first_mm: f64,
    oddities: Oddities,
}

/// Appends the contours of `items` to `contours`.
pub(super) fn read_contours(
    items: &[ByteSet<'_>],
    roi: RoiNumber,
    contours: &mut Vec<Contour>,
    findings: &mut Vec<Finding>,
) {
    let read: Vec<Result<ReadContour, (String, Option<f64>)>> = items.par_iter().map(read_contour).collect();
    for (telling, message) in TELLINGS {
        let mut odd = read.iter().flatten().filter(|read| telling(&read.oddities));
        if let Some(first) = odd.next() {
            let message = format!("{} of {} contours {message}", 1 + odd.count(), items.len());
            findings.push(Finding { slice_mm: Some(first.first_mm), ..Finding::roi(roi, message) });
        }
    }
    contours.reserve(read.len());
    for (n, read) in read.into_iter().enumerate() {
        match read {
            Ok(read) => contours.push(read.contour),
            Err((reason, slice_mm)) => {
                findings.push(Finding { slice_mm, ..Finding::contour(roi, n, format!("{reason}; left out")) });
            }
        }
    }
}

/// Points of decimal strings, three for each; or what is wrong with them.
fn points(value: &[u8]) -> Result<Vec<PointLps>, (String, Option<f64>)> {
    let values = 1 + value.iter().filter(|&&byte| byte == b'\\').count();
    let mut points = Vec::with_capacity(values / 3);
    let mut point = [0.0; 3];
    let mut count = 0;
    let mut wrong = None;
    let mut first_z = None;
    for text in value.split(|&byte| byte == b'\\') {
        match std::str::from_utf8(text).ok().and_then(parse_decimal) {
            Some(number) => point[count % 3] = number,
            None => wrong = wrong.or(Some(count + 1)),
        }
        count += 1;
        if count % 3 == 0 {
            if count == 3 && wrong != Some(3) {
                first_z = Some(point[2]);
            }
            points.push(PointLps(point));
        }
    }
    match wrong {
        Some(at) => Err((format!("value {at} of {count} in ContourData is not a finite number"), first_z)),
        None if count % 3 != 0 => {
            Err((format!("ContourData should have 3 values for each point, got {count} in all"), first_z))
        }
        None => Ok(points),
    }
}

/// The contour, or what is wrong with it and the z of its first point.
fn read_contour(item: &ByteSet<'_>) -> Result<ReadContour, (String, Option<f64>)> {
    let element = item.element(tags::CONTOUR_DATA).ok_or_else(|| ("no ContourData".to_owned(), None))?;
    if element.value.is_empty() {
        return Err(("ContourData should have 3 values for each point, got 0 in all".to_owned(), None));
    }
    let mut points = points(element.value)?;
    let first = points.first().map_or(PointLps([0.0; 3]), |&first| first);
    let count = item.int(tags::NUMBER_OF_CONTOUR_POINTS);
    let mut oddities = Oddities {
        wrong_count: count.is_some_and(|n| n != points.len() as i64),
        no_image: item.items(tags::CONTOUR_IMAGE_SEQUENCE).is_empty(),
        decimal_commas: element.value.contains(&b','),
        bytes: element.vr == VR::UN,
        ..Oddities::default()
    };
    let kind = match item.text(tags::CONTOUR_GEOMETRIC_TYPE).as_deref() {
        Some("CLOSED_PLANAR") => ContourKind::ClosedPlanar,
        Some("CLOSEDPLANAR_XOR") => ContourKind::ClosedPlanarXor,
        Some("OPEN_PLANAR") => ContourKind::OpenPlanar,
        Some("OPEN_NONPLANAR") => ContourKind::OpenNonplanar,
        Some("POINT") => ContourKind::Point,
        _ => {
            oddities.no_kind = true;
            if points.len() == 1 { ContourKind::Point } else { ContourKind::ClosedPlanar }
        }
    };
    if matches!(kind, ContourKind::ClosedPlanar | ContourKind::ClosedPlanarXor)
        && let &[first, .., last] = points.as_slice()
        && first.0.iter().zip(last.0).all(|(a, b)| (a - b).abs() <= REPEATED_POINT_MM)
    {
        points.pop();
        oddities.repeated_first_point = true;
    }
    Ok(ReadContour { contour: Contour { kind, points }, first_mm: first.0[2], oddities })
}
