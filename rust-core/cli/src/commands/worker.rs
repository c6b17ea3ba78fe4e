//! `tmli worker`: the worker, for programs that know `tmli` only.

/// Become the program that holds libtorch and run segmentation jobs for the program that started this.
///
/// Jobs come and go through standard input, a socket; see docs/reference/engine-protocol.md.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

const EXAMPLES: &str = "\
Example (for the variable of a host program, not for the terminal):
  tmli worker";
