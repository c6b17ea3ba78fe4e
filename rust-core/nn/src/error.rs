//! What can go wrong with networks, model folders, segmentation and training.

use std::path::PathBuf;

use tmli_model::ModelError;

/// Says what happened, what was expected and got, and what to do. Never a patient's name or number.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NnError {
    /// Stopped by the caller.
    #[error("cancelled")]
    Cancelled,

    /// libtorch refused an operation.
    #[error("libtorch failed while {doing}: {message}")]
    Torch {
        /// The step, in words.
        doing: &'static str,
        /// libtorch's first line.
        message: String,
    },

    /// The device has not enough memory even for one window.
    #[error(
        "not enough memory on {device} for one window of {patch:?} voxels (k, j, i): close other programs, use the CPU, or train with a smaller patch"
    )]
    OutOfMemory {
        /// The device, in words.
        device: String,
        /// Voxels of a window.
        patch: [usize; 3],
    },

    /// The network produced infinities or NaN.
    #[error(
        "the network's output is not finite: the weights or the training are broken; train again with a lower learning rate, or use another model"
    )]
    NotFinite,

    /// A model folder, a network's sizes or a setting is not usable, or a file can't be read or written.
    #[error(transparent)]
    Model(#[from] ModelError),

    /// A training can't be started, continued or ended.
    #[error(transparent)]
    Train(#[from] crate::training::TrainError),
}

/// What CUDA's allocator, the CPU's, C++, and oneDNN (which gives no reason; convolutions that it can't do are not given
/// to it) say where there is no memory.
const OUT_OF_MEMORY: [&str; 5] = [
    "out of memory",
    "can't allocate memory",
    "bad_alloc",
    "could not create a primitive",
    "could not create a memory",
];

impl NnError {
    /// For `map_err`: names the step in which libtorch failed, and keeps the first line of its message (the rest is a
    /// C++ stack).
    pub fn torch(doing: &'static str) -> impl FnOnce(tch::TchError) -> Self {
        move |error| {
            let text = error.to_string();
            let message = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("no reason given").to_owned();
            Self::Torch { doing, message }
        }
    }

    /// For `map_err`: names the step and the path of a failed file operation.
    pub fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let named = ModelError::io(doing, path);
        move |source| named(source).into()
    }

    /// Whether libtorch failed for want of memory, so that a smaller batch may do.
    pub fn is_out_of_memory(&self) -> bool {
        match self {
            Self::OutOfMemory { .. } => true,
            Self::Torch { message, .. } => {
                let message = message.to_lowercase();
                OUT_OF_MEMORY.iter().any(|words| message.contains(words))
            }
            _ => false,
        }
    }
}
