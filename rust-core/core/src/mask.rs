//! One structure's voxels, a bit each.

use std::ops::Range;

use ndarray::{Array3, ArrayView3, Axis};
use rayon::prelude::*;

const BITS: usize = u64::BITS as usize;

/// A box of voxels, half open: `min <= index < max`, `[k, j, i]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoxelBox {
    /// First voxel inside.
    pub min: [usize; 3],
    /// First voxel beyond, on every axis.
    pub max: [usize; 3],
}

/// A set of voxels `[k, j, i]`, a bit each: a whole-body mask of 512 x 512 x 250 takes 8 MiB.
///
/// Every row of the image (fixed k and j) starts on a new 64-bit word; bit `i % 64` of word `i / 64` is voxel `i`.
/// Bits beyond the end of a row are always 0.
#[derive(Clone, PartialEq, Eq)]
pub struct Mask {
    shape: [usize; 3],
    words_per_row: usize,
    words: Vec<u64>,
}

impl Mask {
    /// No voxel set. `shape` is slices, rows, columns.
    pub fn new(shape: [usize; 3]) -> Self {
        let words_per_row = shape[2].div_ceil(BITS);
        Self { shape, words_per_row, words: vec![0; shape[0] * shape[1] * words_per_row] }
    }

    /// The voxels where `inside([k, j, i])` holds.
    pub fn from_fn(shape: [usize; 3], mut inside: impl FnMut([usize; 3]) -> bool) -> Self {
        let mut mask = Self::new(shape);
        for k in 0..shape[0] {
            for j in 0..shape[1] {
                for i in 0..shape[2] {
                    if inside([k, j, i]) {
                        mask.set([k, j, i], true);
                    }
                }
            }
        }
        mask
    }

    /// The voxels that are not 0.
    pub fn from_bytes(array: ArrayView3<'_, u8>) -> Self {
        Self::from_voxels(array, |value| value != 0)
    }

    /// The voxels whose value is `inside`. Made for maps in which most voxels are like their neighbours.
    pub(crate) fn from_voxels<T: Copy + Sync + Send>(
        array: ArrayView3<'_, T>,
        inside: impl Fn(T) -> bool + Sync,
    ) -> Self {
        let mut mask = Self::new(array.dim().into());
        let (slices, per_row) = mask.slices_mut();
        slices.zip(array.axis_iter(Axis(0))).for_each(|(words, slice)| {
            for (row, words) in slice.rows().into_iter().zip(words.chunks_mut(per_row.max(1))) {
                match row.as_slice() {
                    Some(row) => row.chunks(BITS).zip(words).for_each(|(chunk, word)| {
                        let bits = pack(chunk, &inside);
                        // Zeros are there already: memory that is never written to is never made.
                        if bits != 0 {
                            *word = bits;
                        }
                    }),
                    None => row.iter().enumerate().for_each(|(x, &value)| {
                        words[x / BITS] |= u64::from(inside(value)) << (x % BITS);
                    }),
                }
            }
        });
        mask
    }

    /// 1 where set, 0 elsewhere.
    pub fn to_bytes(&self) -> Array3<u8> {
        let [k, j, i] = self.shape;
        let mut array = Array3::zeros((k, j, i));
        for (mut row, words) in array.rows_mut().into_iter().zip(self.words.chunks(self.words_per_row.max(1))) {
            for (x, value) in row.iter_mut().enumerate() {
                *value = (words[x / BITS] >> (x % BITS) & 1) as u8;
            }
        }
        array
    }

    /// Slices, rows, columns.
    pub const fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Whether the voxel is set. Panics when `kji` is outside.
    pub fn get(&self, kji: [usize; 3]) -> bool {
        assert!(kji[2] < self.shape[2], "column {} of {}", kji[2], self.shape[2]);
        self.row(kji[0], kji[1])[kji[2] / BITS] >> (kji[2] % BITS) & 1 == 1
    }

    /// Whether the voxel is set; `false` outside of the grid.
    pub fn get_signed(&self, kji: [isize; 3]) -> bool {
        let inside = kji.iter().zip(self.shape).all(|(&x, n)| x >= 0 && (x as usize) < n);
        inside && self.get(kji.map(|x| x as usize))
    }

    /// Sets or clears a voxel. Panics when `kji` is outside.
    pub fn set(&mut self, kji: [usize; 3], value: bool) {
        assert!(kji[2] < self.shape[2], "column {} of {}", kji[2], self.shape[2]);
        let word = &mut self.row_mut(kji[0], kji[1])[kji[2] / BITS];
        let bit = 1 << (kji[2] % BITS);
        if value { *word |= bit } else { *word &= !bit }
    }

    /// Flips the voxels `columns` of one row. Panics when they are outside.
    pub fn flip_run(&mut self, k: usize, j: usize, columns: Range<usize>) {
        self.for_run(k, j, columns, |word, bits| *word ^= bits);
    }

    /// Sets the voxels `columns` of one row. Panics when they are outside.
    pub fn set_run(&mut self, k: usize, j: usize, columns: Range<usize>) {
        self.for_run(k, j, columns, |word, bits| *word |= bits);
    }

    fn for_run(&mut self, k: usize, j: usize, columns: Range<usize>, apply: impl Fn(&mut u64, u64)) {
        assert!(columns.end <= self.shape[2], "columns {columns:?} of {}", self.shape[2]);
        for_bits(self.row_mut(k, j), columns, apply);
    }

    /// The words of every slice that has rows, to be filled in parallel, and the number of words in a row. Bits beyond
    /// the last column must stay 0.
    pub(crate) fn slices_mut(&mut self) -> (impl IndexedParallelIterator<Item = &mut [u64]>, usize) {
        let words_per_slice = self.shape[1] * self.words_per_row;
        (self.words.par_chunks_mut(words_per_slice.max(1)), self.words_per_row)
    }

    /// The words of one row of the image.
    pub fn row(&self, k: usize, j: usize) -> &[u64] {
        let start = self.row_start(k, j);
        &self.words[start..start + self.words_per_row]
    }

    /// The words of one row of the image. Bits beyond the last column must stay 0.
    pub fn row_mut(&mut self, k: usize, j: usize) -> &mut [u64] {
        let start = self.row_start(k, j);
        &mut self.words[start..start + self.words_per_row]
    }

    fn row_start(&self, k: usize, j: usize) -> usize {
        assert!(k < self.shape[0] && j < self.shape[1], "row [{k}, {j}] of {:?}", self.shape);
        (k * self.shape[1] + j) * self.words_per_row
    }

    /// All words of slice `k`, row after row, and the number of words in a row.
    pub fn slice_words(&self, k: usize) -> (&[u64], usize) {
        let start = self.row_start(k, 0);
        (&self.words[start..start + self.shape[1] * self.words_per_row], self.words_per_row)
    }

    /// All words, row after row, slice after slice.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Number of set voxels.
    pub fn count(&self) -> usize {
        self.words.iter().map(|w| w.count_ones() as usize).sum()
    }

    /// Whether no voxel is set.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&w| w == 0)
    }

    /// Number of voxels set in both. Panics when shapes differ.
    pub fn count_and(&self, other: &Self) -> usize {
        self.assert_same_shape(other);
        self.words.iter().zip(&other.words).map(|(a, b)| (a & b).count_ones() as usize).sum()
    }

    /// Adds the other's voxels. Panics when shapes differ.
    pub fn union_with(&mut self, other: &Self) {
        self.zip_words(other, |a, b| *a |= b);
    }

    /// Keeps only voxels set in both. Panics when shapes differ.
    pub fn intersect_with(&mut self, other: &Self) {
        self.zip_words(other, |a, b| *a &= b);
    }

    /// Clears the other's voxels. Panics when shapes differ.
    pub fn subtract(&mut self, other: &Self) {
        self.zip_words(other, |a, b| *a &= !b);
    }

    /// The smallest box that holds every set voxel, or `None` when there is none.
    pub fn bounds(&self) -> Option<VoxelBox> {
        let mut min = self.shape;
        let mut max = [0; 3];
        for k in 0..self.shape[0] {
            for j in 0..self.shape[1] {
                let row = self.row(k, j);
                let Some(first) = row.iter().position(|&w| w != 0) else { continue };
                let last = row.iter().rposition(|&w| w != 0).unwrap_or(first);
                let low = first * BITS + row[first].trailing_zeros() as usize;
                let high = last * BITS + BITS - row[last].leading_zeros() as usize;
                min = [min[0].min(k), min[1].min(j), min[2].min(low)];
                max = [max[0].max(k + 1), max[1].max(j + 1), max[2].max(high)];
            }
        }
        (max[0] > 0).then_some(VoxelBox { min, max })
    }

    fn zip_words(&mut self, other: &Self, apply: impl Fn(&mut u64, u64)) {
        self.assert_same_shape(other);
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            apply(a, *b);
        }
    }

    fn assert_same_shape(&self, other: &Self) {
        assert_eq!(self.shape, other.shape, "masks of one grid");
    }
}

/// At most 64 voxels as bits.
fn pack<T: Copy>(chunk: &[T], inside: impl Fn(T) -> bool) -> u64 {
    // Without an early end, so that many voxels are looked at at once.
    if !chunk.iter().fold(false, |any, &value| any | inside(value)) {
        return 0;
    }
    chunk.chunks(8).enumerate().fold(0, |word, (n, eight)| {
        let mut bytes = [0; 8];
        bytes.iter_mut().zip(eight).for_each(|(byte, &value)| *byte = u8::from(inside(value)));
        // Byte i, which is 0 or 1, is moved to bit i of the highest byte.
        let bits = u64::from_le_bytes(bytes).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        word | bits << (8 * n)
    })
}

/// Flips the bits `columns` of a row's words.
pub(crate) fn flip_bits(row: &mut [u64], columns: Range<usize>) {
    for_bits(row, columns, |word, bits| *word ^= bits);
}

fn for_bits(row: &mut [u64], columns: Range<usize>, apply: impl Fn(&mut u64, u64)) {
    if columns.is_empty() {
        return;
    }
    let (first, last) = (columns.start / BITS, (columns.end - 1) / BITS);
    for (w, word) in row.iter_mut().enumerate().take(last + 1).skip(first) {
        let low = if w == first { columns.start % BITS } else { 0 };
        let high = if w == last { (columns.end - 1) % BITS } else { BITS - 1 };
        let bits = (u64::MAX >> (BITS - 1 - high)) & (u64::MAX << low);
        apply(word, bits);
    }
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mask").field("shape", &self.shape).field("count", &self.count()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_survive_the_round_trip(shape in (1usize..4, 1usize..5, 1usize..140), seed in any::<u64>()) {
            let mut state = seed;
            let bytes = Array3::from_shape_fn(shape, |_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 63) as u8
            });
            let mask = Mask::from_bytes(bytes.view());
            prop_assert_eq!(mask.to_bytes(), bytes.clone());
            prop_assert_eq!(mask.count(), bytes.iter().map(|&b| b as usize).sum::<usize>());
        }

        #[test]
        fn a_run_is_the_same_as_its_voxels(width in 1usize..200, a in 0usize..200, b in 0usize..200) {
            let (start, end) = (a.min(b).min(width), a.max(b).min(width));
            let mut run = Mask::new([1, 1, width]);
            run.set_run(0, 0, start..end);
            let single = Mask::from_fn([1, 1, width], |[_, _, i]| (start..end).contains(&i));
            prop_assert_eq!(&run, &single);
            run.flip_run(0, 0, 0..width);
            prop_assert_eq!(run.count(), width - (end - start));
        }
    }

    #[test]
    fn bounds_hold_every_voxel_and_no_more() {
        let mut mask = Mask::new([5, 6, 130]);
        assert_eq!(mask.bounds(), None);
        mask.set([1, 2, 64], true);
        mask.set([3, 1, 129], true);
        assert_eq!(mask.bounds(), Some(VoxelBox { min: [1, 1, 64], max: [4, 3, 130] }));
    }
}
