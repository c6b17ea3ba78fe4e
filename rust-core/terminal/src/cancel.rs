//! Ctrl-C, and the signals that ask a process to end: jobs look here between steps and stop cleanly.

use std::{
    ops::ControlFlow,
    sync::atomic::{AtomicBool, Ordering},
};

use crate::failure::{Failure, Outcome};

static CANCELLED: AtomicBool = AtomicBool::new(false);

/// From now on the first Ctrl-C asks the running job to stop; the second ends the process at once.
pub fn install() {
    // Without a handler Ctrl-C ends the process at once: files are still whole, as they get their name last.
    let _ = ctrlc::set_handler(|| {
        if CANCELLED.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        eprintln!("\nstopping after this step (Ctrl-C once more to end at once)");
    });
}

/// Whether the user asked to stop.
pub fn requested() -> bool {
    CANCELLED.load(Ordering::SeqCst)
}

/// For the progress callbacks of the libraries.
pub fn flow() -> ControlFlow<()> {
    if requested() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// An error when the user asked to stop.
pub fn check() -> Outcome {
    if requested() { Err(Failure::cancelled()) } else { Ok(()) }
}
