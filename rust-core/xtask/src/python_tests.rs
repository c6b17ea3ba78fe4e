//! Tests written in Python, in an environment that has the module `tmli` as a user would install it.

use std::{path::Path, process::Command};

use anyhow::{Result, bail};

use crate::{process, repo::Repo};

/// Has ruff look at the folders.
pub(crate) fn ruff(repo: &Repo, python: &Path, folders: &[&str]) -> Result<()> {
    process::run(process::command(python, repo.root()).args(["-m", "ruff", "check"]).args(folders)).map(|_| ())
}

/// Runs the tests of a folder. `filter` is a part of a test's name.
pub(crate) fn pytest(repo: &Repo, python: &Path, folder: &str, filter: Option<&str>) -> Result<()> {
    run(repo, process::command(python, repo.root()), folder, filter)
}

/// As [`pytest`], with a Python that was given variables.
pub(crate) fn run(repo: &Repo, mut pytest: Command, folder: &str, filter: Option<&str>) -> Result<()> {
    pytest.args(["-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", folder]);
    // Only a worker of this very source is tested; where the workspace was not built, the tests of jobs say so.
    pytest.env("TMLI_WORKER", repo.target().join("release/tmli-worker"));
    if let Some(text) = filter {
        pytest.args(["-k", text]);
    }
    let status = process::status(&mut pytest)?;
    // pytest ends with 5 when the filter fits no test.
    let none_wanted = filter.is_some() && status.code() == Some(5);
    if !status.success() && !none_wanted {
        bail!("tests in {folder} failed");
    }
    Ok(())
}
