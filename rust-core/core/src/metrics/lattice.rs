//! The surface of a mask as bits on a lattice: found a word (64 voxels) at a time.

use std::ops::Range;

use rayon::prelude::*;

use crate::mask::{Mask, VoxelBox};

pub(super) const BITS: usize = u64::BITS as usize;

/// Which points of a lattice belong to a surface.
#[derive(Debug)]
pub(super) struct SurfaceBits {
    /// Lattice points on each axis. The lattice may start a little before the box along i.
    pub(super) shape: [usize; 3],
    pub(super) words_per_row: usize,
    words: Vec<u64>,
}

impl SurfaceBits {
    fn new(shape: [usize; 3]) -> Self {
        let words_per_row = shape[2].div_ceil(BITS);
        Self { shape, words_per_row, words: vec![0; shape[0] * shape[1] * words_per_row] }
    }

    /// The words of a row.
    pub(super) fn row(&self, k: usize, j: usize) -> &[u64] {
        let start = (k * self.shape[1] + j) * self.words_per_row;
        &self.words[start..start + self.words_per_row]
    }

    /// The words of several rows of a slice, row by row.
    pub(super) fn rows(&self, k: usize, rows: Range<usize>) -> impl Iterator<Item = &[u64]> {
        let start = k * self.shape[1] * self.words_per_row;
        let words = start + rows.start * self.words_per_row..start + rows.end * self.words_per_row;
        self.words[words].chunks_exact(self.words_per_row.max(1))
    }

    pub(super) fn is_slice_empty(&self, k: usize) -> bool {
        let size = self.shape[1] * self.words_per_row;
        self.words[k * size..(k + 1) * size].iter().all(|&word| word == 0)
    }

    fn fill(&mut self, row: impl Fn(usize, usize, &mut [u64]) + Sync) {
        let (rows, words) = (self.shape[1], self.words_per_row);
        self.words.par_chunks_mut((rows * words).max(1)).enumerate().for_each(|(k, slice)| {
            for (j, out) in slice.chunks_exact_mut(words.max(1)).enumerate() {
                row(k, j, out);
            }
        });
    }
}

/// Masks within a box, seen as a lattice of voxel corners or of voxels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Boxed<'a> {
    mask: &'a Mask,
    bounds: VoxelBox,
}

impl<'a> Boxed<'a> {
    /// `bounds` must hold every voxel of the mask.
    pub(super) const fn new(mask: &'a Mask, bounds: VoxelBox) -> Self {
        Self { mask, bounds }
    }

    /// The mask's row at `[k, j]` of the box; empty beyond the box. Voxels before the box along i are there too (and
    /// clear), so that the mask's bits stay in their words.
    fn row(&self, k: usize, j: usize) -> &'a [u64] {
        let [k, j] = [k + self.bounds.min[0], j + self.bounds.min[1]];
        let inside = k < self.bounds.max[0] && j < self.bounds.max[1];
        if inside { &self.mask.row(k, j)[self.bounds.min[2] / BITS..] } else { &[] }
    }

    /// [`Self::row`] of the voxels before `[k, j]`.
    fn row_before(&self, k: Option<usize>, j: Option<usize>) -> &'a [u64] {
        k.zip(j).map_or(&[], |(k, j)| self.row(k, j))
    }

    /// Voxels of the box on each axis.
    pub(super) fn extent(&self) -> [usize; 3] {
        std::array::from_fn(|x| self.bounds.max[x] - self.bounds.min[x])
    }

    fn shape(&self, extra: usize) -> [usize; 3] {
        let VoxelBox { min, max } = self.bounds;
        [max[0] - min[0] + extra, max[1] - min[1] + extra, max[2] - min[2] / BITS * BITS + extra]
    }

    /// The four rows of voxels around a row of corners: bit `2 k + j` of the position.
    pub(super) fn rows_around(&self, k: usize, j: usize) -> [&'a [u64]; 4] {
        let (before_k, before_j) = (k.checked_sub(1), j.checked_sub(1));
        [
            self.row_before(before_k, before_j),
            self.row_before(before_k, Some(j)),
            self.row_before(Some(k), before_j),
            self.row(k, j),
        ]
    }

    /// Voxel corners whose eight voxels are neither all inside nor all outside. Corner `[k, j, i]` is the one before
    /// voxel `[k, j, i]` of the box on every axis.
    pub(super) fn surfels(&self) -> SurfaceBits {
        let mut bits = SurfaceBits::new(self.shape(1));
        bits.fill(|k, j, out| {
            let rows = self.rows_around(k, j);
            if rows.iter().all(|row| row.is_empty()) {
                return;
            }
            let mut carry = (0, 0);
            for (w, word) in out.iter_mut().enumerate() {
                let at = rows.map(|row| row.get(w).copied().unwrap_or(0));
                let (any, all) = (at[0] | at[1] | at[2] | at[3], at[0] & at[1] & at[2] & at[3]);
                *word = (any | any << 1 | carry.0) & !(all & (all << 1 | carry.1));
                carry = (any >> (BITS - 1), all >> (BITS - 1));
            }
        });
        bits
    }

    /// Voxels inside with one of their six neighbours outside.
    pub(super) fn border_voxels(&self) -> SurfaceBits {
        let mut bits = SurfaceBits::new(self.shape(0));
        bits.fill(|k, j, out| {
            let here = self.row(k, j);
            let around = [
                self.row_before(k.checked_sub(1), Some(j)),
                self.row(k + 1, j),
                self.row_before(Some(k), j.checked_sub(1)),
                self.row(k, j + 1),
            ];
            for (w, word) in out.iter_mut().enumerate() {
                let inside = here.get(w).copied().unwrap_or(0);
                let before = w.checked_sub(1).map_or(0, |w| here[w]);
                let after = here.get(w + 1).copied().unwrap_or(0);
                let left = inside << 1 | before >> (BITS - 1);
                let right = inside >> 1 | after << (BITS - 1);
                let deep = around.iter().fold(left & right, |deep, row| deep & row.get(w).copied().unwrap_or(0));
                *word = inside & !deep;
            }
        });
        bits
    }
}

/// The neighbourhood code (bit `4 k + 2 j + i`) of corners of one word of a row of corners.
pub(super) struct Codes {
    left: [u64; 4],
    right: [u64; 4],
}

impl Codes {
    pub(super) fn new(rows: &[&[u64]; 4], w: usize) -> Self {
        let right = rows.map(|row| row.get(w).copied().unwrap_or(0));
        let before = rows.map(|row| w.checked_sub(1).and_then(|w| row.get(w)).map_or(0, |word| word >> (BITS - 1)));
        // Voxel i is bit i of `right`, voxel i - 1 is bit i of `left`.
        Self { left: std::array::from_fn(|n| right[n] << 1 | before[n]), right }
    }

    pub(super) fn of(&self, bit: u32) -> u8 {
        let pair = |n: usize| match bit.checked_sub(1) {
            // Both voxels lie side by side in one word.
            Some(before) => self.right[n] >> before & 3,
            None => self.left[n] & 1 | self.right[n] << 1 & 2,
        };
        (pair(0) | pair(1) << 2 | pair(2) << 4 | pair(3) << 6) as u8
    }
}

/// What lies so many steps before and after `x` on an axis that ends at `end`; `x` itself, once, for no step.
pub(super) fn both_sides(x: usize, step: usize, end: usize) -> impl Iterator<Item = usize> {
    let below = x.checked_sub(step);
    let above = Some(x + step).filter(|&x| step > 0 && x < end);
    below.into_iter().chain(above)
}

/// The positions of a word's bits that are 1.
pub(super) fn ones(mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        (word != 0).then(|| {
            let bit = word.trailing_zeros();
            word &= word.wrapping_sub(1);
            bit
        })
    })
}
