//! The inside of one loop, row by row, in integers.

use crate::mask::flip_bits;

/// Index coordinates are counted in millionths of a voxel.
pub(super) const UNITS_PER_VOXEL: i64 = 1_000_000;

/// Coordinates beyond a thousand million voxels are moved there: products of two stay within 128 bits, and no image
/// reaches that far.
const FARTHEST: f64 = 1e15;

/// A corner of a loop: column and row in [`UNITS_PER_VOXEL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Vertex {
    pub(super) i: i64,
    pub(super) j: i64,
}

impl Vertex {
    /// From an index with fractions.
    pub(super) fn from_index(j: f64, i: f64) -> Self {
        let units = |x: f64| (x * UNITS_PER_VOXEL as f64).round().clamp(-FARTHEST, FARTHEST) as i64;
        Self { i: units(i), j: units(j) }
    }
}

/// Flips every voxel of a slice whose centre lies inside the loop. `words` are the slice's rows.
///
/// For every edge and every row that it crosses, all voxels from the crossing to the end of the row are flipped; what
/// an odd number of edges flips is inside. So loops need no sorting and combine by exclusive or.
pub(super) fn flip_inside(vertices: &[Vertex], words: &mut [u64], words_per_row: usize, columns: usize) {
    if words_per_row == 0 {
        return;
    }
    let rows = words.len() / words_per_row;
    let mut previous = match vertices.last() {
        Some(&last) => last,
        None => return,
    };
    for &vertex in vertices {
        // The same order of its two ends whichever way an edge is passed, so that a keyhole's channel cancels.
        let (low, high) = if previous.j <= vertex.j { (previous, vertex) } else { (vertex, previous) };
        previous = vertex;
        for row in first_at_or_after(low.j, rows)..first_at_or_after(high.j, rows) {
            let start = first_at_or_after_crossing(low, high, row, columns);
            flip_bits(&mut words[row * words_per_row..][..words_per_row], start..columns);
        }
    }
}

/// The first of `count` integers that is at or after a coordinate; `count` when there is none.
fn first_at_or_after(units: i64, count: usize) -> usize {
    let voxel = units.div_euclid(UNITS_PER_VOXEL) + i64::from(units.rem_euclid(UNITS_PER_VOXEL) != 0);
    usize::try_from(voxel).unwrap_or(0).min(count)
}

/// The first column whose centre is at or after the point where the edge crosses the row.
fn first_at_or_after_crossing(low: Vertex, high: Vertex, row: usize, columns: usize) -> usize {
    if low.i == high.i {
        return first_at_or_after(low.i, columns);
    }
    let wide = i128::from;
    let rise = wide(high.j) - wide(low.j);
    let down = row as i128 * wide(UNITS_PER_VOXEL) - wide(low.j);
    let numerator = wide(low.i) * rise + down * (wide(high.i) - wide(low.i));
    let denominator = rise * wide(UNITS_PER_VOXEL);
    let column = numerator.div_euclid(denominator) + i128::from(numerator.rem_euclid(denominator) != 0);
    usize::try_from(column).unwrap_or(0).min(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_centre_on_the_low_edge_is_inside_and_on_the_high_edge_outside() {
        let corners = [(1.0, 1.0), (1.0, 3.0), (3.0, 3.0), (3.0, 1.0)].map(|(j, i)| Vertex::from_index(j, i));
        let mut words = vec![0; 5];
        flip_inside(&corners, &mut words, 1, 5);
        assert_eq!(words, [0, 0b00110, 0b00110, 0, 0]);
    }

    #[test]
    fn coordinates_beyond_every_image_do_not_overflow() {
        let corners = [(-1e300, -1e300), (-1e300, 1e300), (1e300, 1e300), (1e300, -1e300)];
        let mut words = vec![0; 3];
        flip_inside(&corners.map(|(j, i)| Vertex::from_index(j, i)), &mut words, 1, 4);
        assert_eq!(words, [0b1111; 3]);
        let slanted = [(-1e300, -1e300), (1e300, 1e300), (1e300, -1e300)];
        flip_inside(&slanted.map(|(j, i)| Vertex::from_index(j, i)), &mut words, 1, 4);
        assert_eq!(words, [0b1111, 0b1110, 0b1100], "the lower left half, its diagonal's high side open");
    }
}
