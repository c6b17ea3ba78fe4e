//! What is measured, and by whose convention.

use super::MetricsError;

/// A convention for turning two masks into distances. The definitions are in [the module's overview](super).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Voxel corners weighted by the area of the marching-cubes surface through their neighbourhood (Nikolov et al.;
    /// DeepMind's surface-distance).
    #[default]
    Surfel,
    /// Border voxels, each counted once (MONAI; the pooled percentile is medpy's).
    Voxel,
    /// Border voxels; HD95 and the mean are means of the two directed values, HD95 by the rank floor(0.95 n - 1)
    /// (SlicerRT's Segment Comparison, plastimatch).
    SlicerRt,
    /// Surface nets whose vertices are relaxed within half a voxel, exact distances to their triangles, weighted by
    /// area: nearest to the truth, above all between thick slices.
    Net,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 4] = [Self::Surfel, Self::Voxel, Self::SlicerRt, Self::Net];

    /// The name that tables carry: `surfel`, `voxel`, `slicer-rt` or `net`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Surfel => "surfel",
            Self::Voxel => "voxel",
            Self::SlicerRt => "slicer-rt",
            Self::Net => "net",
        }
    }

    /// The profile of that [name](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }
}

impl std::fmt::Display for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What [`compare_masks_with`](super::compare_masks_with) measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MetricOptions {
    /// By whose convention.
    pub profile: Profile,
    /// Percentile of distances for [`hd_percentile_mm`](super::StructureMetrics::hd_percentile_mm), above 0 and at
    /// most 100. HD95 is always given too.
    pub percentile: f64,
    /// Tolerance of the surface Dice.
    pub tolerance_mm: f64,
    /// Contours of the reference closer to the prediction's than this need no drawing and add no path length.
    pub path_tolerance_mm: f64,
}

impl Default for MetricOptions {
    /// `surfel`, 95th percentile, surface Dice at 2 mm, added path length without tolerance.
    fn default() -> Self {
        Self { profile: Profile::Surfel, percentile: 95.0, tolerance_mm: 2.0, path_tolerance_mm: 0.0 }
    }
}

impl MetricOptions {
    /// Whether percentile and tolerances have a meaning.
    ///
    /// # Errors
    /// [`MetricsError::Option`] for the first that has none.
    pub fn check(&self) -> Result<(), MetricsError> {
        if !(self.percentile > 0.0 && self.percentile <= 100.0) {
            let expected = "above 0 and at most 100";
            return Err(MetricsError::Option { option: "the percentile", expected, got: self.percentile });
        }
        let tolerances = [
            ("the tolerance of the surface Dice in mm", self.tolerance_mm),
            ("the tolerance of the path length in mm", self.path_tolerance_mm),
        ];
        for (option, got) in tolerances {
            if !(got >= 0.0 && got.is_finite()) {
                return Err(MetricsError::Option { option, expected: "finite and not negative", got });
            }
        }
        Ok(())
    }
}
