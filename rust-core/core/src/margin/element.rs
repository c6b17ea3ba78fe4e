//! Which offsets between voxels lie within a margin: row by row, each row an interval.

use std::{collections::BTreeMap, ops::RangeInclusive};

use super::MarginMm;
use crate::{geometry::VolumeGeometry, mask::VoxelBox};

/// Offsets count from here on: direction cosines in files have six digits, so an offset of 100 mm along an axis of the
/// grid misses the patient's axis by up to 0.00005 mm, which a margin of 0 to that side must not notice.
const TOLERANCE_MM: f64 = 1e-4;

/// Rows of offsets: one interval of columns, and every `(slices, rows)` for which the margin reaches just these.
pub(super) struct Rows {
    pub(super) columns: RangeInclusive<isize>,
    pub(super) offsets: Vec<[isize; 2]>,
}

/// All offsets `[k, j, i]` within a margin on one grid. `[0, 0, 0]` is always among them.
pub(super) struct Element {
    /// Offsets with the same interval stay together: their rows are joined before they are widened, once.
    pub(super) rows: Vec<Rows>,
    /// The largest offset on each axis.
    reach: [usize; 3],
    shape: [usize; 3],
}

impl Element {
    /// The margin must have been checked.
    pub(super) fn new(geometry: &VolumeGeometry, margin: MarginMm) -> Self {
        let half_axes = margin.half_axes_mm();
        let largest = half_axes.as_flattened().iter().fold(0.0, |a: f64, &b| a.max(b)) + TOLERANCE_MM;
        let (spacing, shape) = (geometry.spacing_mm().to_array(), geometry.shape());
        // The axes of a grid are at right angles: no offset is shorter than its part along one axis. Offsets larger
        // than the grid lead nowhere.
        let reach: [usize; 3] = std::array::from_fn(|a| ((largest / spacing[a]) as usize).min(shape[a] - 1));
        let [k, j, i] = reach.map(|n| n as isize);
        let steps: [[f64; 3]; 3] = std::array::from_fn(|a| geometry.axes()[a].map(|x| x * spacing[a]));
        let length = |offset: [isize; 3]| squared_length(half_axes, &steps, offset);
        let mut rows: BTreeMap<(isize, isize), Vec<[isize; 2]>> = BTreeMap::new();
        for dk in -k..=k {
            for dj in -j..=j {
                if let Some(columns) = within(-i..=i, |di| length([dk, dj, di])) {
                    rows.entry((*columns.start(), *columns.end())).or_default().push([dk, dj]);
                }
            }
        }
        let rows = rows.into_iter().map(|((a, b), offsets)| Rows { columns: a..=b, offsets }).collect();
        Self { rows, reach, shape }
    }

    /// The box and all that the margin can reach from it inside of the grid.
    pub(super) fn around(&self, bounds: VoxelBox) -> VoxelBox {
        VoxelBox {
            min: std::array::from_fn(|a| bounds.min[a].saturating_sub(self.reach[a])),
            max: std::array::from_fn(|a| (bounds.max[a] + self.reach[a]).min(self.shape[a])),
        }
    }
}

/// The square of an offset's length in half-axes: within the margin where it is at most 1. Convex in the offset,
/// because it is a sum of squares of convex functions.
fn squared_length(half_axes: [[f64; 2]; 3], steps: &[[f64; 3]; 3], offset: [isize; 3]) -> f64 {
    (0..3)
        .map(|x| {
            let d: f64 = (0..3).map(|axis| steps[axis][x] * offset[axis] as f64).sum();
            let half_axis = half_axes[x][usize::from(d > 0.0)].max(TOLERANCE_MM);
            ((d.abs() - TOLERANCE_MM).max(0.0) / half_axis).powi(2)
        })
        .sum()
}

/// The numbers for which a convex function is at most 1.
fn within(range: RangeInclusive<isize>, f: impl Fn(isize) -> f64) -> Option<RangeInclusive<isize>> {
    let (start, end) = range.into_inner();
    let lowest = first(start, end, |x| f(x + 1) >= f(x));
    (f(lowest) <= 1.0).then(|| {
        let low = first(start, lowest, |x| f(x) <= 1.0);
        let beyond = first(lowest, end + 1, |x| f(x) > 1.0);
        low..=beyond - 1
    })
}

/// The first number in `start..end` from which on `holds` is true, else `end`.
fn first(mut start: isize, mut end: isize, holds: impl Fn(isize) -> bool) -> isize {
    while start < end {
        let middle = start + (end - start) / 2;
        if holds(middle) { end = middle } else { start = middle + 1 }
    }
    start
}
