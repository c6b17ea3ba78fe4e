//! Separable resampling from a CT's grid to a model's, slice by slice.
//!
//! Values are interpolated linearly. Where the model's voxels are larger than the CT's, the linear filter is widened to
//! the model's spacing, so that noise and edges are averaged and not aliased. Masks are averaged as indicators (by the
//! share of the model voxel's volume that they cover, where it is larger) and cut at one half.

use std::collections::VecDeque;

use ndarray::{Array2, Array3, ArrayView3, Axis, Zip};
use rayon::prelude::*;
use tmli_core::Mask;
use tmli_model::{Intensity, ModelError, ModelGrid};

use crate::error::NnError;

/// Share of a voxel that a structure must cover for the voxel to be its own.
const HALF: f32 = 0.5;

/// The input indices and weights that make one output value.
#[derive(Clone, Debug)]
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

#[derive(Clone, Copy)]
enum Filter {
    /// A triangle, one model voxel to each side (one CT voxel where the model is finer).
    Triangle,
    /// The overlap of the CT voxel and the model voxel, where the model is coarser.
    Coverage,
}

impl Filter {
    fn taps(self, grid: &ModelGrid, axis: usize) -> Vec<Taps> {
        let (low, high) = (grid.crop().min[axis], grid.crop().max[axis]);
        let step = grid.step()[axis];
        (0..grid.shape()[axis])
            .map(|m| {
                let centre = grid.ct_from_model(axis, m as f64);
                // Inside of the box's outer centres, so that at least one tap has weight: a linear interpolation
                // beyond the edge repeats the edge.
                let centre = centre.clamp(low as f64, (high - 1) as f64);
                let reach = step.max(1.0);
                let first = ((centre - reach).ceil().max(low as f64)) as usize;
                let last = ((centre + reach).floor().min((high - 1) as f64)) as usize;
                let weight = |ct: usize| {
                    let distance = (ct as f64 - centre).abs();
                    match self {
                        Self::Coverage if step > 1.0 => ((step + 1.0) / 2.0 - distance).clamp(0.0, 1.0),
                        _ => (1.0 - distance / reach).max(0.0),
                    }
                };
                let weights: Vec<f64> = (first..=last).map(weight).collect();
                let sum: f64 = weights.iter().sum();
                Taps { first, weights: weights.iter().map(|w| (w / sum) as f32).collect() }
            })
            .collect()
    }
}

/// Reads one row of the source into a buffer of the whole row; says whether anything in it differs from 0.
trait Rows: Sync {
    fn row(&self, k: usize, j: usize, buffer: &mut [f32]) -> bool;
    fn columns(&self) -> usize;
}

struct CtRows<'a>(ArrayView3<'a, i16>);

impl Rows for CtRows<'_> {
    fn row(&self, k: usize, j: usize, buffer: &mut [f32]) -> bool {
        for (value, hu) in buffer.iter_mut().zip(self.0.slice(ndarray::s![k, j, ..])) {
            *value = f32::from(*hu);
        }
        true
    }

    fn columns(&self) -> usize {
        self.0.dim().2
    }
}

struct MaskRows<'a>(&'a Mask);

impl Rows for MaskRows<'_> {
    fn row(&self, k: usize, j: usize, buffer: &mut [f32]) -> bool {
        let words = self.0.row(k, j);
        if words.iter().all(|&w| w == 0) {
            return false;
        }
        for (i, value) in buffer.iter_mut().enumerate() {
            *value = (words[i / 64] >> (i % 64) & 1) as f32;
        }
        true
    }

    fn columns(&self) -> usize {
        self.0.shape()[2]
    }
}

/// The filter of every axis.
struct Plan {
    taps: [Vec<Taps>; 3],
}

impl Plan {
    fn new(grid: &ModelGrid, filter: Filter) -> Self {
        Self { taps: std::array::from_fn(|axis| filter.taps(grid, axis)) }
    }

    /// Slice `k` of the source, resampled in its plane.
    fn reduce(&self, source: &impl Rows, k: usize) -> Array2<f32> {
        let [_, rows, columns] = &self.taps;
        let mut plane = Array2::zeros((rows.len(), columns.len()));
        plane.axis_iter_mut(Axis(0)).into_par_iter().zip(rows).for_each_init(
            || (vec![0_f32; source.columns()], vec![0_f32; source.columns()]),
            |(row, sum), (mut out, taps)| {
                sum.fill(0.0);
                let mut any = false;
                for (n, &weight) in taps.weights.iter().enumerate() {
                    if weight > 0.0 && source.row(k, taps.first + n, row) {
                        any = true;
                        sum.iter_mut().zip(row.iter()).for_each(|(s, v)| *s += weight * v);
                    }
                }
                if any {
                    for (value, taps) in out.iter_mut().zip(columns) {
                        let inputs = &sum[taps.first..taps.first + taps.weights.len()];
                        *value = inputs.iter().zip(&taps.weights).map(|(v, w)| v * w).sum();
                    }
                }
            },
        );
        plane
    }

    /// Model plane `m` from slices reduced in their plane, which are made when first needed and dropped when they lie
    /// before the plane: `m` must not decrease from call to call.
    fn plane(&self, source: &impl Rows, m: usize, reduced: &mut VecDeque<(usize, Array2<f32>)>) -> Array2<f32> {
        let taps = &self.taps[0][m];
        while reduced.front().is_some_and(|(k, _)| *k < taps.first) {
            reduced.pop_front();
        }
        let mut plane = Array2::zeros((self.taps[1].len(), self.taps[2].len()));
        for (n, &weight) in taps.weights.iter().enumerate() {
            let k = taps.first + n;
            let at = match reduced.iter().position(|(have, _)| *have == k) {
                Some(at) => at,
                None => {
                    reduced.push_back((k, self.reduce(source, k)));
                    reduced.len() - 1
                }
            };
            Zip::from(&mut plane).and(&reduced[at].1).for_each(|p: &mut f32, &v| *p += weight * v);
        }
        plane
    }
}

/// Gives the planes of a CT on a model's grid one after the other, holding only a few slices at a time.
pub struct CtResampler<'a> {
    source: CtRows<'a>,
    plan: Plan,
    reduced: VecDeque<(usize, Array2<f32>)>,
    next: usize,
}

impl<'a> CtResampler<'a> {
    /// From the first plane. `hu` is the whole CT that `grid` was made for.
    pub fn new(hu: ArrayView3<'a, i16>, grid: &ModelGrid) -> Result<Self, NnError> {
        let (k, j, i) = hu.dim();
        check_inside(grid, [k, j, i])?;
        Ok(Self { source: CtRows(hu), plan: Plan::new(grid, Filter::Triangle), reduced: VecDeque::new(), next: 0 })
    }

    /// Goes on with `plane`, and does not make those before it. Returns the next plane, which is a later one when that
    /// was made already.
    pub fn skip_to(&mut self, plane: usize) -> usize {
        self.next = self.next.max(plane.min(self.plan.taps[0].len()));
        self.next
    }

    /// Bytes held between two calls.
    pub fn buffer_bytes(&self) -> usize {
        self.reduced.iter().map(|(_, plane)| plane.len() * size_of::<f32>()).sum()
    }
}

impl Iterator for CtResampler<'_> {
    type Item = Array2<f32>;

    /// The next plane (rows, columns) in Hounsfield units.
    fn next(&mut self) -> Option<Array2<f32>> {
        if self.next == self.plan.taps[0].len() {
            return None;
        }
        let plane = self.plan.plane(&self.source, self.next, &mut self.reduced);
        self.next += 1;
        Some(plane)
    }
}

/// The CT on a model's grid, mapped to the network's input.
pub fn resample_ct(hu: ArrayView3<'_, i16>, grid: &ModelGrid, intensity: Intensity) -> Result<Array3<f32>, NnError> {
    let [k, j, i] = grid.shape();
    let mut out = Array3::zeros((k, j, i));
    for (mut target, plane) in out.axis_iter_mut(Axis(0)).zip(CtResampler::new(hu, grid)?) {
        Zip::from(&mut target).and(&plane).for_each(|t, &hu| *t = intensity.scale(hu));
    }
    Ok(out)
}

/// A mask of the CT's grid on a model's grid.
pub fn resample_mask(mask: &Mask, grid: &ModelGrid) -> Result<Mask, NnError> {
    check_inside(grid, mask.shape())?;
    let plan = Plan::new(grid, Filter::Coverage);
    let source = MaskRows(mask);
    let mut reduced = VecDeque::new();
    let mut out = Mask::new(grid.shape());
    let bounds = mask.bounds();
    for m in 0..grid.shape()[0] {
        let taps = &plan.taps[0][m];
        let in_reach = bounds.is_some_and(|b| taps.first < b.max[0] && taps.first + taps.weights.len() > b.min[0]);
        if !in_reach {
            continue;
        }
        let plane = plan.plane(&source, m, &mut reduced);
        for (j, row) in plane.outer_iter().enumerate() {
            let words = out.row_mut(m, j);
            for (i, &share) in row.iter().enumerate() {
                // Weights sum to 1 within rounding: a half covered voxel counts on every machine.
                words[i / 64] |= u64::from(share >= HALF - 1e-5) << (i % 64);
            }
        }
    }
    Ok(out)
}

fn check_inside(grid: &ModelGrid, shape: [usize; 3]) -> Result<(), NnError> {
    if (0..3).all(|a| grid.crop().max[a] <= shape[a]) {
        return Ok(());
    }
    Err(ModelError::Unsuitable {
        reason: format!("its {shape:?} voxels (k, j, i) don't hold the grid's box up to {:?}", grid.crop().max),
    }
    .into())
}

#[cfg(test)]
mod tests {
    use tmli_core::{SpacingMm, VoxelBox};

    use super::*;

    fn grid(shape: [usize; 3], spacing_mm: [f64; 3]) -> ModelGrid {
        let crop = VoxelBox { min: [0; 3], max: shape };
        ModelGrid::new(SpacingMm::new(5.0, 1.0, 1.0), crop, spacing_mm).expect("a grid")
    }

    #[test]
    fn the_same_spacing_changes_nothing() {
        let ct = Array3::from_shape_fn((3, 5, 70), |(k, j, i)| (k * 100 + j * 10 + i) as i16);
        let same = CtResampler::new(ct.view(), &grid([3, 5, 70], [5.0, 1.0, 1.0])).expect("it fits");
        for (k, plane) in same.enumerate() {
            assert_eq!(plane, ct.index_axis(Axis(0), k).mapv(f32::from));
        }
        let mask = Mask::from_fn([3, 5, 70], |[k, j, i]| (k + j + i) % 3 == 0);
        assert_eq!(resample_mask(&mask, &grid([3, 5, 70], [5.0, 1.0, 1.0])).expect("it fits"), mask);
    }

    #[test]
    fn a_ramp_stays_the_same_ramp_away_from_the_edges() {
        let ct = Array3::from_shape_fn((12, 40, 40), |(k, j, i)| (7 * k + 3 * j + 5 * i) as i16);
        for spacing in [[10.0, 3.0, 2.5], [2.0, 0.7, 0.6], [5.0, 2.0, 0.5]] {
            let grid = grid([12, 40, 40], spacing);
            let [depth, rows, columns] = grid.shape();
            for (m, plane) in CtResampler::new(ct.view(), &grid).expect("it fits").enumerate() {
                for j in rows / 4..rows * 3 / 4 {
                    for i in columns / 4..columns * 3 / 4 {
                        if m >= depth / 4 && m < depth * 3 / 4 {
                            let at = |axis, index: usize| grid.ct_from_model(axis, index as f64);
                            let expected = 7.0 * at(0, m) + 3.0 * at(1, j) + 5.0 * at(2, i);
                            let off = (f64::from(plane[[j, i]]) - expected).abs();
                            // A widened triangle is symmetric about the centre only when it is at a half or a whole
                            // CT voxel; elsewhere its discrete mean lies off by less than a tenth of a voxel.
                            assert!(off < 1.5, "{spacing:?} {m} {j} {i}: {off}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_constant_stays_constant_to_the_edge() {
        let ct = Array3::from_elem((4, 30, 31), 123_i16);
        for plane in CtResampler::new(ct.view(), &grid([4, 30, 31], [7.0, 2.3, 0.4])).expect("it fits") {
            assert!(plane.iter().all(|v| (v - 123.0).abs() < 1e-3));
        }
    }

    #[test]
    fn noise_is_averaged_when_the_model_is_coarser() {
        let ct = Array3::from_shape_fn((1, 60, 60), |(_, j, i)| if (i + j) % 2 == 0 { 100 } else { -100 });
        let plane = CtResampler::new(ct.view(), &grid([1, 60, 60], [5.0, 3.0, 3.0])).expect("it fits").next();
        let largest = plane.expect("one plane").iter().fold(0.0_f32, |m, v| m.max(v.abs()));
        assert!(largest < 15.0, "{largest}");
    }

    #[test]
    fn a_mask_keeps_its_volume_at_another_spacing() {
        let ball = Mask::from_fn([20, 100, 100], |[k, j, i]| {
            let d = [(k as f64 - 9.5) * 5.0, j as f64 - 49.5, i as f64 - 49.5];
            d.iter().map(|x| x * x).sum::<f64>() < 30.0 * 30.0
        });
        let volume = |mask: &Mask, s: [f64; 3]| mask.count() as f64 * s.iter().product::<f64>();
        let before = volume(&ball, [5.0, 1.0, 1.0]);
        for spacing in [[5.0, 3.0, 3.0], [5.0, 2.0, 2.0], [4.0, 2.0, 2.0], [2.5, 0.5, 0.5]] {
            let after = volume(&resample_mask(&ball, &grid([20, 100, 100], spacing)).expect("it fits"), spacing);
            assert!((after / before - 1.0).abs() < 0.03, "{spacing:?}: {before} -> {after} mm3");
        }
    }

    #[test]
    fn a_box_beyond_the_ct_is_refused() {
        let ct = Array3::from_elem((4, 30, 31), 0_i16);
        assert!(CtResampler::new(ct.view(), &grid([4, 30, 32], [5.0, 1.0, 1.0])).is_err());
    }
}
