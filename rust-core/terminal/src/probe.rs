//! What `tmli-worker probe` tells, as one line of JSON: `tmli doctor` asks it in a process of its own, because a broken
//! libtorch or driver may crash or hang.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where networks would run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// Of the worker.
    pub version: String,
    /// The libtorch in the process, where the system tells.
    pub libtorch: Option<Libtorch>,
    /// `cpu` or `cuda:N`.
    pub device: String,
    /// Why this one, in plain words.
    pub reason: String,
}

/// A libtorch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Libtorch {
    /// As its files say, e.g. `2.11.0+cpu`.
    pub version: Option<String>,
    /// Its `libtorch_cpu`, links resolved.
    pub path: PathBuf,
}
