//! Masks to contours: loops along pixel edges.
//!
//! A traced loop runs along the edges between pixels that are inside and pixels that are not, so no information is
//! lost: [`rasterise`](crate::rasterise()) gives back the same mask, voxel for voxel. Pixel edges lie half way between
//! voxel centres, hence never on one, and the half-open rule of the rasteriser never has to decide.
//!
//! - A hole is a loop of its own inside the outer one (combined by even-odd), unless [`Holes`] asks for something else.
//! - Pixels that touch at a corner only are not connected: each part gets its own loop. Holes that touch at a corner
//!   are connected.
//! - Points within a straight line are left out: a rectangle has four points.
//! - Seen along the growing slice axis with rows growing downwards, outer loops run clockwise and holes
//!   counterclockwise.
//!
//! ```
//! use tmli_core::{Mask, PointLps, SpacingMm, VolumeGeometry, rasterise, trace};
//!
//! let geometry = VolumeGeometry::axial([1, 9, 9], PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(5.0, 1.0, 1.0))?;
//! let ring = Mask::from_fn(geometry.shape(), |[_, j, i]| (1..8).contains(&j) && (1..8).contains(&i) && (j, i) != (4, 4));
//! let contours = trace(&ring, &geometry);
//! assert_eq!(contours.iter().map(|c| c.points.len()).collect::<Vec<_>>(), [4, 4]);
//! assert_eq!(contours[0].points[0], PointLps::new(0.5, 0.5, 0.0));
//! assert_eq!(rasterise(&contours, &geometry).mask, ring);
//! # Ok::<(), tmli_core::GeometryError>(())
//! ```
//!
//! [`trace_with`] draws smooth loops, or keyholes for systems that know no holes; rasterising gives the mask back all the
//! same.

mod keyhole;
mod lattice;
mod smooth;

use rayon::prelude::*;

use crate::{
    geometry::VolumeGeometry,
    mask::Mask,
    structure_set::{Contour, ContourKind},
};

/// How a hole is told from what is around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Holes {
    /// By a loop inside a loop, combined by even-odd: what most planning systems read and write.
    #[default]
    Loops,
    /// The same, and all loops of a structure that has a hole are said to be `CLOSEDPLANAR_XOR`: what DICOM asks for.
    Xor,
    /// By a channel of no width from the hole to the loop around it, passed there and back: for systems that fill
    /// everything inside a loop.
    Keyhole,
}

/// How loops are drawn. Whatever is chosen, [`rasterise`](crate::rasterise()) gives the mask back, voxel for voxel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TraceOptions {
    /// Rounded loops instead of stairs. A loop keeps its area where that is possible without touching a voxel centre.
    pub smooth: bool,
    /// How holes are drawn.
    pub holes: Holes,
}

/// A point of a loop in index coordinates of its slice: `[j, i]`.
type SlicePoint = [f64; 2];

/// A loop in its slice.
struct SliceLoop {
    points: Vec<SlicePoint>,
    is_hole: bool,
}

/// Loops along the pixel edges of every slice, by the [rules](self) of this module, slice after slice.
///
/// The mask must be on `geometry`'s grid. Voxels beyond the end of the grid would be drawn beyond it.
pub fn trace(mask: &Mask, geometry: &VolumeGeometry) -> Vec<Contour> {
    trace_with(mask, geometry, TraceOptions::default())
}

/// Loops around the mask, slice after slice, drawn as `options` say.
///
/// ```
/// use tmli_core::{Mask, PointLps, SpacingMm, VolumeGeometry, rasterise, trace::{Holes, TraceOptions, trace_with}};
///
/// let geometry = VolumeGeometry::axial([1, 9, 9], PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(5.0, 1.0, 1.0))?;
/// let ring = Mask::from_fn(geometry.shape(), |[_, j, i]| (1..8).contains(&j) && (1..8).contains(&i) && (j, i) != (4, 4));
/// let contours = trace_with(&ring, &geometry, TraceOptions { smooth: true, holes: Holes::Keyhole });
/// assert_eq!(contours.len(), 1);
/// assert_eq!(rasterise(&contours, &geometry).mask, ring);
/// # Ok::<(), tmli_core::GeometryError>(())
/// ```
pub fn trace_with(mask: &Mask, geometry: &VolumeGeometry, options: TraceOptions) -> Vec<Contour> {
    let Some(bounds) = mask.bounds() else { return Vec::new() };
    let [_, rows, columns] = mask.shape();
    let slices: Vec<(usize, Vec<SliceLoop>)> = (bounds.min[0]..bounds.max[0])
        .into_par_iter()
        .map(|k| (k, drawn(lattice::slice_loops(mask, k), [rows, columns], options)))
        .collect();
    let has_hole = slices.iter().any(|(_, loops)| loops.iter().any(|l| l.is_hole));
    let kind = match options.holes {
        Holes::Xor if has_hole => ContourKind::ClosedPlanarXor,
        _ => ContourKind::ClosedPlanar,
    };
    let contour = |k: usize, one: SliceLoop| Contour {
        kind,
        points: one.points.iter().map(|&[j, i]| geometry.point_from_index([k as f64, j, i])).collect(),
    };
    slices.into_iter().flat_map(|(k, loops)| loops.into_iter().map(move |one| contour(k, one))).collect()
}

fn drawn(loops: Vec<lattice::PixelLoop>, size: [usize; 2], options: TraceOptions) -> Vec<SliceLoop> {
    let loops = loops
        .into_iter()
        .map(|one| SliceLoop {
            points: if options.smooth {
                smooth::rounded(&one.corners, size)
            } else {
                one.corners.iter().map(|&(j, i)| [j as f64 - 0.5, i as f64 - 0.5]).collect()
            },
            is_hole: one.is_hole,
        })
        .collect();
    if options.holes == Holes::Keyhole { keyhole::joined(loops) } else { loops }
}
