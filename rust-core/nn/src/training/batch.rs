//! Cuts patches and puts them together to batches, ahead of the network on a thread of its own.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use tch::{Device, Kind, Tensor};

use super::{
    augment::Augmentation,
    data::PreparedCase,
    error::{TorchContext, TrainError},
    random::{Purpose, generator},
    sampler::{PatchPlan, Sampler},
};
use crate::preprocess::Intensity;

/// Batches that wait for the network at most.
const AHEAD: usize = 2;
/// Air, in Hounsfield units: what lies outside of the CT.
const AIR_HU: f32 = -1000.0;

/// Patches of one optimiser step.
pub(super) struct Batch {
    /// From 0.
    pub step: u64,
    /// Patches.
    pub size: usize,
    /// Intensities `[N, k, j, i]`.
    pub values: Vec<f32>,
    /// Reference `[N, S, k, j, i]`, 0 or 1.
    pub reference: Vec<u8>,
    /// `[N, S]`: 1 where structure s was contoured in the case of patch n.
    pub contoured: Vec<f32>,
}

/// Makes batches.
pub(super) struct BatchBuilder<'a> {
    /// All training cases.
    pub cases: &'a [PreparedCase],
    /// Chooses patches.
    pub sampler: &'a Sampler,
    /// How their intensities are changed.
    pub augmentation: &'a Augmentation,
    /// Of the network's input.
    pub intensity: Intensity,
    /// `[k, j, i]`.
    pub patch: [usize; 3],
    /// Patches in a batch.
    pub size: usize,
    /// Outputs of the network.
    pub structures: usize,
    /// Of the training.
    pub seed: u64,
}

impl BatchBuilder<'_> {
    /// The batch of a step; always the same for the same step, by whatever threads it is made.
    pub(super) fn build(&self, step: u64) -> Batch {
        let voxels: usize = self.patch.iter().product();
        let mut values = vec![0.0; self.size * voxels];
        let mut reference = vec![0; self.size * self.structures * voxels];
        let mut contoured = vec![0.0; self.size * self.structures];
        values
            .par_chunks_mut(voxels)
            .zip(reference.par_chunks_mut(self.structures * voxels))
            .zip(contoured.par_chunks_mut(self.structures))
            .enumerate()
            .for_each(|(item, ((values, reference), contoured))| {
                let plan = self.sampler.plan(self.cases, step, item);
                let case = &self.cases[plan.case];
                let mut rng = generator(self.seed, Purpose::Intensity, step, item as u64);
                self.cut(case, &plan, &mut rng, values, reference);
                for (c, mask) in contoured.iter_mut().zip(&case.masks) {
                    *c = if mask.is_some() { 1.0 } else { 0.0 };
                }
            });
        Batch { step, size: self.size, values, reference, contoured }
    }

    /// Fills one patch: position, rotation, scale and bend in a single interpolation.
    fn cut(
        &self,
        case: &PreparedCase,
        plan: &PatchPlan,
        rng: &mut ChaCha8Rng,
        values: &mut [f32],
        reference: &mut [u8],
    ) {
        let [depth, rows, columns] = self.patch;
        let voxels = depth * rows * columns;
        let bend = self.augmentation.draw_bend(rng, self.patch, case.spacing_mm);
        let m = &plan.source_from_patch;
        let half = self.patch.map(|n| (n as f64 - 1.0) / 2.0);
        let mut nearest = vec![None; columns];
        for k in 0..depth {
            for j in 0..rows {
                let (dk, dj) = (k as f64 - half[0], j as f64 - half[1]);
                let row = (k * rows + j) * columns;
                for i in 0..columns {
                    let di = i as f64 - half[2];
                    let mut source: [f64; 3] =
                        std::array::from_fn(|a| plan.centre[a] + m[a][0] * dk + m[a][1] * dj + m[a][2] * di);
                    if let Some(bend) = &bend {
                        let by = bend.at([k, j, i]);
                        source.iter_mut().zip(by).for_each(|(s, b)| *s += b);
                    }
                    values[row + i] = self.intensity.scale(interpolate(case, source));
                    nearest[i] = nearest_voxel(case.shape(), source);
                }
                for (s, mask) in case.masks.iter().enumerate() {
                    let Some(mask) = mask else { continue };
                    let target = &mut reference[s * voxels + row..s * voxels + row + columns];
                    for (t, at) in target.iter_mut().zip(&nearest) {
                        if let &Some([k, j, i]) = at {
                            *t = (mask.row(k, j)[i / 64] >> (i % 64) & 1) as u8;
                        }
                    }
                }
            }
        }
        self.augmentation.change_intensities(rng, self.patch, values);
    }
}

fn nearest_voxel(shape: [usize; 3], source: [f64; 3]) -> Option<[usize; 3]> {
    let index = source.map(|x| (x + 0.5).floor());
    let inside = (0..3).all(|a| index[a] >= 0.0 && index[a] < shape[a] as f64);
    inside.then(|| index.map(|x| x as usize))
}

/// Trilinear, with air outside.
fn interpolate(case: &PreparedCase, source: [f64; 3]) -> f32 {
    let shape = case.shape();
    let low = source.map(f64::floor);
    let part: [f32; 3] = std::array::from_fn(|a| (source[a] - low[a]) as f32);
    let low = low.map(|x| x as isize);
    let plane = shape[1] * shape[2];
    let Some(hu) = case.ct.data().as_slice() else { return AIR_HU };
    let value = |k: isize, j: isize, i: isize| -> f32 {
        let inside = [k, j, i].iter().zip(shape).all(|(&x, n)| x >= 0 && (x as usize) < n);
        if inside { f32::from(hu[k as usize * plane + j as usize * shape[2] + i as usize]) } else { AIR_HU }
    };
    let along_i = |k: isize, j: isize| {
        let a = value(k, j, low[2]);
        if part[2] > 0.0 { a + part[2] * (value(k, j, low[2] + 1) - a) } else { a }
    };
    let in_plane = |k: isize| {
        let a = along_i(k, low[1]);
        if part[1] > 0.0 { a + part[1] * (along_i(k, low[1] + 1) - a) } else { a }
    };
    let a = in_plane(low[0]);
    if part[0] > 0.0 { a + part[0] * (in_plane(low[0] + 1) - a) } else { a }
}

/// A batch on the device.
pub(super) struct BatchTensors {
    /// `[N, 1, (D,) H, W]`.
    pub values: Tensor,
    /// `[N, S, (D,) H, W]`, bytes.
    pub reference: Tensor,
    /// `[N, S]`.
    pub contoured: Tensor,
}

impl Batch {
    /// Copies to the device. `dimensions` is 2 or 3.
    pub(super) fn to_tensors(
        &self,
        patch: [usize; 3],
        structures: usize,
        dimensions: usize,
        device: Device,
    ) -> Result<BatchTensors, TrainError> {
        let space = patch.iter().skip(3 - dimensions).map(|&n| n as i64);
        let shape = |channels: usize| -> Vec<i64> {
            [self.size as i64, channels as i64].into_iter().chain(space.clone()).collect()
        };
        let make = || -> Result<BatchTensors, tch::TchError> {
            Ok(BatchTensors {
                values: Tensor::f_from_slice(&self.values)?.f_view(shape(1).as_slice())?.f_to_device(device)?,
                reference: Tensor::f_from_slice(&self.reference)?
                    .f_view(shape(structures).as_slice())?
                    .f_to_device(device)?
                    .f_to_kind(Kind::Float)?,
                contoured: Tensor::f_from_slice(&self.contoured)?
                    .f_view([self.size as i64, structures as i64])?
                    .f_to_device(device)?,
            })
        };
        make().during("copying a batch to the device")
    }
}

/// Makes the batches of `steps` in order and sends them, until the receiver is gone.
pub(super) fn prefetch<'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    builder: BatchBuilder<'scope>,
    steps: std::ops::Range<u64>,
) -> Receiver<Batch> {
    let (sender, receiver): (SyncSender<Batch>, _) = sync_channel(AHEAD);
    scope.spawn(move || {
        for step in steps {
            if sender.send(builder.build(step)).is_err() {
                return;
            }
        }
    });
    receiver
}
