//! The voxels of a ROI, and what is odd about its contours on this grid.

use tmli_core::{Mask, Roi, VolumeGeometry, rasterise};

use crate::finding::Finding;

/// The voxels whose centres the contours of a ROI enclose, and which contours were left out, moved or cut, each with its
/// ROI and slice.
///
/// ```
/// use tmli_core::{Contour, ContourKind, PointLps, Roi, RoiNumber, SpacingMm, VolumeGeometry};
///
/// let geometry = VolumeGeometry::axial([3, 8, 8], PointLps::new(0.0, 0.0, -100.0), SpacingMm::new(5.0, 1.0, 1.0))?;
/// let square = [(0.5, 0.5), (4.5, 0.5), (4.5, 4.5), (0.5, 4.5)].map(|(x, y)| PointLps::new(x, y, -93.0));
/// let contours = vec![Contour { kind: ContourKind::ClosedPlanar, points: square.to_vec() }];
/// let (number, name) = (RoiNumber(3), "Eye_L".into());
/// let roi = Roi { number, name, interpreted_type: None, colour: None, generation_description: None, contours };
/// let (mask, findings) = tmli_io::rasterise_roi(&roi, &geometry);
/// assert_eq!(mask.count(), 16);
/// assert_eq!(
///     findings[0].to_string(),
///     "ROI 3: slice at -93.00 mm: contour 1 lies 2.00 mm off the nearest slice; it was put on that slice"
/// );
/// # Ok::<(), tmli_core::GeometryError>(())
/// ```
pub fn rasterise_roi(roi: &Roi, geometry: &VolumeGeometry) -> (Mask, Vec<Finding>) {
    let rasterised = rasterise(&roi.contours, geometry);
    let told = rasterised.findings.iter().map(|finding| {
        let first = roi.contours[finding.contour()].points.first();
        let slice_mm = first.map(|point| point.0[2]).filter(|z| z.is_finite());
        Finding { slice_mm, ..Finding::roi(roi.number, finding.to_string()) }
    });
    let findings = told.collect();
    (rasterised.mask, findings)
}
