//! The command line.

use clap::{Parser, Subcommand};
use tmli_terminal::{train_args::TrainArgs, validate_args::ValidateArgs};

use crate::commands;

/// Auto-segmentation for total marrow and lymphoid irradiation (TMLI).
///
/// Trains a 2D U-Net or a 3D V-Net on a department's own CT series and RT Structure Sets, segments new CT series and
/// writes RT Structure Sets, and measures DSC, HD95 and ASD. Nothing leaves this computer.
///
/// For research. Every result needs review by a person before clinical use.
#[derive(Debug, Parser)]
#[command(name = "tmli", version, after_help = EXAMPLES, max_term_width = 110, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Show errors and results only, no progress
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  tmli doctor                                    is everything there?
  tmli inspect PATIENTS                          what is in these folders?
  tmli train --cohort PATIENTS --set oar1 --network vnet3d --out models/oar1-3d
  tmli segment --ct PATIENT/CT --model models/oar1-3d --out auto.dcm
  tmli compare --ct PATIENT/CT --reference manual.dcm --prediction auto.dcm --html report.html
  tmli summarise 2d/*.json --against 3d/*.json --names U-Net,V-Net
  tmli ptv --ct PATIENT/CT --structures auto.dcm --ctv CTV1=5 --ctv CTV2=5 --out ptv.dcm

Exit codes: 0 done, 1 error, 2 wrong command line, 130 cancelled (Ctrl-C).
`tmli COMMAND --help` tells all about a command.";

/// One file of `commands` each. The line here is for the list of commands; `--help` of each tells what its arguments say.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(about = "Make synthetic children: CT series + RT Structure Set, to try everything without patient data")]
    Phantom(commands::phantom::Args),
    #[command(about = "List what is in a folder, and what is missing or doubtful for training")]
    Inspect(commands::inspect::Args),
    #[command(about = "Tell device, libtorch, memory, and what to do if something is missing")]
    Doctor(commands::doctor::Args),
    #[command(about = "Train a network on a cohort folder")]
    Train(Box<TrainArgs>),
    #[command(
        about = "Validate trained models again on a cohort, and choose anew which pieces of their masks are islands"
    )]
    Validate(ValidateArgs),
    #[command(about = "Segment a CT series with trained models and write an RT Structure Set")]
    Segment(commands::segment::Args),
    #[command(about = "Compare the structures of two files on one CT series: DSC, HD95, ASD")]
    Compare(commands::compare::Args),
    #[command(
        about = "Make one table of the comparisons of many cases, or of two methods: mean, SD, median, confidence interval"
    )]
    Summarise(commands::summarise::Args),
    #[command(about = "Make the PTV of several CTVs with margins in six directions")]
    Ptv(commands::ptv::Args),
    #[command(about = "Run segmentation jobs for another program: `tmli-worker serve`")]
    Worker(commands::worker::Args),
    #[command(about = "Turn structures into another kind of file: RT Structure Set, DICOM Segmentation, NIfTI, NRRD")]
    Convert(commands::convert::Args),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent_and_every_command_has_an_example() {
        let mut command = super::Cli::command();
        command.build();
        command.clone().debug_assert();
        for sub in command.get_subcommands() {
            let name = sub.get_name();
            let help = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(&format!("tmli {name}")), "`tmli {name} --help` shows no example");
            let [short, long] =
                [sub.get_about(), sub.get_long_about()].map(|a| a.map_or(String::new(), ToString::to_string));
            assert!(
                !short.is_empty() && !long.is_empty(),
                "`tmli {name} --help` tells no more than the list of commands"
            );
        }
    }
}
