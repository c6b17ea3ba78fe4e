//! Connected pieces of a mask, found on runs of voxels so that memory grows with the surface and not with the volume.

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
    keep(mask, |sizes| count.min(sizes.len()))
}

/// Keeps the largest piece and every other that has at least this share (0 to 1) of its voxels.
pub fn keep_from_share(mask: &Mask, share: f64) -> Mask {
    keep(mask, |sizes| {
        let least = sizes.first().map_or(0.0, |&largest| share * largest as f64);
        sizes.partition_point(|&size| size as f64 >= least)
    })
}

/// Keeps as many of the largest pieces as `choose` says; it is told all sizes in voxels, the largest first.
fn keep(mask: &Mask, choose: impl FnOnce(&[usize]) -> usize) -> Mask {
    let [slices, rows, columns] = mask.shape();
    let mut runs: Vec<Run> = Vec::new();
    let mut row_starts = Vec::with_capacity(slices * rows + 1);
    for k in 0..slices {
        for j in 0..rows {
            row_starts.push(runs.len());
            runs_of(mask.row(k, j), columns, &mut runs);
        }
    }
    row_starts.push(runs.len());

    let mut parent: Vec<usize> = (0..runs.len()).collect();
    for k in 0..slices {
        for j in 0..rows {
            let here = k * rows + j;
            let before = (k > 0).then(|| here - rows);
            let above = |row: usize| [row.checked_sub(1).filter(|_| j > 0), Some(row), (j + 1 < rows).then(|| row + 1)];
            let neighbours = before.map_or([None; 3], above).into_iter().chain([(j > 0).then(|| here - 1)]);
            for other in neighbours.flatten() {
                join(
                    &runs,
                    row_starts[here]..row_starts[here + 1],
                    row_starts[other]..row_starts[other + 1],
                    &mut parent,
                );
            }
        }
    }

    let mut sizes = vec![0_usize; runs.len()];
    for (n, run) in runs.iter().enumerate() {
        sizes[root(&mut parent, n)] += run.end - run.start;
    }
    let mut order: Vec<usize> = (0..runs.len()).filter(|&n| sizes[n] > 0).collect();
    order.sort_by_key(|&n| (std::cmp::Reverse(sizes[n]), n));
    let mut kept = vec![false; runs.len()];
    let count = choose(&order.iter().map(|&n| sizes[n]).collect::<Vec<_>>());
    order.iter().take(count).for_each(|&n| kept[n] = true);

    let mut out = Mask::new(mask.shape());
    for row in 0..slices * rows {
        for n in row_starts[row]..row_starts[row + 1] {
            if kept[root(&mut parent, n)] {
                out.set_run(row / rows, row % rows, runs[n].start..runs[n].end);
            }
        }
    }
    out
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
fn join(runs: &[Run], a: std::ops::Range<usize>, b: std::ops::Range<usize>, parent: &mut [usize]) {
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
