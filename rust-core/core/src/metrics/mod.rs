//! How well two masks agree: DSC, HD, HD95 and ASD.
//!
//! # Definitions
//! All distances are in mm, in 3D, with the real voxel spacing. What a surface is and how its distances are put together
//! is said by the [profile](Profile). The default, `surfel`, follows S. Nikolov et al., "Clinically Applicable
//! Segmentation of Head and Neck Anatomy for Radiotherapy" (J Med Internet Res 2021;23(7):e26151), whose public tool
//! `surface-distance` gives the same numbers:
//!
//! - **Surface elements** lie at the voxel corners whose 2 x 2 x 2 neighbouring voxels are neither all inside nor all
//!   outside. Each has the **area** of the marching-cubes surface through its neighbourhood ([`surface_area`]). Beyond
//!   the edge of the scan is background, so a mask that touches the edge is closed there.
//! - The **distance** of an element is the exact Euclidean distance to the nearest element of the other mask.
//! - **HD95** is the larger of the two directed 95th percentiles; the directed percentile is the smallest distance such
//!   that elements at most that far away make up 95 % of the surface's area.
//! - **ASD** is the sum of distance times area over both surfaces, divided by the area of both surfaces.
//! - **HD** is the largest distance.
//! - **DSC** is twice the common voxels divided by the voxels of both masks.
//!
//! `net` measures between smooth surfaces instead (a relaxed surface net, distances to its triangles, weighted by area)
//! and is the nearest to the truth.
//!
//! Two more reproduce other tools. Their surface is the **border voxels** (inside, with one of six neighbours outside),
//! each counted once. `voxel`: percentiles are interpolated between ranks and HD95 is the larger of the two directed
//! ones (MONAI), [`StructureMetrics::pooled_percentile_mm`] takes both directions together (medpy), ASD is pooled.
//! `slicer-rt`: HD95 and the mean are the means of the two directed values, the percentile is the distance of rank
//! floor(0.95 n - 1).
//!
//! | reference | prediction | DSC | distances | [`StructureMetrics::undefined`] |
//! |---|---|---|---|---|
//! | empty | empty | NaN | NaN | `BothEmpty` |
//! | empty | voxels | 0 | infinite | `ReferenceEmpty` |
//! | voxels | empty | 0 | infinite | `PredictionEmpty` |
//!
//! ```
//! use tmli_core::{Mask, SpacingMm, compare_masks};
//!
//! let voxel_at = |i: usize| Mask::from_fn([9, 9, 9], move |kji| kji == [4, 4, i]);
//! let metrics = compare_masks(&voxel_at(3), &voxel_at(4), SpacingMm::new(5.0, 1.0, 2.0))?;
//! assert_eq!((metrics.dsc, metrics.hd_mm, metrics.hd95_mm), (0.0, 2.0, 2.0));
//! assert!((metrics.asd_mm - 1.0).abs() < 1e-12, "half of the surface is shared");
//! # Ok::<(), tmli_core::MetricsError>(())
//! ```

mod box_tree;
pub mod cohort;
mod compare;
mod error;
mod label_map;
mod lattice;
mod measures;
mod moments;
mod near_steps;
mod nearest;
mod net;
mod options;
mod path_length;
mod patient;
mod statistics;
pub mod surface_area;
mod surface_distances;

pub use compare::{compare_masks, compare_masks_with, surface_distances, surface_distances_with};
pub use error::MetricsError;
pub use label_map::Label;
pub use measures::{DirectedDistances, MaskFlags, StructureMetrics, Undefined};
pub use options::{MetricOptions, Profile};
pub use patient::{NamedMetrics, compare_byte_masks, compare_label_maps, compare_pairs, compare_segmentations};
pub use statistics::SurfaceDistances;
