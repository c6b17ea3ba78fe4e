//! What TMLI's programs for the terminal, `tmli` and `tmli-worker`, share: arguments, progress, errors with advice,
//! cancelling, and what a folder of patients holds. No torch.

pub mod assess;
pub mod cancel;
pub mod case;
pub mod ct_args;
pub mod failure;
pub mod files;
pub mod inventory;
pub mod output;
pub mod probe;
pub mod program;
pub mod progress;
pub mod train_args;
pub mod validate_args;
