//! Segmentation jobs. A host (3D Slicer, a C++ program, a Python script, the command line) starts them here, looks how
//! far they are, cancels them and takes the masks; the networks run in a worker process that this crate starts, keeps
//! warm, watches and ends. libtorch is never in the host.
//!
//! Voxels cross in shared memory ([`SharedVolume`] one way, packed masks the other), words as JSON lines
//! ([`words`], explained in `docs/reference/engine-protocol.md`).
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use tmli_core::{PointLps, SpacingMm, VolumeGeometry};
//! use tmli_engine::{Engine, EngineOptions, SegmentRequest, SharedVolume};
//!
//! let grid = VolumeGeometry::axial([120, 512, 512], PointLps::new(-250.0, -250.0, 0.0), SpacingMm::new(5.0, 1.0, 1.0))?;
//! let mut ct = SharedVolume::new(grid)?;
//! ct.data_mut().expect("nobody else has it").fill(-1000); // your voxels, in Hounsfield units
//!
//! let engine = Engine::new(EngineOptions::default());
//! let job = engine.segment(SegmentRequest::new(ct, vec!["models/oar1-3d".into()]))?;
//! while !job.wait(Some(Duration::from_millis(200))).state.is_final() {
//!     let status = job.poll();
//!     eprintln!("{:3.0} % {}", 100.0 * status.fraction, status.stage);
//! }
//! let result = job.take()?;
//! for (segment, source) in result.segmentation.segments.iter().zip(&result.sources) {
//!     eprintln!("{}: {} voxels, from {}", segment.name, segment.mask.count(), source.model);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What the worker needs of this crate is public too: [`channel`], [`memory`], [`masks`], [`words`].

pub mod channel;
mod connection;
mod engine;
mod error;
mod job;
mod locate;
mod log;
pub mod masks;
pub mod memory;
mod options;
mod process;
mod receive;
mod request;
mod volume;
pub mod words;

pub use engine::Engine;
pub use error::{EngineError, FailureClass};
pub use job::{Job, JobState, JobStatus};
pub use locate::find_worker;
pub use options::EngineOptions;
pub use request::{MOST_OVERLAP, SegmentRequest, SegmentResult, StructureSource, Timings};
pub use tmli_core::VoxelBox;
pub use tmli_model::DeviceRequest;
pub use volume::SharedVolume;
pub use words::{DeviceDescription, WorkerDescription};
