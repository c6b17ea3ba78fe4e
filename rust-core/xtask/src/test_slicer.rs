//! The tests of the Slicer extension, on the real Slicer library without its application.

use anyhow::Result;

use crate::{
    python_tests::{self, Counts},
    repo::Repo,
    setup::{self, Environment},
    wheels,
};

/// The Python environment with Slicer's library, Qt and pytest.
pub(crate) const SLICER: Environment<'static> =
    Environment { name: "slicer", requirements: "slicer.txt", minor: 11..=13 };

/// Runs `tests/slicer` and has ruff look at the extension. `filter` is a part of a test's name.
pub(crate) fn run(repo: &Repo, filter: Option<&str>) -> Result<Counts> {
    let python = setup::environment(repo, &SLICER)?;
    python_tests::ruff(repo, &python, &["slicer-extension", "tests/slicer", "tests/app"])?;
    wheels::install_module(repo, &python)?;
    // The worker for the tests of jobs, and its wheel for the test of the installation.
    wheels::engine(repo)?;
    python_tests::pytest(repo, &python, "tests/slicer", filter)
}
