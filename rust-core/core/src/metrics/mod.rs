//! How well two masks agree: DSC, HD, HD95 and ASD.

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

/// Compares two masks on one grid.
pub fn compare_masks(
    reference: &Mask,
    prediction: &Mask,
    spacing_mm: SpacingMm,
) -> Result<StructureMetrics, MetricsError> {
    let _ = spacing_mm;
    if reference.shape() != prediction.shape() {
        return Err(MetricsError::Shape { reference: reference.shape(), prediction: prediction.shape() });
    }
    let nan = DirectedDistances { mean_mm: f64::NAN, percentile95_mm: f64::NAN, max_mm: f64::NAN };
    Ok(StructureMetrics {
        dsc: f64::NAN,
        hd_mm: f64::NAN,
        hd95_mm: f64::NAN,
        asd_mm: f64::NAN,
        reference_volume_ml: 0.0,
        prediction_volume_ml: 0.0,
        reference_to_prediction: nan,
        prediction_to_reference: nan,
        undefined: None,
    })
}
