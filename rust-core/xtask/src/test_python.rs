//! The tests of the Python packages, on the wheel as a user would install it.

use anyhow::{Result, bail};

use crate::{process, repo::Repo, setup, wheels};

/// Builds and installs the wheel, runs `tests/python` and has ruff look at the packages. `filter` is a part of a test's
/// name.
pub(crate) fn run(repo: &Repo, filter: Option<&str>) -> Result<()> {
    let wheel = wheels::module(repo)?;
    let python = setup::environment(repo, &wheels::PYTHON)?;
    let folders = ["rust-core/python", "rust-core/worker/wheel", "tests/python"];
    process::run(process::command(&python, repo.root()).args(["-m", "ruff", "check"]).args(folders))?;
    let mut install = process::command(&python, repo.root());
    install.args(["-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-index", "--no-deps"]);
    process::run(install.arg("--force-reinstall").arg(wheel))?;
    let mut pytest = process::command(&python, repo.root());
    pytest.args(["-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "tests/python"]);
    // Only a worker of this very source is tested; where the workspace was not built, the tests of jobs say so.
    pytest.env("TMLI_WORKER", repo.target().join("release/tmli-worker"));
    if let Some(text) = filter {
        pytest.args(["-k", text]);
    }
    let status = process::status(&mut pytest)?;
    // pytest ends with 5 when the filter fits no test.
    let none_wanted = filter.is_some() && status.code() == Some(5);
    if !status.success() && !none_wanted {
        bail!("tests of the Python packages failed");
    }
    Ok(())
}
