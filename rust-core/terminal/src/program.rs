//! From `main` to an exit code.

use std::{process::ExitCode, sync::Mutex};

use crate::{
    cancel,
    failure::{Failure, Outcome},
};

/// Runs a program's command: the first Ctrl-C asks it to stop, an error is told with what to do, and a panic becomes
/// one message instead of a crash.
pub fn run(command: impl FnOnce() -> Outcome) -> ExitCode {
    quiet_panics();
    cancel::install();
    // Only what the command owns crosses the boundary, and the process ends right after.
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(command)).unwrap_or_else(|_| Err(defect()));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Where the last panic happened: shown in the one message about it.
static PANICKED_AT: Mutex<String> = Mutex::new(String::new());

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
