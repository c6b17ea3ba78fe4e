//! `tmli-worker`: the one program that links libtorch. `tmli` hands over to it what needs a network.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tmli_terminal::{program, progress::Verbosity, train_args::TrainArgs, validate_args::ValidateArgs};

mod probe;
mod scores;
mod serve;
mod train;
mod train_config;
mod train_source;
mod validate;

/// The part of TMLI that runs networks. `tmli` starts it; nobody needs to start it by hand.
#[derive(Debug, Parser)]
#[command(name = "tmli-worker", version, max_term_width = 110, disable_help_subcommand = true)]
struct Cli {
    /// What to do
    #[command(subcommand)]
    command: Command,
    /// Show errors and results only, no progress
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// As `tmli train`
    Train(Box<TrainArgs>),
    /// As `tmli validate`
    Validate(ValidateArgs),
    /// Run segmentation jobs for TMLI's library, which starts this and talks to it through standard input
    Serve,
    /// Tell libtorch and the device that would be taken, as one line of JSON
    Probe,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let verbosity = Verbosity::choose(cli.quiet);
    match cli.command {
        // Its host decides when it ends: signals do what they do by themselves, and panics are told in the log.
        Command::Serve => serve::serve(),
        Command::Train(args) => program::run(|| train::run(&args, verbosity)),
        Command::Validate(args) => program::run(|| validate::run(&args, verbosity)),
        Command::Probe => program::run(probe::run),
    }
}
