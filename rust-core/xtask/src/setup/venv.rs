//! Python environments and the wheels in them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, Result, bail};

use super::python::Interpreter;
use crate::{lock::Lock, process, process::say, repo::Repo};

/// Requirement lists, compiled in so that their hash is known without reading files.
pub(super) const CPU: &str = include_str!("../../python/libtorch-cpu.txt");
pub(super) const CUDA: &str = include_str!("../../python/libtorch-cuda.txt");
pub(super) const CHECKS: &str = include_str!("../../python/checks.txt");
/// Where requirement lists and the script that installs them lie.
pub(super) const FOLDER: &str = "rust-core/xtask/python";

/// wheels.py's exit status for an environment that a kill left half installed.
const DAMAGED: i32 = 3;

/// One environment in `.deps/`.
pub(super) struct Venv<'a> {
    pub(super) repo: &'a Repo,
    /// Held while anything is written.
    pub(super) lock: &'a Lock,
    pub(super) folder: PathBuf,
    /// Names of requirement lists in [`FOLDER`].
    pub(super) requirements: Vec<&'a str>,
}

impl Venv<'_> {
    /// Makes the environment whole, anew if it does not run or if `fresh` asks for it.
    pub(super) fn install(&self, fresh: bool, base: impl Fn() -> Result<Interpreter>) -> Result<()> {
        let usable = !fresh && pip_runs(&self.folder.join("bin/python"));
        if !usable {
            self.create(&base()?)?;
        }
        for fresh in [!usable, true] {
            match self.wheels()? {
                0 => return Ok(()),
                DAMAGED if !fresh => {
                    say("Making the Python environment anew; what was downloaded is kept");
                    self.create(&base()?)?;
                }
                DAMAGED => break,
                _ => bail!("the Python packages could not be installed; the reason is above. Run this again to go on"),
            }
        }
        bail!("the Python packages are not whole although the environment is new. Is the disk full or failing?")
    }

    fn create(&self, base: &Interpreter) -> Result<()> {
        say(format_args!("Making a Python environment with {base}"));
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder)
                .with_context(|| format!("the old {} cannot be removed", self.repo.shown(&self.folder)))?;
        }
        process::run_quietly(
            process::command(&base.path, self.repo.root())
                .args(["-I", "-m", "venv"])
                .arg(&self.folder)
                .stdin(self.lock.stdin()?),
        )?;
        Ok(())
    }

    fn wheels(&self) -> Result<i32> {
        let scripts = self.repo.join(FOLDER);
        let mut command = process::command(self.folder.join("bin/python"), self.repo.root());
        command.arg("-I").arg(scripts.join("wheels.py")).arg("ensure");
        command.arg("--downloads").arg(self.repo.deps().join("downloads"));
        command.args(self.requirements.iter().map(|name| scripts.join(name)));
        let status = command.stdin(self.lock.stdin()?).status().context("the Python environment does not start")?;
        Ok(status.code().unwrap_or(1))
    }
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
