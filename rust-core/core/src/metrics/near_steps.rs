//! Distances of a few steps, for the 64 points of a word at once.
//!
//! Most points of two surfaces of one organ are a few steps apart. So before a point is searched for on its own, its
//! whole word is held against the other surface moved by one step, by the diagonal, by two steps and so on: nearest
//! first, in both directions along every axis. A bit that meets another at one of these has its distance.

use super::lattice::{BITS, SurfaceBits, both_sides};

/// Steps that are tried along slices, rows and columns.
const TRIED: [usize; 3] = [4, 10, 10];

/// At most so many distances are tried; a farther point is found sooner on its own.
const MOST: usize = 64;

/// One distance: so many steps along each axis, to either side.
#[derive(Clone, Copy)]
struct Step {
    /// Number of the rows, in the order in which they are first needed.
    rows: usize,
    columns: u32,
}

/// The distances that are tried, nearest first.
pub(super) struct NearSteps {
    steps: Vec<Step>,
    distances_mm: Vec<f64>,
    /// Steps along slices and rows.
    rows: Vec<[usize; 2]>,
}

impl NearSteps {
    /// For lattice points of this spacing, `[k, j, i]`.
    pub(super) fn new(spacing: [f64; 3]) -> Self {
        let squared = |at: [usize; 3]| -> f64 { (0..3).map(|x| (at[x] as f64 * spacing[x]).powi(2)).sum() };
        // Up to here none is missing.
        let complete = (0..3).map(|x| (TRIED[x] as f64 * spacing[x]).powi(2)).fold(f64::INFINITY, f64::min);
        let [slices, rows, columns] = TRIED;
        let mut all: Vec<[usize; 3]> = (0..slices)
            .flat_map(|k| (0..rows).flat_map(move |j| (0..columns).map(move |i| [k, j, i])))
            .filter(|&at| at != [0; 3] && squared(at) < complete)
            .collect();
        all.sort_by(|&a, &b| squared(a).total_cmp(&squared(b)));
        all.truncate(MOST);
        let mut found = Self { steps: Vec::new(), distances_mm: Vec::new(), rows: Vec::new() };
        for at in all {
            let [k, j, columns] = at;
            let known = found.rows.iter().position(|&rows| rows == [k, j]);
            let rows = known.unwrap_or(found.rows.len());
            if known.is_none() {
                found.rows.push([k, j]);
            }
            found.steps.push(Step { rows, columns: columns as u32 });
            found.distances_mm.push(squared(at).sqrt());
        }
        found
    }

    /// The distances in mm, nearest first.
    pub(super) fn distances_mm(&self) -> &[f64] {
        &self.distances_mm
    }

    /// Calls `met` with the number of a distance and the points of the word (bits of `points`, word `w` of row `[k, j]`)
    /// whose nearest point of `to` is that far. Gives the points that are farther than all that are tried. `words` is
    /// room to work in.
    pub(super) fn resolve(
        &self,
        to: &SurfaceBits,
        [k, j, w]: [usize; 3],
        mut points: u64,
        words: &mut Vec<[u64; 3]>,
        mut met: impl FnMut(usize, u64),
    ) -> u64 {
        words.clear();
        for (number, step) in self.steps.iter().enumerate() {
            if step.rows == words.len() {
                words.push(joined(to, [k, j, w], self.rows[step.rows]));
            }
            let [before, here, after] = words[step.rows];
            let by = step.columns;
            let moved = if by == 0 {
                here
            } else {
                here << by | before >> (BITS as u32 - by) | here >> by | after << (BITS as u32 - by)
            };
            let hit = points & moved;
            if hit != 0 {
                met(number, hit);
                points &= !hit;
                if points == 0 {
                    break;
                }
            }
        }
        points
    }
}

/// Words `w - 1`, `w` and `w + 1` of the rows that are so many slices and rows away, to either side.
fn joined(to: &SurfaceBits, [k, j, w]: [usize; 3], [dk, dj]: [usize; 2]) -> [u64; 3] {
    let mut joined = [0; 3];
    let mut add = |k: usize, j: usize| {
        let row = to.row(k, j);
        joined[0] |= w.checked_sub(1).map_or(0, |w| row[w]);
        joined[1] |= row[w];
        joined[2] |= row.get(w + 1).copied().unwrap_or(0);
    };
    for k in both_sides(k, dk, to.shape[0]) {
        for j in both_sides(j, dj, to.shape[1]) {
            add(k, j);
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        mask::{Mask, VoxelBox},
        metrics::lattice::{Boxed, ones},
    };

    const SHAPE: [usize; 3] = [12, 25, 200];

    fn words(bits: &SurfaceBits) -> impl Iterator<Item = ([usize; 3], u64)> + '_ {
        let rows = (0..bits.shape[0]).flat_map(|k| (0..bits.shape[1]).map(move |j| [k, j]));
        rows.flat_map(|[k, j]| bits.row(k, j).iter().enumerate().map(move |(w, &word)| ([k, j, w], word)))
    }

    proptest! {
        #[test]
        fn what_is_near_has_its_distance_and_what_is_left_is_farther(
            voxels in prop::collection::vec((0usize..12, 0usize..25, 0usize..200, any::<bool>()), 2..80),
            spacing in (0.3..6.0, 0.3..3.0, 0.3..3.0),
        ) {
            let spacing: [f64; 3] = spacing.into();
            let (mut a, mut b) = (Mask::new(SHAPE), Mask::new(SHAPE));
            for (k, j, i, first) in voxels {
                if first { &mut a } else { &mut b }.set([k, j, i], true);
            }
            let bounds = VoxelBox { min: [0; 3], max: SHAPE };
            let (a, b) = (Boxed::new(&a, bounds).surfels(), Boxed::new(&b, bounds).surfels());
            let all: Vec<[usize; 3]> =
                words(&b).flat_map(|([k, j, w], word)| ones(word).map(move |bit| [k, j, w * BITS + bit as usize])).collect();
            let nearest = |[k, j, w]: [usize; 3], bit: u32| {
                let at = [k, j, w * BITS + bit as usize];
                let squared = |b: &[usize; 3]| (0..3).map(|x| (at[x].abs_diff(b[x]) as f64 * spacing[x]).powi(2)).sum::<f64>();
                all.iter().map(squared).fold(f64::INFINITY, f64::min).sqrt()
            };
            let near = NearSteps::new(spacing);
            let last = near.distances_mm().last().copied().unwrap_or(0.0);
            for (at, word) in words(&a) {
                let points = word & !b.row(at[0], at[1])[at[2]];
                let mut found = Vec::new();
                let left = near.resolve(&b, at, points, &mut Vec::new(), |number, bits| {
                    found.extend(ones(bits).map(|bit| (bit, near.distances_mm()[number])));
                });
                prop_assert_eq!(found.iter().fold(left, |all, (bit, _)| all | 1 << bit), points);
                for (bit, distance) in found {
                    prop_assert!((distance - nearest(at, bit)).abs() < 1e-9);
                }
                for bit in ones(left) {
                    prop_assert!(nearest(at, bit) > last - 1e-9);
                }
            }
        }
    }
}
