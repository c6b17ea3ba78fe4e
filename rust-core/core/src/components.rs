//! Connected pieces of a mask, found on runs of voxels so that memory grows with the surface and not with the volume.

use std::ops::Range;

use crate::mask::Mask;

/// A run of set voxels in one row, and its size.
struct Run {
    start: usize,
    end: usize,
}

/// Keeps the `count` largest pieces (voxels that touch by face, edge or corner belong together) and clears the others.
/// Of pieces of the same size the one that comes first along k, j, i is kept.
///
/// ```
/// use tmli_core::{Mask, components::keep_largest};
///
/// let two = Mask::from_fn([1, 1, 9], |[_, _, i]| i < 3 || i > 4);
/// assert_eq!(keep_largest(&two, 1).count(), 4);
/// ```
pub fn keep_largest(mask: &Mask, count: usize) -> Mask {
    Pieces::of(mask).keep(|n| n < count)
}

/// Keeps the largest piece and every other that has at least this share (0 to 1) of its voxels.
pub fn keep_from_share(mask: &Mask, share: f64) -> Mask {
    let pieces = Pieces::of(mask);
    let least = pieces.list().first().map_or(0.0, |largest| share * largest.voxels as f64);
    pieces.keep(|n| pieces.list()[n].voxels as f64 >= least)
}

/// One connected piece of a mask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// How many it has.
    pub voxels: usize,
    /// Indices k from its first slice to the one behind its last.
    pub slices: Range<usize>,
}

/// The connected pieces of a mask: voxels that touch by face, edge or corner belong together.
///
/// ```
/// use tmli_core::{Mask, components::Pieces};
///
/// let pieces = Pieces::of(&Mask::from_fn([9, 1, 1], |[k, _, _]| k < 3 || k > 4));
/// assert_eq!((pieces.list()[0].voxels, pieces.list()[0].slices.clone()), (4, 5..9));
/// assert_eq!(pieces.keep(|n| n == 1).count(), 3);
/// ```
pub struct Pieces {
    shape: [usize; 3],
    runs: Vec<Run>,
    /// Of row `k * rows + j`, and the number of all runs behind the last.
    row_starts: Vec<usize>,
    /// Of each run, its piece's index in the list.
    piece_of: Vec<usize>,
    list: Vec<Piece>,
}

impl Pieces {
    /// Finds them.
    pub fn of(mask: &Mask) -> Self {
        let shape = mask.shape();
        let [slices, rows, columns] = shape;
        let mut runs: Vec<Run> = Vec::new();
        let mut row_starts = Vec::with_capacity(slices * rows + 1);
        for k in 0..slices {
            for j in 0..rows {
                row_starts.push(runs.len());
                runs_of(mask.row(k, j), columns, &mut runs);
            }
        }
        row_starts.push(runs.len());
        let mut parent = join_rows(&runs, &row_starts, slices, rows);

        let mut found: Vec<Option<Piece>> = runs.iter().map(|_| None).collect();
        for row in 0..slices * rows {
            let k = row / rows;
            for n in row_starts[row]..row_starts[row + 1] {
                let piece = &mut found[root(&mut parent, n)];
                let piece = piece.get_or_insert_with(|| Piece { voxels: 0, slices: k..k });
                piece.voxels += runs[n].end - runs[n].start;
                piece.slices.end = k + 1;
            }
        }
        let mut order: Vec<(usize, Piece)> =
            found.into_iter().enumerate().filter_map(|(n, piece)| Some((n, piece?))).collect();
        order.sort_by_key(|(n, piece)| (std::cmp::Reverse(piece.voxels), *n));
        let mut place = vec![0; runs.len()];
        for (at, (n, _)) in order.iter().enumerate() {
            place[*n] = at;
        }
        let piece_of = (0..runs.len()).map(|n| place[root(&mut parent, n)]).collect();
        let list = order.into_iter().map(|(_, piece)| piece).collect();
        Self { shape, runs, row_starts, piece_of, list }
    }

    /// All of them, the largest first; of the same size the one that comes first along k, j, i.
    pub fn list(&self) -> &[Piece] {
        &self.list
    }

    /// A mask of those pieces whose index in [`list`](Self::list) is wanted.
    pub fn keep(&self, wanted: impl Fn(usize) -> bool) -> Mask {
        let rows = self.shape[1];
        let kept: Vec<bool> = (0..self.list.len()).map(wanted).collect();
        let mut out = Mask::new(self.shape);
        for row in 0..self.shape[0] * rows {
            for n in self.row_starts[row]..self.row_starts[row + 1] {
                if kept[self.piece_of[n]] {
                    out.set_run(row / rows, row % rows, self.runs[n].start..self.runs[n].end);
                }
            }
        }
        out
    }
}

/// Of each run, one that it touches and that comes before it, over others or directly; itself where there is none.
fn join_rows(runs: &[Run], row_starts: &[usize], slices: usize, rows: usize) -> Vec<usize> {
    let mut parent: Vec<usize> = (0..runs.len()).collect();
    for k in 0..slices {
        for j in 0..rows {
            let here = k * rows + j;
            let before = (k > 0).then(|| here - rows);
            let above = |row: usize| [row.checked_sub(1).filter(|_| j > 0), Some(row), (j + 1 < rows).then(|| row + 1)];
            let neighbours = before.map_or([None; 3], above).into_iter().chain([(j > 0).then(|| here - 1)]);
            for other in neighbours.flatten() {
                join(
                    runs,
                    row_starts[here]..row_starts[here + 1],
                    row_starts[other]..row_starts[other + 1],
                    &mut parent,
                );
            }
        }
    }
    parent
}

fn runs_of(words: &[u64], columns: usize, runs: &mut Vec<Run>) {
    if words.iter().all(|&w| w == 0) {
        return;
    }
    let mut start = None;
    for i in 0..columns {
        let set = words[i / 64] >> (i % 64) & 1 == 1;
        match (set, start) {
            (true, None) => start = Some(i),
            (false, Some(from)) => {
                runs.push(Run { start: from, end: i });
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        runs.push(Run { start: from, end: columns });
    }
}

/// Joins the runs of two neighbouring rows that touch, corners included. Both are in order of columns.
fn join(runs: &[Run], a: Range<usize>, b: Range<usize>, parent: &mut [usize]) {
    let (mut x, mut y) = (a.start, b.start);
    while x < a.end && y < b.end {
        if runs[x].start <= runs[y].end && runs[y].start <= runs[x].end {
            let (p, q) = (root(parent, x), root(parent, y));
            parent[p.max(q)] = p.min(q);
        }
        if runs[x].end < runs[y].end { x += 1 } else { y += 1 }
    }
}

fn root(parent: &mut [usize], mut n: usize) -> usize {
    while parent[n] != n {
        parent[n] = parent[parent[n]];
        n = parent[n];
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxes(list: &[([usize; 3], [usize; 3])]) -> Mask {
        Mask::from_fn([6, 10, 130], |p| list.iter().any(|(min, max)| (0..3).all(|a| p[a] >= min[a] && p[a] < max[a])))
    }

    const LARGE: ([usize; 3], [usize; 3]) = ([0, 0, 0], [3, 3, 70]);
    const SECOND: ([usize; 3], [usize; 3]) = ([0, 6, 5], [5, 9, 25]);
    const SPECK: ([usize; 3], [usize; 3]) = ([5, 0, 120], [6, 1, 130]);

    #[test]
    fn the_largest_pieces_stay() {
        let all = boxes(&[LARGE, SECOND, SPECK]);
        assert_eq!(keep_largest(&all, 1), boxes(&[LARGE]));
        assert_eq!(keep_largest(&all, 2), boxes(&[LARGE, SECOND]));
        assert_eq!(keep_largest(&all, 9), all);
        assert!(keep_largest(&all, 0).is_empty());
    }

    #[test]
    fn pieces_of_a_share_of_the_largest_stay() {
        let all = boxes(&[LARGE, SECOND, SPECK]);
        assert_eq!(keep_from_share(&all, 0.4), boxes(&[LARGE, SECOND]));
        assert_eq!(keep_from_share(&all, 1.0), boxes(&[LARGE]));
        assert!(keep_from_share(&Mask::new([2, 2, 2]), 0.1).is_empty());
    }

    #[test]
    fn pieces_are_told_with_size_and_slices_the_largest_first() {
        let pieces = Pieces::of(&boxes(&[SPECK, LARGE, SECOND]));
        let told: Vec<_> = pieces.list().iter().map(|p| (p.voxels, p.slices.clone())).collect();
        assert_eq!(told, [(630, 0..3), (300, 0..5), (10, 5..6)]);
        assert_eq!(pieces.keep(|n| n != 1), boxes(&[LARGE, SPECK]));
        assert!(Pieces::of(&Mask::new([0, 3, 3])).list().is_empty());
    }

    #[test]
    fn pieces_that_touch_at_a_corner_are_one() {
        let chain = boxes(&[([0, 0, 0], [1, 1, 1]), ([1, 1, 1], [2, 2, 2]), ([2, 0, 2], [3, 1, 3])]);
        assert_eq!(keep_largest(&chain, 1), chain);
        let apart = boxes(&[([0, 0, 0], [1, 1, 1]), ([2, 1, 1], [3, 2, 2])]);
        assert_eq!(keep_largest(&apart, 1).count(), 1);
    }

    #[test]
    fn a_piece_that_closes_behind_its_beginning_is_one() {
        let u = boxes(&[([1, 2, 0], [2, 3, 50]), ([1, 6, 0], [2, 7, 50]), ([1, 2, 49], [2, 7, 50])]);
        assert_eq!(keep_largest(&u, 1), u);
    }
}
