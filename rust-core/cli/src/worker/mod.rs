//! `tmli-worker`, the program that holds libtorch: where it is, whether it can start, and handing over to it.

mod ask;
mod loader;

use std::{ffi::OsString, path::PathBuf, process::Command};

pub(crate) use ask::probe;
pub(crate) use loader::{Libraries, libraries};
use tmli_engine::find_worker;
use tmli_terminal::failure::{Failure, Outcome};

/// Lets libtorch's threads sleep while they wait. By default they spin, and training takes several times as long as
/// soon as anything else runs on the same cores (`cargo run --release -p tmli-nn --example gpu_checks -- speed cpu` shows
/// it). The OpenMP runtime reads it before `main`, so that the worker can't set it for itself.
const WAIT_POLICY: (&str, &str) = ("OMP_WAIT_POLICY", "passive");

/// What to do where libtorch is missing.
pub(crate) const GET_LIBTORCH: &str = "run `cargo xtask setup` in TMLI's repository and build again; where TMLI came \
     with pip: `pip install torch==2.11.0`; elsewhere put libtorch's lib folder into libtorch/ beside tmli-worker";

/// Where the worker is.
pub(crate) fn find() -> Outcome<PathBuf> {
    find_worker(None).map_err(|e| Failure::advise(e.to_string(), e.hint()))
}

/// Goes on as the worker, with these arguments; returns only when that can't be done.
pub(crate) fn hand_over(arguments: impl IntoIterator<Item = OsString>) -> Outcome {
    let program = find()?;
    match libraries(&program) {
        Ok(Libraries { missing, .. }) if !missing.is_empty() => {
            let message = format!("{} can't start: {} can't be found", program.display(), missing.join(", "));
            return Err(Failure::advise(message, GET_LIBTORCH));
        }
        // Where the loader tells nothing, starting the worker will.
        _ => {}
    }
    let mut worker = Command::new(&program);
    worker.args(arguments);
    if std::env::var_os(WAIT_POLICY.0).is_none() {
        worker.env(WAIT_POLICY.0, WAIT_POLICY.1);
    }
    become_it(&mut worker).map_err(|e| {
        let advice = "install TMLI again, or name a worker that runs with TMLI_WORKER";
        Failure::advise(format!("{} can't be started: {e}", program.display()), advice)
    })
}

/// The same process goes on as another program, so that signals, terminal and exit code are its own.
#[cfg(unix)]
fn become_it(program: &mut Command) -> std::io::Result<()> {
    Err(std::os::unix::process::CommandExt::exec(program))
}

/// Waits for the other program and ends with its exit code. Ctrl-C reaches both.
#[cfg(not(unix))]
fn become_it(program: &mut Command) -> std::io::Result<()> {
    let status = program.status()?;
    std::process::exit(status.code().unwrap_or(1))
}
