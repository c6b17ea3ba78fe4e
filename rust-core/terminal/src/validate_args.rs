//! Arguments of `validate`: `tmli` reads them for the help and for early errors, `tmli-worker` for the work.

use std::path::PathBuf;

use tmli_model::DeviceRequest;

use crate::files::NamesArgs;

/// Validate trained models again on a cohort, and choose anew which pieces of their masks are islands. The weights stay
/// as they are; scores and post-processing in MODEL/model.json are replaced, structures that no case has keep theirs.
///
/// Cases that a model learned from tell only how structures fall into pieces; it is never validated on them. In the
/// cohort that it was trained on its own validation cases are taken and its test cases left alone, in another cohort all
/// cases are taken. Cases are recognised by the names of their sub-folders.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ValidateArgs {
    /// Folder with a sub-folder for each case, as for `tmli train`
    #[arg(long, value_name = "DIR")]
    pub cohort: PathBuf,
    /// Model folder; several may be given
    #[arg(long, value_name = "MODEL", num_args = 1.., required = true)]
    pub model: Vec<PathBuf>,
    /// The models were trained on another cohort, even where sub-folders have the same names
    #[arg(long)]
    pub other_cohort: bool,
    /// Where to compute: auto, cpu, cuda:N
    #[arg(long, default_value = "auto")]
    pub device: DeviceRequest,
    /// Protocol and aliases
    #[command(flatten)]
    pub names: NamesArgs,
}

const EXAMPLES: &str = "\
Examples:
  tmli validate --cohort PATIENTS --model models/oar1-2d models/oar1-3d
  tmli validate --cohort OUR-PATIENTS --other-cohort --model models-of-another-department/*";
