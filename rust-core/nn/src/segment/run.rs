//! The sliding window itself.

use std::{
    collections::VecDeque,
    ops::{ControlFlow, Range},
};

use ndarray::ArrayView3;
use rayon::prelude::*;
use tch::{Device, Kind, Tensor};
use tmli_core::{Segment, Segmentation, VoxelBox, body::silhouette};
use tmli_model::{Intensity, Manifest, ModelError, ModelGrid, PieceRule, WindowPlan};

use super::{
    CtView, SegmentOptions, SegmentProgress, SegmentStatistics, accumulator::Accumulator, back::BackToCt,
    window::AxisTiles,
};
use crate::{
    allocator::memory_is_short,
    device::device_name,
    error::NnError,
    networks::Network,
    preprocess::{CtResampler, PatientAxes, body_box, is_tissue},
};

/// The largest overlap: windows must move on.
const MOST_OVERLAP: f64 = 0.9;

pub(super) struct Job<'a> {
    pub(super) network: &'a dyn Network,
    pub(super) manifest: &'a Manifest,
    pub(super) device: Device,
    pub(super) options: &'a SegmentOptions,
    /// Runs the windows of a row in the opposite order: for testing that order does not matter.
    pub(super) backwards: bool,
}

/// A plane of the model's grid: intensities, and where the body is.
struct Plane {
    values: Vec<f32>,
    body: Vec<bool>,
}

type Progress<'p> = dyn FnMut(SegmentProgress) -> ControlFlow<()> + 'p;

pub(super) fn run(
    job: &Job<'_>,
    ct: CtView<'_>,
    progress: &mut Progress<'_>,
) -> Result<(Segmentation, SegmentStatistics), NnError> {
    check(job)?;
    let geometry = ct.geometry();
    let axes = PatientAxes::of(geometry);
    let hu = axes.view(ct.hu()).reborrow();
    let spacing = axes.spacing(geometry.spacing_mm());
    let crop = body_box(hu, spacing);
    let grid = ModelGrid::for_network(spacing, crop, job.manifest.spacing_mm, job.network.dimensions())?;
    let region = job.options.region.map(|region| axes.box_from_ct(region, geometry.shape()));
    let clip = region.map_or(crop, |region| intersection(region, crop));
    let mut work = Work::new(job, hu, &grid, clip)?;
    work.report(progress)?;
    work.all_rows(progress)?;
    let statistics = work.statistics;
    let mut masks = std::mem::take(&mut work.back.masks);
    if job.options.post_process && region.is_none() {
        masks.par_iter_mut().zip(&job.manifest.structures).for_each(|(mask, name)| {
            let rule = job.manifest.post_processing.rule(name);
            if rule != PieceRule::default() {
                *mask = rule.apply(mask, spacing.k);
            }
        });
    }
    let names = job.manifest.structures.iter().cloned();
    let segments = names.zip(masks).map(|(name, mask)| Segment { name, mask: axes.mask_to_ct(mask) }).collect();
    Ok((Segmentation { geometry: geometry.clone(), segments }, statistics))
}

/// Voxels in both; `max` may lie before `min` when there are none.
fn intersection(a: VoxelBox, b: VoxelBox) -> VoxelBox {
    VoxelBox {
        min: std::array::from_fn(|axis| a.min[axis].max(b.min[axis])),
        max: std::array::from_fn(|axis| a.max[axis].min(b.max[axis])),
    }
}

fn check(job: &Job<'_>) -> Result<(), NnError> {
    job.manifest.check()?;
    let options = job.options;
    if !(0.0..=MOST_OVERLAP).contains(&options.overlap) {
        let (got, expected) = (options.overlap.to_string(), format!("0 to {MOST_OVERLAP}"));
        return Err(ModelError::Setting { what: "overlap", got, expected }.into());
    }
    if !(options.threshold > 0.0 && options.threshold <= 1.0) {
        let (got, expected) = (options.threshold.to_string(), "above 0, at most 1".to_owned());
        return Err(ModelError::Setting { what: "threshold", got, expected }.into());
    }
    if job.manifest.network.inputs() != 1 {
        let reason = "the network wants more than one image per voxel; train one with a single input".to_owned();
        return Err(ModelError::Unsuitable { reason }.into());
    }
    if job.network.outputs() != job.manifest.structures.len() {
        let reason = "the network and the list of structures are of different lengths".to_owned();
        return Err(ModelError::ManifestContents { reason }.into());
    }
    Ok(())
}

/// Everything that a run holds.
struct Work<'a> {
    job: &'a Job<'a>,
    grid: &'a ModelGrid,
    axes: [AxisTiles; 3],
    /// Windows that are run begin at these voxels of each axis.
    starts: [Vec<usize>; 3],
    /// Planes of the model's grid that masks are made from.
    wanted_planes: Range<usize>,
    source: CtResampler<'a>,
    /// Planes `first_plane..` of the model's grid that windows still need.
    planes: VecDeque<Plane>,
    first_plane: usize,
    accumulator: Accumulator,
    back: BackToCt<'a>,
    batch: usize,
    rows_together: usize,
    done: usize,
    statistics: SegmentStatistics,
}

impl<'a> Work<'a> {
    /// `clip` holds the CT voxels whose masks are wanted, all of them in the grid's crop.
    fn new(job: &'a Job<'a>, hu: ArrayView3<'a, i16>, grid: &'a ModelGrid, clip: VoxelBox) -> Result<Self, NnError> {
        let patch = job.manifest.patch;
        let [depth, rows, columns] = grid.shape();
        let ct_shape = hu.dim().into();
        let options = job.options;
        let dimensions = job.network.dimensions();
        let on_gpu = job.device.is_cuda();
        let mut plan = WindowPlan::new(grid.shape(), patch, dimensions, options.overlap, options.batch, on_gpu);
        let axes = std::array::from_fn(|a| AxisTiles::new(grid.shape()[a], patch[a], &plan.starts[a]));
        let wanted = grid.needed_for(clip);
        plan.keep_touching(&wanted);
        let first = plan.starts[0].first().copied().unwrap_or(0);
        let slab = plan.planes_in_flight().min(depth);
        let accumulator = Accumulator::new(job.network.outputs(), first, slab, rows, columns)
            .ok_or_else(|| NnError::OutOfMemory { device: "this machine".to_owned(), patch })?;
        let (windows, rows_together) = (plan.windows(), plan.rows_together());
        Ok(Self {
            job,
            starts: plan.starts,
            wanted_planes: wanted[0].clone(),
            grid,
            source: CtResampler::new(hu, grid)?,
            planes: VecDeque::new(),
            first_plane: 0,
            accumulator,
            back: BackToCt::new(grid, ct_shape, clip, first, job.network.outputs(), options.threshold),
            batch: plan.batch,
            rows_together,
            done: 0,
            statistics: SegmentStatistics { windows, ..SegmentStatistics::default() },
            axes,
        })
    }

    fn all_rows(&mut self, progress: &mut Progress<'_>) -> Result<(), NnError> {
        let [ks, js, is] = self.starts.clone();
        let depth = self.axes[0].length;
        for group in ks.chunks(self.rows_together) {
            let (Some(&first), Some(&last)) = (group.first(), group.last()) else { continue };
            self.finish_planes(first);
            self.read_planes(first, (last + self.axes[0].size).min(depth));
            let mut windows = Vec::new();
            for &k in group {
                for &j in &js {
                    windows.extend(is.iter().map(|&i| [k, j, i]));
                }
            }
            let all = windows.len();
            windows.retain(|&at| self.has_body(at));
            self.statistics.skipped += all - windows.len();
            self.done += all - windows.len();
            if self.job.backwards {
                windows.reverse();
            }
            let mut rest = windows.as_slice();
            while !rest.is_empty() {
                let now = self.batch.min(rest.len());
                if self.run_batch(&rest[..now])? {
                    rest = &rest[now..];
                    self.done += now;
                    self.report(progress)?;
                }
            }
        }
        self.finish_planes(self.wanted_planes.end);
        self.report(progress)
    }

    /// Brings planes before `end`, which no later window reaches, to the CT's grid.
    fn finish_planes(&mut self, end: usize) {
        while self.accumulator.first() < end {
            let plane = self.accumulator.take_plane(&self.axes);
            self.note_memory(&plane);
            self.back.push(plane);
        }
    }

    fn report(&self, progress: &mut Progress<'_>) -> Result<(), NnError> {
        let now = SegmentProgress { done: self.done, total: self.statistics.windows, stage: "segmenting" };
        match progress(now) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(NnError::Cancelled),
        }
    }

    /// With a plane of probabilities that is on its way from the sums to the masks.
    fn note_memory(&mut self, plane: &[Vec<f32>]) {
        let on_its_way: usize = plane.iter().map(|values| values.len() * size_of::<f32>()).sum();
        let planes: usize = self.planes.iter().map(|p| p.values.len() * size_of::<f32>() + p.body.len()).sum();
        let now = planes + on_its_way + self.accumulator.bytes() + self.back.bytes() + self.source.buffer_bytes();
        self.statistics.peak_buffer_bytes = self.statistics.peak_buffer_bytes.max(now);
    }

    /// Makes planes `from..to` available and drops earlier ones.
    fn read_planes(&mut self, from: usize, to: usize) {
        while self.first_plane < from && self.planes.pop_front().is_some() {
            self.first_plane += 1;
        }
        if self.planes.is_empty() {
            self.first_plane = self.source.skip_to(from);
        }
        let [_, rows, columns] = self.grid.shape();
        while self.first_plane + self.planes.len() < to {
            let Some(plane) = self.source.next() else { return };
            let tissue: Vec<bool> = plane.iter().map(|&hu| is_tissue(hu)).collect();
            let intensity = self.job.manifest.intensity;
            let values = plane.iter().map(|&hu| intensity.scale(hu)).collect();
            self.planes.push_back(Plane { values, body: silhouette(&tissue, rows, columns) });
        }
    }

    fn has_body(&self, at: [usize; 3]) -> bool {
        let columns = self.axes[2].length;
        let across = self.axes[2].inside(at[2]);
        self.axes[0].inside(at[0]).any(|k| {
            let body = &self.planes[k - self.first_plane].body;
            self.axes[1].inside(at[1]).any(|j| body[j * columns..][across.clone()].contains(&true))
        })
    }

    /// Runs some windows. `false`: memory ran out, the batch is now smaller, try again.
    fn run_batch(&mut self, windows: &[[usize; 3]]) -> Result<bool, NnError> {
        match self.probabilities(windows) {
            Ok(probabilities) => {
                let each = probabilities.len() / windows.len();
                for (&at, values) in windows.iter().zip(probabilities.chunks(each.max(1))) {
                    self.accumulator.add(&self.axes, at, values);
                }
                Ok(true)
            }
            Err(error) if error.is_out_of_memory() => {
                // What a GPU lacks is not glibc's to give back.
                if !self.job.device.is_cuda() {
                    memory_is_short();
                }
                if windows.len() == 1 {
                    let patch = self.job.manifest.patch;
                    return Err(NnError::OutOfMemory { device: device_name(self.job.device), patch });
                }
                self.batch = windows.len() / 2;
                self.statistics.batch_for_want_of_memory = Some(self.batch);
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// `[window, structure, k, j, i]` in C order.
    fn probabilities(&self, windows: &[[usize; 3]]) -> Result<Vec<f32>, NnError> {
        let patch = self.job.manifest.patch;
        let values = self.window_values(windows, self.job.manifest.intensity)?;
        let mut shape = vec![windows.len() as i64, 1];
        let flat = self.job.network.dimensions() == 2;
        shape.extend(patch[usize::from(flat)..].iter().map(|&n| n as i64));
        let logits = tch::no_grad(|| {
            let input = Tensor::f_from_slice(&values)
                .and_then(|t| t.f_reshape(&shape))
                .and_then(|t| t.f_to_device(self.job.device))
                .map_err(NnError::torch("copying windows to the device"))?;
            let output = self.job.network.forward_t(&input, false)?;
            output
                .f_sigmoid()
                .and_then(|t| t.f_to_kind(Kind::Float))
                .and_then(|t| t.f_to_device(Device::Cpu))
                .and_then(|t| t.f_contiguous())
                .map_err(NnError::torch("copying probabilities from the device"))
        })?;
        let expected = windows.len() * self.job.network.outputs() * patch.iter().product::<usize>();
        if logits.numel() != expected {
            return Err(ModelError::Setting {
                what: "the shape of the network's output",
                got: format!("{:?}", logits.size()),
                expected: format!("{expected} values"),
            }
            .into());
        }
        let mut out = self.room(expected, 0.0)?;
        logits.f_copy_data(&mut out, expected).map_err(NnError::torch("reading probabilities"))?;
        if out.iter().all(|p| p.is_finite()) { Ok(out) } else { Err(NnError::NotFinite) }
    }

    /// The windows' intensities one after the other; air beyond the grid.
    fn window_values(&self, windows: &[[usize; 3]], intensity: Intensity) -> Result<Vec<f32>, NnError> {
        let [depth, rows, columns] = self.job.manifest.patch;
        let size = depth * rows * columns;
        let mut values = self.room(windows.len() * size, intensity.air())?;
        let stride = self.axes[2].length;
        for (window, at) in values.chunks_mut(size).zip(windows) {
            let [ks, js, is] = std::array::from_fn(|a| self.axes[a].inside(at[a]));
            for k in ks {
                let plane = &self.planes[k - self.first_plane].values;
                for j in js.clone() {
                    let to = ((k - at[0]) * rows + j - at[1]) * columns;
                    window[to..to + is.len()].copy_from_slice(&plane[j * stride..][is.clone()]);
                }
            }
        }
        Ok(values)
    }

    /// Numbers of a batch, which may be too many for the memory that is left.
    fn room(&self, count: usize, value: f32) -> Result<Vec<f32>, NnError> {
        let mut values = Vec::new();
        let patch = self.job.manifest.patch;
        values
            .try_reserve_exact(count)
            .map_err(|_too_many| NnError::OutOfMemory { device: "this machine".to_owned(), patch })?;
        values.resize(count, value);
        Ok(values)
    }
}

#[cfg(test)]
mod tests;
