//! How an engine is set up.

use std::{path::PathBuf, time::Duration};

/// Settings of an [`crate::Engine`]; the default is right for most hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngineOptions {
    /// The program `tmli-worker`. Otherwise the one that the variable `TMLI_WORKER` names, else the first that lies
    /// beside this executable, beside this shared library (or in `../bin` of either), or on `PATH`.
    pub worker: Option<PathBuf>,
    /// Where the worker's log is written (made if need be). Otherwise `tmli/log` in the user's state folder
    /// (`$XDG_STATE_HOME`, `~/.local/state`), else in the folder for temporary files. Logs hold no patient data; the
    /// newest ten are kept, a megabyte each at most.
    pub log_folder: Option<PathBuf>,
    /// The worker ends after so long without a job, and frees its memory. Never, when not set.
    pub idle_limit: Option<Duration>,
    /// Most bytes of model weights that the worker keeps loaded per device; the least recently used go first. A
    /// quarter of the machine's memory, when not set.
    pub model_memory_bytes: Option<u64>,
}
