//! How much each voxel of a window counts.

use std::ops::Range;

/// A Gaussian's standard deviation as a share of the window: its edge still counts 1 % of its centre per axis.
const SIGMA: f64 = 1.0 / 6.0;
/// No voxel of a window counts less than this share of its centre, so that single-covered corners keep their precision.
const LEAST_WEIGHT: f64 = 1e-3;

/// Weight of each voxel of a window along one axis.
pub(super) fn gaussian(size: usize) -> Vec<f32> {
    let centre = (size as f64 - 1.0) / 2.0;
    let sigma = size as f64 * SIGMA;
    (0..size).map(|n| (-0.5 * ((n as f64 - centre) / sigma).powi(2)).exp().max(LEAST_WEIGHT) as f32).collect()
}

/// One axis of the tiling.
#[derive(Clone, Debug)]
pub(super) struct AxisTiles {
    pub(super) length: usize,
    pub(super) size: usize,
    pub(super) weights: Vec<f32>,
    /// 1 / the sum of all windows' weights at each voxel. The weight of a voxel is the product over axes, and all
    /// products of starts are windows, so that the sum over windows is the product of the axes' sums.
    pub(super) scale: Vec<f32>,
}

impl AxisTiles {
    /// Windows of `size` that begin at `starts` and cover `length` voxels.
    pub(super) fn new(length: usize, size: usize, starts: &[usize]) -> Self {
        let weights = gaussian(size);
        let mut sum = vec![0_f64; length];
        for &start in starts {
            for (total, &weight) in sum[start..].iter_mut().zip(&weights) {
                *total += f64::from(weight);
            }
        }
        let scale = sum.iter().map(|s| (1.0 / s) as f32).collect();
        Self { length, size, weights, scale }
    }

    /// The part of a window that lies inside.
    pub(super) fn inside(&self, start: usize) -> Range<usize> {
        start..(start + self.size).min(self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_of_all_windows_sum_to_one_at_every_voxel() {
        let starts = [0, 14, 28, 42, 55, 69];
        let axis = AxisTiles::new(101, 32, &starts);
        let mut sum = vec![0.0; 101];
        for &start in &starts {
            for voxel in axis.inside(start) {
                sum[voxel] += axis.weights[voxel - start] * axis.scale[voxel];
            }
        }
        assert!(sum.iter().all(|s| (s - 1.0_f32).abs() < 1e-5), "{sum:?}");
    }
}
