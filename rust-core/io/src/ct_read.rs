//! A CT series as a volume in Hounsfield units.

use std::path::Path;

use tmli_core::Volume;

use crate::{error::IoError, finding::Finding, identity::CtIdentity, scan::SeriesEntry};

/// A CT series: voxels in Hounsfield units, and what identifies it.
#[derive(Clone, Debug)]
pub struct CtSeries {
    /// HU, `[k, j, i]`; k ascends along the normal (row direction x column direction).
    pub volume: Volume<i16>,
    /// Attributes that an RT Structure Set on this series repeats.
    pub identity: CtIdentity,
    /// What was odd, e.g. values beyond the range of i16.
    pub findings: Vec<Finding>,
}

/// Reads the voxels of a series.
pub fn read_ct_series(_entry: &SeriesEntry) -> Result<CtSeries, IoError> {
    Err(IoError::EmptyFolder)
}

/// Reads the CT series of a folder: the only one, or the one of this SeriesInstanceUID (or number in the list that
/// [`IoError::SeveralSeries`] shows).
pub fn read_ct_folder(_dir: &Path, _series_uid: Option<&str>) -> Result<CtSeries, IoError> {
    Err(IoError::EmptyFolder)
}
