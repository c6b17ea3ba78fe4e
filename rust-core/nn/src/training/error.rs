//! What can go wrong while training.

use std::path::PathBuf;

/// Errors of training. None of them names a case: case identifiers may come from folder names and hold a patient's name.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A value in the configuration makes no sense.
    #[error("training configuration: {what}")]
    Config {
        /// The value, what was expected, what to do.
        what: String,
    },
    /// The patch can't be halved as often as the network does.
    #[error(
        "a patch of {patch:?} voxels (k, j, i) does not fit the network: its sizes must be multiples of {multiple:?}; \
         the nearest that fits is {nearest:?}"
    )]
    Patch {
        /// From the configuration.
        patch: [usize; 3],
        /// What the network divides by.
        multiple: [usize; 3],
        /// A patch that works.
        nearest: [usize; 3],
    },
    /// There is nothing to train on.
    #[error("no training case: the split has an empty training list; check that the cohort folder holds cases")]
    NoCases,
    /// There is nothing to validate on.
    #[error("no case to validate on: the model learned from all {learned} cases; give a cohort with others")]
    NothingToValidateOn {
        /// Cases that the model was trained on.
        learned: usize,
    },
    /// None of the training cases has any of the structures.
    #[error(
        "none of the {cases} training cases has any of the structures to train ({structures}); check the names of the \
         contours with `tmli inspect` and extend the alias table"
    )]
    NoStructures {
        /// Number of training cases.
        cases: usize,
        /// Their names.
        structures: String,
    },
    /// The source of cases failed.
    #[error("case {number} of {cases} ({role}) could not be loaded: {source}")]
    Load {
        /// From 1, in the order of the split.
        number: usize,
        /// Number of cases in this part of the split.
        cases: usize,
        /// `training` or `validation`.
        role: &'static str,
        /// What the source said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A case's masks don't fit its CT or the list of structures.
    #[error("case {number} of {cases} ({role}) is not usable: {what}")]
    Case {
        /// From 1, in the order of the split.
        number: usize,
        /// Number of cases in this part of the split.
        cases: usize,
        /// `training` or `validation`.
        role: &'static str,
        /// Expected and got.
        what: String,
    },
    /// The loss or the gradient is no longer a number.
    #[error(
        "the {what} is not finite at step {step}: lower the learning rate (it is {learning_rate:e}), use a normalisation \
         layer, or a smaller gradient norm limit; {kept}"
    )]
    NotFinite {
        /// `loss` or `gradient`.
        what: &'static str,
        /// From 0.
        step: u64,
        /// At this step.
        learning_rate: f64,
        /// What is left on the disk, in words.
        kept: String,
    },
    /// A checkpoint can't be used.
    #[error("the checkpoint {path} can't be used: {what}", path = path.display())]
    Checkpoint {
        /// In the model folder.
        path: PathBuf,
        /// Reason and what to do.
        what: String,
    },
    /// A checkpoint of another configuration.
    #[error(
        "this training was started with other settings and can't be continued with these: {differences}; use the same \
         settings, or start anew in another folder"
    )]
    Changed {
        /// `name: was a, is b; ...`
        differences: String,
    },
    /// A folder of a training that was not to be resumed.
    #[error("{path} already holds a training (step {step}): resume it, or choose another folder", path = path.display())]
    Exists {
        /// The model folder.
        path: PathBuf,
        /// Steps done.
        step: u64,
    },
    /// A file of the model folder can't be written or read.
    #[error("{operation} {path}: {source}", path = path.display())]
    File {
        /// `write`, `read`...
        operation: &'static str,
        /// Which.
        path: PathBuf,
        /// From the system.
        #[source]
        source: std::io::Error,
    },
    /// libtorch refused an operation.
    #[error("libtorch, {operation}: {source}")]
    Torch {
        /// What was being done.
        operation: &'static str,
        /// From libtorch.
        #[source]
        source: tch::TchError,
    },
    /// The thread that builds batches died.
    #[error(
        "the thread that builds training patches stopped before step {step}; this is a defect of TMLI, please report it"
    )]
    Batches {
        /// From 0.
        step: u64,
    },
}

/// Names the operation that libtorch refused.
pub(super) trait TorchContext<T> {
    /// `operation` completes "libtorch, ...".
    fn during(self, operation: &'static str) -> Result<T, TrainError>;
}

impl<T> TorchContext<T> for Result<T, tch::TchError> {
    fn during(self, operation: &'static str) -> Result<T, TrainError> {
        self.map_err(|source| TrainError::Torch { operation, source })
    }
}
