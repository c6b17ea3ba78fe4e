//! The CT series that a command works on.

use std::path::PathBuf;

use tmli_io::{CtSeries, read_ct_folder};

use crate::{
    failure::{Explain, Outcome},
    files::{require_folder, shown},
};

/// `--ct` and `--series`.
#[derive(clap::Args, Clone, Debug)]
pub struct CtArgs {
    /// Folder with the CT series
    #[arg(long, value_name = "DIR")]
    pub ct: PathBuf,
    /// The CT series to take when the folder holds several: its UID, or its number in the list of the error
    #[arg(long, value_name = "UID")]
    pub series: Option<String>,
}

impl CtArgs {
    /// An error, before any work is done, when there is no such folder.
    pub fn require(&self) -> Outcome {
        require_folder(&self.ct, "--ct")
    }

    /// Reads the series.
    pub fn read(&self) -> Outcome<CtSeries> {
        self.require()?;
        read_ct_folder(&self.ct, self.series.as_deref()).explain(shown("--ct", &self.ct))
    }
}
