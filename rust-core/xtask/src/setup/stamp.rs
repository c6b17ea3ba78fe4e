//! The note of a finished setup.

use std::{fs, io::ErrorKind, path::PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::repo::Repo;

/// Written when all is in place, removed before anything is changed.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    /// Hash of what was asked for: requirement lists and the layout of the libtorch folder.
    content_sha256: String,
    /// Whether the CUDA libraries are in.
    pub(super) cuda: bool,
}

/// To be raised when the layout of `.deps` changes although the requirement lists do not.
const LAYOUT: &str = "1";

impl Stamp {
    pub(super) fn new(cuda: bool) -> Self {
        Self { content_sha256: wanted(), cuda }
    }

    /// What was set up last; `None` when nothing was, or not to the end.
    pub(super) fn read(repo: &Repo) -> Option<Self> {
        serde_json::from_slice(&fs::read(path(repo)).ok()?).ok()
    }

    /// Whether this is what today's requirements ask for.
    pub(super) fn covers(&self, cuda: bool) -> bool {
        (self.cuda || !cuda) && self.content_sha256 == wanted()
    }

    pub(super) fn write(&self, repo: &Repo) -> Result<()> {
        let partial = path(repo).with_extension("json.part");
        fs::write(&partial, serde_json::to_vec_pretty(self)?)?;
        fs::rename(&partial, path(repo)).context(".deps/setup.json cannot be written")
    }

    pub(super) fn remove(repo: &Repo) -> Result<()> {
        match fs::remove_file(path(repo)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).context(".deps/setup.json cannot be removed")
            }
            _ => Ok(()),
        }
    }
}

fn path(repo: &Repo) -> PathBuf {
    repo.deps().join("setup.json")
}

fn wanted() -> String {
    let mut hash = Sha256::new();
    for text in [LAYOUT, super::venv::CPU, super::venv::CUDA, super::venv::CHECKS] {
        hash.update(text.as_bytes());
        hash.update([0]);
    }
    format!("{:x}", hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cuda_setup_serves_the_cpu_but_not_the_other_way_round() {
        assert!(Stamp::new(true).covers(false));
        assert!(Stamp::new(false).covers(false));
        assert!(!Stamp::new(false).covers(true));
    }

    #[test]
    fn other_requirements_are_not_covered() {
        let old = Stamp { content_sha256: "0".repeat(64), cuda: true };
        assert!(!old.covers(false));
    }
}
