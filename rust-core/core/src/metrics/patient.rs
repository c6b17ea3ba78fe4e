//! All structures of a patient in one pass.

use ndarray::ArrayView3;
use rayon::prelude::*;

use super::{
    MetricOptions, MetricsError, StructureMetrics,
    compare::{Part, check_shapes, check_spacing, measure},
    label_map::{Label, byte_box, cut_out, label_boxes},
    moments::{Moments, joint_bounds},
};
use crate::{
    geometry::{SpacingMm, VolumeGeometry},
    mask::{Mask, VoxelBox},
    segmentation::Segmentation,
};

/// A structure of a patient, and how well its masks agree.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedMetrics {
    /// TG-263 name, or the label in words.
    pub name: String,
    /// Its numbers.
    pub metrics: StructureMetrics,
}

/// Structures at least so many voxels (of the box around both masks) are measured one after the other, each with all
/// threads; smaller ones side by side. So the memory is that of one large structure, whatever their number.
const LARGE: usize = 1 << 24;

/// Compares every structure that both segmentations name, in the reference's order.
///
/// Memory beside the masks: two bits for each voxel of the box around the largest structure, and what its distances
/// take (nothing is kept for each voxel).
///
/// # Errors
/// When the grids differ (also in origin, direction or frame of reference), and as
/// [`compare_masks_with`](super::compare_masks_with).
pub fn compare_segmentations(
    reference: &Segmentation,
    prediction: &Segmentation,
    options: &MetricOptions,
) -> Result<Vec<NamedMetrics>, MetricsError> {
    check_geometry(&reference.geometry, &prediction.geometry)?;
    let pairs: Vec<(&str, &Mask, &Mask)> = reference
        .segments
        .iter()
        .filter_map(|segment| Some((segment.name.as_str(), &segment.mask, prediction.mask(&segment.name)?)))
        .collect();
    compare_pairs(&pairs, reference.geometry.spacing_mm(), options)
}

/// Compares pairs of masks with their names: reference, prediction. Masks may overlap.
///
/// # Errors
/// As [`compare_masks_with`](super::compare_masks_with).
pub fn compare_pairs(
    pairs: &[(&str, &Mask, &Mask)],
    spacing_mm: SpacingMm,
    options: &MetricOptions,
) -> Result<Vec<NamedMetrics>, MetricsError> {
    check_spacing(spacing_mm)?;
    options.check()?;
    for (_, reference, prediction) in pairs {
        check_shapes(reference.shape(), prediction.shape())?;
    }
    let moments: Vec<[Moments; 2]> = pairs.par_iter().map(|(_, a, b)| [Moments::of(a), Moments::of(b)]).collect();
    let bounds = |n: usize| joint_bounds(moments[n][0].bounds, moments[n][1].bounds);
    in_order_of_memory(
        pairs.len(),
        |n| size_of_box(bounds(n)),
        |n| {
            let (name, reference, prediction) = pairs[n];
            let part = Part { reference, prediction, moments: moments[n], offset: [0; 3], scan: reference.shape() };
            let metrics = measure(&part, spacing_mm, options)?;
            Ok(NamedMetrics { name: name.to_owned(), metrics })
        },
    )
}

/// Compares byte masks (0 is outside) with their names: reference, prediction. Masks may overlap.
///
/// # Errors
/// As [`compare_masks_with`](super::compare_masks_with).
pub fn compare_byte_masks(
    pairs: &[(&str, ArrayView3<'_, u8>, ArrayView3<'_, u8>)],
    spacing_mm: SpacingMm,
    options: &MetricOptions,
) -> Result<Vec<NamedMetrics>, MetricsError> {
    check_spacing(spacing_mm)?;
    options.check()?;
    for (_, reference, prediction) in pairs {
        check_shapes(reference.dim().into(), prediction.dim().into())?;
    }
    in_order_of_memory(
        pairs.len(),
        |n| pairs[n].1.len(),
        |n| {
            let (name, reference, prediction) = &pairs[n];
            let scan = reference.dim().into();
            let (a, b) = rayon::join(|| byte_box(reference.view()), || byte_box(prediction.view()));
            let bounds = joint_bounds(a, b).unwrap_or(VoxelBox { min: [0; 3], max: [0; 3] });
            let cut = |mask: &ArrayView3<'_, u8>| cut_out(mask.view(), bounds, |value| value != 0);
            let (reference, prediction) = rayon::join(|| cut(reference), || cut(prediction));
            let part = Part { offset: bounds.min, scan, ..Part::whole(&reference, &prediction) };
            Ok(NamedMetrics { name: (*name).to_owned(), metrics: measure(&part, spacing_mm, options)? })
        },
    )
}

/// Compares the structures `labels` (value and name) of two label maps in one pass over each. A voxel has one label,
/// so structures that overlap can't be given this way.
///
/// ```
/// use ndarray::Array3;
/// use tmli_core::{MetricOptions, SpacingMm, metrics::compare_label_maps};
///
/// let reference = Array3::from_shape_fn((4, 20, 20), |(_, j, _)| u8::from(j > 9) + 1);
/// let prediction = Array3::from_shape_fn((4, 20, 20), |(_, j, _)| u8::from(j > 10) + 1);
/// let spacing = SpacingMm::new(5.0, 1.0, 1.0);
/// let found = compare_label_maps(reference.view(), prediction.view(), &[(1, "A"), (2, "B")], spacing,
///     &MetricOptions::default())?;
/// assert_eq!(found[1].name, "B");
/// assert_eq!(found[1].metrics.hd_mm, 1.0);
/// # Ok::<(), tmli_core::MetricsError>(())
/// ```
///
/// # Errors
/// As [`compare_masks_with`](super::compare_masks_with).
pub fn compare_label_maps<L: Label>(
    reference: ArrayView3<'_, L>,
    prediction: ArrayView3<'_, L>,
    labels: &[(L, &str)],
    spacing_mm: SpacingMm,
    options: &MetricOptions,
) -> Result<Vec<NamedMetrics>, MetricsError> {
    check_spacing(spacing_mm)?;
    options.check()?;
    let scan: [usize; 3] = reference.dim().into();
    check_shapes(scan, prediction.dim().into())?;
    let values: Vec<L> = labels.iter().map(|(label, _)| *label).collect();
    let boxes = [&reference, &prediction].map(|map| label_boxes(map.view(), &values));
    let bounds: Vec<Option<VoxelBox>> = boxes[0].iter().zip(&boxes[1]).map(|(a, b)| joint_bounds(*a, *b)).collect();
    in_order_of_memory(
        labels.len(),
        |n| size_of_box(bounds[n]),
        |n| {
            let (label, name) = labels[n];
            let bounds = bounds[n].unwrap_or(VoxelBox { min: [0; 3], max: [0; 3] });
            let cut = |map: &ArrayView3<'_, L>| cut_out(map.view(), bounds, |value| value == label);
            let (reference, prediction) = rayon::join(|| cut(&reference), || cut(&prediction));
            let part = Part { offset: bounds.min, scan, ..Part::whole(&reference, &prediction) };
            Ok(NamedMetrics { name: name.to_owned(), metrics: measure(&part, spacing_mm, options)? })
        },
    )
}

fn check_geometry(reference: &VolumeGeometry, prediction: &VolumeGeometry) -> Result<(), MetricsError> {
    check_shapes(reference.shape(), prediction.shape())?;
    if reference.same_grid(prediction) { Ok(()) } else { Err(MetricsError::Geometry { shape: reference.shape() }) }
}

fn size_of_box(bounds: Option<VoxelBox>) -> usize {
    bounds.map_or(0, |VoxelBox { min, max }| (0..3).map(|x| max[x] - min[x]).product())
}

/// Does all of `0..count`, large ones one by one, small ones side by side.
fn in_order_of_memory(
    count: usize,
    size: impl Fn(usize) -> usize,
    work: impl Fn(usize) -> Result<NamedMetrics, MetricsError> + Sync,
) -> Result<Vec<NamedMetrics>, MetricsError> {
    let (large, small): (Vec<usize>, Vec<usize>) = (0..count).partition(|&n| size(n) >= LARGE);
    let mut done: Vec<(usize, NamedMetrics)> =
        small.into_par_iter().map(|n| Ok((n, work(n)?))).collect::<Result<_, MetricsError>>()?;
    for n in large {
        done.push((n, work(n)?));
    }
    done.sort_unstable_by_key(|(n, _)| *n);
    Ok(done.into_iter().map(|(_, metrics)| metrics).collect())
}
