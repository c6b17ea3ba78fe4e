//! What `model.json` says.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Intensity, ModelError, NetworkConfig};

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

/// What is done to the masks after thresholding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostProcessing {
    /// Structure name to the number of its largest connected pieces to keep; all are kept where it is not named.
    #[serde(default)]
    pub keep_largest: BTreeMap<String, usize>,
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
    /// The whole training configuration, as the training wrote it.
    #[serde(default)]
    pub training: serde_json::Value,
}

/// Agreement with the reference for one structure, over the validation cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StructureScore {
    /// TG-263 name.
    pub structure: String,
    /// Mean Dice similarity coefficient, 0 to 1.
    pub dsc: f64,
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
        let found = self.validation.iter().find(|s| s.structure == structure && s.cases > 0)?;
        found.dsc.is_finite().then_some(found.dsc)
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
        self.intensity.check()
    }
}
