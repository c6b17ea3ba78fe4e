//! Geometry, volumes, masks, margins, contours and metrics of TMLI.
//!
//! Everything here is in **LPS millimetres** (x towards the patient's left, y towards posterior, z towards
//! superior), arrays are `[k, j, i]` (slice, row, column), and nothing does I/O.
//!
//! ```
//! use tmli_core::{Mask, PointLps, SpacingMm, VolumeGeometry};
//!
//! let geometry = VolumeGeometry::axial([4, 8, 8], PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(5.0, 1.0, 1.0))?;
//! let mut mask = Mask::new(geometry.shape());
//! mask.set([1, 2, 3], true);
//! assert_eq!(geometry.point_from_index([1.0, 2.0, 3.0]), PointLps::new(3.0, 2.0, 5.0));
//! assert_eq!(mask.count() as f64 * geometry.voxel_volume_mm3(), 5.0);
//! # Ok::<(), tmli_core::GeometryError>(())
//! ```
#![forbid(unsafe_code)]

pub mod body;
pub mod components;
pub mod geometry;
pub mod margin;
pub mod mask;
pub mod metrics;
pub mod rasterise;
pub mod segmentation;
pub mod structure_set;
pub mod trace;
mod vectors;
pub mod volume;

pub use body::{BodyError, body_mask};
pub use geometry::{Affine, FrameOfReferenceUid, GeometryError, PointLps, SpacingMm, VolumeGeometry};
pub use margin::{MarginError, MarginMm, PtvRequest, expand, ptv, shrink};
pub use mask::{Mask, VoxelBox};
pub use metrics::{
    DirectedDistances, MaskFlags, MetricOptions, MetricsError, Profile, StructureMetrics, Undefined, compare_masks,
    compare_masks_with,
};
pub use rasterise::{ContourFinding, Rasterised, rasterise};
pub use segmentation::{Segment, Segmentation};
pub use structure_set::{Contour, ContourKind, Roi, RoiNumber, StructureSet};
pub use trace::{Holes, TraceOptions, trace, trace_with};
pub use volume::{Volume, VolumeError};
