//! `tmli`: train, segment, compare. Each command is one file of `commands`.

use std::process::ExitCode;

use clap::Parser;

use crate::{failure::Failure, progress::Verbosity};

mod args;
mod assess;
mod cancel;
mod case;
mod commands;
mod evaluation;
mod failure;
mod files;
mod inventory;
mod output;
mod progress;
mod report;
mod threads;

fn main() -> ExitCode {
    quiet_panics();
    let cli = args::Cli::parse();
    if cli.command.computes() {
        threads::sleep_while_waiting();
    }
    let verbosity = Verbosity::choose(cli.quiet);
    cancel::install();
    // Only what the command owns crosses the boundary, and the process ends right after.
    let run = std::panic::AssertUnwindSafe(|| commands::run(cli.command, verbosity));
    let result = std::panic::catch_unwind(run).unwrap_or_else(|_| Err(defect()));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Where the last panic happened: shown in the one message about it.
static PANICKED_AT: std::sync::Mutex<String> = std::sync::Mutex::new(String::new());

/// Panics are kept for [`defect`]; who asks for a backtrace gets it as usual.
fn quiet_panics() {
    let usual = std::panic::take_hook();
    let backtrace = std::env::var_os("RUST_BACKTRACE").is_some_and(|v| v != "0");
    std::panic::set_hook(Box::new(move |info| {
        if let Ok(mut at) = PANICKED_AT.lock() {
            *at = info.location().map_or_else(String::new, |l| format!("{}:{}", l.file(), l.line()));
        }
        if backtrace {
            usual(info);
        }
    }));
}

fn defect() -> Failure {
    let at = PANICKED_AT.lock().map(|at| at.clone()).unwrap_or_default();
    Failure::advise(
        format!("TMLI {} met a defect of its own at {at} and stopped", env!("CARGO_PKG_VERSION")),
        "please report this line and the command (without patient names); RUST_BACKTRACE=1 shows more. Files that were \
         being written are absent, not half there",
    )
}
