//! What a model folder says, and what follows from it without running the network: which model gives which structure,
//! where its windows lie, how much memory it will take. No torch.
//!
//! ```
//! use tmli_model::{Manifest, NetworkConfig, Normalisation, UNet2dConfig, choose_models, expected_memory};
//!
//! let network = NetworkConfig::UNet2d(UNet2dConfig::with_width(2, 16, 4, Normalisation::Instance));
//! let names = vec!["Liver".to_owned(), "Stomach".to_owned()];
//! let manifest = Manifest::new("abdomen", network, [5.0, 2.0, 2.0], [1, 128, 128], names);
//! manifest.check()?;
//! let choices = choose_models(&[&manifest], &["Liver".to_owned()])?;
//! assert_eq!(choices[0].model, 0);
//! let expected = expected_memory(&manifest, [120, 512, 512], [5.0, 1.0, 1.0], false)?;
//! assert!(expected.host_bytes > 120 * 512 * 512 * 2);
//! # Ok::<(), tmli_model::ModelError>(())
//! ```

mod choose;
mod device;
mod error;
mod folder;
mod grid;
mod intensity;
mod learn_rules;
mod manifest;
mod memory;
mod network;
mod post_processing;
mod windows;

pub use choose::{Choice, choose_models, describe_choices};
pub use device::DeviceRequest;
pub use error::ModelError;
pub use folder::{ModelFolder, check_model_folder, hex, parse_weights, read_manifest, read_model_folder};
pub use grid::ModelGrid;
pub use intensity::Intensity;
pub use learn_rules::{NEAR_DSC, RuleTrials, SeenPieces};
pub use manifest::{FORMAT_VERSION, MANIFEST_FILE, Manifest, Provenance, StructureScore, WEIGHTS_FILE};
pub use memory::{ExpectedMemory, expected_memory};
pub use network::{Activation, NetworkConfig, Normalisation, UNet2dConfig, VNet3dConfig};
pub use post_processing::{PieceRule, PostProcessing};
pub use windows::WindowPlan;
