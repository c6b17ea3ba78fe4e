//! Arguments of `segment`.

use std::path::PathBuf;

use tmli_model::DeviceRequest;

use crate::{ct_args::CtArgs, files::NamesArgs};

/// Segment a CT series with one or several trained models and write an RT Structure Set that refers to the series.
///
/// Where several models know one structure, the one with the better validation DSC in its model.json is taken, and the
/// choice is told. For research: the contours need review by a person before clinical use.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct SegmentArgs {
    /// Which CT series
    #[command(flatten)]
    pub ct: CtArgs,
    /// Model folder; several may be given
    #[arg(long, value_name = "MODEL", num_args = 1.., required = true)]
    pub model: Vec<PathBuf>,
    /// RT Structure Set to write
    #[arg(long, value_name = "RTSTRUCT.dcm")]
    pub out: PathBuf,
    /// Segment these structures only
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub structures: Vec<String>,
    /// Where to compute: auto, cpu, cuda:N
    #[arg(long, default_value = "auto")]
    pub device: DeviceRequest,
    /// Share of a window that its neighbour covers, 0 to 0.9: less is faster, more is smoother
    #[arg(long, value_name = "SHARE", default_value_t = 0.5)]
    pub overlap: f64,
    /// Overwrite the file when it exists
    #[arg(long)]
    pub force: bool,
    /// Protocol and aliases
    #[command(flatten)]
    pub names: NamesArgs,
}

const EXAMPLES: &str = "\
Examples:
  tmli segment --ct PATIENT/CT --model models/oar1-3d --out auto.dcm
  tmli segment --ct PATIENT/CT --model models/oar2-2d models/oar2-3d models/ctv1-3d --out auto.dcm
  tmli segment --ct PATIENT/CT --model models/oar1-3d --structures Liver,Heart --out auto.dcm --device cpu";
