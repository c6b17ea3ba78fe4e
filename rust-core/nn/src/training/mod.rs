//! Training a network on a cohort.
//!
//! [`train()`] takes settings ([`TrainConfig`]), a split ([`CaseSplit`]) and a source of cases ([`CaseSource`]), and fills
//! a model folder:
//!
//! ```text
//! model.json  weights.safetensors      the best network so far by mean validation Dice before post-processing (the
//!                                      last, without validation cases)
//! training/checkpoint.safetensors      weights, optimiser, step and best score in one file, written whole or not at all
//! training/split.json                  case identifiers: the only file that holds them
//! training/config.json                 the settings
//! training/log.jsonl                   one event per line
//! ```
//!
//! Whenever a network is saved, its islands are looked at: what post-processing it gets follows from the contours of the
//! training cases and from what it finds in the validation cases (see [`tmli_model::RuleTrials`]). [`validate_again()`]
//! does that for a model folder, without training.
//!
//! A training that was stopped anywhere, by SIGKILL too, and is resumed ends with the weights of one that was not, bit
//! for bit, on the CPU with the same number of threads: everything random is drawn from the seed and the step number
//! alone, and the checkpoint is one file that is replaced in one rename.

mod augment;
mod batch;
mod case;
mod checkpoint;
mod config;
mod data;
mod error;
mod event;
mod files;
mod learner;
mod loss;
mod optimiser;
mod output;
mod random;
mod sampler;
mod train;
mod validate;
mod validate_again;

pub use augment::Augmentation;
pub use case::{CaseSource, CaseSplit, TrainingCase};
pub use config::{LossConfig, OptimiserConfig, Rule, Sampling, Schedule, TrainConfig};
pub use error::TrainError;
pub use event::{TrainEvent, TrainOutcome};
pub use train::{TrainInputs, train};
pub use validate_again::{CaseRoles, validate_again};
