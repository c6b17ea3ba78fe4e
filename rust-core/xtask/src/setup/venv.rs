//! The Python environment and the wheels in it.

use std::{fs, path::Path, process::Stdio};

use anyhow::{Context as _, Result, bail};

use super::python;
use crate::{lock::Lock, process, process::say, repo::Repo};

/// Requirement lists, compiled in so that their hash is known without reading files.
pub(super) const CPU: &str = include_str!("../../python/libtorch-cpu.txt");
pub(super) const CUDA: &str = include_str!("../../python/libtorch-cuda.txt");
pub(super) const CHECKS: &str = include_str!("../../python/checks.txt");
const SCRIPT: &str = "rust-core/xtask/python/wheels.py";

/// wheels.py's exit status for an environment that a kill left half installed.
const DAMAGED: i32 = 3;

/// Makes the environment whole, anew if need be.
pub(super) fn install(repo: &Repo, wanted: Option<&Path>, cuda: bool, lock: &Lock) -> Result<()> {
    let usable = wanted.is_none() && pip_runs(&repo.venv_python());
    if !usable {
        create(repo, wanted, lock)?;
    }
    for fresh in [!usable, true] {
        match wheels(repo, cuda, lock)? {
            0 => return Ok(()),
            DAMAGED if !fresh => {
                say("Making the Python environment anew; what was downloaded is kept");
                create(repo, wanted, lock)?;
            }
            DAMAGED => break,
            _ => bail!("the Python packages could not be installed; the reason is above. Run this again to go on"),
        }
    }
    bail!("the Python packages are not whole although the environment is new. Is the disk full or failing?")
}

/// Whether the environment's own Python and pip start: not so after a broken-off creation, or when the interpreter it
/// was made with is gone.
fn pip_runs(python: &Path) -> bool {
    std::process::Command::new(python)
        .args(["-I", "-m", "pip", "--version"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn create(repo: &Repo, wanted: Option<&Path>, lock: &Lock) -> Result<()> {
    let base = python::find(wanted)?;
    say(format_args!("Making a Python environment with {base}"));
    let venv = repo.venv();
    if venv.exists() {
        fs::remove_dir_all(&venv).context("the old .deps/venv cannot be removed")?;
    }
    process::run_quietly(
        process::command(&base.path, repo.root()).args(["-I", "-m", "venv"]).arg(&venv).stdin(lock.stdin()?),
    )?;
    Ok(())
}

fn wheels(repo: &Repo, cuda: bool, lock: &Lock) -> Result<i32> {
    let folder = repo.join("rust-core/xtask/python");
    let mut command = process::command(repo.venv_python(), repo.root());
    command.arg("-I").arg(repo.join(SCRIPT)).arg("ensure").arg("--downloads").arg(repo.deps().join("downloads"));
    command.arg(folder.join("libtorch-cpu.txt")).arg(folder.join("checks.txt"));
    if cuda {
        command.arg(folder.join("libtorch-cuda.txt"));
    }
    let status = command.stdin(lock.stdin()?).status().context("the Python environment does not start")?;
    Ok(status.code().unwrap_or(1))
}
