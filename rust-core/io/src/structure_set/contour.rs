//! The contours of one ROI, as files have them.

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use tmli_core::{Contour, ContourKind, PointLps, RoiNumber};

use crate::{
    attributes::{Attributes, decimals_of},
    finding::Finding,
};

/// A last point this close to the first one repeats it.
const REPEATED_POINT_MM: f64 = 1e-4;

/// Oddities that every contour of a ROI tends to share: told once, with their number.
#[derive(Default)]
struct Counts {
    repeated_first_point: usize,
    no_image: usize,
    no_kind: usize,
    wrong_count: usize,
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
            Err(reason) => findings.push(Finding::contour(roi, n, format!("{reason}; left out"))),
        }
    }
    let mut say = |count: usize, message: &str| {
        if count > 0 {
            findings.push(Finding::roi(roi, format!("{count} of {} contours {message}", items.len())));
        }
    };
    say(counts.repeated_first_point, "repeat their first point at the end; the repetition was dropped");
    say(counts.no_image, "name no image; they are placed by their coordinates");
    say(counts.no_kind, "have no or an unknown ContourGeometricType; taken as closed");
    say(counts.wrong_count, "have a NumberOfContourPoints that doesn't fit their data; the data was taken");
}

fn read_contour(item: &InMemDicomObject, counts: &mut Counts) -> Result<Contour, String> {
    let element = item.get(tags::CONTOUR_DATA).ok_or("no ContourData")?;
    let numbers = decimals_of(element);
    if let Some(at) = numbers.iter().position(Option::is_none) {
        return Err(format!("value {} of {} in ContourData is not a finite number", at + 1, numbers.len()));
    }
    if numbers.is_empty() || !numbers.len().is_multiple_of(3) {
        return Err(format!("ContourData should have 3 values for each point, got {} in all", numbers.len()));
    }
    let coordinates: Vec<f64> = numbers.into_iter().flatten().collect();
    let mut points: Vec<PointLps> = coordinates.chunks_exact(3).map(|c| PointLps([c[0], c[1], c[2]])).collect();

    let count = item.int(tags::NUMBER_OF_CONTOUR_POINTS);
    counts.wrong_count += usize::from(count.is_some_and(|n| n != points.len() as i64));
    counts.no_image += usize::from(item.items(tags::CONTOUR_IMAGE_SEQUENCE).is_empty());

    let kind = match item.text(tags::CONTOUR_GEOMETRIC_TYPE).as_deref() {
        Some("CLOSED_PLANAR") => ContourKind::ClosedPlanar,
        Some("CLOSEDPLANAR_XOR") => ContourKind::ClosedPlanarXor,
        Some("OPEN_PLANAR") => ContourKind::OpenPlanar,
        Some("OPEN_NONPLANAR") => ContourKind::OpenNonplanar,
        Some("POINT") => ContourKind::Point,
        _ => {
            counts.no_kind += 1;
            if points.len() == 1 { ContourKind::Point } else { ContourKind::ClosedPlanar }
        }
    };
    if matches!(kind, ContourKind::ClosedPlanar | ContourKind::ClosedPlanarXor)
        && let &[first, .., last] = points.as_slice()
        && first.0.iter().zip(last.0).all(|(a, b)| (a - b).abs() <= REPEATED_POINT_MM)
    {
        points.pop();
        counts.repeated_first_point += 1;
    }
    Ok(Contour { kind, points })
}
