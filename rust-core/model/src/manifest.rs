//! What `model.json` says.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Intensity, ModelError, NetworkConfig, PostProcessing};

/// Layout of the model folder that this program writes and reads.
pub const FORMAT_VERSION: u32 = 1;
/// Voxels in a window: more is a typing error, and would not fit any GPU.
const LARGEST_PATCH: usize = 1 << 28;
/// Name of the manifest in a model folder.
pub const MANIFEST_FILE: &str = "model.json";
/// Name of the weights in a model folder.
pub const WEIGHTS_FILE: &str = "weights.safetensors";

/// Everything that makes a segmentation with this model reproducible.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of the folder, see [`FORMAT_VERSION`].
    pub format_version: u32,
    /// For people, e.g. "oar1 vnet3d".
    pub name: String,
    /// The network and its sizes.
    pub network: NetworkConfig,
    /// Voxel spacing that the network was trained at, `[k, j, i]` in mm. A 2D network runs on the CT's own slices: its
    /// k only tells what it was trained on.
    pub spacing_mm: [f64; 3],
    /// Window, `[k, j, i]` in voxels of that spacing; k is 1 in 2D.
    pub patch: [usize; 3],
    /// From Hounsfield units to the network's input.
    pub intensity: Intensity,
    /// TG-263 names, in the order of the network's outputs.
    pub structures: Vec<String>,
    /// Training set of the protocol, e.g. `oar1`.
    pub set: String,
    /// What is done to the masks afterwards.
    #[serde(default)]
    pub post_processing: PostProcessing,
    /// How it came to be.
    #[serde(default)]
    pub provenance: Provenance,
    /// On the validation cases, for choosing between models.
    #[serde(default)]
    pub validation: Vec<StructureScore>,
    /// SHA-256 of `weights.safetensors`, lower-case hexadecimal. Set by `save_model`.
    #[serde(default)]
    pub weights_sha256: String,
}

/// How a model came to be. Holds no patient data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Program and version.
    pub software: String,
    /// ISO 8601, where known.
    #[serde(default)]
    pub created: Option<String>,
    /// Of the random generators.
    #[serde(default)]
    pub seed: u64,
    /// Epochs done.
    #[serde(default)]
    pub epochs: usize,
    /// Optimizer steps done.
    #[serde(default)]
    pub steps: usize,
    /// Number of cases trained on.
    #[serde(default)]
    pub training_cases: usize,
    /// Number of cases validated on.
    #[serde(default)]
    pub validation_cases: usize,
    /// When it was validated again after training, ISO 8601; scores and post-processing are from then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validated_again: Option<String>,
    /// The whole training configuration, as the training wrote it.
    #[serde(default)]
    pub training: serde_json::Value,
}

/// Agreement with the reference for one structure, over the validation cases, at the network's spacing and after
/// post-processing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StructureScore {
    /// TG-263 name.
    pub structure: String,
    /// Mean Dice similarity coefficient, 0 to 1.
    pub dsc: f64,
    /// Mean 95th percentile of surface distances (profile `surfel`) over the cases in which the network found the
    /// structure, in mm; `None` where it found it in none, and in manifests from before it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hd95_mm: Option<f64>,
    /// Number of cases it was taken over.
    pub cases: usize,
}

impl Manifest {
    /// A manifest with no training behind it yet.
    pub fn new(
        name: impl Into<String>,
        network: NetworkConfig,
        spacing_mm: [f64; 3],
        patch: [usize; 3],
        structures: Vec<String>,
    ) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            name: name.into(),
            network,
            spacing_mm,
            patch,
            intensity: Intensity::default(),
            structures,
            set: String::new(),
            post_processing: PostProcessing::default(),
            provenance: Provenance::default(),
            validation: Vec::new(),
            weights_sha256: String::new(),
        }
    }

    /// Mean Dice similarity coefficient of the validation cases that had the structure; `None` where none had it.
    pub fn validation_dsc(&self, structure: &str) -> Option<f64> {
        Some(self.score(structure)?.dsc).filter(|dsc| dsc.is_finite())
    }

    /// Mean HD95 in mm of the validation cases in which the structure was found; `None` where it was not measured.
    pub fn validation_hd95_mm(&self, structure: &str) -> Option<f64> {
        self.score(structure)?.hd95_mm.filter(|hd95_mm| hd95_mm.is_finite())
    }

    fn score(&self, structure: &str) -> Option<&StructureScore> {
        self.validation.iter().find(|s| s.structure == structure && s.cases > 0)
    }

    /// Refuses a manifest that contradicts itself, before anything is built from it.
    pub fn check(&self) -> Result<(), ModelError> {
        let bad = |reason: String| Err(ModelError::ManifestContents { reason });
        if self.format_version != FORMAT_VERSION {
            let advice = if self.format_version > FORMAT_VERSION {
                "update this program"
            } else {
                "export or train the model again with this program"
            };
            return Err(ModelError::FormatVersion { got: self.format_version, advice });
        }
        self.network.check()?;
        if self.structures.len() != self.network.outputs() {
            return bad(format!(
                "{} structures are named, the network has {} outputs",
                self.structures.len(),
                self.network.outputs()
            ));
        }
        let distinct: BTreeSet<&String> = self.structures.iter().collect();
        if distinct.len() != self.structures.len() || distinct.iter().any(|name| name.is_empty()) {
            return bad("structure names must differ and not be empty".to_owned());
        }
        if self.spacing_mm.iter().any(|s| !(s.is_finite() && (0.05..=100.0).contains(s))) {
            return bad(format!("spacing_mm must lie between 0.05 and 100 mm, got {:?}", self.spacing_mm));
        }
        let multiple = self.network.size_multiple();
        let flat = self.network.dimensions() == 2;
        for axis in 0..3 {
            let size = self.patch[axis];
            if size == 0 || size > 4096 || !size.is_multiple_of(multiple[axis]) || (flat && axis == 0 && size != 1) {
                return bad(format!("patch {:?} must be a multiple of {multiple:?} for this network", self.patch));
            }
        }
        if self.patch.iter().product::<usize>() > LARGEST_PATCH {
            return bad(format!("a patch of {:?} has more than {LARGEST_PATCH} voxels", self.patch));
        }
        self.post_processing.check()?;
        self.intensity.check()
    }
}
