//! Segmentation with as much memory as there is: fewer windows at a time, then smaller windows, then the CPU.
//!
//! Fewer windows give the same masks, so [`run`](super::run) tries that itself. Smaller windows show the network less
//! around each voxel, so on a GPU they are halved once per axis at most; then the CPU, which mostly has more memory,
//! starts again with whole ones. Each step is told in words.

use std::ops::ControlFlow;

use tch::Device;
use tmli_core::Segmentation;
use tmli_model::Manifest;

use super::{CtView, SegmentOptions, SegmentProgress, SegmentStatistics, segment_with};
use crate::{device::device_name, error::NnError, model_folder::Model};

/// Gives one model on the device that it is wanted on.
pub trait ModelOn {
    /// Loads the model there, if it is not there yet.
    ///
    /// # Errors
    /// Those of [`Model::load`].
    fn model_on(&mut self, device: Device) -> Result<&Model, NnError>;

    /// Memory ran out on the device: the place to let go of what else is held there.
    fn make_room(&mut self, device: Device);
}

/// What came of a run that made do with the memory that there was.
#[derive(Debug)]
pub struct Segmented {
    /// On the CT's grid.
    pub segmentation: Segmentation,
    /// Of the attempt that worked.
    pub statistics: SegmentStatistics,
    /// Where it worked.
    pub device: Device,
    /// What was changed for want of memory, one sentence each; empty where there was enough.
    pub notes: Vec<String>,
}

/// As [`segment_with`], going on with less where memory runs out. `progress` begins anew with each
/// attempt.
///
/// # Errors
/// [`NnError::OutOfMemory`] when the CPU has no memory for the smallest window; others as [`super::segment`].
pub fn segment_within_memory(
    models: &mut dyn ModelOn,
    device: Device,
    ct: CtView<'_>,
    options: &SegmentOptions,
    progress: &mut dyn FnMut(SegmentProgress) -> ControlFlow<()>,
) -> Result<Segmented, NnError> {
    let mut notes = Vec::new();
    if device.is_cuda() {
        match attempts(models, device, ct, options, progress, &mut notes) {
            Err(error) if error.is_out_of_memory() => {
                // What was tried on the GPU has no part in the masks.
                notes = vec![format!("computed on the CPU: {} has too little free memory", device_name(device))];
            }
            Ok((segmentation, statistics)) => return Ok(Segmented { segmentation, statistics, device, notes }),
            Err(other) => return Err(other),
        }
    }
    let (segmentation, statistics) = attempts(models, Device::Cpu, ct, options, progress, &mut notes)?;
    Ok(Segmented { segmentation, statistics, device: Device::Cpu, notes })
}

/// One device, with smaller and smaller windows.
fn attempts(
    models: &mut dyn ModelOn,
    device: Device,
    ct: CtView<'_>,
    options: &SegmentOptions,
    progress: &mut dyn FnMut(SegmentProgress) -> ControlFlow<()>,
    notes: &mut Vec<String>,
) -> Result<(Segmentation, SegmentStatistics), NnError> {
    let mut patch = None;
    // Ends: every turn makes the window smaller, until there is no smaller one.
    loop {
        let model = match models.model_on(device) {
            Err(error) if error.is_out_of_memory() => {
                models.make_room(device);
                models.model_on(device)?
            }
            other => other?,
        };
        let mut manifest = model.manifest().clone();
        manifest.patch = patch.unwrap_or(manifest.patch);
        match segment_with(model.network(), &manifest, device, ct, options, progress) {
            Ok((segmentation, statistics)) => {
                notes.extend(told(model.manifest(), &manifest, &statistics));
                return Ok((segmentation, statistics));
            }
            Err(error) if error.is_out_of_memory() => {
                let smaller = smaller_patch(model.manifest(), manifest.patch, device.is_cuda());
                models.make_room(device);
                patch = Some(smaller.ok_or(error)?);
            }
            Err(other) => return Err(other),
        }
    }
}

fn told(model: &Manifest, used: &Manifest, statistics: &SegmentStatistics) -> Vec<String> {
    let mut notes = Vec::new();
    if used.patch != model.patch {
        notes.push(format!(
            "windows of {:?} instead of {:?} voxels (k, j, i) for want of memory: the network saw less around each \
             voxel, look at the masks with more care",
            used.patch, model.patch
        ));
    }
    if let Some(batch) = statistics.batch_for_want_of_memory {
        notes.push(format!("{batch} windows at a time for want of memory: slower, the same masks"));
    }
    notes
}

/// Half the window along the axis where it is largest, measured in steps that the network can take. `gentle`: no axis
/// gets shorter than half of the model's.
fn smaller_patch(model: &Manifest, now: [usize; 3], gentle: bool) -> Option<[usize; 3]> {
    let multiple = model.network.size_multiple();
    let half = |a: usize| now[a] / 2 / multiple[a] * multiple[a];
    let allowed = |a: &usize| half(*a) > 0 && (!gentle || 2 * half(*a) >= model.patch[*a]);
    let axis = (0..3).filter(allowed).max_by_key(|&a| now[a] / multiple[a])?;
    let mut patch = now;
    patch[axis] = half(axis);
    Some(patch)
}

#[cfg(test)]
mod tests {
    use tmli_model::{NetworkConfig, Normalisation, VNet3dConfig};

    use super::*;

    /// Sizes must be multiples of 4, 8, 8.
    fn model() -> Manifest {
        let network = NetworkConfig::VNet3d(VNet3dConfig::anisotropic(1, 4, 4, Normalisation::Instance));
        assert_eq!(network.size_multiple(), [4, 8, 8]);
        Manifest::new("m", network, [5.0, 2.0, 2.0], [16, 96, 48], vec!["Liver".to_owned()])
    }

    fn all(gentle: bool) -> Vec<[usize; 3]> {
        let model = model();
        let next = |patch: &[usize; 3]| smaller_patch(&model, *patch, gentle);
        std::iter::successors(Some(model.patch), next).skip(1).collect()
    }

    #[test]
    fn on_a_gpu_windows_are_halved_once_per_axis() {
        assert_eq!(all(true), [[16, 48, 48], [16, 48, 24], [8, 48, 24]]);
    }

    #[test]
    fn on_the_cpu_windows_shrink_to_the_least_that_the_network_takes() {
        let all = all(false);
        assert_eq!(all.last(), Some(&[4, 8, 8]));
        let network = model().network;
        let fits = |patch: &[usize; 3]| patch.iter().zip(network.size_multiple()).all(|(p, m)| p.is_multiple_of(m));
        assert!(all.iter().all(fits), "{all:?}");
    }
}
