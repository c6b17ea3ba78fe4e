//! What a scanner adds: blur, grain that grows with the child's thickness, streaks across shoulders and hips.

use crate::{
    paint::{Canvas, SliceGrid},
    random::Draw,
};

/// Strength of a scan's noise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noise {
    /// Standard deviation behind 200 mm of tissue, HU.
    pub(crate) grain: f32,
}

/// Blurs a slice and adds noise. `field` is scratch of the size of a slice.
pub(crate) fn apply(canvas: &mut Canvas, grid: SliceGrid, noise: Noise, draw: &mut Draw, field: &mut Vec<f32>) {
    let n = grid.columns;
    // A reconstruction kernel of about 1 mm; on coarse pixels the edges are soft already.
    let side = (0.25 / grid.pixel).min(0.22);
    blur_rows(&mut canvas.hu, n, side);
    blur_columns(&mut canvas.hu, n, side, field);
    let mut widest = 0.0f32;
    let mut thickness = vec![0.0f32; n];
    for (j, own) in thickness.iter_mut().enumerate() {
        let inside = (0..n).filter(|i| canvas.in_body(j * n + i)).count();
        *own = inside as f32 * grid.pixel;
        widest = widest.max(*own);
    }
    // Fewer photons come through long paths; averaging over larger pixels takes grain away.
    let coarse = (0.977 / grid.pixel).sqrt();
    let grain = noise.grain * coarse * (0.0045 * (widest - 200.0)).exp().clamp(0.45, 2.4);
    gaussian(field, n * n, draw);
    blur_rows(field, n, 0.2);
    let mut scratch = Vec::new();
    blur_columns(field, n, 0.2, &mut scratch);
    // The two blurs leave this much of the deviation: (0.6^2 + 2 * 0.2^2).
    let restore = 1.0 / 0.44;
    for (j, &path) in thickness.iter().enumerate() {
        let streak = 0.35 * noise.grain * coarse * (0.008 * (path - 260.0)).exp().min(3.0) * draw.bell(0.0, 1.0);
        for i in 0..n {
            let at = j * n + i;
            let damp = if canvas.in_body(at) { 1.0 } else { 0.6 };
            canvas.hu[at] += damp * (grain * restore * field[at]) + if damp == 1.0 { streak } else { 0.0 };
        }
    }
}

/// Mixes each pixel with its neighbours in the row.
fn blur_rows(values: &mut [f32], columns: usize, side: f32) {
    for row in values.chunks_mut(columns) {
        let mut before = row[0];
        for i in 0..columns - 1 {
            let here = row[i];
            row[i] = here + side * (before + row[i + 1] - 2.0 * here);
            before = here;
        }
    }
}

fn blur_columns(values: &mut [f32], columns: usize, side: f32, before: &mut Vec<f32>) {
    before.clear();
    before.extend_from_slice(&values[..columns]);
    let rows = values.len() / columns;
    for j in 0..rows - 1 {
        let (top, bottom) = values[j * columns..(j + 2) * columns].split_at_mut(columns);
        for ((here, above), below) in top.iter_mut().zip(before.iter_mut()).zip(bottom.iter()) {
            let own = *here;
            *here = own + side * (*above + below - 2.0 * own);
            *above = own;
        }
    }
}

/// Fills with values of mean 0 and deviation 1, near enough to a bell: sums of four bytes, two to a random word.
fn gaussian(values: &mut Vec<f32>, count: usize, draw: &mut Draw) {
    values.clear();
    values.reserve(count + 2);
    let unit = 1.0 / (256.0 * (4.0f32 / 12.0).sqrt());
    while values.len() < count {
        let bits = draw.bits();
        for half in [bits as u32, (bits >> 32) as u32] {
            let sum: u32 = half.to_le_bytes().iter().map(|&b| u32::from(b)).sum();
            values.push((sum as f32 - 510.0) * unit);
        }
    }
    values.truncate(count);
}
