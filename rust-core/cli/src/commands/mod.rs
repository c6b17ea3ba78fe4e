//! One file per command.

pub(crate) mod compare;
pub(crate) mod convert;
pub(crate) mod doctor;
pub(crate) mod inspect;
pub(crate) mod phantom;
pub(crate) mod ptv;
pub(crate) mod segment;
pub(crate) mod train;
mod train_config;
mod train_source;

use crate::{args::Command, failure::Outcome, progress::Verbosity};

/// Runs a command.
pub(crate) fn run(command: Command, verbosity: Verbosity) -> Outcome {
    match command {
        Command::Phantom(args) => phantom::run(&args, verbosity),
        Command::Inspect(args) => inspect::run(&args, verbosity),
        Command::Doctor(args) => doctor::run(&args),
        Command::Train(args) => train::run(&args, verbosity),
        Command::Segment(args) => segment::run(&args, verbosity),
        Command::Compare(args) => compare::run(&args, verbosity),
        Command::Ptv(args) => ptv::run(&args, verbosity),
        Command::Convert(args) => convert::run(&args, verbosity),
    }
}
