//! Everything that decides how a network is trained.

use serde::{Deserialize, Serialize};
use tmli_model::{Intensity, NetworkConfig};

use super::{augment::Augmentation, error::TrainError};

/// The settings of one training. Two trainings with equal settings, split and data, on one machine's CPU with one
/// number of threads, end with the same weights bit for bit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// Shown to the user, e.g. "OAR group 1, 2D U-Net".
    pub name: String,
    /// Identifier of the training set, e.g. `oar1`.
    pub set: String,
    /// TG-263 names; one output of the network each, in this order.
    pub structures: Vec<String>,
    /// The network. Its outputs must be as many as the structures.
    pub network: NetworkConfig,
    /// How Hounsfield units become network input.
    pub intensity: Intensity,
    /// Voxel spacing `[k, j, i]` in mm that every case is resampled to.
    pub spacing_mm: [f64; 3],
    /// Patch `[k, j, i]` in voxels; `k` is 1 for a 2D network.
    pub patch: [usize; 3],
    /// How patches are chosen.
    pub sampling: Sampling,
    /// How patches are changed.
    pub augmentation: Augmentation,
    /// What is minimised.
    pub loss: LossConfig,
    /// How it is minimised.
    pub optimiser: OptimiserConfig,
    /// Number of epochs: a stretch of training after which the network is validated and a checkpoint written.
    pub epochs: u64,
    /// Optimiser steps in an epoch.
    pub iterations_per_epoch: u64,
    /// Validate after every so many epochs, and after the last.
    pub validate_every_epochs: u64,
    /// Overlap of validation's sliding window as a share of the patch, `0..1`.
    pub validation_overlap: f64,
    /// Also write a checkpoint after every so many steps; 0 for at the end of epochs alone.
    pub checkpoint_every_steps: u64,
    /// Of weights, patches, augmentation and dropout.
    pub seed: u64,
}

/// How patches are chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sampling {
    /// Voxels in a batch. The batch holds as many patches as fit, at least one, so that a 2D and a 3D network see the
    /// same amount of anatomy in a step.
    pub batch_voxels: usize,
    /// Share of patches centred anywhere in the body, `0..=1`; the others are centred near a structure.
    pub random_share: f64,
    /// The centre of a patch lies at most this share of the patch's size away from the structure's voxel, `0..=0.5`.
    pub jitter: f64,
}

/// What is minimised: `dice * (1 - Dice) + cross_entropy * BCE`, mean over structures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LossConfig {
    /// Weight of the Dice term.
    pub dice: f64,
    /// Weight of the cross-entropy term.
    pub cross_entropy: f64,
    /// A structure that fills this share of the body, or more, has weight 1 for its voxels in the cross-entropy; a
    /// smaller one has more, by the square root of the ratio.
    pub reference_share: f64,
    /// No structure's voxels weigh more than this.
    pub positive_weight_cap: f64,
}

/// Which rule turns gradients into steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
    AdamW,
    /// Stochastic gradient descent with Nesterov momentum 0.99.
    Nesterov,
}

/// How the learning rate falls, from the step number alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Schedule {
    /// Stays.
    Constant,
    /// `(1 - step / steps)^power`.
    Polynomial {
        /// 0.9 is usual.
        power: f64,
    },
    /// Half a cosine, down to a hundredth.
    Cosine,
}

/// How the loss is minimised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimiserConfig {
    /// Which rule.
    pub rule: Rule,
    /// At the start.
    pub learning_rate: f64,
    /// Shrinks convolution weights by `learning_rate * weight_decay` in a step; not biases, normalisation and PReLU.
    pub weight_decay: f64,
    /// The gradient of all weights together is made no longer than this.
    pub clip_norm: f64,
    /// The learning rate rises linearly over so many first steps.
    pub warmup_steps: u64,
    /// How it falls afterwards.
    pub schedule: Schedule,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { batch_voxels: 16 * 256 * 256, random_share: 0.25, jitter: 0.25 }
    }
}

impl Default for LossConfig {
    fn default() -> Self {
        Self { dice: 1.0, cross_entropy: 1.0, reference_share: 0.01, positive_weight_cap: 5.0 }
    }
}

impl Default for OptimiserConfig {
    fn default() -> Self {
        Self {
            rule: Rule::AdamW,
            learning_rate: 1e-3,
            weight_decay: 1e-4,
            clip_norm: 5.0,
            warmup_steps: 20,
            schedule: Schedule::Polynomial { power: 0.9 },
        }
    }
}

impl TrainConfig {
    /// Sensible settings for a whole child: 5 x 1.5 x 1.5 mm, patches of one slice of 256 x 256 for a 2D network and of
    /// 32 x 128 x 128 for a 3D one. All that is not the patch's shape is the same for both kinds of network.
    pub fn new(set: &str, structures: Vec<String>, network: NetworkConfig) -> Self {
        let patch = if network.dimensions() == 2 { [1, 256, 256] } else { [32, 128, 128] };
        Self {
            name: set.to_owned(),
            set: set.to_owned(),
            structures,
            network,
            intensity: Intensity::default(),
            spacing_mm: [5.0, 1.5, 1.5],
            patch,
            sampling: Sampling::default(),
            augmentation: Augmentation::default(),
            loss: LossConfig::default(),
            optimiser: OptimiserConfig::default(),
            epochs: 200,
            iterations_per_epoch: 250,
            validate_every_epochs: 5,
            validation_overlap: 0.25,
            checkpoint_every_steps: 100,
            seed: 1,
        }
    }

    /// The same for two CPU cores and a few minutes: 5 x 3 x 3 mm, 128 x 128 or 16 x 64 x 64 voxels.
    pub fn small(set: &str, structures: Vec<String>, network: NetworkConfig) -> Self {
        let patch = if network.dimensions() == 2 { [1, 128, 128] } else { [16, 64, 64] };
        let mut config = Self::new(set, structures, network);
        config.spacing_mm = [5.0, 3.0, 3.0];
        config.patch = patch;
        config.sampling.batch_voxels = 4 * 128 * 128;
        config.optimiser.learning_rate = 5e-3;
        config.epochs = 10;
        config.iterations_per_epoch = 60;
        config
    }

    /// Optimiser steps of the whole training.
    pub fn steps(&self) -> u64 {
        self.epochs.saturating_mul(self.iterations_per_epoch)
    }

    /// Patches in a batch.
    pub fn batch_size(&self) -> usize {
        (self.sampling.batch_voxels / self.patch.iter().product::<usize>().max(1)).max(1)
    }

    /// Says what is wrong with the settings, before any case is loaded.
    pub fn validate(&self) -> Result<(), TrainError> {
        let multiple = self.network.size_multiple();
        let error = |what: String| Err(TrainError::Config { what });
        if self.structures.is_empty() {
            return error("there are no structures to train".into());
        }
        for (n, name) in self.structures.iter().enumerate() {
            if self.structures[..n].contains(name) {
                return error(format!("the structure {name} is listed twice"));
            }
        }
        let outputs = self.network.outputs();
        if outputs != self.structures.len() {
            let structures = self.structures.len();
            return error(format!(
                "the network has {outputs} outputs for {structures} structures; set its outputs to {structures}"
            ));
        }
        let nearest: [usize; 3] =
            std::array::from_fn(|a| self.patch[a].max(1).div_ceil(multiple[a].max(1)) * multiple[a].max(1));
        if nearest != self.patch {
            return Err(TrainError::Patch { patch: self.patch, multiple, nearest });
        }
        if self.network.dimensions() == 2 && self.patch[0] != 1 {
            return error(format!("a 2D network sees one slice: patch[0] must be 1, it is {}", self.patch[0]));
        }
        if self.patch.iter().product::<usize>() > MAX_PATCH_VOXELS {
            return error(format!("a patch of {:?} is too large, at most {MAX_PATCH_VOXELS} voxels", self.patch));
        }
        let o = &self.optimiser;
        let l = &self.loss;
        let s = &self.sampling;
        let ranges = [
            ("spacing_mm[0]", self.spacing_mm[0], 0.1, 50.0),
            ("spacing_mm[1]", self.spacing_mm[1], 0.1, 50.0),
            ("spacing_mm[2]", self.spacing_mm[2], 0.1, 50.0),
            ("sampling.random_share", s.random_share, 0.0, 1.0),
            ("sampling.jitter", s.jitter, 0.0, 0.5),
            ("loss.dice", l.dice, 0.0, 1e3),
            ("loss.cross_entropy", l.cross_entropy, 0.0, 1e3),
            ("loss.reference_share", l.reference_share, 1e-9, 1.0),
            ("loss.positive_weight_cap", l.positive_weight_cap, 1.0, 1e3),
            ("optimiser.learning_rate", o.learning_rate, 1e-9, 10.0),
            ("optimiser.weight_decay", o.weight_decay, 0.0, 1.0),
            ("optimiser.clip_norm", o.clip_norm, 1e-6, 1e9),
            ("validation_overlap", self.validation_overlap, 0.0, 0.9),
            ("epochs", self.epochs as f64, 1.0, 1e9),
            ("iterations_per_epoch", self.iterations_per_epoch as f64, 1.0, 1e9),
            ("validate_every_epochs", self.validate_every_epochs as f64, 1.0, 1e9),
        ];
        for (name, value, low, high) in ranges.into_iter().chain(self.augmentation.ranges()) {
            if !(low..=high).contains(&value) {
                return error(format!("{name} must be between {low} and {high}, it is {value}"));
            }
        }
        if l.dice + l.cross_entropy <= 0.0 {
            return error("loss.dice and loss.cross_entropy are both 0: there is nothing to minimise".into());
        }
        if let Schedule::Polynomial { power } = o.schedule
            && !(0.0..=10.0).contains(&power)
        {
            return error(format!("optimiser.schedule.power must be between 0 and 10, it is {power}"));
        }
        Ok(())
    }
}

/// A gibivoxel: above it is a typing error.
const MAX_PATCH_VOXELS: usize = 1 << 30;
