//! How well two masks agree.

use tmli_api::{ApiError, ErrorNumber};
use tmli_core::{
    DirectedDistances, MetricOptions as CoreOptions, Profile as CoreProfile, Undefined, compare_masks_with,
};

use crate::{
    boundary::{Out, given},
    contours::no_such_value,
    error::{Error, guard},
    mask::Mask,
};

/// By whose convention distances are measured; see docs/explanation/metric-definitions.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Profile {
    /// Voxel corners weighted by surface area (DeepMind's surface-distance).
    Surfel = 0,
    /// Border voxels, each counted once (MONAI; medpy's pooled percentile).
    Voxel = 1,
    /// Border voxels, means of the two directed values (SlicerRT, plastimatch).
    SlicerRt = 2,
    /// Relaxed surface nets: nearest to the truth, above all between thick slices.
    Net = 3,
}

/// Why distances have no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum UndefinedMetrics {
    /// They have.
    No = 0,
    /// Neither mask has a voxel: DSC and distances are NaN.
    BothEmpty = 1,
    /// The reference has no voxel: DSC is 0, distances are infinite.
    ReferenceEmpty = 2,
    /// The prediction has no voxel: DSC is 0, distances are infinite.
    PredictionEmpty = 3,
}

/// What `tmli_compare` measures. Fill it with `tmli_metric_options_default` first.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct MetricOptions {
    /// Percentile for `hd_percentile_mm`, above 0 and at most 100. HD95 is always given too.
    pub percentile: f64,
    /// Tolerance of the surface Dice.
    pub tolerance_mm: f64,
    /// Tolerance of the added path length.
    pub path_tolerance_mm: f64,
    /// One of `tmli_profile`.
    pub profile: i32,
}

/// Distances from the surface of one mask to that of the other.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Distances {
    /// Mean over the surface's area.
    pub mean_mm: f64,
    /// The distance that 95 % of the surface's area does not exceed.
    pub percentile95_mm: f64,
    /// The same for the percentile that was asked for.
    pub percentile_mm: f64,
    /// The largest.
    pub max_mm: f64,
}

impl From<DirectedDistances> for Distances {
    fn from(from: DirectedDistances) -> Self {
        let DirectedDistances { mean_mm, percentile95_mm, percentile_mm, max_mm } = from;
        Self { mean_mm, percentile95_mm, percentile_mm, max_mm }
    }
}

/// How well a prediction agrees with a reference.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Metrics {
    /// Dice similarity coefficient, 0 to 1.
    pub dsc: f64,
    /// Hausdorff distance: the largest of all distances, both directions.
    pub hd_mm: f64,
    /// The larger of the two directed 95th percentiles; for slicer-rt their mean.
    pub hd95_mm: f64,
    /// As `hd95_mm`, with the percentile that was asked for.
    pub hd_percentile_mm: f64,
    /// That percentile of the distances of both surfaces taken together.
    pub pooled_percentile_mm: f64,
    /// Average surface distance: mean over the area of both surfaces.
    pub asd_mm: f64,
    /// The part of both surfaces at most the tolerance from the other, 0 to 1.
    pub surface_dice: f64,
    /// Length of the reference's contours that a person would have to draw.
    pub added_path_length_mm: f64,
    /// From the reference's centre of mass to the prediction's, along slices, rows and columns. NaN when a mask is empty.
    pub centre_shift_kji_mm: [f64; 3],
    /// Voxels times voxel volume.
    pub reference_volume_ml: f64,
    /// Voxels times voxel volume.
    pub prediction_volume_ml: f64,
    /// From the reference's surface to the prediction's.
    pub reference_to_prediction: Distances,
    /// From the prediction's surface to the reference's.
    pub prediction_to_reference: Distances,
    /// One of `tmli_undefined`: why distances have no value.
    pub undefined: i32,
    /// 1 when a mask is one voxel or less than two slices.
    pub below_resolution: u8,
    /// 1 when a mask has a voxel at the border of the scan.
    pub touches_border: u8,
    /// By whose convention all this was measured, and with which percentile and tolerances.
    pub options: MetricOptions,
}

/// Profile surfel, 95th percentile, surface Dice at 2 mm, added path length without tolerance.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_metric_options_default(options: Out<'_, MetricOptions>) -> Option<Box<Error>> {
    guard(|| {
        let slot = options.needed("options")?;
        slot.put(CoreOptions::default().into());
        Ok(())
    })
}

impl From<CoreOptions> for MetricOptions {
    fn from(from: CoreOptions) -> Self {
        let CoreOptions { profile, percentile, tolerance_mm, path_tolerance_mm } = from;
        Self { percentile, tolerance_mm, path_tolerance_mm, profile: number_of(profile) as i32 }
    }
}

const fn number_of(profile: CoreProfile) -> Profile {
    match profile {
        CoreProfile::Surfel => Profile::Surfel,
        CoreProfile::Voxel => Profile::Voxel,
        CoreProfile::SlicerRt => Profile::SlicerRt,
        CoreProfile::Net => Profile::Net,
    }
}

/// Compares two masks on one grid. `options` may be NULL for the default.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_compare(
    reference: Option<&Mask>,
    prediction: Option<&Mask>,
    options: Option<&MetricOptions>,
    metrics: Out<'_, Metrics>,
) -> Option<Box<Error>> {
    guard(|| {
        let (reference, prediction) = (given(reference, "reference")?, given(prediction, "prediction")?);
        let slot = metrics.needed("metrics")?;
        let options = core_options(options)?;
        let grid = reference.geometry().grid();
        if !grid.same_grid(prediction.geometry().grid()) {
            let message = format!(
                "the reference ({:?} voxels, k, j, i) and the prediction ({:?}) are not on the same grid in the patient",
                grid.shape(),
                prediction.geometry().grid().shape()
            );
            return Err(ApiError::new(ErrorNumber::GridsDiffer, message));
        }
        let found = compare_masks_with(reference.voxels(), prediction.voxels(), grid.spacing_mm(), &options)?;
        let undefined = match found.undefined {
            None => UndefinedMetrics::No,
            Some(Undefined::BothEmpty) => UndefinedMetrics::BothEmpty,
            Some(Undefined::ReferenceEmpty) => UndefinedMetrics::ReferenceEmpty,
            Some(Undefined::PredictionEmpty) => UndefinedMetrics::PredictionEmpty,
        };
        slot.put(Metrics {
            dsc: found.dsc,
            hd_mm: found.hd_mm,
            hd95_mm: found.hd95_mm,
            hd_percentile_mm: found.hd_percentile_mm,
            pooled_percentile_mm: found.pooled_percentile_mm,
            asd_mm: found.asd_mm,
            surface_dice: found.surface_dice,
            added_path_length_mm: found.added_path_length_mm,
            centre_shift_kji_mm: found.centre_shift_mm,
            reference_volume_ml: found.reference_volume_ml,
            prediction_volume_ml: found.prediction_volume_ml,
            reference_to_prediction: found.reference_to_prediction.into(),
            prediction_to_reference: found.prediction_to_reference.into(),
            undefined: undefined as i32,
            below_resolution: u8::from(found.is_below_resolution()),
            touches_border: u8::from(found.touches_border()),
            options: options.into(),
        });
        Ok(())
    })
}

fn core_options(options: Option<&MetricOptions>) -> Result<CoreOptions, ApiError> {
    let Some(&MetricOptions { percentile, tolerance_mm, path_tolerance_mm, profile }) = options else {
        return Ok(CoreOptions::default());
    };
    let known = CoreProfile::ALL.into_iter().find(|&known| number_of(known) as i32 == profile);
    let profile = known.ok_or_else(|| no_such_value("profile", "tmli_profile (0 to 3)", profile))?;
    Ok(CoreOptions { profile, percentile, tolerance_mm, path_tolerance_mm })
}
