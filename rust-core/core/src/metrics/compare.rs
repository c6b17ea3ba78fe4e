//! One structure, measured.

use super::{
    MetricOptions, MetricsError, Profile, StructureMetrics, SurfaceDistances, Undefined,
    lattice::Boxed,
    moments::{Moments, common, joint_bounds},
    path_length::added_path_length,
    statistics::{Distribution, larger},
    surface_area::SurfaceAreas,
    surface_distances::{LONGEST_BOX, between},
};
use crate::{
    geometry::SpacingMm,
    mask::{Mask, VoxelBox},
};

/// Compares two masks on one grid with the default [`MetricOptions`].
///
/// Work is done where the masks have a surface, distances are searched only where the two surfaces differ.
///
/// # Errors
/// When shapes differ, when spacing is not positive, or when the box is longer than 65470 voxels on an axis.
pub fn compare_masks(
    reference: &Mask,
    prediction: &Mask,
    spacing_mm: SpacingMm,
) -> Result<StructureMetrics, MetricsError> {
    compare_masks_with(reference, prediction, spacing_mm, &MetricOptions::default())
}

/// Compares two masks on one grid, by the [definitions](super) of this module.
///
/// # Errors
/// As [`compare_masks`], and when an option has no meaning.
pub fn compare_masks_with(
    reference: &Mask,
    prediction: &Mask,
    spacing_mm: SpacingMm,
    options: &MetricOptions,
) -> Result<StructureMetrics, MetricsError> {
    check_grids(reference, prediction, spacing_mm)?;
    options.check()?;
    measure(&Part::whole(reference, prediction), spacing_mm, options)
}

/// The distances of all surface elements of two masks on one grid, by the profile `surfel`.
///
/// # Errors
/// As [`compare_masks`].
pub fn surface_distances(
    reference: &Mask,
    prediction: &Mask,
    spacing_mm: SpacingMm,
) -> Result<SurfaceDistances, MetricsError> {
    surface_distances_with(reference, prediction, spacing_mm, Profile::Surfel)
}

/// The distances of all surface elements of two masks on one grid.
///
/// # Errors
/// As [`compare_masks`].
pub fn surface_distances_with(
    reference: &Mask,
    prediction: &Mask,
    spacing_mm: SpacingMm,
    profile: Profile,
) -> Result<SurfaceDistances, MetricsError> {
    check_grids(reference, prediction, spacing_mm)?;
    let bounds = joint_bounds(Moments::of(reference).bounds, Moments::of(prediction).bounds);
    distances_within(reference, prediction, bounds, spacing_mm, profile)
}

/// A pair of masks that are the same part of two scans.
pub(super) struct Part<'a> {
    pub(super) reference: &'a Mask,
    pub(super) prediction: &'a Mask,
    /// Of the reference and the prediction.
    pub(super) moments: [Moments; 2],
    /// Where the part starts.
    pub(super) offset: [usize; 3],
    /// Shape of the scans.
    pub(super) scan: [usize; 3],
}

impl<'a> Part<'a> {
    /// The whole of two masks of one shape.
    pub(super) fn whole(reference: &'a Mask, prediction: &'a Mask) -> Self {
        let (a, b) = rayon::join(|| Moments::of(reference), || Moments::of(prediction));
        Self { reference, prediction, moments: [a, b], offset: [0; 3], scan: reference.shape() }
    }
}

pub(super) fn check_spacing(spacing_mm: SpacingMm) -> Result<(), MetricsError> {
    let spacing = spacing_mm.to_array();
    if spacing.iter().any(|s| !s.is_finite() || *s <= 0.0) {
        return Err(MetricsError::Spacing { spacing_mm: spacing });
    }
    Ok(())
}

fn check_grids(reference: &Mask, prediction: &Mask, spacing_mm: SpacingMm) -> Result<(), MetricsError> {
    check_spacing(spacing_mm)?;
    check_shapes(reference.shape(), prediction.shape())
}

pub(super) fn check_shapes(reference: [usize; 3], prediction: [usize; 3]) -> Result<(), MetricsError> {
    if reference == prediction { Ok(()) } else { Err(MetricsError::Shape { reference, prediction }) }
}

fn distances_within(
    reference: &Mask,
    prediction: &Mask,
    bounds: Option<VoxelBox>,
    spacing_mm: SpacingMm,
    profile: Profile,
) -> Result<SurfaceDistances, MetricsError> {
    let Some(bounds) = bounds else {
        return Ok(SurfaceDistances::new(profile, Distribution::default(), Distribution::default()));
    };
    let extent: [usize; 3] = std::array::from_fn(|axis| bounds.max[axis] - bounds.min[axis]);
    if extent.iter().any(|&n| n > LONGEST_BOX) {
        return Err(MetricsError::TooLarge { extent, limit: LONGEST_BOX });
    }
    let areas = SurfaceAreas::new(spacing_mm);
    let boxed = |mask| Boxed::new(mask, bounds);
    Ok(between(boxed(reference), boxed(prediction), spacing_mm.to_array(), &areas, profile))
}

/// Measures a part; shapes, spacing and options have been checked.
pub(super) fn measure(
    part: &Part<'_>,
    spacing_mm: SpacingMm,
    options: &MetricOptions,
) -> Result<StructureMetrics, MetricsError> {
    let &Part { reference, prediction, moments: [a, b], offset, scan } = part;
    let bounds = joint_bounds(a.bounds, b.bounds);
    let distances = distances_within(reference, prediction, bounds, spacing_mm, options.profile)?;
    let spacing = spacing_mm.to_array();
    let undefined = match (a.count, b.count) {
        (0, 0) => Some(Undefined::BothEmpty),
        (0, _) => Some(Undefined::ReferenceEmpty),
        (_, 0) => Some(Undefined::PredictionEmpty),
        _ => None,
    };
    let [forth, back] = distances.both_directed(options.percentile);
    let voxel_ml = spacing.iter().product::<f64>() / 1000.0;
    let (from, to) = (a.centre(), b.centre());
    Ok(StructureMetrics {
        profile: options.profile,
        // 0 / 0 is the NaN that two empty masks are to have.
        dsc: 2.0 * common(reference, prediction, a.bounds, b.bounds) as f64 / (a.count + b.count) as f64,
        hd_mm: larger(forth.max_mm, back.max_mm),
        hd95_mm: distances.joined(forth.percentile95_mm, back.percentile95_mm),
        percentile: options.percentile,
        hd_percentile_mm: distances.joined(forth.percentile_mm, back.percentile_mm),
        pooled_percentile_mm: distances.pooled_percentile_mm(options.percentile),
        asd_mm: distances.average_mm(),
        tolerance_mm: options.tolerance_mm,
        surface_dice: distances.surface_dice(options.tolerance_mm),
        path_tolerance_mm: options.path_tolerance_mm,
        added_path_length_mm: bounds.map_or(f64::NAN, |bounds| {
            added_path_length(reference, prediction, bounds, spacing, options.path_tolerance_mm)
        }),
        centre_shift_mm: std::array::from_fn(|x| (to[x] - from[x]) * spacing[x]),
        reference_volume_ml: a.count as f64 * voxel_ml,
        prediction_volume_ml: b.count as f64 * voxel_ml,
        reference_to_prediction: forth,
        prediction_to_reference: back,
        undefined,
        reference_flags: a.flags(offset, scan),
        prediction_flags: b.flags(offset, scan),
    })
}
