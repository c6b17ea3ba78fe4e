//! Added path length: how much contour a person would have to draw.

use rayon::prelude::*;

use super::lattice::BITS;
use crate::mask::{Mask, VoxelBox};

/// Length in mm of the reference's contours farther than the tolerance from the prediction's in the same slice.
///
/// Contours are border pixels: inside, with one of four neighbours in the slice outside. Each counts as the mean pixel
/// spacing. `bounds` holds both masks; `spacing` is `[k, j, i]`.
pub(super) fn added_path_length(
    reference: &Mask,
    prediction: &Mask,
    bounds: VoxelBox,
    spacing: [f64; 3],
    tolerance: f64,
) -> f64 {
    let discs = disc(spacing, tolerance, bounds);
    let words = bounds.min[2] / BITS..bounds.max[2].div_ceil(BITS);
    let rows = bounds.max[1] - bounds.min[1];
    let in_slice = |[ours, theirs, covered, widened]: &mut [Vec<u64>; 4], k: usize| {
        border_pixels(reference, k, bounds, words.clone(), ours);
        border_pixels(prediction, k, bounds, words.clone(), theirs);
        let mut pixels = 0;
        for (j, ours) in ours.chunks_exact(words.len()).enumerate() {
            if ours.iter().all(|&word| word == 0) {
                continue;
            }
            covered.clear();
            covered.resize(words.len(), 0);
            for &(away, reach) in &discs {
                let below = j.checked_sub(away);
                let above = Some(j + away).filter(|&j| away > 0 && j < rows);
                for j in below.into_iter().chain(above) {
                    let row = &theirs[j * words.len()..(j + 1) * words.len()];
                    if row.iter().any(|&word| word != 0) {
                        widened.clear();
                        widened.extend_from_slice(row);
                        dilate(widened, reach);
                        covered.iter_mut().zip(widened.iter()).for_each(|(covered, word)| *covered |= word);
                    }
                }
            }
            pixels +=
                ours.iter().zip(&*covered).map(|(ours, near)| u64::from((ours & !near).count_ones())).sum::<u64>();
        }
        pixels
    };
    let pixels: u64 =
        (bounds.min[0]..bounds.max[0]).into_par_iter().map_init(|| std::array::from_fn(|_| Vec::new()), in_slice).sum();
    pixels as f64 * f64::midpoint(spacing[1], spacing[2])
}

/// For rows that are 0, 1, 2, ... away: how many columns are within the tolerance.
fn disc(spacing: [f64; 3], tolerance: f64, bounds: VoxelBox) -> Vec<(usize, usize)> {
    let rows = bounds.max[1] - bounds.min[1];
    let columns = bounds.max[2] - bounds.min[2];
    // A tolerance of exactly so many pixels includes them, whatever the last digit of the spacing.
    let tolerance = tolerance * (1.0 + 1e-12);
    (0..rows)
        .map_while(|away| {
            let left = tolerance.powi(2) - (away as f64 * spacing[1]).powi(2);
            (left >= 0.0).then(|| (away, ((left.sqrt() / spacing[2]) as usize).min(columns)))
        })
        .collect()
}

/// Fills `out` with the border pixels of the box's rows in slice `k`.
fn border_pixels(mask: &Mask, k: usize, bounds: VoxelBox, words: std::ops::Range<usize>, out: &mut Vec<u64>) {
    out.clear();
    for j in bounds.min[1]..bounds.max[1] {
        let here = mask.row(k, j);
        let above = j.checked_sub(1).map(|j| mask.row(k, j));
        let below = Some(j + 1).filter(|&j| j < mask.shape()[1]).map(|j| mask.row(k, j));
        out.extend(words.clone().map(|w| {
            let inside = here[w];
            let before = w.checked_sub(1).map_or(0, |w| here[w] >> (BITS - 1));
            let after = here.get(w + 1).map_or(0, |word| word << (BITS - 1));
            let rows = above.map_or(0, |row| row[w]) & below.map_or(0, |row| row[w]);
            inside & !((inside << 1 | before) & (inside >> 1 | after) & rows)
        }));
    }
}

/// Widens every run of bits by `reach` on both sides.
fn dilate(row: &mut [u64], reach: usize) {
    let mut done = 0;
    while done < reach {
        // As far again as what is already there, at most a word at a time.
        let step = (reach - done).min(done.max(1)).min(BITS - 1);
        let mut before = 0;
        for w in 0..row.len() {
            let word = row[w];
            let after = row.get(w + 1).copied().unwrap_or(0);
            row[w] = word | word << step | before >> (BITS - step) | word >> step | after << (BITS - step);
            before = word;
        }
        done += step;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn border(mask: &Mask, [k, j, i]: [usize; 3]) -> bool {
        let [k, j, i] = [k, j, i].map(|x| x as isize);
        let around = [[k, j - 1, i], [k, j + 1, i], [k, j, i - 1], [k, j, i + 1]];
        mask.get_signed([k, j, i]) && around.iter().any(|&at| !mask.get_signed(at))
    }

    proptest! {
        #[test]
        fn the_length_is_what_trying_all_pixels_finds(
            voxels in prop::collection::vec((0usize..2, 0usize..9, 0usize..150, 1usize..40, any::<bool>()), 1..40),
            tolerance in 0.0..90.0_f64,
            spacing in (0.5..3.0_f64, 0.5..3.0_f64),
        ) {
            let shape = [2, 9, 150];
            let (mut a, mut b) = (Mask::new(shape), Mask::new(shape));
            for (k, j, i, length, first) in voxels {
                if first { &mut a } else { &mut b }.set_run(k, j, i..(i + length).min(150));
            }
            let all = || (0..2).flat_map(|k| (0..9).flat_map(move |j| (0..150).map(move |i| [k, j, i])));
            let theirs: Vec<_> = all().filter(|&at| border(&b, at)).collect();
            let far = |at: &[usize; 3]| theirs.iter().filter(|other| other[0] == at[0]).all(|other| {
                let (dj, di) = (at[1].abs_diff(other[1]) as f64, at[2].abs_diff(other[2]) as f64);
                (dj * spacing.0).hypot(di * spacing.1) > tolerance
            });
            let expected = all().filter(|&at| border(&a, at)).filter(far).count();
            let spacing = [5.0, spacing.0, spacing.1];
            let bounds = VoxelBox { min: [0; 3], max: shape };
            let length = added_path_length(&a, &b, bounds, spacing, tolerance);
            prop_assert_eq!(length, expected as f64 * f64::midpoint(spacing[1], spacing[2]));
        }
    }
}
