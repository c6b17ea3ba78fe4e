//! What is said about one structure.

use super::Profile;

/// Distances from every surface element of one mask to the nearest one of the other, weighted by area (each border
/// voxel alike for profiles of voxels), in mm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DirectedDistances {
    /// Mean, weighted by the area of the surface elements.
    pub mean_mm: f64,
    /// The distance that 95 % of the surface's area does not exceed, by the profile's convention.
    pub percentile95_mm: f64,
    /// The same for the percentile that was asked for.
    pub percentile_mm: f64,
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

impl Undefined {
    /// The word that tables carry: `both_empty`, `reference_empty` or `prediction_empty`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BothEmpty => "both_empty",
            Self::ReferenceEmpty => "reference_empty",
            Self::PredictionEmpty => "prediction_empty",
        }
    }
}

/// What limits the meaning of a mask's surface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MaskFlags {
    /// One voxel, or less than two slices. Not said of an empty mask.
    pub below_resolution: bool,
    /// A voxel lies at the border of the scan: the surface is closed there with background.
    pub touches_border: bool,
}

/// How well a prediction agrees with a reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StructureMetrics {
    /// By whose convention distances are measured.
    pub profile: Profile,
    /// Dice similarity coefficient, 0 to 1.
    pub dsc: f64,
    /// Hausdorff distance: the largest of all distances, both directions.
    pub hd_mm: f64,
    /// The larger of the two directed 95th percentiles; for `slicer-rt` their mean.
    pub hd95_mm: f64,
    /// The percentile of [`Self::hd_percentile_mm`].
    pub percentile: f64,
    /// As [`Self::hd95_mm`], with the percentile that was asked for.
    pub hd_percentile_mm: f64,
    /// That percentile of the distances of both surfaces taken together (medpy's HD95, for `voxel`).
    pub pooled_percentile_mm: f64,
    /// Mean over the area of both surfaces; for `slicer-rt` the mean of the two directed means.
    pub asd_mm: f64,
    /// The tolerance of [`Self::surface_dice`].
    pub tolerance_mm: f64,
    /// The part of both surfaces that is at most the tolerance from the other surface, 0 to 1.
    pub surface_dice: f64,
    /// The tolerance of [`Self::added_path_length_mm`].
    pub path_tolerance_mm: f64,
    /// Length of the reference's contours that a person would have to draw: border pixels, slice by slice, farther
    /// than the tolerance from every border pixel of the prediction in the slice; each counts as the mean pixel
    /// spacing. The same for every profile.
    pub added_path_length_mm: f64,
    /// From the reference's centre of mass to the prediction's, along slices, rows and columns (`[k, j, i]`). NaN when
    /// a mask is empty.
    pub centre_shift_mm: [f64; 3],
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
    /// What limits the meaning of the reference's surface.
    pub reference_flags: MaskFlags,
    /// What limits the meaning of the prediction's surface.
    pub prediction_flags: MaskFlags,
}

impl StructureMetrics {
    /// The length of [`Self::centre_shift_mm`].
    pub fn centre_shift_length_mm(&self) -> f64 {
        self.centre_shift_mm.iter().map(|x| x * x).sum::<f64>().sqrt()
    }

    /// Whether a mask is one voxel or less than two slices.
    pub const fn is_below_resolution(&self) -> bool {
        self.reference_flags.below_resolution || self.prediction_flags.below_resolution
    }

    /// Whether a mask has a voxel at the border of the scan.
    pub const fn touches_border(&self) -> bool {
        self.reference_flags.touches_border || self.prediction_flags.touches_border
    }
}
