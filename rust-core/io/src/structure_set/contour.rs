//! The contours of one ROI, as files have them.

use dicom_core::VR;
use dicom_dictionary_std::tags;
use rayon::prelude::*;
use tmli_core::{Contour, ContourKind, PointLps, RoiNumber};

use crate::{
    attributes::{Attributes, parse_decimal},
    byte_set::{Item, Items},
    finding::Finding,
    preflight::Problem,
    room::{self, Room},
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

/// So many contours are read in parallel before the next ones are looked at: what is in between is in memory twice.
const BATCH: usize = 4096;

struct ReadContour {
    contour: Contour,
    /// z of the first point, as the file has it.
    first_mm: f64,
    oddities: Oddities,
}

/// Appends the contours of `items` to `contours`.
pub(super) fn read_contours(
    mut items: Items<'_>,
    roi: RoiNumber,
    contours: &mut Vec<Contour>,
    findings: &mut Vec<Finding>,
    room: &mut Room,
) -> Result<(), Problem> {
    // Of each oddity: how many contours have it, and where the first of them lies.
    let mut odd = [(0, 0.0); TELLINGS.len()];
    let mut left_out = Vec::new();
    let mut count = 0;
    loop {
        let batch: Vec<Item<'_>> = items.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            break;
        }
        let read: Vec<Result<ReadContour, (String, Option<f64>)>> = batch.into_par_iter().map(read_contour).collect();
        for read in read {
            match read {
                Ok(read) => {
                    for ((telling, _), (times, first_mm)) in TELLINGS.iter().zip(&mut odd) {
                        if telling(&read.oddities) {
                            if *times == 0 {
                                *first_mm = read.first_mm;
                            }
                            *times += 1;
                        }
                    }
                    room.take(room::CONTOUR)?;
                    contours.push(read.contour);
                }
                Err((reason, slice_mm)) => {
                    room.take(room::FINDING)?;
                    left_out.push(Finding { slice_mm, ..Finding::contour(roi, count, format!("{reason}; left out")) });
                }
            }
            count += 1;
        }
    }
    for ((_, message), (times, first_mm)) in TELLINGS.into_iter().zip(odd).filter(|(_, (times, _))| *times > 0) {
        let message = format!("{times} of {count} contours {message}");
        findings.push(Finding { slice_mm: Some(first_mm), ..Finding::roi(roi, message) });
    }
    findings.append(&mut left_out);
    Ok(())
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
fn read_contour(item: Item<'_>) -> Result<ReadContour, (String, Option<f64>)> {
    let item = item.parse();
    let element = item.element(tags::CONTOUR_DATA).ok_or_else(|| ("no ContourData".to_owned(), None))?;
    if element.value.is_empty() {
        return Err(("ContourData should have 3 values for each point, got 0 in all".to_owned(), None));
    }
    let mut points = points(element.value)?;
    let first = points.first().map_or(PointLps([0.0; 3]), |&first| first);
    let count = item.int(tags::NUMBER_OF_CONTOUR_POINTS);
    let mut oddities = Oddities {
        wrong_count: count.is_some_and(|n| n != points.len() as i64),
        no_image: item.unparsed_items(tags::CONTOUR_IMAGE_SEQUENCE).next().is_none(),
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
