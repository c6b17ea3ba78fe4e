//! `cargo xtask bench polls`: how long a window waits each time it asks a running job how far it is. `bench window`: how
//! long it does not answer at all while a large CT is worked on.

use std::process::Command;

use anyhow::{Result, bail};

use crate::{
    lock::Lock,
    process,
    repo::Repo,
    setup,
    test_slicer::{self, SLICER},
    wheels,
};

const POLLS: &str = "tests/slicer/bench_polls.py";
const WINDOW: &str = "tests/slicer/bench_window.py";

/// Runs `repeat` jobs through the logic of the Slicer module; an error when a poll took longer than 5 ms.
pub(crate) fn run(repo: &Repo, repeat: u32) -> Result<()> {
    let _lock = Lock::take(repo, "bench")?;
    let mut slow = 0;
    for _ in 0..repeat {
        slow += u32::from(!process::status(&mut script(repo, POLLS)?)?.success());
    }
    if slow > 0 {
        bail!("{slow} of {repeat} jobs had slow polls, or did not end well; busy machines delay polls, so try again");
    }
    Ok(())
}

/// Prints for each action of the panel how long its window does not answer, on 512 x 512 x 248 voxels.
pub(crate) fn window(repo: &Repo, repeat: u32) -> Result<()> {
    let _lock = Lock::take(repo, "bench")?;
    for _ in 0..repeat {
        let status = process::status(&mut script(repo, WINDOW)?)?;
        if !status.success() {
            bail!("{WINDOW} ended with {status}");
        }
    }
    Ok(())
}

/// A script of the tests for Slicer, with the worker and the module of this source.
fn script(repo: &Repo, path: &str) -> Result<Command> {
    setup::ensure(repo, setup::Need::Build)?;
    process::build_programs(repo.root())?;
    let python = setup::environment(repo, &SLICER)?;
    wheels::install_module(repo, &python)?;
    let mut script = process::command(&python, repo.root());
    script.arg(repo.join(path)).env("TMLI_WORKER", repo.target().join("release/tmli-worker"));
    script.envs(test_slicer::qt(repo, &python)?);
    Ok(script)
}
