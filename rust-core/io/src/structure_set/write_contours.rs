//! Contours as DICOM has them: each on the slice it belongs to, in decimal strings.

use dicom_core::VR;
use dicom_dictionary_std::tags;
use rayon::prelude::*;
use tmli_core::{Contour, ContourKind, PointLps, VolumeGeometry};

use super::write::RoiToWrite;
use crate::{
    dataset::DataSet,
    decimal::decimal_string,
    error::IoError,
    identity::CtIdentity,
    series::{SPACING_TOLERANCE_MM, dot},
};

/// A contour that knows its slice.
pub(super) struct PlacedContour {
    /// Slice index.
    k: usize,
    kind: &'static str,
    points: usize,
    /// ContourData.
    pub(super) data: String,
}

/// Finds the slice of every contour and writes its points down, in slice order.
pub(super) fn place(
    roi: &RoiToWrite,
    ct: &CtIdentity,
    geometry: &VolumeGeometry,
) -> Result<Vec<PlacedContour>, IoError> {
    let mut placed = roi
        .contours
        .par_iter()
        .enumerate()
        .map(|(n, contour)| {
            place_one(contour, ct, geometry).map_err(|reason| IoError::Invalid {
                what: "the structure set",
                reason: format!("contour {} of {} in ROI {}: {reason}", n + 1, roi.contours.len(), roi.name),
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    placed.sort_by_key(|contour| contour.k);
    Ok(placed)
}

fn place_one(contour: &Contour, ct: &CtIdentity, geometry: &VolumeGeometry) -> Result<PlacedContour, String> {
    let Some(&first) = contour.points.first() else { return Err("it has no point".to_owned()) };
    let slices = geometry.shape()[0];
    let k = geometry.index_from_point(first)[0].round();
    if !(k >= 0.0 && k < slices as f64) {
        return Err(format!("it lies on none of the {slices} slices (index {k})"));
    }
    let k = k as usize;
    let normal = geometry.axes()[0];
    let mut data = String::with_capacity(contour.points.len() * 40);
    for point in &contour.points {
        let PointLps(point) = on_slice(*point, ct.slices[k].position, normal);
        for x in point {
            let text = decimal_string(x).ok_or("a coordinate is not a finite number")?;
            if !data.is_empty() {
                data.push('\\');
            }
            data.push_str(&text);
        }
    }
    let kind = match contour.kind {
        ContourKind::ClosedPlanar => "CLOSED_PLANAR",
        ContourKind::ClosedPlanarXor => "CLOSEDPLANAR_XOR",
        ContourKind::OpenPlanar => "OPEN_PLANAR",
        ContourKind::OpenNonplanar => "OPEN_NONPLANAR",
        ContourKind::Point => "POINT",
    };
    Ok(PlacedContour { k, kind, points: contour.points.len(), data })
}

/// A point that is in a slice's plane but for rounding is put exactly there: systems match a contour's z with the
/// slice's ImagePositionPatient. Points further off stay where they are.
fn on_slice(point: PointLps, position: Option<[f64; 3]>, normal: [f64; 3]) -> PointLps {
    let Some(position) = position else { return point };
    let PointLps(p) = point;
    let off = dot(std::array::from_fn(|x| position[x] - p[x]), normal);
    if off.abs() > SPACING_TOLERANCE_MM {
        return point;
    }
    // On an axial slice z is taken as it is, so that not even the last digit differs.
    if normal[0] == 0.0 && normal[1] == 0.0 {
        return PointLps([p[0], p[1], position[2]]);
    }
    PointLps(std::array::from_fn(|x| p[x] + off * normal[x]))
}

/// The longest value of decimal strings in Explicit VR, where its length has 16 bits.
const LONGEST_EXPLICIT: usize = 65_534;

/// The item of ROIContourSequence. `explicit`: for a file in Explicit VR, where longer ContourData is written as UN
/// (DICOM PS3.5, 6.2.2).
pub(super) fn roi_contours(
    number: i64,
    colour: [u8; 3],
    contours: Vec<PlacedContour>,
    ct: &CtIdentity,
    explicit: bool,
) -> DataSet {
    let items = contours.into_iter().map(|contour| {
        let image = &ct.slices[contour.k];
        let mut item = DataSet::new();
        item.sequence(tags::CONTOUR_IMAGE_SEQUENCE, vec![DataSet::slice_reference(image)])
            .text(tags::CONTOUR_GEOMETRIC_TYPE, VR::CS, contour.kind)
            .is(tags::NUMBER_OF_CONTOUR_POINTS, &[contour.points as i64]);
        if explicit && contour.data.len() > LONGEST_EXPLICIT {
            item.unknown(tags::CONTOUR_DATA, contour.data.into_bytes());
        } else {
            item.text(tags::CONTOUR_DATA, VR::DS, &contour.data);
        }
        item
    });
    let items = items.collect();
    let mut roi = DataSet::new();
    roi.is(tags::ROI_DISPLAY_COLOR, &colour.map(i64::from))
        .sequence(tags::CONTOUR_SEQUENCE, items)
        .is(tags::REFERENCED_ROI_NUMBER, &[number]);
    roi
}
