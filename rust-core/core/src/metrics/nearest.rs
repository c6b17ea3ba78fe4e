//! The nearest point of a surface, exactly.
//!
//! A search first looks through the rows around the query, in the order of their distance, as long as a row can hold
//! anything nearer than the best so far; the query before usually gave a good start. Where that would take many rows
//! (the surface is far), a tree of boxes around the surface's words (64 points each) is searched instead.

use std::sync::OnceLock;

use super::lattice::{BITS, SurfaceBits};

/// About how many rows may be looked through before the tree is used.
const ROWS: f64 = 320.0;

/// Words in a leaf of the tree.
const LEAF: usize = 4;

/// Deep enough for the tree of any surface.
const DEEPEST: usize = 96;

/// A lattice position `[k, j, i]`.
pub(super) type At = [u32; 3];

/// Finds nearest points of one surface.
pub(super) struct Nearest<'a> {
    bits: &'a SurfaceBits,
    occupied: Vec<bool>,
    squared_spacing: [f64; 3],
    /// Squared distance up to which rows are looked through.
    reach: f64,
    tree: OnceLock<Tree>,
}

impl<'a> Nearest<'a> {
    pub(super) fn new(bits: &'a SurfaceBits, spacing: [f64; 3]) -> Self {
        let occupied = (0..bits.shape[0]).map(|k| !bits.is_slice_empty(k)).collect();
        let [k, j, i] = spacing;
        // Rows within a radius are about pi r^2 / (k j). Two words on each side of the query hold 64 points at least.
        let reach = (ROWS * k * j / std::f64::consts::PI).min((BITS as f64 * i).powi(2));
        Self { bits, occupied, squared_spacing: spacing.map(|s| s * s), reach, tree: OnceLock::new() }
    }

    fn squared(&self, a: At, b: At) -> f64 {
        (0..3).map(|x| f64::from(a[x].abs_diff(b[x])).powi(2) * self.squared_spacing[x]).sum()
    }

    /// The point nearest to `at`, or `None` when the surface has none. `guess` is a point of the surface, the nearer
    /// the faster.
    pub(super) fn find(&self, at: At, guess: Option<At>) -> Option<At> {
        let bound = guess.map_or(f64::INFINITY, |guess| self.squared(at, guess));
        if bound <= self.reach {
            return self.in_rows(at, bound).or(guess);
        }
        // Much farther than the reach, there is most likely nothing within it.
        if (guess.is_none() || bound < 9.0 * self.reach)
            && let Some(found) = self.in_rows(at, self.reach)
        {
            return Some(found);
        }
        self.tree.get_or_init(|| Tree::new(self.bits, self.squared_spacing)).find(self.bits, at, bound).or(guess)
    }

    /// The nearest point at less than the squared distance `best`, which must not be more than the reach.
    fn in_rows(&self, at: At, mut best: f64) -> Option<At> {
        let [k, j, i] = at.map(|x| x as usize);
        let [slices, rows, _] = self.bits.shape;
        let [sk, sj, si] = self.squared_spacing;
        let mut found = None;
        for dk in 0..=k.max(slices - 1 - k) {
            let across = (dk as f64).powi(2) * sk;
            if across >= best {
                break;
            }
            for k in both_sides(k, dk, slices) {
                if !self.occupied[k] {
                    continue;
                }
                for dj in 0..=j.max(rows - 1 - j) {
                    let across = across + (dj as f64).powi(2) * sj;
                    if across >= best {
                        break;
                    }
                    for j in both_sides(j, dj, rows) {
                        let Some(nearest) = nearest_bit(self.bits.row(k, j), i) else { continue };
                        let squared = across + (nearest.abs_diff(i) as f64).powi(2) * si;
                        if squared < best {
                            best = squared;
                            found = Some([k as u32, j as u32, nearest as u32]);
                        }
                    }
                }
            }
        }
        found
    }
}

fn both_sides(x: usize, step: usize, end: usize) -> impl Iterator<Item = usize> {
    let below = x.checked_sub(step);
    let above = Some(x + step).filter(|&x| step > 0 && x < end);
    below.into_iter().chain(above)
}

/// The set bit nearest to `i`, if there is one in its word or the words beside it.
fn nearest_bit(row: &[u64], i: usize) -> Option<usize> {
    let (w, bit) = (i / BITS, i % BITS);
    let word = row[w];
    if word >> bit & 1 == 1 {
        return Some(i);
    }
    let (low, high) = (word << (BITS - 1 - bit), word >> bit);
    let below = if low != 0 {
        Some(i - low.leading_zeros() as usize)
    } else {
        w.checked_sub(1).filter(|&w| row[w] != 0).map(|w| last_bit(row[w], w))
    };
    let above = if high != 0 {
        Some(i + high.trailing_zeros() as usize)
    } else {
        Some(w + 1).filter(|&w| row.get(w).is_some_and(|&word| word != 0)).map(|w| first_bit(row[w], w))
    };
    match (below, above) {
        (Some(below), Some(above)) => Some(if i - below <= above - i { below } else { above }),
        (below, above) => below.or(above),
    }
}

const fn first_bit(word: u64, w: usize) -> usize {
    w * BITS + word.trailing_zeros() as usize
}

const fn last_bit(word: u64, w: usize) -> usize {
    w * BITS + BITS - 1 - word.leading_zeros() as usize
}

/// A word of a surface that is not 0, and the box around its points.
struct Word {
    min: At,
    max_i: u32,
}

struct Node {
    min: At,
    max: At,
    /// The words of a leaf, or the second child (the first follows its parent) and 0.
    start: u32,
    words: u32,
}

struct Tree {
    words: Vec<Word>,
    nodes: Vec<Node>,
    squared_spacing: [f64; 3],
}

impl Tree {
    fn new(bits: &SurfaceBits, squared_spacing: [f64; 3]) -> Self {
        let mut words = Vec::new();
        for k in 0..bits.shape[0] {
            for j in 0..bits.shape[1] {
                for (w, &word) in bits.row(k, j).iter().enumerate().filter(|(_, word)| **word != 0) {
                    let min = [k as u32, j as u32, first_bit(word, w) as u32];
                    words.push(Word { min, max_i: last_bit(word, w) as u32 });
                }
            }
        }
        let mut tree = Self { words: Vec::new(), nodes: Vec::new(), squared_spacing };
        if !words.is_empty() {
            tree.split(&mut words, 0);
        }
        tree.words = words;
        tree
    }

    fn split(&mut self, words: &mut [Word], start: usize) {
        let (mut min, mut max) = ([u32::MAX; 3], [0; 3]);
        for word in words.iter() {
            for x in 0..3 {
                min[x] = min[x].min(word.min[x]);
                max[x] = max[x].max(if x == 2 { word.max_i } else { word.min[x] });
            }
        }
        let here = self.nodes.len();
        let leaf = words.len() <= LEAF;
        self.nodes.push(Node { min, max, start: start as u32, words: if leaf { words.len() as u32 } else { 0 } });
        if leaf {
            return;
        }
        let extent = |x: usize| f64::from(max[x] - min[x]).powi(2) * self.squared_spacing[x];
        let axis = (1..3).fold(0, |longest, x| if extent(x) > extent(longest) { x } else { longest });
        let middle = words.len() / 2;
        words.select_nth_unstable_by_key(middle, |word| word.min[axis]);
        let (first, second) = words.split_at_mut(middle);
        self.split(first, start);
        self.nodes[here].start = self.nodes.len() as u32;
        self.split(second, start + middle);
    }

    fn box_distance(&self, at: At, min: At, max: At) -> f64 {
        (0..3)
            .map(|x| {
                let outside = min[x].saturating_sub(at[x]).max(at[x].saturating_sub(max[x]));
                f64::from(outside).powi(2) * self.squared_spacing[x]
            })
            .sum()
    }

    /// The nearest point at less than the squared distance `best`.
    fn find(&self, bits: &SurfaceBits, at: At, mut best: f64) -> Option<At> {
        let mut found = None;
        let mut waiting = [(0_u32, 0.0_f64); DEEPEST];
        let mut count = usize::from(!self.nodes.is_empty());
        while count > 0 {
            count -= 1;
            let (index, lower) = waiting[count];
            if lower >= best {
                continue;
            }
            let node = &self.nodes[index as usize];
            if node.words == 0 {
                let mut children = [index + 1, node.start].map(|child| {
                    let node = &self.nodes[child as usize];
                    (child, self.box_distance(at, node.min, node.max))
                });
                if children[0].1 < children[1].1 {
                    children.swap(0, 1);
                }
                // The nearer one is taken first.
                for child in children.into_iter().filter(|child| child.1 < best) {
                    waiting[count] = child;
                    count += 1;
                }
                continue;
            }
            for word in &self.words[node.start as usize..][..node.words as usize] {
                let [k, j, first] = word.min;
                if self.box_distance(at, word.min, [k, j, word.max_i]) >= best {
                    continue;
                }
                let row = bits.row(k as usize, j as usize);
                let w = first as usize / BITS;
                let i = nearest_in_word(row[w], w, at[2] as usize) as u32;
                let squared = self.box_distance(at, [k, j, i], [k, j, i]);
                if squared < best {
                    best = squared;
                    found = Some([k, j, i]);
                }
            }
        }
        found
    }
}

/// The set bit of word `w` nearest to `i`; the word is not 0.
fn nearest_in_word(word: u64, w: usize, i: usize) -> usize {
    if i < w * BITS {
        first_bit(word, w)
    } else if i >= (w + 1) * BITS {
        last_bit(word, w)
    } else {
        nearest_bit(&[word], i - w * BITS).map_or(i, |bit| bit + w * BITS)
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
            let all = points(&b);
            let mut guess = None;
            for at in points(&a) {
                let expected = all.iter().map(|&b| nearest.squared(at, b)).fold(f64::INFINITY, f64::min);
                let found = nearest.find(at, guess);
                let squared = found.map_or(f64::INFINITY, |found| nearest.squared(at, found));
                prop_assert!(squared == expected || (squared - expected).abs() < 1e-9, "{squared} not {expected}");
                let by_tree = Tree::new(&b, nearest.squared_spacing).find(&b, at, f64::INFINITY);
                prop_assert!(by_tree.map_or(f64::INFINITY, |found| nearest.squared(at, found)) <= expected + 1e-9);
                guess = found;
            }
        }
    }
}
