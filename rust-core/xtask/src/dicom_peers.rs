//! Other people's readers of what we write: highdicom, SimpleITK, dcmrtstruct2nii and plastimatch.
//!
//! The tests of `tmli-io` ask them, and `cargo xtask bench --compare dicom` measures them.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result};

use crate::{
    lock::Lock,
    process,
    process::say,
    repo::Repo,
    setup::{self, Environment},
};

/// What the tests of DICOM files use beyond pydicom.
const PEERS: Environment<'static> =
    Environment { name: "dicom-peers", requirements: "dicom-peers.txt", minor: 10..=14 };
/// Built on this machine, in seconds: it has no wheel.
const SOURCE: &str = "rust-core/xtask/python/dcmrtstruct2nii-source.txt";

/// Gets all of them, about 220 MB the first time, and returns the Python that has them.
///
/// # Errors
/// As [`setup::environment`]. Where there is no Debian, plastimatch is left out and the tests with it say so.
pub(crate) fn ensure(repo: &Repo) -> Result<PathBuf> {
    setup::PLASTIMATCH.ensure(repo)?;
    let python = setup::environment(repo, &PEERS)?;
    let stamp = repo.deps().join("dicom-peers/dcmrtstruct2nii.done");
    let wanted = fs::read_to_string(repo.join(SOURCE)).with_context(|| format!("{SOURCE} cannot be read"))?;
    let done = || fs::read_to_string(&stamp).is_ok_and(|text| text == wanted);
    if done() {
        return Ok(python);
    }
    let lock = Lock::take(repo, "setup")?;
    if !done() {
        say("Building dcmrtstruct2nii for the tests (20 kB)");
        let mut pip = process::command(&python, repo.root());
        pip.args(["-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]);
        pip.args(["--no-deps", "--no-build-isolation", "--requirement", SOURCE]);
        process::run_quietly(pip.stdin(lock.stdin()?))?;
        fs::write(&stamp, wanted).context("the stamp of dcmrtstruct2nii cannot be written")?;
    }
    Ok(python)
}
