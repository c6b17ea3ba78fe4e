//! A model as a folder: `model.json` (everything needed to run it) and `weights.safetensors`. No code, no pickle.
//!
//! What the folder says, and whether it is whole, is [`tmli_model`]'s; here it becomes a network and back.

mod load;
mod save;

pub use load::{Model, load_weights};
pub(crate) use save::save_manifest;
pub use save::{save_model, serialise_weights, write_atomically};
