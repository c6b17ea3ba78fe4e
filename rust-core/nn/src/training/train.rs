//! The training loop.

use std::{ops::ControlFlow, path::Path};

use tch::Device;

use super::{CaseSource, CaseSplit, TrainConfig, TrainEvent, TrainOutcome};
use crate::NnError;

/// What [`train`] works on.
pub struct TrainInputs<'a> {
    /// The settings.
    pub config: &'a TrainConfig,
    /// Which case is used for what.
    pub split: &'a CaseSplit,
    /// Gives the cases.
    pub source: &'a dyn CaseSource,
    /// The model folder; made when it does not exist.
    pub out: &'a Path,
    /// Continue the training in `out`; starts anew when it holds no checkpoint yet.
    pub resume: bool,
    /// Where to compute.
    pub device: Device,
}

/// Trains a network and fills the model folder `inputs.out`.
///
/// `events` hears of every step; [`ControlFlow::Break`] writes a checkpoint and ends with [`NnError::Cancelled`].
pub fn train(
    inputs: &TrainInputs<'_>,
    events: &mut dyn FnMut(&TrainEvent) -> ControlFlow<()>,
) -> Result<TrainOutcome, NnError>;
