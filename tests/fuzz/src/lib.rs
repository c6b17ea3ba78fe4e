//! What the fuzz targets share. A target passes when nothing panics, aborts or takes more memory than libFuzzer's limit.

use std::path::{Path, PathBuf};

use tmli_core::{PointLps, SpacingMm, VolumeGeometry};

/// A file with these bytes, in a folder of its own.
pub struct OneFile {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl OneFile {
    /// Writes the file. `None` when the system has no room for it.
    pub fn new(name: &str, bytes: &[u8]) -> Option<Self> {
        let folder = tempfile::tempdir().ok()?;
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).ok()?;
        Some(Self { folder, path })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// A small grid to read onto.
pub fn grid() -> Option<VolumeGeometry> {
    VolumeGeometry::axial([4, 16, 16], PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(5.0, 1.0, 1.0)).ok()
}
