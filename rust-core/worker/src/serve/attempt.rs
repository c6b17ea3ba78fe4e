//! One model over the CT, with less and less memory: fewer windows at a time, smaller windows, the CPU.

use std::{ops::ControlFlow, path::Path};

use tmli_core::Segment;
use tmli_nn::{CtView, Device, Manifest, NnError, SegmentOptions, segment_with};

use super::models::Models;

/// How often windows are made smaller on one device.
const MOST_HALVINGS: usize = 2;

/// Where a model may run: on its device, then on the CPU.
pub(super) struct Places<'m> {
    pub(super) first: &'m mut Models,
    pub(super) device: Device,
    /// Used when the GPU's memory does not do.
    pub(super) cpu: &'m mut Models,
}

impl Places<'_> {
    /// Segments with the model of a folder. What had to be changed for want of memory is added to `notes`.
    pub(super) fn run(
        &mut self,
        folder: &Path,
        manifest: &Manifest,
        ct: CtView<'_>,
        options: &SegmentOptions,
        notes: &mut Vec<String>,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Vec<Segment>, NnError> {
        let first = attempt(self.first, self.device, folder, manifest, ct, options, notes, progress);
        match first {
            Err(error) if error.is_out_of_memory() && self.device.is_cuda() => {
                notes.push(format!("{}: ran on the CPU, as the GPU's memory did not suffice", manifest.name));
                attempt(self.cpu, Device::Cpu, folder, manifest, ct, options, notes, progress)
            }
            other => other,
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "all of them differ from call to call")]
fn attempt(
    models: &mut Models,
    device: Device,
    folder: &Path,
    manifest: &Manifest,
    ct: CtView<'_>,
    options: &SegmentOptions,
    notes: &mut Vec<String>,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<Vec<Segment>, NnError> {
    let mut now = manifest.clone();
    for halvings in 0.. {
        let model = models.get(folder, manifest)?;
        let mut report = |p: tmli_nn::SegmentProgress| progress(p.done as f64 / p.total.max(1) as f64);
        match segment_with(model.network(), &now, device, ct, options, &mut report) {
            Ok((segmentation, statistics)) => {
                if let Some(batch) = statistics.batch_for_want_of_memory {
                    notes.push(format!(
                        "{}: {batch} windows at a time, for want of memory (slower, the same masks)",
                        manifest.name
                    ));
                }
                if halvings > 0 {
                    notes.push(format!(
                        "{}: windows of {:?} instead of {:?} voxels (k, j, i) for want of memory: less is seen around \
                         each voxel, look at the masks with care",
                        manifest.name, now.patch, manifest.patch
                    ));
                }
                return Ok(segmentation.segments);
            }
            Err(error) if error.is_out_of_memory() && halvings < MOST_HALVINGS => {
                models.keep_last();
                match smaller_patch(&now) {
                    Some(patch) => now.patch = patch,
                    None => return Err(error),
                }
            }
            Err(error) => return Err(error),
        }
    }
    unreachable!("the loop ends with a result")
}

/// Half the window along its longest axis, where the network allows it.
fn smaller_patch(manifest: &Manifest) -> Option<[usize; 3]> {
    let multiple = manifest.network.size_multiple();
    let half = |a: usize| manifest.patch[a] / 2 / multiple[a] * multiple[a];
    let axis = (0..3).filter(|&a| half(a) > 0).max_by_key(|&a| manifest.patch[a] / multiple[a])?;
    let mut patch = manifest.patch;
    patch[axis] = half(axis);
    Some(patch)
}
