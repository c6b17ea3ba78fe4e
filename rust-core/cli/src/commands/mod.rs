//! One file per command.

pub(crate) mod compare;
pub(crate) mod convert;
pub(crate) mod doctor;
pub(crate) mod inspect;
pub(crate) mod phantom;
pub(crate) mod ptv;
pub(crate) mod segment;
pub(crate) mod summarise;
pub(crate) mod worker;

use tmli_terminal::{failure::Outcome, progress::Verbosity};

use crate::args::Command;

/// Runs a command.
pub(crate) fn run(command: Command, verbosity: Verbosity) -> Outcome {
    match command {
        Command::Phantom(args) => phantom::run(&args, verbosity),
        Command::Inspect(args) => inspect::run(&args, verbosity),
        Command::Doctor(args) => doctor::run(&args),
        // The arguments are fine; the worker reads them again.
        Command::Train(_) | Command::Validate(_) => crate::worker::hand_over(std::env::args_os().skip(1)),
        Command::Segment(args) => segment::run(&args, verbosity),
        Command::Worker(_) => crate::worker::hand_over(["serve".into()]),
        Command::Compare(args) => compare::run(&args, verbosity),
        Command::Summarise(args) => summarise::run(&args, verbosity),
        Command::Ptv(args) => ptv::run(&args, verbosity),
        Command::Convert(args) => convert::run(&args, verbosity),
    }
}
