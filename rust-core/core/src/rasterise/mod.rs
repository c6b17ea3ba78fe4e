//! Contours to masks: a voxel is inside when its centre is.
//!
//! # Rules
//! - All loops of a slice are combined by the **even-odd rule**: a voxel is inside when a ray from its centre crosses
//!   an odd number of edges. So a hole may be a loop of its own, a keyhole (its channel is passed twice and cancels)
//!   or a `CLOSEDPLANAR_XOR` loop; parts may be disjoint; the direction of a loop doesn't matter.
//! - Edges are **half open**: a centre exactly on an edge belongs to the loop when the loop lies towards growing
//!   column or row index. Two loops that share an edge never both claim a voxel, and never both leave it.
//! - Index coordinates are **rounded to 1e-6 voxel**, and from there on computed in integers, so that a contour drawn
//!   through voxel centres gives the same mask whatever the last digits of its decimal strings.
//! - A contour goes to the **nearest slice**, at most half a slice distance away. Anything else is left out and said so
//!   in [`Rasterised::findings`]; nothing disappears silently.
//!
//! ```
//! use tmli_core::{Contour, ContourKind, PointLps, SpacingMm, VolumeGeometry, rasterise};
//!
//! let geometry = VolumeGeometry::axial([3, 8, 8], PointLps::new(0.0, 0.0, -100.0), SpacingMm::new(5.0, 1.0, 1.0))?;
//! let square = |low: f64, high: f64| Contour {
//!     kind: ContourKind::ClosedPlanar,
//!     points: [(low, low), (high, low), (high, high), (low, high)].map(|(x, y)| PointLps::new(x, y, -95.0)).to_vec(),
//! };
//! let ring = rasterise(&[square(0.5, 6.5), square(2.5, 4.5)], &geometry);
//! assert_eq!(ring.mask.count(), 6 * 6 - 2 * 2);
//! assert!(ring.mask.get([1, 1, 1]) && !ring.mask.get([1, 3, 3]));
//! assert!(ring.findings.is_empty());
//! # Ok::<(), tmli_core::GeometryError>(())
//! ```

mod finding;
mod place;
mod scan;

use rayon::prelude::*;

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

/// The voxels whose centres lie inside, by the [rules](self) of this module.
///
/// Takes the contours of **one** structure, in any order. Bad contours are left out and named in the findings.
pub fn rasterise(contours: &[Contour], geometry: &VolumeGeometry) -> Rasterised {
    let mut mask = Mask::new(geometry.shape());
    let [slices, _, columns] = geometry.shape();
    let (by_slice, mut findings) = place::by_slice(contours, geometry, slices);
    let (words, words_per_row) = mask.slices_mut();
    let late: Vec<Vec<ContourFinding>> = words
        .zip(by_slice.into_par_iter())
        .map(|(words, loops)| {
            let (chosen, left_out) = place::nearest_plane(loops, geometry.spacing_mm().k);
            for one in &chosen {
                scan::flip_inside(&one.vertices, words, words_per_row, columns);
            }
            left_out
        })
        .collect();
    findings.extend(late.into_iter().flatten());
    findings.sort_by_key(ContourFinding::contour);
    Rasterised { mask, findings }
}
