//! From every element of one surface to the nearest element of another: exact Euclidean distances.
//!
//! Within every slice of the lattice the nearest element of each lattice point is found in two passes, along rows and
//! then along columns by the lower envelope of parabolas (P. Felzenszwalb and D. Huttenlocher, "Distance Transforms of
//! Sampled Functions", Theory of Computing 8, 2012). Across slices each query walks outwards from its own slice and
//! stops as soon as the slice distance alone is no shorter than what was found. What is kept is the position of the
//! nearest element, not a distance, so the result is computed once, from integers.

use rayon::prelude::*;

use super::surface::{Element, Surface};

/// Positions within a slice are kept as two 16-bit numbers.
pub(super) const LONGEST_BOX: usize = u16::MAX as usize - 1 - u64::BITS as usize;

/// Marks a row without elements.
const NONE: u16 = u16::MAX;

/// For each element of `from`, in its order, the distance to the nearest element of `to`; infinite when there is none.
/// Both surfaces are on one lattice.
pub(super) fn to_nearest(from: &Surface, to: &Surface, spacing: [f64; 3]) -> Vec<f64> {
    let nearest: Vec<Option<SliceNearest>> =
        (0..to.shape[0]).into_par_iter().map(|k| SliceNearest::of(to, k, spacing)).collect();
    from.elements.par_iter().map(|element| nearest_distance(element, &nearest, spacing)).collect()
}

fn nearest_distance(element: &Element, slices: &[Option<SliceNearest>], spacing: [f64; 3]) -> f64 {
    let [k, j, i] = element.at.map(|x| x as usize);
    let mut best = f64::INFINITY;
    for steps in 0..slices.len() {
        let across = (steps as f64 * spacing[0]).powi(2);
        if across >= best {
            break;
        }
        let below = k.checked_sub(steps);
        let above = Some(k + steps).filter(|_| steps > 0);
        for slice in [below, above].into_iter().flatten() {
            let Some(Some(slice)) = slices.get(slice) else { continue };
            best = best.min(across + slice.squared_distance(j, i, spacing));
        }
    }
    best.sqrt()
}

/// The nearest element within one slice, for each of its lattice points.
struct SliceNearest {
    columns: usize,
    /// Row and column of the nearest element.
    nearest: Vec<[u16; 2]>,
}

impl SliceNearest {
    /// `None` when the slice has no element.
    fn of(surface: &Surface, k: usize, spacing: [f64; 3]) -> Option<Self> {
        let elements = &surface.elements[surface.slice_starts[k]..surface.slice_starts[k + 1]];
        if elements.is_empty() {
            return None;
        }
        let [_, rows, columns] = surface.shape;
        let in_row = nearest_in_rows(elements, rows, columns);
        let mut nearest = vec![[0; 2]; rows * columns];
        let mut envelope = Envelope::new(spacing[1]);
        for i in 0..columns {
            envelope.clear();
            for j in 0..rows {
                let column = in_row[j * columns + i];
                if column != NONE {
                    let height = ((i as f64 - f64::from(column)) * spacing[2]).powi(2);
                    envelope.push(j, column, height);
                }
            }
            envelope.for_each_row(rows, |j, position| nearest[j * columns + i] = position);
        }
        Some(Self { columns, nearest })
    }

    fn squared_distance(&self, j: usize, i: usize, spacing: [f64; 3]) -> f64 {
        let [row, column] = self.nearest[j * self.columns + i];
        let (dj, di) = (j as f64 - f64::from(row), i as f64 - f64::from(column));
        (dj * spacing[1]).powi(2) + (di * spacing[2]).powi(2)
    }
}

/// For each lattice point of a slice, the column of the nearest element in its row.
fn nearest_in_rows(elements: &[Element], rows: usize, columns: usize) -> Vec<u16> {
    let mut in_row = vec![NONE; rows * columns];
    for row in elements.chunk_by(|a, b| a.at[1] == b.at[1]) {
        let out = &mut in_row[row[0].at[1] as usize * columns..][..columns];
        // From half way to the element before, to half way to the next.
        let mut start = 0;
        for (n, element) in row.iter().enumerate() {
            let column = element.at[2] as usize;
            let end = row.get(n + 1).map_or(columns, |next| (column + next.at[2] as usize) / 2 + 1);
            out[start..end].fill(column as u16);
            start = end;
        }
    }
    in_row
}

/// The lower envelope of parabolas `height + (distance along the column)^2`.
struct Envelope {
    spacing: f64,
    parabolas: Vec<Parabola>,
}

struct Parabola {
    row: usize,
    column: u16,
    height: f64,
    /// Row from which on this parabola is the lowest.
    from: f64,
}

impl Envelope {
    fn new(spacing: f64) -> Self {
        Self { spacing, parabolas: Vec::new() }
    }

    fn clear(&mut self) {
        self.parabolas.clear();
    }

    /// Adds a parabola in a row after all others.
    fn push(&mut self, row: usize, column: u16, height: f64) {
        let mut from = f64::NEG_INFINITY;
        while let Some(last) = self.parabolas.last() {
            let (a, b) = (last.row as f64, row as f64);
            let rise = (height - last.height) / (self.spacing * self.spacing);
            from = (rise / (b - a) + a + b) / 2.0;
            if from > last.from {
                break;
            }
            self.parabolas.pop();
            from = f64::NEG_INFINITY;
        }
        self.parabolas.push(Parabola { row, column, height, from });
    }

    fn for_each_row(&self, rows: usize, mut apply: impl FnMut(usize, [u16; 2])) {
        let mut lowest = 0;
        for j in 0..rows {
            while self.parabolas.get(lowest + 1).is_some_and(|next| next.from <= j as f64) {
                lowest += 1;
            }
            if let Some(parabola) = self.parabolas.get(lowest) {
                apply(j, [parabola.row as u16, parabola.column]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mask::Mask;

    fn brute_force(from: &Surface, to: &Surface, spacing: [f64; 3]) -> Vec<f64> {
        let squared = |a: &Element, b: &Element| -> f64 {
            (0..3).map(|x| ((f64::from(a.at[x]) - f64::from(b.at[x])) * spacing[x]).powi(2)).sum()
        };
        let nearest = |a| to.elements.iter().map(|b| squared(a, b)).fold(f64::INFINITY, f64::min);
        from.elements.iter().map(|a| nearest(a).sqrt()).collect()
    }

    proptest! {
        #[test]
        fn the_nearest_element_is_the_one_that_trying_all_finds(
            voxels in prop::collection::vec((0usize..6, 0usize..9, 0usize..90, any::<bool>()), 2..40),
            spacing in (0.3..6.0, 0.3..3.0, 0.3..3.0),
        ) {
            let spacing: [f64; 3] = spacing.into();
            let shape = [6, 9, 90];
            let (mut a, mut b) = (Mask::new(shape), Mask::new(shape));
            for (k, j, i, first) in voxels {
                if first { &mut a } else { &mut b }.set([k, j, i], true);
            }
            let bounds = crate::metrics::surface::joint_bounds(&a, &b).expect("at least two voxels");
            let (a, b) = (Surface::of(&a, bounds), Surface::of(&b, bounds));
            for (fast, slow) in to_nearest(&a, &b, spacing).into_iter().zip(brute_force(&a, &b, spacing)) {
                prop_assert!(fast == slow || (fast - slow).abs() < 1e-9, "{fast} instead of {slow}");
            }
        }
    }
}
