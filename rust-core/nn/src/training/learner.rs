//! The network, its weights and its optimiser as one thing to build, save and restore.

use tch::{Device, Tensor, nn};

use super::{
    TrainConfig, TrainError,
    checkpoint::Checkpoint,
    error::TorchContext,
    optimiser::Optimiser,
    random::{Purpose, torch_seed},
};
use crate::{
    NnError,
    networks::{Network, build},
};

/// Name of the bias of the last layer, in both networks.
const HEAD_BIAS: &str = "head.bias";
/// No structure starts less likely than 1 in 50: from less, the sigmoid's gradient is slow to come back.
const LEAST_BIAS: f64 = -4.0;

/// The network, its weights and its optimiser.
pub(super) struct Learner {
    pub(super) network: Box<dyn Network>,
    pub(super) store: nn::VarStore,
    pub(super) optimiser: Optimiser,
}

impl Learner {
    pub(super) fn new(config: &TrainConfig, device: Device) -> Result<Self, NnError> {
        tch::manual_seed(torch_seed(config.seed, Purpose::Weights, 0));
        let store = nn::VarStore::new(device);
        let network = build(&config.network, &store.root())?;
        let optimiser = Optimiser::new(&config.optimiser, config.steps(), store.variables())?;
        Ok(Self { network, store, optimiser })
    }

    /// Lets an untrained network say of every voxel that it is about as likely to be of a structure as the structure is
    /// large (Lin et al. 2017, section 4.1). Otherwise it starts at one half everywhere, and the first hundred steps only
    /// teach it that most of a body is none of the structures.
    pub(super) fn expect_shares(&self, shares: &[f64]) -> Result<(), TrainError> {
        let Some(mut bias) = self.store.variables().remove(HEAD_BIAS) else { return Ok(()) };
        let logit = |share: &f64| (share / (1.0 - share).max(f64::EPSILON)).ln().clamp(LEAST_BIAS, 0.0) as f32;
        let biases: Vec<f32> = shares.iter().map(logit).collect();
        tch::no_grad(|| Tensor::f_from_slice(&biases).and_then(|values| bias.f_copy_(&values)))
            .during("preparing the weights")?;
        Ok(())
    }

    pub(super) fn parameters(&self) -> u64 {
        self.store.trainable_variables().iter().map(|t| t.numel() as u64).sum()
    }

    pub(super) fn tensors(&self) -> Vec<(String, Tensor)> {
        let weights = self.store.variables().into_iter().map(|(name, t)| (format!("network.{name}"), t));
        let memory = self.optimiser.state().into_iter().map(|(name, t)| (format!("optimiser.{name}"), t));
        weights.chain(memory).collect()
    }

    pub(super) fn restore(&mut self, found: &Checkpoint) -> Result<(), TrainError> {
        for (name, mut variable) in self.store.variables() {
            let saved = found.tensor(&format!("network.{name}"), &variable.size())?;
            tch::no_grad(|| variable.f_copy_(&saved)).during("restoring weights")?;
        }
        self.optimiser.restore(|name, shape| found.tensor(&format!("optimiser.{name}"), shape))
    }
}
