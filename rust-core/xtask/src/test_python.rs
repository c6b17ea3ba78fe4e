//! The tests of the Python packages, on the wheel as a user would install it.

use anyhow::Result;

use crate::{
    python_tests::{self, Counts},
    repo::Repo,
    setup, wheels,
};

/// Builds and installs the wheel, runs `tests/python` and has ruff look at the packages. `filter` is a part of a test's
/// name.
pub(crate) fn run(repo: &Repo, filter: Option<&str>) -> Result<Counts> {
    let python = setup::environment(repo, &wheels::PYTHON)?;
    python_tests::ruff(repo, &python, &["rust-core/python", "rust-core/worker/wheel", "tests/python"])?;
    wheels::install_module(repo, &python)?;
    python_tests::pytest(repo, &python, "tests/python", filter)
}
