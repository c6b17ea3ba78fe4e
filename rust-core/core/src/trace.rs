//! Masks to contours: loops along pixel edges.
//!
//! A traced loop runs along the edges between pixels that are inside and pixels that are not, so no information is
//! lost: [`rasterise`](crate::rasterise()) gives back the same mask, voxel for voxel. Pixel edges lie half way between
//! voxel centres, hence never on one, and the half-open rule of the rasteriser never has to decide.
//!
//! - A hole is a loop of its own inside the outer one (combined by even-odd); there are no keyholes.
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

use rayon::prelude::*;

use crate::{
    geometry::VolumeGeometry,
    mask::Mask,
    structure_set::{Contour, ContourKind},
};

/// Directions along pixel edges, each a right turn (rows grow downwards) from the one before.
const RIGHT: u8 = 0;
const DOWN: u8 = 1;
const LEFT: u8 = 2;
const UP: u8 = 3;

/// Loops along the pixel edges of every slice, by the [rules](self) of this module, slice after slice.
///
/// The mask must be on `geometry`'s grid. Voxels beyond the end of the grid would be drawn beyond it.
pub fn trace(mask: &Mask, geometry: &VolumeGeometry) -> Vec<Contour> {
    let Some(bounds) = mask.bounds() else { return Vec::new() };
    (bounds.min[0]..bounds.max[0])
        .into_par_iter()
        .flat_map_iter(|k| {
            slice_loops(mask, k).into_iter().map(move |corners| Contour {
                kind: ContourKind::ClosedPlanar,
                points: corners
                    .into_iter()
                    .map(|(j, i)| geometry.point_from_index([k as f64, j as f64 - 0.5, i as f64 - 0.5]))
                    .collect(),
            })
        })
        .collect()
}

/// The loops of one slice as lists of lattice points (row, column); lattice point (j, i) is the corner between pixels
/// (j - 1, i - 1) and (j, i).
fn slice_loops(mask: &Mask, k: usize) -> Vec<Vec<(usize, usize)>> {
    let Some(mut lattice) = Lattice::of_slice(mask, k) else { return Vec::new() };
    let mut loops = Vec::new();
    for j in 0..lattice.height {
        for i in 0..lattice.width {
            // The first corner of a loop in this order has an edge to the right (outer loop) or down (hole).
            for direction in [RIGHT, DOWN] {
                if lattice.has((j, i), direction) {
                    loops.push(lattice.follow((j, i), direction));
                }
            }
        }
    }
    loops
}

/// The directed edges that leave every lattice point of a slice's box, inside to the right of the way. A bit per
/// direction; an edge is removed when it has been walked.
struct Lattice {
    first: (usize, usize),
    width: usize,
    height: usize,
    leaving: Vec<u8>,
}

impl Lattice {
    fn of_slice(mask: &Mask, k: usize) -> Option<Self> {
        let [_, rows, columns] = mask.shape();
        let (words, words_per_row) = mask.slice_words(k);
        let is_used = |j: &usize| words[j * words_per_row..][..words_per_row].iter().any(|&w| w != 0);
        let top = (0..rows).find(is_used)?;
        let bottom = (0..rows).rfind(is_used)?;
        let used_column = |w: usize| (top..=bottom).any(|j| words[j * words_per_row + w] != 0);
        let left = (0..words_per_row).find(|&w| used_column(w))? * 64;
        let right = (((0..words_per_row).rfind(|&w| used_column(w))? + 1) * 64).min(columns);

        let (height, width) = (bottom - top + 2, right - left + 1);
        let mut leaving = vec![0; height * width];
        let inside = |j: usize, i: usize| {
            (top..=bottom).contains(&j)
                && (left..right).contains(&i)
                && words[j * words_per_row + i / 64] >> (i % 64) & 1 == 1
        };
        for j in top..=bottom {
            for i in left..right {
                if !inside(j, i) {
                    continue;
                }
                let at = (j - top) * width + (i - left);
                if j == top || !inside(j - 1, i) {
                    leaving[at] |= 1 << RIGHT;
                }
                if !inside(j, i + 1) {
                    leaving[at + 1] |= 1 << DOWN;
                }
                if !inside(j + 1, i) {
                    leaving[at + width + 1] |= 1 << LEFT;
                }
                if i == left || !inside(j, i - 1) {
                    leaving[at + width] |= 1 << UP;
                }
            }
        }
        Some(Self { first: (top, left), width, height, leaving })
    }

    fn has(&self, (j, i): (usize, usize), direction: u8) -> bool {
        self.leaving[j * self.width + i] >> direction & 1 == 1
    }

    fn remove(&mut self, (j, i): (usize, usize), direction: u8) {
        self.leaving[j * self.width + i] &= !(1 << direction);
    }

    /// Walks and removes the loop that leaves `start`, a corner, in `direction`. Gives its corners.
    fn follow(&mut self, start: (usize, usize), direction: u8) -> Vec<(usize, usize)> {
        let first = self.first;
        let on_slice = |(j, i): (usize, usize)| (j + first.0, i + first.1);
        let mut corners = vec![on_slice(start)];
        let (mut at, mut heading) = (start, direction);
        loop {
            self.remove(at, heading);
            at = match heading {
                RIGHT => (at.0, at.1 + 1),
                DOWN => (at.0 + 1, at.1),
                LEFT => (at.0, at.1 - 1),
                _ => (at.0 - 1, at.1),
            };
            // Where two pixels touch at a corner there are two ways on. The right turn stays with the same pixel.
            let turns = [(heading + 1) % 4, heading, (heading + 3) % 4];
            if at == start && turns[0] == direction {
                return corners;
            }
            let Some(next) = turns.into_iter().find(|&d| self.has(at, d)) else { return corners };
            if next != heading {
                corners.push(on_slice(at));
            }
            heading = next;
        }
    }
}
