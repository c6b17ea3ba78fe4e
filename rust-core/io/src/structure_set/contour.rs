//! The contours of one ROI, as files have them.

use dicom_core::{PrimitiveValue, value::Value};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use tmli_core::{Contour, ContourKind, PointLps, RoiNumber};

use crate::{
    attributes::{Attributes, decimals_of, has_commas},
    finding::Finding,
};

/// A last point this close to the first one repeats it.
const REPEATED_POINT_MM: f64 = 1e-4;

/// Oddities that every contour of a ROI tends to share: told once, with their number.
#[derive(Default)]
struct Counts {
    repeated_first_point: Count,
    no_image: Count,
    no_kind: Count,
    wrong_count: Count,
    decimal_commas: Count,
    bytes: Count,
}

/// How many contours, and the z of the first one.
#[derive(Default)]
struct Count {
    contours: usize,
    first_mm: Option<f64>,
}

impl Count {
    fn add(&mut self, z: Option<f64>) {
        self.first_mm = if self.contours == 0 { z } else { self.first_mm };
        self.contours += 1;
    }
}

/// Appends the contours of `items` to `contours`.
pub(super) fn read_contours(
    items: &[InMemDicomObject],
    roi: RoiNumber,
    contours: &mut Vec<Contour>,
    findings: &mut Vec<Finding>,
) {
    let mut counts = Counts::default();
    for (n, item) in items.iter().enumerate() {
        match read_contour(item, &mut counts) {
            Ok(contour) => contours.push(contour),
            Err((reason, slice_mm)) => {
                findings.push(Finding { slice_mm, ..Finding::contour(roi, n, format!("{reason}; left out")) });
            }
        }
    }
    let mut say = |count: Count, message: &str| {
        if count.contours > 0 {
            let message = format!("{} of {} contours {message}", count.contours, items.len());
            findings.push(Finding { slice_mm: count.first_mm, ..Finding::roi(roi, message) });
        }
    };
    say(counts.repeated_first_point, "repeat their first point at the end; the repetition was dropped");
    say(counts.no_image, "name no image; they are placed by their coordinates");
    say(counts.no_kind, "have no or an unknown ContourGeometricType; taken as closed");
    say(counts.decimal_commas, "have decimal commas; they were taken for points");
    say(counts.bytes, "have ContourData of unknown type (UN); it was taken for decimal strings");
    say(counts.wrong_count, "have a NumberOfContourPoints that doesn't fit their data; the data was taken");
}

/// The contour, or what is wrong with it and the z of its first point.
fn read_contour(item: &InMemDicomObject, counts: &mut Counts) -> Result<Contour, (String, Option<f64>)> {
    let element = item.get(tags::CONTOUR_DATA).ok_or_else(|| ("no ContourData".to_owned(), None))?;
    let numbers = decimals_of(element);
    let z = numbers.get(2).copied().flatten();
    if let Some(at) = numbers.iter().position(Option::is_none) {
        return Err((format!("value {} of {} in ContourData is not a finite number", at + 1, numbers.len()), z));
    }
    if numbers.is_empty() || !numbers.len().is_multiple_of(3) {
        return Err((format!("ContourData should have 3 values for each point, got {} in all", numbers.len()), z));
    }
    let coordinates: Vec<f64> = numbers.into_iter().flatten().collect();
    let mut points: Vec<PointLps> = coordinates.chunks_exact(3).map(|c| PointLps([c[0], c[1], c[2]])).collect();

    let count = item.int(tags::NUMBER_OF_CONTOUR_POINTS);
    let note = |count: &mut Count, odd: bool| {
        if odd {
            count.add(z);
        }
    };
    note(&mut counts.wrong_count, count.is_some_and(|n| n != points.len() as i64));
    note(&mut counts.no_image, item.items(tags::CONTOUR_IMAGE_SEQUENCE).is_empty());
    note(&mut counts.decimal_commas, has_commas(element));
    note(&mut counts.bytes, matches!(element.value(), Value::Primitive(PrimitiveValue::U8(_))));

    let kind = match item.text(tags::CONTOUR_GEOMETRIC_TYPE).as_deref() {
        Some("CLOSED_PLANAR") => ContourKind::ClosedPlanar,
        Some("CLOSEDPLANAR_XOR") => ContourKind::ClosedPlanarXor,
        Some("OPEN_PLANAR") => ContourKind::OpenPlanar,
        Some("OPEN_NONPLANAR") => ContourKind::OpenNonplanar,
        Some("POINT") => ContourKind::Point,
        _ => {
            counts.no_kind.add(z);
            if points.len() == 1 { ContourKind::Point } else { ContourKind::ClosedPlanar }
        }
    };
    if matches!(kind, ContourKind::ClosedPlanar | ContourKind::ClosedPlanarXor)
        && let &[first, .., last] = points.as_slice()
        && first.0.iter().zip(last.0).all(|(a, b)| (a - b).abs() <= REPEATED_POINT_MM)
    {
        points.pop();
        counts.repeated_first_point.add(z);
    }
    Ok(Contour { kind, points })
}
