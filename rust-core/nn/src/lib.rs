//! U-Net and V-Net, training, sliding window and model folders on libtorch. Volume in, masks out.
//!
//! ```
//! use std::ops::ControlFlow;
//!
//! use tmli_core::{PointLps, SpacingMm, Volume, VolumeGeometry};
//! use tmli_nn::{Manifest, Model, NetworkConfig, Normalisation, SegmentOptions, UNet2dConfig, build, save_model, segment};
//!
//! // A folder with an untrained network for two structures.
//! let network = NetworkConfig::UNet2d(UNet2dConfig::with_width(2, 4, 3, Normalisation::Instance));
//! let names = vec!["Liver".to_owned(), "Stomach".to_owned()];
//! let manifest = Manifest::new("example", network, [5.0, 2.0, 2.0], [1, 32, 32], names);
//! let weights = tch::nn::VarStore::new(tch::Device::Cpu);
//! build(&manifest.network, &weights.root())?;
//! # let parent = tempfile::tempdir()?;
//! # let dir = parent.path().join("model");
//! save_model(&dir, manifest, &weights)?;
//!
//! let model = Model::load(&dir, tch::Device::Cpu)?;
//! let grid = VolumeGeometry::axial([2, 64, 64], PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(5.0, 1.0, 1.0))?;
//! let ct = Volume::new(grid, ndarray::Array3::from_elem((2, 64, 64), 40_i16))?;
//! let masks = segment(&model, &ct, &SegmentOptions::default(), &mut |_| ControlFlow::Continue(()))?;
//! assert_eq!(masks.segments[1].name, "Stomach");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod allocator;
pub mod device;
pub mod error;
pub mod libtorch;
mod libtorch_cuda;
pub mod model_folder;
pub mod networks;
pub mod preprocess;
pub mod segment;
pub mod training;

pub use device::choose_device;
pub use error::NnError;
pub use model_folder::{Model, save_model};
pub use networks::{Network, build};
pub use preprocess::{PatientAxes, body_box, resample_ct, resample_mask};
pub use segment::{
    CtView, ModelOn, SegmentOptions, SegmentProgress, SegmentStatistics, Segmented, segment, segment_with,
    segment_within_memory,
};
/// Where tensors are, for [`Model::load`].
pub use tch::Device;
pub use training::{
    CaseRoles, CaseSource, CaseSplit, TrainConfig, TrainError, TrainEvent, TrainInputs, TrainOutcome, TrainingCase,
    train, validate_again,
};
// What a model folder says comes with the network that is made from it.
pub use tmli_model::{
    Activation, DeviceRequest, Intensity, Manifest, ModelError, ModelGrid, NetworkConfig, Normalisation,
    PostProcessing, Provenance, StructureScore, UNet2dConfig, VNet3dConfig,
};
