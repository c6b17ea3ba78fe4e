//! Cuts patches and puts them together to batches, ahead of the network on a thread of its own.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use tch::{Device, Kind, Tensor};
use tmli_model::Intensity;

use super::{
    augment::Augmentation,
    data::PreparedCase,
    error::{TorchContext, TrainError},
    random::{Purpose, generator},
    sampler::{PatchPlan, Sampler},
};

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

#[cfg(test)]
mod tests {
    use ndarray::Array3;
    use tmli_core::{Mask, PointLps, SpacingMm, Volume, VolumeGeometry};

    use super::*;
    use crate::training::Sampling;

    const SHAPE: [usize; 3] = [12, 64, 70];

    fn case(hu: impl Fn([usize; 3]) -> i16, masks: Vec<Option<Mask>>) -> PreparedCase {
        let geometry = VolumeGeometry::axial(SHAPE, PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(5.0, 2.0, 2.0));
        let ct = Array3::from_shape_fn((SHAPE[0], SHAPE[1], SHAPE[2]), |(k, j, i)| hu([k, j, i]));
        let ct = Volume::new(geometry.expect("a grid"), ct).expect("a volume");
        PreparedCase { ct, masks, spacing_mm: [5.0, 2.0, 2.0], pieces: Vec::new() }
    }

    fn batch(cases: &[PreparedCase], patch: [usize; 3], augmentation: &Augmentation, step: u64) -> Batch {
        let structures = cases[0].masks.len();
        let sampling = Sampling { random_share: 0.0, ..Sampling::default() };
        let sampler = Sampler::new(cases, structures, patch, &sampling, augmentation, 9);
        let intensity = Intensity { window_hu: [-1000.0, 1000.0] };
        let builder =
            BatchBuilder { cases, sampler: &sampler, augmentation, intensity, patch, size: 4, structures, seed: 9 };
        builder.build(step)
    }

    #[test]
    fn intensities_and_reference_stay_together_and_outside_is_air() {
        // Every voxel tells where it is; structure 1 is not contoured.
        let hu = |[k, j, i]: [usize; 3]| (k * 64 + j + 70 - i) as i16 / 2;
        let inside = |p: [usize; 3]| hu(p) > 200;
        let cases = [case(hu, vec![Some(Mask::from_fn(SHAPE, inside)), None])];
        for patch in [[1, 32, 32], [8, 32, 32], [16, 80, 80]] {
            let batch = batch(&cases, patch, &Augmentation::none(), 0);
            assert_eq!(batch.contoured, [1.0, 0.0].repeat(4));
            let voxels: usize = patch.iter().product();
            let mut air = 0;
            for n in 0..4 {
                let values = &batch.values[n * voxels..(n + 1) * voxels];
                let reference = &batch.reference[n * 2 * voxels..(n + 1) * 2 * voxels];
                for (value, label) in values.iter().zip(reference) {
                    air += usize::from(*value == -1.0);
                    assert_eq!(*label == 1, *value > 0.2005, "{value}");
                }
                assert!(reference[voxels..].iter().all(|&r| r == 0));
            }
            assert_eq!(air > 0, patch[0] > SHAPE[0]);
        }
    }

    /// The sign of the turn from the long to the short arm of an L, seen from the feet.
    fn turn(reference: &[u8], [depth, rows, columns]: [usize; 3], which: [usize; 3]) -> Option<f64> {
        let voxels = depth * rows * columns;
        let centre = |s: usize| {
            let (mut sum, mut count) = ([0.0; 2], 0.0);
            for (n, _) in reference[s * voxels..(s + 1) * voxels].iter().enumerate().filter(|(_, r)| **r == 1) {
                sum = [sum[0] + (n / columns % rows) as f64, sum[1] + (n % columns) as f64];
                count += 1.0;
            }
            (count > 0.0).then(|| sum.map(|x| x / count))
        };
        let [corner, long, short] = [centre(which[0])?, centre(which[1])?, centre(which[2])?];
        let to = |p: [f64; 2]| [p[0] - corner[0], p[1] - corner[1]];
        let (a, b) = (to(long), to(short));
        Some(a[0] * b[1] - a[1] * b[0])
    }

    #[test]
    fn no_patch_shows_an_l_as_its_mirror_image() {
        let dot = |j: usize, i: usize| {
            Some(Mask::from_fn(SHAPE, move |p| (4..9).contains(&p[0]) && p[1].abs_diff(j) < 2 && p[2].abs_diff(i) < 2))
        };
        // Corner, end of the long arm (towards the back), end of the short arm (towards the left).
        let cases = [case(|_| 0, vec![dot(25, 30), dot(39, 30), dot(25, 38)])];
        let strong = Augmentation {
            affine_share: 1.0,
            rotation_axial_deg: 45.0,
            rotation_tilt_deg: 20.0,
            scale: 0.5,
            stretch: 0.3,
            elastic_share: 0.5,
            ..Augmentation::default()
        };
        let mut seen = 0;
        for patch in [[1, 64, 64], [8, 64, 64]] {
            let voxels: usize = patch.iter().product();
            for step in 0..100 {
                let batch = batch(&cases, patch, &strong, step);
                for reference in batch.reference.chunks(3 * voxels) {
                    if let Some(sign) = turn(reference, patch, [0, 1, 2]) {
                        assert!(sign > 0.0, "mirrored");
                        seen += 1;
                    }
                }
            }
        }
        assert!(seen > 400, "{seen} of 800 patches showed the L");
    }

    #[test]
    fn a_batch_is_the_same_whoever_makes_it_and_whenever() {
        let cases = [case(|p| (p[1] * p[2]) as i16, vec![Some(Mask::from_fn(SHAPE, |p| p[1] > 30))])];
        let make = |threads: usize, step| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            pool.install(|| batch(&cases, [8, 32, 32], &Augmentation::default(), step))
        };
        let (one, four) = (make(1, 17), make(4, 17));
        assert!(one.values == four.values && one.reference == four.reference);
        assert!(one.values != make(1, 18).values);
    }

    #[test]
    fn interpolation_is_linear_between_voxels() {
        let cases = [case(|[k, j, i]| (k * 100 + j * 10 + i) as i16, vec![None])];
        assert_eq!(interpolate(&cases[0], [3.0, 4.0, 5.0]), 345.0);
        assert_eq!(interpolate(&cases[0], [3.5, 4.25, 5.5]), 398.0);
        assert_eq!(interpolate(&cases[0], [3.0, -5.0, 5.0]), AIR_HU);
        assert_eq!(interpolate(&cases[0], [3.0, 4.0, -0.5]), (AIR_HU + 340.0) / 2.0);
    }
}
