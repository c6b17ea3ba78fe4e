//! Sliding window over a CT: masks on the CT's own grid, in memory that does not grow with the scan's length.
//!
//! The CT is resampled plane by plane ([`crate::preprocess`]), windows with body in them go through the network in
//! batches, their probabilities are summed with Gaussian weights, and planes that no later window reaches are brought
//! back to the CT's grid, cut at the threshold, written as bits and dropped.

mod accumulator;
mod back;
mod ct;
mod run;
mod window;
mod within_memory;

use std::ops::ControlFlow;

pub use ct::CtView;
use tch::Device;
use tmli_core::{Segmentation, VoxelBox};
use tmli_model::Manifest;
pub use within_memory::{ModelOn, Segmented, segment_within_memory};

use crate::{error::NnError, model_folder::Model, networks::Network};

/// How to run the windows.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentOptions {
    /// Share of a window that its neighbour covers, 0 to 0.9.
    pub overlap: f64,
    /// A voxel belongs to a structure from this probability on.
    pub threshold: f32,
    /// Windows per pass through the network; 0 chooses by device and size. Halved when memory runs out.
    pub batch: usize,
    /// Whether the manifest's post-processing is applied.
    pub post_process: bool,
    /// Only windows that this box of CT voxels needs are run, and masks are empty outside of it. Inside, they are those
    /// of a run over the whole CT without post-processing: a small piece may belong to a large one outside.
    pub region: Option<VoxelBox>,
}

impl Default for SegmentOptions {
    fn default() -> Self {
        Self { overlap: 0.5, threshold: 0.5, batch: 0, post_process: true, region: None }
    }
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentProgress {
    /// Windows done.
    pub done: usize,
    /// Windows in all; known from the start.
    pub total: usize,
    /// What is being done, e.g. "segmenting".
    pub stage: &'static str,
}

/// What a run took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SegmentStatistics {
    /// Windows in all, of those that the region needs.
    pub windows: usize,
    /// Windows without any body in them, which were not run.
    pub skipped: usize,
    /// The most bytes that were held at once beyond the CT, the masks, the network and one batch.
    pub peak_buffer_bytes: usize,
    /// Windows per pass at the end, when memory ran out and they had to be fewer.
    pub batch_for_want_of_memory: Option<usize>,
}

/// Segments a CT. The masks are on the CT's grid, in the order of the model's structures.
///
/// `progress` is called before the first window and after every batch; `Break` ends the run with
/// [`NnError::Cancelled`].
pub fn segment<'a>(
    model: &Model,
    ct: impl Into<CtView<'a>>,
    options: &SegmentOptions,
    progress: &mut dyn FnMut(SegmentProgress) -> ControlFlow<()>,
) -> Result<Segmentation, NnError> {
    segment_with(model.network(), model.manifest(), model.device(), ct, options, progress).map(|(masks, _)| masks)
}

/// [`segment`] with a network that is not in a [`Model`] (one in training, say), and with what it took.
pub fn segment_with<'a>(
    network: &dyn Network,
    manifest: &Manifest,
    device: Device,
    ct: impl Into<CtView<'a>>,
    options: &SegmentOptions,
    progress: &mut dyn FnMut(SegmentProgress) -> ControlFlow<()>,
) -> Result<(Segmentation, SegmentStatistics), NnError> {
    run::run(&run::Job { network, manifest, device, options, backwards: false }, ct.into(), progress)
}
