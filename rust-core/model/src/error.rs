//! What can be wrong with a model folder, a network's sizes, or the choice of a model.

use std::path::PathBuf;

use crate::FORMAT_VERSION;

/// Says what happened, what was expected and got, and what to do. Never a patient's name or number.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A setting that no network or job can have.
    #[error("{what} can't be {got}: expected {expected}")]
    Setting {
        /// The setting, in words.
        what: &'static str,
        /// Its value.
        got: String,
        /// What it may be.
        expected: String,
    },

    /// The CT and the model don't go together.
    #[error("this CT can't be segmented with this model: {reason}")]
    Unsuitable {
        /// In plain words, with what to do.
        reason: String,
    },

    /// A structure was asked for that none of the models was trained for.
    #[error("no model knows the structure {name}: choose from {known}", known = known.join(", "))]
    UnknownStructure {
        /// As asked for.
        name: String,
        /// What the models know.
        known: Vec<String>,
    },

    /// A file or folder can't be read or written.
    #[error("can't {doing} {path}: {source}", path = path.display())]
    Io {
        /// The step, e.g. "read".
        doing: &'static str,
        /// Within a model folder, never a patient's.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },

    /// A file of a model folder is missing.
    #[error("{file} is missing in the model folder {dir}: a model folder holds model.json and weights.safetensors; copy it again, whole", dir = dir.display())]
    FileMissing {
        /// The model folder.
        dir: PathBuf,
        /// Name of the file.
        file: &'static str,
    },

    /// model.json is not the JSON of a manifest.
    #[error("model.json can't be understood: {reason}; restore it from the original model folder")]
    ManifestSyntax {
        /// Line, column and what was expected.
        reason: String,
    },

    /// A newer or older layout of the model folder.
    #[error("the model folder has format version {got}, this program reads {FORMAT_VERSION}: {advice}")]
    FormatVersion {
        /// As in model.json.
        got: u32,
        /// What to do.
        advice: &'static str,
    },

    /// model.json contradicts itself.
    #[error("model.json is not consistent: {reason}; train or export the model again")]
    ManifestContents {
        /// What contradicts what.
        reason: String,
    },

    /// The weights are not those that model.json was written for.
    #[error(
        "weights.safetensors is damaged or of another model: its SHA-256 is {got}, model.json says {expected}; copy the model folder again"
    )]
    WeightsHash {
        /// As in model.json.
        expected: String,
        /// Of the file.
        got: String,
    },

    /// weights.safetensors is not a safetensors file.
    #[error("weights.safetensors can't be read: {reason}; copy the model folder again")]
    WeightsSyntax {
        /// The parser's reason.
        reason: String,
    },

    /// The weights are of another network.
    #[error(
        "the weights don't fit the network of model.json: {reason}; the folder mixes files of two models, copy it again"
    )]
    WeightsShape {
        /// The first tensors that don't fit.
        reason: String,
    },
}

impl ModelError {
    /// For `map_err`: names the step and the path of a failed file operation.
    pub fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}
