//! Number, box and centre of a mask's voxels, in one pass over its words.

use super::{MaskFlags, lattice::BITS};
use crate::mask::{Mask, VoxelBox};

/// Bits of every second position, every second pair, and so on: bit n of a position is 1 in `POSITIONS[n]`.
const POSITIONS: [u64; 6] = [
    0xaaaa_aaaa_aaaa_aaaa,
    0xcccc_cccc_cccc_cccc,
    0xf0f0_f0f0_f0f0_f0f0,
    0xff00_ff00_ff00_ff00,
    0xffff_0000_ffff_0000,
    0xffff_ffff_0000_0000,
];

/// Number, box and sums of positions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moments {
    pub(super) count: u64,
    /// `None` when there is no voxel.
    pub(super) bounds: Option<VoxelBox>,
    sums: [u64; 3],
}

impl Moments {
    pub(super) fn of(mask: &Mask) -> Self {
        let shape = mask.shape();
        let (mut min, mut max, mut sums, mut count) = (shape, [0; 3], [0; 3], 0);
        for k in 0..shape[0] {
            let (words, per_row) = mask.slice_words(k);
            if words.iter().all(|&word| word == 0) {
                continue;
            }
            for (j, row) in words.chunks_exact(per_row.max(1)).enumerate() {
                let (mut in_row, mut last) = (0, 0);
                for (w, &word) in row.iter().enumerate().filter(|(_, word)| **word != 0) {
                    let ones = u64::from(word.count_ones());
                    if in_row == 0 {
                        min[2] = min[2].min(w * BITS + word.trailing_zeros() as usize);
                    }
                    last = w * BITS + BITS - word.leading_zeros() as usize;
                    in_row += ones;
                    let within = (0..6).map(|n| u64::from((word & POSITIONS[n]).count_ones()) << n).sum::<u64>();
                    sums[2] += within + ones * (w * BITS) as u64;
                }
                if in_row > 0 {
                    count += in_row;
                    sums[0] += in_row * k as u64;
                    sums[1] += in_row * j as u64;
                    min = [min[0].min(k), min[1].min(j), min[2]];
                    max = [max[0].max(k + 1), max[1].max(j + 1), max[2].max(last)];
                }
            }
        }
        Self { count, bounds: (count > 0).then_some(VoxelBox { min, max }), sums }
    }

    /// Mean position in voxels; NaN when there is none.
    pub(super) fn centre(&self) -> [f64; 3] {
        self.sums.map(|sum| sum as f64 / self.count as f64)
    }

    /// For a mask that is the part of a scan of shape `scan` that starts at `offset`.
    pub(super) fn flags(&self, offset: [usize; 3], scan: [usize; 3]) -> MaskFlags {
        let Some(VoxelBox { min, max }) = self.bounds else { return MaskFlags::default() };
        MaskFlags {
            below_resolution: self.count == 1 || max[0] - min[0] < 2,
            touches_border: (0..3).any(|x| min[x] + offset[x] == 0 || max[x] + offset[x] == scan[x]),
        }
    }
}

/// The box around both.
pub(super) fn joint_bounds(a: Option<VoxelBox>, b: Option<VoxelBox>) -> Option<VoxelBox> {
    match (a, b) {
        (Some(a), Some(b)) => Some(VoxelBox {
            min: std::array::from_fn(|x| a.min[x].min(b.min[x])),
            max: std::array::from_fn(|x| a.max[x].max(b.max[x])),
        }),
        (a, b) => a.or(b),
    }
}

/// Number of voxels that both masks have.
pub(super) fn common(a: &Mask, b: &Mask, a_bounds: Option<VoxelBox>, b_bounds: Option<VoxelBox>) -> u64 {
    let Some((p, q)) = a_bounds.zip(b_bounds) else { return 0 };
    let mut count = 0;
    for k in p.min[0].max(q.min[0])..p.max[0].min(q.max[0]) {
        for j in p.min[1].max(q.min[1])..p.max[1].min(q.max[1]) {
            count += a.row(k, j).iter().zip(b.row(k, j)).map(|(a, b)| u64::from((a & b).count_ones())).sum::<u64>();
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn moments_are_those_of_the_voxels(
            voxels in prop::collection::btree_set((0usize..5, 0usize..6, 0usize..150), 0..40),
        ) {
            let mut mask = Mask::new([5, 6, 150]);
            let mut sums = [0; 3];
            for &(k, j, i) in &voxels {
                mask.set([k, j, i], true);
                sums = [sums[0] + k as u64, sums[1] + j as u64, sums[2] + i as u64];
            }
            let moments = Moments::of(&mask);
            prop_assert_eq!(moments, Moments { count: voxels.len() as u64, bounds: mask.bounds(), sums });
        }
    }
}
