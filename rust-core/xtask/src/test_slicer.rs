//! The tests of the Slicer extension, on the real Slicer library without its application.

use std::{
    ffi::OsString,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Result, bail};

use crate::{
    process,
    python_tests::{self, Counts},
    repo::Repo,
    setup::{self, Environment},
    wheels,
};

/// The Python environment with Slicer's library, Qt and pytest.
pub(crate) const SLICER: Environment<'static> =
    Environment { name: "slicer", requirements: "slicer.txt", minor: 10..=13 };

/// Runs `tests/slicer` and has ruff look at the extension. `filter` is a part of a test's name.
pub(crate) fn run(repo: &Repo, filter: Option<&str>) -> Result<Counts> {
    let python = setup::environment(repo, &SLICER)?;
    python_tests::ruff(repo, &python, &["slicer-extension", "tests/slicer", "tests/app"])?;
    wheels::install_module(repo, &python)?;
    // The worker for the tests of jobs, and its wheel for the test of the installation.
    wheels::engine(repo)?;
    let mut pytest = process::command(&python, repo.root());
    pytest.envs(qt(repo, &python)?);
    python_tests::run(repo, pytest, "tests/slicer", filter)
}

/// What Qt must be told to find its libraries: nothing where the machine has them.
pub(crate) fn qt(repo: &Repo, python: &Path) -> Result<Vec<(&'static str, OsString)>> {
    let loads = Command::new(python)
        .args(["-I", "-c", "from PySide6 import QtWidgets"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if loads {
        return Ok(Vec::new());
    }
    if !setup::QT.ensure(repo)? {
        bail!(
            "Qt misses libraries of the system. Debian, Ubuntu: sudo apt install libegl1 libgl1 libxkbcommon0 libglib2.0-0"
        );
    }
    setup::QT.environment(repo)
}
