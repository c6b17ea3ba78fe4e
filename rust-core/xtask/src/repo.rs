//! Where things are in this repository.

use std::path::{Path, PathBuf};

/// The repository's folders and files, from its root.
#[derive(Clone, Debug)]
pub(crate) struct Repo {
    root: PathBuf,
}

impl Repo {
    /// The repository that this program was built from.
    pub(crate) fn find() -> Self {
        // Cargo sets the variable when it runs us; the built-in value serves a binary started by hand.
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        Self { root: manifest.join("../..").canonicalize().unwrap_or(manifest) }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn join(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }

    /// Everything that setup makes.
    pub(crate) fn deps(&self) -> PathBuf {
        self.join(".deps")
    }

    pub(crate) fn venv(&self) -> PathBuf {
        self.deps().join("venv")
    }

    pub(crate) fn venv_python(&self) -> PathBuf {
        self.venv().join("bin/python")
    }

    /// Include and lib folders as torch-sys wants them.
    pub(crate) fn libtorch(&self) -> PathBuf {
        self.deps().join("libtorch")
    }

    /// Cargo's output folder.
    pub(crate) fn target(&self) -> PathBuf {
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.join("target"), |dir| self.join(dir))
    }

    /// The command-line program, once built.
    pub(crate) fn tmli(&self) -> PathBuf {
        self.target().join("release/tmli")
    }

    /// A path as the user would type it from the root.
    pub(crate) fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}
