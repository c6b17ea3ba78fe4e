//! What training tells while it runs.

use serde::Serialize;
use tmli_model::StructureScore;

/// Progress. Also written to `training/log.jsonl`, one JSON object per line.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum TrainEvent {
    /// Cases are about to be loaded.
    Started {
        /// Training cases.
        training_cases: usize,
        /// Validation cases.
        validation_cases: usize,
        /// Optimiser steps of the whole training.
        steps: u64,
        /// Patches in a batch.
        batch: usize,
        /// Weights of the network.
        parameters: u64,
        /// Steps done already, when resumed; else 0.
        resumed_at_step: u64,
        /// CPU or GPU.
        device: String,
    },
    /// A case is being loaded and resampled.
    Loading {
        /// From 1.
        case: usize,
        /// Training and validation cases.
        cases: usize,
    },
    /// All cases are in memory.
    Loaded {
        /// Taken by the cases, in bytes.
        memory_bytes: u64,
    },
    /// Something the user should know; training goes on.
    Warning {
        /// In plain words.
        message: String,
    },
    /// An optimiser step was done.
    Step {
        /// From 1.
        epoch: u64,
        /// From 1, of the whole training.
        step: u64,
        /// Of the whole training.
        steps: u64,
        /// Of this batch.
        loss: f64,
        /// Time left in seconds, validation included as far as it is known.
        eta_s: f64,
    },
    /// A validation case is being segmented.
    Validating {
        /// From 1.
        epoch: u64,
        /// From 1.
        case: usize,
        /// Validation cases.
        cases: usize,
    },
    /// An epoch was done.
    Epoch {
        /// From 1.
        epoch: u64,
        /// Of the whole training.
        epochs: u64,
        /// Mean over the epoch's steps.
        loss: f64,
        /// At the end of the epoch.
        learning_rate: f64,
        /// Mean Dice per structure over the validation cases that have it, before post-processing; empty when not
        /// validated now.
        validation: Vec<(String, f64)>,
        /// Mean of these, when validated now.
        mean_dice: Option<f64>,
        /// Whether this network is the best so far and was saved as the model's weights.
        saved: bool,
        /// Time left in seconds.
        eta_s: f64,
    },
    /// A checkpoint is on the disk.
    Checkpoint {
        /// Steps done.
        step: u64,
    },
    /// The model folder is complete.
    Finished {
        /// Steps done.
        steps: u64,
        /// Of the weights that were kept.
        mean_dice: Option<f64>,
        /// From 1: the epoch whose weights were kept.
        epoch: u64,
        /// Since the start or the resumption, in seconds.
        seconds: f64,
    },
}

/// What a training ended with.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainOutcome {
    /// From 1: the epoch whose weights are in the model folder.
    pub kept_epoch: u64,
    /// As in the model folder's manifest; empty without validation cases.
    pub validation: Vec<StructureScore>,
    /// Mean Dice over the structures before post-processing, by which the epoch was chosen.
    pub mean_dice: Option<f64>,
    /// Steps done.
    pub steps: u64,
    /// Of the model folder's weights.
    pub weights_sha256: String,
}
