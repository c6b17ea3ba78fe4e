//! NIfTI label maps onto the grid of a CT series.

use std::path::Path;

use ndarray::Array3;
use tmli_core::VolumeGeometry;

use crate::error::IoError;

/// Reads a NIfTI label map (`.nii`, `.nii.gz`) onto the grid `geometry`: labels `[k, j, i]`.
pub fn read_label_map(_path: &Path, _geometry: &VolumeGeometry) -> Result<Array3<u32>, IoError> {
    Err(IoError::EmptyFolder)
}
