//! Walking along pixel edges.

use crate::mask::Mask;

/// Directions along pixel edges, each a right turn (rows grow downwards) from the one before.
const RIGHT: u8 = 0;
const DOWN: u8 = 1;
const LEFT: u8 = 2;
const UP: u8 = 3;

/// The corners of a loop as lattice points (row, column); lattice point (j, i) is the corner between pixels
/// (j - 1, i - 1) and (j, i).
pub(super) struct PixelLoop {
    pub(super) corners: Vec<(usize, usize)>,
    pub(super) is_hole: bool,
}

/// The loops of one slice.
pub(super) fn slice_loops(mask: &Mask, k: usize) -> Vec<PixelLoop> {
    let Some(mut lattice) = Lattice::of_slice(mask, k) else { return Vec::new() };
    let mut loops = Vec::new();
    for j in 0..lattice.height {
        for i in 0..lattice.width {
            // The first corner of a loop in this order has an edge to the right (outer loop) or down (hole).
            for direction in [RIGHT, DOWN] {
                if lattice.has((j, i), direction) {
                    loops.push(PixelLoop { corners: lattice.follow((j, i), direction), is_hole: direction == DOWN });
                }
            }
        }
    }
    loops
}

/// The directed edges that leave every lattice point of a slice's box, inside to the right of the way. A bit per
/// direction; an edge is removed when it has been walked.
struct Lattice {
    first: (usize, usize),
    width: usize,
    height: usize,
    leaving: Vec<u8>,
}

impl Lattice {
    fn of_slice(mask: &Mask, k: usize) -> Option<Self> {
        let [_, rows, columns] = mask.shape();
        let (words, words_per_row) = mask.slice_words(k);
        let is_used = |j: &usize| words[j * words_per_row..][..words_per_row].iter().any(|&w| w != 0);
        let top = (0..rows).find(is_used)?;
        let bottom = (0..rows).rfind(is_used)?;
        let used_column = |w: usize| (top..=bottom).any(|j| words[j * words_per_row + w] != 0);
        let left = (0..words_per_row).find(|&w| used_column(w))? * 64;
        let right = (((0..words_per_row).rfind(|&w| used_column(w))? + 1) * 64).min(columns);

        let (height, width) = (bottom - top + 2, right - left + 1);
        let mut leaving = vec![0; height * width];
        let inside = |j: usize, i: usize| {
            (top..=bottom).contains(&j)
                && (left..right).contains(&i)
                && words[j * words_per_row + i / 64] >> (i % 64) & 1 == 1
        };
        for j in top..=bottom {
            for i in left..right {
                if !inside(j, i) {
                    continue;
                }
                let at = (j - top) * width + (i - left);
                if j == top || !inside(j - 1, i) {
                    leaving[at] |= 1 << RIGHT;
                }
                if !inside(j, i + 1) {
                    leaving[at + 1] |= 1 << DOWN;
                }
                if !inside(j + 1, i) {
                    leaving[at + width + 1] |= 1 << LEFT;
                }
                if i == left || !inside(j, i - 1) {
                    leaving[at + width] |= 1 << UP;
                }
            }
        }
        Some(Self { first: (top, left), width, height, leaving })
    }

    fn has(&self, (j, i): (usize, usize), direction: u8) -> bool {
        self.leaving[j * self.width + i] >> direction & 1 == 1
    }

    fn remove(&mut self, (j, i): (usize, usize), direction: u8) {
        self.leaving[j * self.width + i] &= !(1 << direction);
    }

    /// Walks and removes the loop that leaves `start`, a corner, in `direction`. Gives its corners.
    fn follow(&mut self, start: (usize, usize), direction: u8) -> Vec<(usize, usize)> {
        let first = self.first;
        let on_slice = |(j, i): (usize, usize)| (j + first.0, i + first.1);
        let mut corners = vec![on_slice(start)];
        let (mut at, mut heading) = (start, direction);
        loop {
            self.remove(at, heading);
            at = match heading {
                RIGHT => (at.0, at.1 + 1),
                DOWN => (at.0 + 1, at.1),
                LEFT => (at.0, at.1 - 1),
                _ => (at.0 - 1, at.1),
            };
            // Where two pixels touch at a corner there are two ways on. The right turn stays with the same pixel.
            let turns = [(heading + 1) % 4, heading, (heading + 3) % 4];
            if at == start && turns[0] == direction {
                return corners;
            }
            let Some(next) = turns.into_iter().find(|&d| self.has(at, d)) else { return corners };
            if next != heading {
                corners.push(on_slice(at));
            }
            heading = next;
        }
    }
}
