//! How well two masks agree: DSC, HD, HD95 and ASD.
//!
//! # Definitions
//! All distances are in mm, in 3D, with the real voxel spacing. They follow S. Nikolov et al., "Clinically Applicable
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

mod distance;
mod statistics;
mod surface;
pub mod surface_area;

use rayon::prelude::*;

pub use statistics::SurfaceDistances;

use crate::{geometry::SpacingMm, mask::Mask};

/// Distances from every surface element of one mask to the nearest one of the other, weighted by area, in mm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DirectedDistances {
    /// Mean, weighted by the area of the surface elements.
    pub mean_mm: f64,
    /// The smallest distance that 95 % of the surface's area does not exceed.
    pub percentile95_mm: f64,
    /// The largest distance.
    pub max_mm: f64,
}

/// Why distances have no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undefined {
    /// Neither mask has a voxel: DSC and distances are not a number.
    BothEmpty,
    /// The reference has no voxel: DSC is 0, distances are infinite.
    ReferenceEmpty,
    /// The prediction has no voxel: DSC is 0, distances are infinite.
    PredictionEmpty,
}

/// How well a prediction agrees with a reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StructureMetrics {
    /// Dice similarity coefficient, 0 to 1.
    pub dsc: f64,
    /// Hausdorff distance: the largest of all distances, both directions.
    pub hd_mm: f64,
    /// The larger of the two directed 95th percentiles.
    pub hd95_mm: f64,
    /// Mean over the area of both surfaces.
    pub asd_mm: f64,
    /// Voxels times voxel volume.
    pub reference_volume_ml: f64,
    /// Voxels times voxel volume.
    pub prediction_volume_ml: f64,
    /// From the reference's surface to the prediction's.
    pub reference_to_prediction: DirectedDistances,
    /// From the prediction's surface to the reference's.
    pub prediction_to_reference: DirectedDistances,
    /// Set when a mask is empty.
    pub undefined: Option<Undefined>,
}

/// Why masks can't be compared.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MetricsError {
    /// The masks are on different grids.
    #[error(
        "masks of one grid are needed, the reference has {reference:?} and the prediction {prediction:?} voxels (k, j, i)"
    )]
    Shape {
        /// Shape of the reference.
        reference: [usize; 3],
        /// Shape of the prediction.
        prediction: [usize; 3],
    },
    /// Spacing is zero, negative, infinite or not a number.
    #[error("voxel spacing must be positive and finite, got {spacing_mm:?} mm (k, j, i)")]
    Spacing {
        /// Slices, rows, columns.
        spacing_mm: [f64; 3],
    },
    /// The box around both masks is too long for the distance search.
    #[error("the box around both masks is {extent:?} voxels (k, j, i), at most {limit} on an axis can be compared")]
    TooLarge {
        /// Slices, rows, columns.
        extent: [usize; 3],
        /// Largest extent.
        limit: usize,
    },
}

/// Compares two masks on one grid, by the [definitions](self) of this module.
///
/// Works within the box around both masks; time and memory grow with the volume of that box.
///
/// # Errors
/// When shapes differ, when spacing is not positive, or when the box is longer than 65470 voxels on an axis.
pub fn compare_masks(
    reference: &Mask,
    prediction: &Mask,
    spacing_mm: SpacingMm,
) -> Result<StructureMetrics, MetricsError> {
    let distances = surface_distances(reference, prediction, spacing_mm)?;
    let (in_reference, in_prediction) = (reference.count(), prediction.count());
    let common = reference.count_and(prediction);
    let undefined = match (in_reference, in_prediction) {
        (0, 0) => Some(Undefined::BothEmpty),
        (0, _) => Some(Undefined::ReferenceEmpty),
        (_, 0) => Some(Undefined::PredictionEmpty),
        _ => None,
    };
    let voxel_ml = spacing_mm.k * spacing_mm.j * spacing_mm.i / 1000.0;
    let reference_to_prediction = distances.reference_to_prediction();
    let prediction_to_reference = distances.prediction_to_reference();
    let larger = |of: fn(&DirectedDistances) -> f64| {
        let (a, b) = (of(&reference_to_prediction), of(&prediction_to_reference));
        if a.is_nan() || a > b { a } else { b }
    };
    Ok(StructureMetrics {
        // 0 / 0 is the NaN that two empty masks are to have.
        dsc: 2.0 * common as f64 / (in_reference + in_prediction) as f64,
        hd_mm: larger(|d| d.max_mm),
        hd95_mm: larger(|d| d.percentile95_mm),
        asd_mm: distances.average_mm(),
        reference_volume_ml: in_reference as f64 * voxel_ml,
        prediction_volume_ml: in_prediction as f64 * voxel_ml,
        reference_to_prediction,
        prediction_to_reference,
        undefined,
    })
}

/// The distances of all surface elements of two masks on one grid, by the [definitions](self) of this module.
///
/// # Errors
/// As [`compare_masks`].
pub fn surface_distances(
    reference: &Mask,
    prediction: &Mask,
    spacing_mm: SpacingMm,
) -> Result<SurfaceDistances, MetricsError> {
    let spacing = spacing_mm.to_array();
    if spacing.iter().any(|s| !s.is_finite() || *s <= 0.0) {
        return Err(MetricsError::Spacing { spacing_mm: spacing });
    }
    if reference.shape() != prediction.shape() {
        return Err(MetricsError::Shape { reference: reference.shape(), prediction: prediction.shape() });
    }
    let Some(bounds) = surface::joint_bounds(reference, prediction) else {
        return Ok(SurfaceDistances::both_empty());
    };
    let extent: [usize; 3] = std::array::from_fn(|axis| bounds.max[axis] - bounds.min[axis]);
    if extent.iter().any(|&n| n > distance::LONGEST_BOX) {
        return Err(MetricsError::TooLarge { extent, limit: distance::LONGEST_BOX });
    }
    let areas = surface_area::SurfaceAreas::new(spacing_mm);
    let (reference, prediction) =
        rayon::join(|| surface::Surface::of(reference, bounds), || surface::Surface::of(prediction, bounds));
    let weighted = |from: &surface::Surface, to: &surface::Surface| -> Vec<(f64, f64)> {
        let distances = distance::to_nearest(from, to, spacing);
        from.elements.par_iter().zip(distances).map(|(e, distance)| (distance, areas.of(e.code))).collect()
    };
    Ok(SurfaceDistances::new(weighted(&reference, &prediction), weighted(&prediction, &reference)))
}
