//! A mask grown by an element: whole rows are joined, then widened, 64 voxels at a time.

use std::ops::RangeInclusive;

use rayon::prelude::*;

use super::element::{Element, Rows};
use crate::mask::{Mask, VoxelBox};

const BITS: usize = u64::BITS as usize;

/// Every voxel of `region` that an offset of the element leads to from a voxel of the source in `region`.
pub(super) fn dilate(source: &Mask, element: &Element, region: VoxelBox) -> Mask {
    let words = region.min[2] / BITS..region.max[2].div_ceil(BITS);
    // Bits beyond the last column of the image stay 0.
    let last = u64::MAX >> ((BITS - source.shape()[2] % BITS) % BITS);
    let mut grown = Mask::new(source.shape());
    let (slices, per_row) = grown.slices_mut();
    let in_region = slices.enumerate().filter(|(k, _)| (region.min[0]..region.max[0]).contains(k));
    in_region.for_each(|(k, slice)| {
        let mut joined = vec![0; words.len()];
        for j in region.min[1]..region.max[1] {
            let row = &mut slice[j * per_row..][..per_row];
            for rows in &element.rows {
                if join(source, rows, [k, j], region, words.start, &mut joined) {
                    widen(&mut joined, &rows.columns);
                    row[words.clone()].iter_mut().zip(&joined).for_each(|(word, bits)| *word |= bits);
                }
            }
            if words.end == per_row
                && let Some(word) = row.last_mut()
            {
                *word &= last;
            }
        }
    });
    grown
}

/// Joins the rows of the source from which these offsets lead to row `[k, j]`. Gives whether a voxel is set.
fn join(source: &Mask, rows: &Rows, to: [usize; 2], region: VoxelBox, from_word: usize, joined: &mut [u64]) -> bool {
    joined.fill(0);
    for offset in &rows.offsets {
        let from = |a: usize| {
            let at = to[a].checked_add_signed(-offset[a])?;
            (region.min[a]..region.max[a]).contains(&at).then_some(at)
        };
        if let (Some(k), Some(j)) = (from(0), from(1)) {
            joined.iter_mut().zip(&source.row(k, j)[from_word..]).for_each(|(word, bits)| *word |= bits);
        }
    }
    joined.iter().any(|&word| word != 0)
}

/// Replaces every bit by its copies at all these offsets; what falls off either end is lost.
fn widen(row: &mut [u64], columns: &RangeInclusive<isize>) {
    let (start, end) = (*columns.start(), *columns.end());
    // First to the nearest column, then in both directions: so nothing is lost that comes back.
    let nearest = 0.clamp(start, end);
    if nearest > 0 {
        shift_up(row, nearest as usize, |word, bits| *word = bits);
    } else if nearest < 0 {
        shift_down(row, nearest.unsigned_abs(), |word, bits| *word = bits);
    }
    for (width, up) in [((end - nearest) as usize, true), ((nearest - start) as usize, false)] {
        // Copies at 0..=done double with each step.
        let mut done = 0;
        while done < width {
            let step = (done + 1).min(width - done);
            if up {
                shift_up(row, step, |word, bits| *word |= bits);
            } else {
                shift_down(row, step, |word, bits| *word |= bits);
            }
            done += step;
        }
    }
}

/// Applies to every word what stands `by` bits lower in the row.
fn shift_up(row: &mut [u64], by: usize, apply: impl Fn(&mut u64, u64)) {
    let (words, bits) = (by / BITS, by % BITS);
    for w in (0..row.len()).rev() {
        let word = |back: usize| w.checked_sub(words + back).map_or(0, |at| row[at]);
        let carried = if bits == 0 { 0 } else { word(1) >> (BITS - bits) };
        let moved = word(0) << bits | carried;
        apply(&mut row[w], moved);
    }
}

/// Applies to every word what stands `by` bits higher in the row.
fn shift_down(row: &mut [u64], by: usize, apply: impl Fn(&mut u64, u64)) {
    let (words, bits) = (by / BITS, by % BITS);
    for w in 0..row.len() {
        let word = |ahead: usize| row.get(w + words + ahead).copied().unwrap_or(0);
        let carried = if bits == 0 { 0 } else { word(1) << (BITS - bits) };
        let moved = word(0) >> bits | carried;
        apply(&mut row[w], moved);
    }
}
