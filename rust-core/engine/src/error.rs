//! What can go wrong with the engine, its worker and a job.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Says what happened, what was expected and got, and what to do. Never a patient's name or number, and no path but
/// those of programs, logs and model folders.
///
/// Every field is plain data, so that one error can be told to everyone who waits for the same worker.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// There is no worker program.
    #[error("the program {program} is missing: it runs the networks, and was looked for in {}", shown(looked))]
    WorkerNotFound {
        /// Its file name.
        program: String,
        /// Where it was looked for, in this order.
        looked: Vec<PathBuf>,
    },

    /// The worker program can't be started.
    #[error("the worker {} can't be started: {reason}", program.display())]
    WorkerStart {
        /// The program.
        program: PathBuf,
        /// The system's reason.
        reason: String,
    },

    /// The worker process ended while something was asked of it.
    #[error("the worker {how}{}; its log is {}", quoted(last_lines), log.display())]
    WorkerEnded {
        /// How, e.g. "was killed by signal 9 (SIGKILL)".
        how: String,
        /// What it wrote last; holds no patient data.
        last_lines: Vec<String>,
        /// Its log.
        log: PathBuf,
        /// What to do about this end, where it is known.
        hint: &'static str,
    },

    /// The worker does not read or answer.
    #[error("the worker did not {what} within {seconds} s and was ended; its log is {}", log.display())]
    WorkerSilent {
        /// What was expected of it.
        what: &'static str,
        /// How long was waited.
        seconds: u64,
        /// Its log.
        log: PathBuf,
    },

    /// Host and worker are of different versions, or one of them is not what it says.
    #[error("host and worker don't understand each other: {reason}")]
    Protocol {
        /// What was expected and got.
        reason: String,
    },

    /// A request that no worker could fulfil.
    #[error("{what} can't be {got}: expected {expected}")]
    Request {
        /// The field, in words.
        what: &'static str,
        /// Its value.
        got: String,
        /// What it may be.
        expected: String,
    },

    /// Shared memory or the channel can't be made.
    #[error("can't {doing}: {reason}")]
    System {
        /// The step, e.g. "share 131 MB of voxels with the worker".
        doing: String,
        /// The system's reason.
        reason: String,
    },

    /// The worker refused or failed the job, and lives on.
    #[error("{message}")]
    Job {
        /// What kind of failure.
        class: FailureClass,
        /// What happened.
        message: String,
        /// What to do.
        hint: String,
    },

    /// The job was cancelled: there is no result.
    #[error("the job was cancelled")]
    Cancelled,

    /// The engine was stopped or dropped while the job was in it.
    #[error("the engine was stopped before the job was done")]
    Stopped,

    /// The result was asked for before there is one.
    #[error("the job is not done yet")]
    NotDone,

    /// The result was taken before.
    #[error("the result of this job was taken already: there is only one")]
    Taken,
}

/// Why a worker did not do a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// The request makes no sense: an unknown structure, an overlap out of range, words that are not understood.
    Request,
    /// The volume: no grid, not as large as it says, not suited to the model.
    Volume,
    /// A model folder is incomplete, damaged or of another version.
    Model,
    /// Not enough memory, on every device that may be used.
    Memory,
    /// libtorch failed.
    Libtorch,
    /// A defect of the worker's own.
    Defect,
}

impl EngineError {
    /// What to do about it, in a sentence.
    pub fn hint(&self) -> &str {
        match self {
            Self::WorkerNotFound { .. } => {
                "install TMLI's worker (pip install tmli-engine, or cargo build --release -p tmli-worker), or name it in \
                 the variable TMLI_WORKER"
            }
            Self::WorkerStart { .. } => "check that the file is a program for this system and may be run",
            Self::WorkerEnded { hint, .. } => hint,
            Self::WorkerSilent { .. } => "try again; if it happens again, report it with the log",
            Self::Protocol { .. } => "install TMLI and its worker in the same version",
            Self::Request { .. } => "change the request",
            Self::System { .. } => "close other programs, then try again",
            Self::Job { hint, .. } => hint,
            Self::Cancelled | Self::Stopped => "start the job again",
            Self::NotDone => "wait for the job, or look at its status",
            Self::Taken => "keep the first result",
        }
    }
}

fn shown(paths: &[PathBuf]) -> String {
    paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn quoted(lines: &[String]) -> String {
    if lines.is_empty() { String::new() } else { format!(" after writing \"{}\"", lines.join(" / ")) }
}
