//! Masks to contours: loops along pixel edges.

use crate::{geometry::VolumeGeometry, mask::Mask, structure_set::Contour};

/// Loops along the pixel edges of every slice.
pub fn trace(mask: &Mask, geometry: &VolumeGeometry) -> Vec<Contour> {
    let _ = (mask, geometry);
    Vec::new()
}
