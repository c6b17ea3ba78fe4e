//! Two tasks that would write the same files wait for each other.

use std::{
    fs::{File, OpenOptions, TryLockError},
    process::Stdio,
};

use anyhow::{Context as _, Result};

use crate::{process::say, repo::Repo};

/// Held until it is dropped, or until this process and every child that was given [`Lock::stdin`] have ended, however
/// they end.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock of this name, waiting for whoever has it.
    pub(crate) fn take(repo: &Repo, name: &str) -> Result<Self> {
        std::fs::create_dir_all(repo.deps()).context("the folder .deps cannot be made")?;
        let path = repo.deps().join(format!("{name}.lock"));
        let file = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .with_context(|| format!("{} cannot be opened", repo.shown(&path)))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                say(format_args!("Another `cargo xtask` is at `{name}` in this folder; waiting for it"));
                file.lock()?;
            }
            Err(TryLockError::Error(error)) => return Err(error).context("the lock cannot be taken"),
        }
        Ok(Self { file })
    }

    /// To be given to a child as its standard input, so that it shares the lock: when this process is killed while
    /// the child goes on writing, the next task still waits for the child.
    pub(crate) fn stdin(&self) -> Result<Stdio> {
        Ok(Stdio::from(self.file.try_clone()?))
    }
}
