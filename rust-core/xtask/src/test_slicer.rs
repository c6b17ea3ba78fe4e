//! The tests of the Slicer extension, on the real Slicer library without its application.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::{
    process,
    repo::Repo,
    setup::{self, Environment},
};

/// The Python environment with Slicer's library, Qt and pytest.
const SLICER: Environment<'static> = Environment { name: "slicer", requirements: "slicer.txt", minor: 11..=13 };

/// Runs `tests/slicer` and has ruff look at the extension. `filter` is a part of a test's name.
pub(crate) fn run(repo: &Repo, filter: Option<&str>) -> Result<()> {
    let python = setup::environment(repo, &SLICER)?;
    let folders: [PathBuf; 2] = [repo.join("slicer-extension"), repo.join("tests/slicer")];
    process::run(process::command(&python, repo.root()).args(["-m", "ruff", "check"]).args(&folders))?;
    let mut pytest = process::command(&python, repo.root());
    pytest.args(["-m", "pytest", "-q", "-rs", "tests/slicer"]).env("QT_QPA_PLATFORM", "offscreen");
    if let Some(text) = filter {
        pytest.args(["-k", text]);
    }
    let status = process::status(&mut pytest)?;
    // pytest ends with 5 when the filter fits no test.
    let none_wanted = filter.is_some() && status.code() == Some(5);
    if !status.success() && !none_wanted {
        bail!("tests of the Slicer extension failed");
    }
    Ok(())
}
