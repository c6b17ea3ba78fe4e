//! The nearest point of a surface, exactly.
//!
//! What was nearest to a neighbour is a good guess, and mostly the answer: then only the rows around the query that can
//! hold anything nearer are looked through. Where those would be many (the surface is far), a tree of boxes around the
//! surface's words (64 points each) is searched instead.

use std::sync::OnceLock;

use rayon::prelude::*;

use super::{
    box_tree::{BoxTree, Point},
    lattice::{BITS, SurfaceBits, both_sides},
};

/// About how many rows may be looked through before the tree is used.
const ROWS: f64 = 2400.0;

/// Rows of a slice that are also looked through as one: where none of them has a point near enough, none is opened.
const GROUP: usize = 8;

/// Rows and columns of a patch of neighbours.
const PATCH: [usize; 2] = [8, 16];

/// Words in a leaf of the tree.
const LEAF: usize = 4;

/// A lattice position `[k, j, i]`.
pub(super) type At = [u32; 3];

/// Finds nearest points of one surface.
pub(super) struct Nearest<'a> {
    bits: &'a SurfaceBits,
    /// Of every slice, [`GROUP`] rows joined, group after group; nothing for a slice without points.
    joined: Vec<Vec<u64>>,
    spacing: [f64; 3],
    /// Squared distance of so many steps along each axis.
    squares: [Vec<f64>; 3],
    /// Squared distance up to which rows are looked through.
    reach: f64,
    tree: OnceLock<(BoxTree, Vec<Word>)>,
}

impl<'a> Nearest<'a> {
    pub(super) fn new(bits: &'a SurfaceBits, spacing: [f64; 3]) -> Self {
        let joined = (0..bits.shape[0]).into_par_iter().map(|k| join_rows(bits, k)).collect();
        let squares = std::array::from_fn(|x| {
            let steps = if x == 2 { bits.words_per_row * BITS } else { bits.shape[x] };
            (0..=steps).map(|n| (n as f64).powi(2) * spacing[x].powi(2)).collect()
        });
        let [k, j, i] = spacing;
        // Rows within a radius are about pi r^2 / (k j). In a row, up to 63 columns to each side are seen.
        let reach = (ROWS * k * j / std::f64::consts::PI).min((BITS as f64 * i).powi(2));
        Self { bits, joined, spacing, squares, reach, tree: OnceLock::new() }
    }

    /// A series of searches that learn from each other.
    pub(super) fn search(&self) -> Search<'_> {
        let [_, rows, columns] = self.bits.shape;
        let per_row = columns.div_ceil(PATCH[1]);
        Search {
            nearest: self,
            last: None,
            patches: vec![None; rows.div_ceil(PATCH[0]) * per_row],
            per_row,
            far: false,
        }
    }

    #[inline]
    fn squared(&self, a: At, b: At) -> f64 {
        let [k, j, i] = &self.squares;
        k[a[0].abs_diff(b[0]) as usize] + j[a[1].abs_diff(b[1]) as usize] + i[a[2].abs_diff(b[2]) as usize]
    }

    /// The nearest point at less than the squared distance `best`, which must not be more than the reach.
    fn in_rows(&self, at: At, mut best: f64) -> Option<At> {
        let [k, j, i] = at.map(|x| x as usize);
        let [slices, rows, _] = self.bits.shape;
        let words = self.bits.words_per_row;
        let [squares_k, squares_j, squares_i] = &self.squares;
        let mut found = None;
        for (dk, &across_slices) in squares_k.iter().enumerate().take(slices) {
            if across_slices >= best {
                break;
            }
            for k in both_sides(k, dk, slices) {
                let joined = &self.joined[k];
                if joined.is_empty() || across_slices >= best {
                    continue;
                }
                let mut in_rows = |range: std::ops::Range<usize>, best: &mut f64| {
                    for (j2, row) in range.clone().zip(self.bits.rows(k, range)) {
                        let across = across_slices + squares_j[j2.abs_diff(j)];
                        let (steps, above) = steps_to_nearest(row, i);
                        if across < *best && steps < BITS && across + squares_i[steps] < *best {
                            *best = across + squares_i[steps];
                            found = Some([k as u32, j2 as u32, if above { i + steps } else { i - steps } as u32]);
                        }
                    }
                };
                let near = within(squares_j, best - across_slices);
                let range = (j + 1).saturating_sub(near)..(j + near).min(rows);
                if range.len() <= 2 * GROUP {
                    in_rows(range, &mut best);
                    continue;
                }
                for group in range.start / GROUP..range.end.div_ceil(GROUP) {
                    let rows = group * GROUP..(group * GROUP + GROUP).min(rows);
                    let away = rows.start.saturating_sub(j).max(j.saturating_sub(rows.end - 1));
                    let (steps, _) = steps_to_nearest(&joined[group * words..][..words], i);
                    if steps < BITS && across_slices + squares_j[away] + squares_i[steps] < best {
                        in_rows(rows, &mut best);
                    }
                }
            }
        }
        found
    }

    /// The nearest point at less than the squared distance `best`, however far.
    fn in_tree(&self, at: At, best: f64) -> Option<At> {
        let (tree, words) = self.tree.get_or_init(|| {
            let mut words = words_of(self.bits);
            (BoxTree::new(&mut words, LEAF, |word| word.bounds(self.spacing)), words)
        });
        let mut found = None;
        tree.walk(std::array::from_fn(|x| f64::from(at[x]) * self.spacing[x]), best, |leaf, mut best| {
            for &Word { k, j, first, .. } in &words[leaf] {
                let w = first as usize / BITS;
                let i = nearest_in_word(self.bits.row(k as usize, j as usize)[w], w, at[2] as usize) as u32;
                let squared = self.squared(at, [k, j, i]);
                if squared < best {
                    best = squared;
                    found = Some([k, j, i]);
                }
            }
            best
        });
        found
    }
}

/// Searches for neighbours, one after the other.
pub(super) struct Search<'a> {
    nearest: &'a Nearest<'a>,
    /// What was found last, everywhere and in each patch of rows and columns.
    last: Option<At>,
    patches: Vec<Option<At>>,
    per_row: usize,
    /// Whether the last one was beyond the reach of rows.
    far: bool,
}

impl Search<'_> {
    /// The point nearest to `at`, or `None` when the surface has none.
    pub(super) fn find(&mut self, at: At) -> Option<At> {
        let patch = at[1] as usize / PATCH[0] * self.per_row + at[2] as usize / PATCH[1];
        let (mut guess, mut bound) = (None, f64::INFINITY);
        for point in [self.patches[patch], self.last].into_iter().flatten() {
            let squared = self.nearest.squared(at, point);
            if squared < bound {
                (guess, bound) = (Some(point), squared);
            }
        }
        let reach = self.nearest.reach;
        let found = if bound <= reach {
            self.nearest.in_rows(at, bound).or(guess)
        } else {
            // With one that is far, its neighbours mostly are: they go to the tree at once.
            let in_rows = if self.far { None } else { self.nearest.in_rows(at, reach) };
            in_rows.or_else(|| self.nearest.in_tree(at, bound)).or(guess)
        };
        self.far = found.is_some_and(|found| self.nearest.squared(at, found) > reach);
        self.patches[patch] = found;
        self.last = found;
        found
    }
}

/// The groups of rows of a slice.
fn join_rows(bits: &SurfaceBits, k: usize) -> Vec<u64> {
    if bits.is_slice_empty(k) {
        return Vec::new();
    }
    let (rows, words) = (bits.shape[1], bits.words_per_row);
    let mut joined = vec![0; rows.div_ceil(GROUP) * words];
    for (j, row) in bits.rows(k, 0..rows).enumerate() {
        let group = &mut joined[j / GROUP * words..][..words];
        group.iter_mut().zip(row).for_each(|(group, word)| *group |= word);
    }
    joined
}

/// How many steps have a square less than `limit`.
fn within(squares: &[f64], limit: f64) -> usize {
    // Nearly always few.
    squares.iter().position(|&square| square >= limit).unwrap_or(squares.len())
}

/// Steps along the row to the set bit nearest to `i`, and whether it is there or above; 64 where the next 63 to both
/// sides are clear.
#[inline]
fn steps_to_nearest(row: &[u64], i: usize) -> (usize, bool) {
    let (w, bit) = (i / BITS, i % BITS);
    let word = row[w];
    let before = if w > 0 { row[w - 1] } else { 0 };
    let after = row.get(w + 1).copied().unwrap_or(0);
    // Bit 0 and bit 63 are the query's own; two shifts, as one by 64 is not defined.
    let above = (word >> bit | after << (BITS - 1 - bit) << 1).trailing_zeros();
    let below = (word << (BITS - 1 - bit) | before >> 1 >> bit).leading_zeros();
    (above.min(below) as usize, above <= below)
}

/// A word of a surface that is not 0: its row, and its first and last point.
struct Word {
    k: u32,
    j: u32,
    first: u32,
    last: u32,
}

impl Word {
    fn bounds(&self, spacing: [f64; 3]) -> [Point; 2] {
        [self.first, self.last].map(|i| {
            let at = [self.k, self.j, i];
            std::array::from_fn(|x| f64::from(at[x]) * spacing[x])
        })
    }
}

fn words_of(bits: &SurfaceBits) -> Vec<Word> {
    let mut words = Vec::new();
    for k in 0..bits.shape[0] {
        for (j, row) in bits.rows(k, 0..bits.shape[1]).enumerate() {
            for (w, &word) in row.iter().enumerate().filter(|(_, word)| **word != 0) {
                let (first, last) = (first_bit(word, w) as u32, last_bit(word, w) as u32);
                words.push(Word { k: k as u32, j: j as u32, first, last });
            }
        }
    }
    words
}

const fn first_bit(word: u64, w: usize) -> usize {
    w * BITS + word.trailing_zeros() as usize
}

const fn last_bit(word: u64, w: usize) -> usize {
    w * BITS + BITS - 1 - word.leading_zeros() as usize
}

/// The set bit of word `w` nearest to `i`; the word is not 0.
fn nearest_in_word(word: u64, w: usize, i: usize) -> usize {
    if i < w * BITS {
        first_bit(word, w)
    } else if i >= (w + 1) * BITS {
        last_bit(word, w)
    } else {
        let (steps, above) = steps_to_nearest(&[word], i - w * BITS);
        if above { i + steps } else { i - steps }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        mask::{Mask, VoxelBox},
        metrics::lattice::{Boxed, ones},
    };

    fn points(bits: &SurfaceBits) -> Vec<At> {
        let mut points = Vec::new();
        for k in 0..bits.shape[0] {
            for j in 0..bits.shape[1] {
                for (w, &word) in bits.row(k, j).iter().enumerate() {
                    points.extend(ones(word).map(|bit| [k as u32, j as u32, (w * BITS) as u32 + bit]));
                }
            }
        }
        points
    }

    proptest! {
        #[test]
        fn the_nearest_point_is_the_one_that_trying_all_finds(
            voxels in prop::collection::vec((0usize..12, 0usize..25, 0usize..250, any::<bool>()), 2..60),
            spacing in (0.3..6.0, 0.3..3.0, 0.3..3.0),
        ) {
            let spacing: [f64; 3] = spacing.into();
            let shape = [12, 25, 250];
            let (mut a, mut b) = (Mask::new(shape), Mask::new(shape));
            for (k, j, i, first) in voxels {
                if first { &mut a } else { &mut b }.set([k, j, i], true);
            }
            let bounds = VoxelBox { min: [0; 3], max: shape };
            let (a, b) = (Boxed::new(&a, bounds).surfels(), Boxed::new(&b, bounds).surfels());
            let nearest = Nearest::new(&b, spacing);
            let mut search = nearest.search();
            let all = points(&b);
            for at in points(&a) {
                let expected = all.iter().map(|&b| nearest.squared(at, b)).fold(f64::INFINITY, f64::min);
                let found = search.find(at);
                let squared = found.map_or(f64::INFINITY, |found| nearest.squared(at, found));
                prop_assert!(squared == expected || (squared - expected).abs() < 1e-9, "{squared} not {expected}");
                let by_tree = nearest.in_tree(at, f64::INFINITY);
                prop_assert!(by_tree.map_or(f64::INFINITY, |found| nearest.squared(at, found)) <= expected + 1e-9);
            }
        }
    }
}
