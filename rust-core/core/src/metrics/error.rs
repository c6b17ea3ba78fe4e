//! Why masks can't be compared.

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
    /// The grids have one shape, but lie elsewhere, have another spacing or are in another frame of reference.
    #[error(
        "the reference and the prediction have {shape:?} voxels (k, j, i) but are not on the same grid in the patient: \
         origin, spacing, directions or frame of reference differ. Resample one of them first"
    )]
    Geometry {
        /// The shape of both.
        shape: [usize; 3],
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
    /// A percentile or a tolerance has no meaning.
    #[error("{option} must be {expected}, got {got}")]
    Option {
        /// Which one.
        option: &'static str,
        /// What it may be.
        expected: &'static str,
        /// What it is.
        got: f64,
    },
}
