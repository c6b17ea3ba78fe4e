//! A model as a folder: `model.json` (everything needed to run it) and `weights.safetensors`. No code, no pickle.

mod load;
mod manifest;
mod save;

pub use load::{Model, load_weights};
pub use manifest::{FORMAT_VERSION, MANIFEST_FILE, Manifest, PostProcessing, Provenance, StructureScore, WEIGHTS_FILE};
pub use save::{save_model, serialise_weights, write_atomically};
