//! What the fuzz targets share. A target passes when nothing panics, aborts or takes more memory than libFuzzer's limit.
//!
//! Panics of a parser or a decoder that the readers catch are no findings: the hook of libFuzzer, which would end the
//! process at once, is replaced by [`only_uncaught_panics_count`].

use std::path::{Path, PathBuf};

use tmli_core::{PointLps, SpacingMm, VolumeGeometry};
use tmli_io::{CtIdentity, PatientStudy, SliceReference};

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

/// To be called before the first run. A panic that nobody catches still ends the process, as a finding; its message is
/// shown when `TMLI_FUZZ_PANICS` is set.
pub fn only_uncaught_panics_count() {
    if std::env::var_os("TMLI_FUZZ_PANICS").is_none() {
        std::panic::set_hook(Box::new(|_| {}));
    } else {
        let _ = std::panic::take_hook();
    }
}

/// A small grid to read onto.
pub fn grid() -> Option<VolumeGeometry> {
    VolumeGeometry::axial([4, 16, 16], PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(5.0, 1.0, 1.0)).ok()
}

/// A CT series on [`grid`], of nobody.
pub fn ct() -> CtIdentity {
    let slice = |k: u32| SliceReference {
        sop_class_uid: "1.2.840.10008.5.1.4.1.1.2".to_owned(),
        sop_instance_uid: format!("1.2.826.0.1.{k}"),
        frame_number: None,
        position: Some([0.0, 0.0, 5.0 * f64::from(k)]),
    };
    CtIdentity {
        patient: PatientStudy::default(),
        study_uid: "1.2.826.0.2".to_owned(),
        series_uid: "1.2.826.0.3".to_owned(),
        frame_of_reference_uid: None,
        position_reference: String::new(),
        patient_position: "HFS".to_owned(),
        slices: (0..4).map(slice).collect(),
    }
}

/// The same image at another place: one image alone is no volume, and its pixels would never be read.
///
/// The first digit of the third number of ImagePositionPatient is changed. `None` where there is none.
pub fn next_slice(image: &[u8]) -> Option<Vec<u8>> {
    const POSITION: [u8; 4] = [0x20, 0x00, 0x32, 0x00];
    let tag = image.windows(4).position(|bytes| bytes == POSITION)?;
    let value = tag + 8;
    let numbers = image.get(value..(value + 50).min(image.len()))?;
    let third = numbers.iter().enumerate().filter(|(_, byte)| **byte == b'\\').nth(1)?.0;
    let digit = (third..numbers.len()).find(|&at| numbers[at].is_ascii_digit())?;
    let mut other = image.to_vec();
    let digit = &mut other[value + digit];
    *digit = b'0' + (*digit - b'0' + 5) % 10;
    Some(other)
}
