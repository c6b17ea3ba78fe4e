//! Further Python environments, `.deps/NAME`, each from its own pinned requirement list.
//!
//! What pins fight over (two versions of one library, a Python that has no wheel yet) gets an environment of its own.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::{python, venv, venv::Venv};
use crate::{lock::Lock, process::say, repo::Repo};

/// The hash of the requirements that the environment fulfils. Written last, removed first.
const STAMP: &str = "requirements.sha256";

/// What `.deps/NAME` is to hold.
#[derive(Clone, Debug)]
pub(crate) struct Environment<'a> {
    /// The name of the folder in `.deps/`.
    pub(crate) name: &'a str,
    /// A requirement list in `rust-core/xtask/python/`: every package pinned with the hashes of its wheels, its
    /// dependencies listed with it.
    pub(crate) requirements: &'a str,
    /// The minor versions of Python 3 that every wheel in the list exists for.
    pub(crate) minor: std::ops::RangeInclusive<u32>,
}

/// Makes the environment whole and returns its Python; silent, and done in the time that
/// Python takes to start, when nothing is missing.
///
/// # Errors
/// No Python of the wanted versions, no network, no room: in words, with what to do.
pub(crate) fn environment(repo: &Repo, wanted: &Environment<'_>) -> Result<PathBuf> {
    let folder = repo.deps().join(wanted.name);
    let python = folder.join("bin/python");
    let list = repo.join(venv::FOLDER).join(wanted.requirements);
    let text = fs::read(&list).with_context(|| format!("{} cannot be read", repo.shown(&list)))?;
    let hash = format!("{:x}", Sha256::digest(text));
    let covered = || fs::read_to_string(folder.join(STAMP)).is_ok_and(|stamp| stamp == hash);
    if covered() && venv::amiss(&folder).is_none() {
        return Ok(python);
    }
    let lock = Lock::take(repo, "setup")?;
    if covered() {
        let Some(amiss) = venv::amiss(&folder) else { return Ok(python) };
        say(format_args!("{} {amiss}; making it anew", repo.shown(&folder)));
    }
    say(format_args!("Setting up {} ({})", repo.shown(&folder), wanted.requirements));
    // A package that the list no longer names would stay; a new environment costs seconds, the wheels are kept.
    let fresh = folder.join(STAMP).exists();
    let environment = Venv { repo, lock: &lock, folder: folder.clone(), requirements: vec![wanted.requirements] };
    environment.install(fresh, || python::find_minor(&wanted.minor, &repo.venv_python()))?;
    let partial = folder.join(STAMP).with_extension("part");
    fs::write(&partial, hash)?;
    fs::rename(&partial, folder.join(STAMP)).context("the stamp of the environment cannot be written")?;
    Ok(python)
}
