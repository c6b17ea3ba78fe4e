//! From probabilities on the model's grid to bits on the CT's grid: linear interpolation, then the threshold.

use std::collections::VecDeque;

use rayon::prelude::*;
use tmli_core::{Mask, VoxelBox};
use tmli_model::ModelGrid;

/// Two neighbours on the model's axis and how much the second counts.
#[derive(Clone, Copy, Debug)]
struct Between {
    low: usize,
    high: usize,
    share: f32,
}

/// Turns finished model planes into slices of the masks, holding only the planes that the next slice needs.
pub(super) struct BackToCt<'a> {
    grid: &'a ModelGrid,
    /// CT voxels that are written.
    clip: VoxelBox,
    threshold: f32,
    between: [Vec<Between>; 3],
    planes: VecDeque<Vec<Vec<f32>>>,
    /// Model plane of the queue's first entry.
    first: usize,
    next_slice: usize,
    pub(super) masks: Vec<Mask>,
}

impl<'a> BackToCt<'a> {
    /// Writes the voxels of `clip`, which lie in the grid's crop; the first plane that comes is plane `first`.
    pub(super) fn new(
        grid: &'a ModelGrid,
        ct_shape: [usize; 3],
        clip: VoxelBox,
        first: usize,
        structures: usize,
        threshold: f32,
    ) -> Self {
        let between = std::array::from_fn(|axis| {
            let last = grid.shape()[axis] - 1;
            (clip.min[axis]..clip.max[axis])
                .map(|ct| {
                    let at = grid.model_from_ct(axis, ct as f64).clamp(0.0, last as f64);
                    let low = at.floor() as usize;
                    Between { low, high: (low + 1).min(last), share: (at - low as f64) as f32 }
                })
                .collect()
        });
        let masks = (0..structures).map(|_| Mask::new(ct_shape)).collect();
        Self { grid, clip, threshold, between, planes: VecDeque::new(), first, next_slice: 0, masks }
    }

    pub(super) fn bytes(&self) -> usize {
        self.planes.iter().flatten().map(|p| p.len() * size_of::<f32>()).sum()
    }

    /// Takes the next model plane (a vector per structure) and writes every CT slice that is now between known planes.
    pub(super) fn push(&mut self, plane: Vec<Vec<f32>>) {
        self.planes.push_back(plane);
        while let Some(&between) = self.between[0].get(self.next_slice) {
            while self.first < between.low && !self.planes.is_empty() {
                self.planes.pop_front();
                self.first += 1;
            }
            let needed = if between.share > 0.0 { between.high } else { between.low };
            if needed >= self.first + self.planes.len() {
                return;
            }
            self.write_slice(between, needed);
            self.next_slice += 1;
        }
        self.planes.clear();
    }

    fn write_slice(&mut self, along: Between, needed: usize) {
        let clip = self.clip;
        let k = clip.min[0] + self.next_slice;
        let [_, rows, columns] = self.grid.shape();
        let (low, high) = (&self.planes[along.low - self.first], &self.planes[needed - self.first]);
        let (between, threshold) = (&self.between, self.threshold);
        self.masks.par_iter_mut().enumerate().for_each(|(structure, mask)| {
            let plane: Vec<f32> =
                low[structure].iter().zip(&high[structure]).map(|(a, b)| a + (b - a) * along.share).collect();
            let hit: Vec<bool> =
                (0..rows).map(|j| plane[j * columns..(j + 1) * columns].iter().any(|&p| p >= threshold)).collect();
            let mut row = vec![0_f32; columns];
            for (n, b) in between[1].iter().enumerate() {
                // An interpolation never exceeds the larger of its ends.
                if !hit[b.low] && !hit[b.high] {
                    continue;
                }
                let (above, below) = (&plane[b.low * columns..], &plane[b.high * columns..]);
                for ((value, a), c) in row.iter_mut().zip(above).zip(below) {
                    *value = a + (c - a) * b.share;
                }
                let words = mask.row_mut(k, clip.min[1] + n);
                for (m, b) in between[2].iter().enumerate() {
                    let value = row[b.low] + (row[b.high] - row[b.low]) * b.share;
                    let i = clip.min[2] + m;
                    words[i / 64] |= u64::from(value >= threshold) << (i % 64);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use tmli_core::SpacingMm;

    use super::*;

    #[test]
    fn planes_come_back_to_the_slices_they_came_from() {
        let shape = [6, 20, 70];
        let crop = VoxelBox { min: [1, 2, 3], max: [5, 18, 67] };
        let grid = ModelGrid::new(SpacingMm::new(5.0, 1.0, 1.0), crop, [5.0, 1.0, 1.0]).expect("a grid");
        let inside = |[k, j, i]: [usize; 3]| (k * 7 + j * 3 + i) % 5 == 0;
        let mut back = BackToCt::new(&grid, shape, grid.crop(), 0, 1, 0.5);
        let [depth, rows, columns] = grid.shape();
        for k in 0..depth {
            let value = |n: usize| f32::from(u8::from(inside([k + 1, n / columns + 2, n % columns + 3])));
            back.push(vec![(0..rows * columns).map(value).collect()]);
        }
        let in_crop = |p: [usize; 3]| (0..3).all(|a| p[a] >= crop.min[a] && p[a] < crop.max[a]);
        assert_eq!(back.masks[0], Mask::from_fn(shape, |p| in_crop(p) && inside(p)));
    }

    #[test]
    fn an_edge_lies_halfway_between_the_model_voxels() {
        let shape = [1, 1, 64];
        let grid = ModelGrid::new(SpacingMm::new(5.0, 1.0, 1.0), VoxelBox { min: [0; 3], max: shape }, [5.0, 1.0, 4.0])
            .expect("a grid");
        let mut back = BackToCt::new(&grid, shape, grid.crop(), 0, 1, 0.5);
        back.push(vec![(0..16).map(|i| if i < 8 { 1.0 } else { 0.0 }).collect()]);
        assert_eq!(back.masks[0], Mask::from_fn(shape, |[_, _, i]| i < 32));
    }

    #[test]
    fn every_slice_is_written_whatever_the_slice_spacings() {
        for (slices, ct_mm, model_mm) in [(40, 5.0, 3.0), (40, 3.0, 5.0), (7, 5.0, 2.0), (9, 1.0, 10.0), (1, 5.0, 5.0)]
        {
            let shape = [slices, 4, 4];
            let crop = VoxelBox { min: [0; 3], max: shape };
            let grid = ModelGrid::new(SpacingMm::new(ct_mm, 1.0, 1.0), crop, [model_mm, 1.0, 1.0]).expect("a grid");
            let mut back = BackToCt::new(&grid, shape, grid.crop(), 0, 1, 0.5);
            let mut most = 0;
            for _ in 0..grid.shape()[0] {
                back.push(vec![vec![1.0; 16]]);
                most = most.max(back.planes.len());
            }
            assert_eq!(back.masks[0].count(), slices * 16, "{ct_mm} mm, model {model_mm} mm");
            assert!(most <= 3, "{most} planes held");
        }
    }
}
