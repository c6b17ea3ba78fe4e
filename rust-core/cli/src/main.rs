//! `tmli`: train, segment, compare. Each command is one file of `commands`.
//!
//! Nothing here links libtorch: what needs a network is done by `tmli-worker` ([`worker`]).

use std::process::ExitCode;

use clap::Parser;
use tmli_terminal::{program, progress::Verbosity};

mod args;
mod cohort;
mod commands;
mod evaluation;
mod numbers;
mod report;
mod source;
mod worker;

fn main() -> ExitCode {
    let cli = args::Cli::parse();
    let verbosity = Verbosity::choose(cli.quiet);
    program::run(|| commands::run(cli.command, verbosity))
}
