//! What a job is asked for, and what it gives.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tmli_core::{Segmentation, VoxelBox};
use tmli_model::{Choice, DeviceRequest, Manifest};

use crate::{error::EngineError, volume::SharedVolume};

/// The largest share of a window that its neighbour may cover: windows must move on.
pub const MOST_OVERLAP: f64 = 0.9;

/// A CT, and what to find in it with which models.
#[derive(Clone, Debug)]
pub struct SegmentRequest {
    /// The CT in Hounsfield units.
    pub ct: SharedVolume,
    /// Model folders. A structure that several of them know comes from the one with the best validation DSC, near ties by
    /// HD95 ([`tmli_model::choose_models`]).
    pub models: Vec<PathBuf>,
    /// Structures to find, by the names that the models use; empty for all.
    pub structures: Vec<String>,
    /// Where to compute.
    pub device: DeviceRequest,
    /// Share of a window that its neighbour covers, 0 to [`MOST_OVERLAP`]: less is faster, more is smoother.
    pub overlap: f64,
    /// Only what this box (`[k, j, i]`, half open) needs is computed, and masks are empty outside of it. Inside, they
    /// are what a run over the whole CT gives, before it drops small pieces.
    pub region: Option<VoxelBox>,
}

impl SegmentRequest {
    /// Everything that these models know, on the best device.
    pub fn new(ct: SharedVolume, models: Vec<PathBuf>) -> Self {
        Self { ct, models, structures: Vec::new(), device: DeviceRequest::Auto, overlap: 0.5, region: None }
    }

    /// Refuses what no worker could do, before anything is started.
    pub(crate) fn check(&self) -> Result<(), EngineError> {
        let bad = |what, got: String, expected: String| Err(EngineError::Request { what, got, expected });
        if self.models.is_empty() {
            return bad("the list of models", "empty".to_owned(), "at least one model folder".to_owned());
        }
        if !(0.0..=MOST_OVERLAP).contains(&self.overlap) {
            return bad("overlap", self.overlap.to_string(), format!("0 to {MOST_OVERLAP}"));
        }
        if let Some(VoxelBox { min, max }) = self.region {
            let shape = self.ct.geometry().shape();
            if (0..3).any(|a| min[a] >= max[a] || max[a] > shape[a]) {
                let expected = format!("a box with voxels in it, inside the CT's {shape:?} (k, j, i)");
                return bad("the region", format!("{min:?} to {max:?}"), expected);
            }
        }
        Ok(())
    }
}

/// What a job found.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentResult {
    /// Masks on the CT's grid, in the order of the models and of their structures.
    pub segmentation: Segmentation,
    /// Where each structure comes from, in the same order.
    pub sources: Vec<StructureSource>,
    /// What the user should know: smaller windows for want of memory, CPU instead of GPU, ...
    pub notes: Vec<String>,
    /// The device that computed, with the reason.
    pub device: String,
    /// From the worker's first step on this job to the masks in the host, without waiting for earlier jobs.
    pub seconds: f64,
    /// The parts of `seconds`.
    pub timings: Timings,
}

/// The model that a structure comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StructureSource {
    /// As in the segmentation.
    pub structure: String,
    /// The model's own name.
    pub model: String,
    /// `unet2d` or `vnet3d`.
    pub network: String,
    /// SHA-256 of the model's weights, lower-case hexadecimal.
    pub weights_sha256: String,
    /// Mean Dice similarity coefficient on the model's validation cases; `None` where it was not validated.
    pub validation_dsc: Option<f64>,
    /// Mean HD95 on the validation cases in which the model found the structure, in mm; `None` where not measured.
    #[serde(default)]
    pub validation_hd95_mm: Option<f64>,
}

impl StructureSource {
    /// What is told of a choice of [`tmli_model::choose_models`]; `manifest` is the chosen model's.
    pub fn new(choice: &Choice, manifest: &Manifest) -> Self {
        Self {
            structure: choice.structure.clone(),
            model: manifest.name.clone(),
            network: manifest.network.kind().to_owned(),
            weights_sha256: manifest.weights_sha256.clone(),
            validation_dsc: choice.validation_dsc,
            validation_hd95_mm: choice.validation_hd95_mm,
        }
    }
}

/// Where the time of a job went, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Timings {
    /// Reading and checking model folders that were not loaded yet.
    pub load_s: f64,
    /// Resampling, networks and masks.
    pub network_s: f64,
    /// Writing the masks to shared memory.
    pub pack_s: f64,
    /// From the worker's last step to the words in the host.
    pub receive_s: f64,
    /// From shared memory to masks.
    pub unpack_s: f64,
}
