//! `cargo xtask bench polls`: how long a window waits each time it asks a running job how far it is.

use anyhow::{Result, bail};

use crate::{lock::Lock, process, repo::Repo, setup, test_slicer::SLICER, wheels};

const SCRIPT: &str = "tests/slicer/bench_polls.py";

/// Runs `repeat` jobs through the logic of the Slicer module; an error when a poll took longer than 5 ms.
pub(crate) fn run(repo: &Repo, repeat: u32) -> Result<()> {
    setup::ensure(repo, setup::Need::Build)?;
    let _lock = Lock::take(repo, "bench")?;
    process::build_programs(repo.root())?;
    let python = setup::environment(repo, &SLICER)?;
    wheels::install_module(repo, &python)?;
    let mut slow = 0;
    for _ in 0..repeat {
        let mut script = process::command(&python, repo.root());
        script.arg(repo.join(SCRIPT)).env("TMLI_WORKER", repo.target().join("release/tmli-worker"));
        slow += u32::from(!process::status(&mut script)?.success());
    }
    if slow > 0 {
        bail!("{slow} of {repeat} jobs had slow polls, or did not end well; busy machines delay polls, so try again");
    }
    Ok(())
}
