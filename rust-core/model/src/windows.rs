//! Where the windows of a run lie, and how many go through the network together.

use std::ops::Range;

/// Voxels of a batch when the user leaves its size open. On a CPU a larger one is no faster (its images no longer fit
/// the cache) and makes a job slow to cancel; a GPU is busy only with a larger one.
const CPU_BATCH_VOXELS: usize = 1 << 16;
const GPU_BATCH_VOXELS: usize = 1 << 22;
const LARGEST_BATCH: usize = 64;

/// Windows over a model's grid, in rows along k that are run one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowPlan {
    /// Voxels of a window, `[k, j, i]`.
    pub patch: [usize; 3],
    /// First voxels of the windows on each axis; every combination is a window.
    pub starts: [Vec<usize>; 3],
    /// Windows per pass through the network.
    pub batch: usize,
}

impl WindowPlan {
    /// Covers a grid of `shape` (`[k, j, i]`, model voxels). `overlap` is the share of a window that its neighbour
    /// covers; slices of a 2D network (`dimensions` 2) don't overlap. `batch` 0 chooses by device and size.
    pub fn new(
        shape: [usize; 3],
        patch: [usize; 3],
        dimensions: usize,
        overlap: f64,
        batch: usize,
        on_gpu: bool,
    ) -> Self {
        let along = if dimensions == 2 { 0.0 } else { overlap };
        let starts = [(0, along), (1, overlap), (2, overlap)].map(|(a, share)| starts(shape[a], patch[a], share));
        let voxels = if on_gpu { GPU_BATCH_VOXELS } else { CPU_BATCH_VOXELS };
        let fitting = (voxels / patch.iter().product::<usize>().max(1)).clamp(1, LARGEST_BATCH);
        Self { patch, starts, batch: if batch == 0 { fitting } else { batch } }
    }

    /// Leaves out windows that hold none of the `wanted` voxels.
    pub fn keep_touching(&mut self, wanted: &[Range<usize>; 3]) {
        for (axis, wanted) in wanted.iter().enumerate() {
            let size = self.patch[axis];
            self.starts[axis].retain(|&start| start < wanted.end && start + size > wanted.start);
        }
    }

    /// Number of windows.
    pub fn windows(&self) -> usize {
        self.starts.iter().map(Vec::len).product()
    }

    /// Rows of windows that are run together, as many as a batch needs: one in 3D, several slices in 2D.
    pub fn rows_together(&self) -> usize {
        let in_row = (self.starts[1].len() * self.starts[2].len()).max(1);
        if self.patch[0] == 1 { self.batch.div_ceil(in_row).max(1) } else { 1 }
    }

    /// Planes that the rows of windows in flight reach over.
    pub fn planes_in_flight(&self) -> usize {
        self.patch[0] + self.rows_together() - 1
    }
}

/// First voxels of windows of `size` that cover `length` voxels, evenly spread, each sharing at least `overlap` of its
/// size with the next. One window at 0 where the length is no larger than the window.
fn starts(length: usize, size: usize, overlap: f64) -> Vec<usize> {
    if length <= size {
        return vec![0];
    }
    let step = ((size as f64 * (1.0 - overlap)).floor() as usize).max(1);
    let last = length - size;
    let gaps = last.div_ceil(step);
    (0..=gaps).map(|n| n * last / gaps).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_everything_and_overlap_as_asked() {
        for (length, size, overlap) in [(100, 32, 0.5), (33, 32, 0.5), (32, 32, 0.5), (7, 32, 0.5), (1000, 48, 0.25)] {
            let found = starts(length, size, overlap);
            assert_eq!(found[0], 0);
            assert!(found[found.len() - 1] + size >= length);
            for pair in found.windows(2) {
                let shared = (pair[0] + size) as f64 - pair[1] as f64;
                assert!(pair[1] > pair[0] && shared >= overlap * size as f64 - 1.0, "{length} {size}: {found:?}");
            }
        }
    }

    #[test]
    fn only_windows_that_hold_wanted_voxels_are_kept() {
        let mut plan = WindowPlan::new([100, 64, 64], [16, 32, 32], 3, 0.5, 0, false);
        plan.keep_touching(&[20..21, 0..64, 33..64]);
        assert_eq!(plan.starts, [vec![7, 15], vec![0, 16, 32], vec![16, 32]]);
        plan.keep_touching(&[0..0, 0..0, 0..0]);
        assert_eq!((plan.windows(), plan.rows_together()), (0, 1));
    }

    #[test]
    fn slices_are_run_together_until_a_batch_is_full() {
        // 4 windows of 32 x 32 a slice: 64 fill the largest batch, from 16 slices.
        let flat = WindowPlan::new([100, 48, 48], [1, 32, 32], 2, 0.5, 0, false);
        assert_eq!((flat.windows(), flat.batch, flat.rows_together(), flat.planes_in_flight()), (400, 64, 16, 16));
        let deep = WindowPlan::new([100, 48, 48], [16, 32, 32], 3, 0.5, 0, false);
        assert_eq!((deep.batch, deep.rows_together(), deep.planes_in_flight()), (4, 1, 16));
    }
}
