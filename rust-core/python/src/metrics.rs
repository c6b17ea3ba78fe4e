//! How well masks agree.

use std::collections::HashMap;

use pyo3::prelude::*;
use tmli_api::checks::metric_options;
use tmli_core::{Mask, SpacingMm, metrics::compare_pairs};

use crate::{
    error::{detached, raised},
    geometry::Geometry,
    masks::named_masks,
};

/// The grid of masks, or only the distances of its voxels.
#[derive(FromPyObject)]
pub(crate) enum Grid {
    #[pyo3(transparent)]
    Geometry(Geometry),
    #[pyo3(transparent)]
    SpacingMm([f64; 3]),
}

/// How well a prediction agrees with a reference. Distances in mm; NaN where both masks are empty, infinite where one
/// is (``undefined`` says which).
#[pyclass(module = "tmli", frozen, get_all)]
#[derive(Debug)]
pub(crate) struct StructureMetrics {
    /// Name of the structure.
    structure: String,
    /// Dice similarity coefficient, 0 to 1.
    dsc: f64,
    /// Hausdorff distance.
    hd_mm: f64,
    /// 95th percentile of distances, the larger of both directions (for slicer-rt their mean).
    hd95_mm: f64,
    /// Average distance of both surfaces.
    asd_mm: f64,
    /// The percentile of ``hd_percentile_mm``.
    percentile: f64,
    /// As ``hd95_mm``, with the percentile that was asked for.
    hd_percentile_mm: f64,
    /// The tolerance of ``surface_dice``.
    tolerance_mm: f64,
    /// The part of both surfaces that is at most the tolerance from the other surface, 0 to 1.
    surface_dice: f64,
    /// Length of the reference's contours that would have to be drawn anew, slice by slice.
    added_path_length_mm: f64,
    /// From the reference's centre of mass to the prediction's, along k, j and i.
    centre_shift_mm: (f64, f64, f64),
    /// Volume of the reference in ml.
    reference_volume_ml: f64,
    /// Volume of the prediction in ml.
    prediction_volume_ml: f64,
    /// What limits the meaning of the distances: "below_resolution", "touches_border".
    flags: Vec<&'static str>,
    /// "both_empty", "reference_empty", "prediction_empty", or None.
    undefined: Option<&'static str>,
    /// By whose convention: "surfel", "voxel", "slicer-rt" or "net".
    profile: &'static str,
}

#[pymethods]
impl StructureMetrics {
    fn __repr__(&self) -> String {
        let Self { structure, dsc, hd95_mm, asd_mm, .. } = self;
        format!("<tmli.StructureMetrics {structure}: DSC {dsc:.4}, HD95 {hd95_mm:.2} mm, ASD {asd_mm:.3} mm>")
    }
}

impl From<tmli_core::metrics::NamedMetrics> for StructureMetrics {
    fn from(named: tmli_core::metrics::NamedMetrics) -> Self {
        let m = named.metrics;
        let flags = [("below_resolution", m.is_below_resolution()), ("touches_border", m.touches_border())];
        Self {
            structure: named.name,
            dsc: m.dsc,
            hd_mm: m.hd_mm,
            hd95_mm: m.hd95_mm,
            asd_mm: m.asd_mm,
            percentile: m.percentile,
            hd_percentile_mm: m.hd_percentile_mm,
            tolerance_mm: m.tolerance_mm,
            surface_dice: m.surface_dice,
            added_path_length_mm: m.added_path_length_mm,
            centre_shift_mm: m.centre_shift_mm.into(),
            reference_volume_ml: m.reference_volume_ml,
            prediction_volume_ml: m.prediction_volume_ml,
            flags: flags.into_iter().filter_map(|(name, set)| set.then_some(name)).collect(),
            undefined: m.undefined.map(tmli_core::Undefined::name),
            profile: m.profile.name(),
        }
    }
}

/// Compares every structure that both mappings name, in the reference's order.
///
/// Both map names to bool or uint8 arrays ``[k, j, i]`` of one shape; ``grid`` is their geometry or the spacing (k, j, i)
/// in mm. ``profile`` says by whose convention distances are measured: "surfel" (DeepMind's surface-distance), "voxel"
/// (MONAI), "slicer-rt", "net" (nearest to the truth). Without ``tolerance_mm`` the surface Dice is at 2 mm.
///
/// Raises InputError when shapes differ or an option has no meaning.
#[pyfunction]
#[pyo3(signature = (reference, prediction, grid, profile="surfel", percentile=95.0, tolerance_mm=None))]
pub(crate) fn compare(
    py: Python<'_>,
    reference: &Bound<'_, PyAny>,
    prediction: &Bound<'_, PyAny>,
    grid: Grid,
    profile: &str,
    percentile: f64,
    tolerance_mm: Option<f64>,
) -> PyResult<Vec<StructureMetrics>> {
    let (spacing_mm, shape) = match &grid {
        Grid::Geometry(geometry) => (geometry.inner.spacing_mm(), Some(geometry.inner.shape())),
        Grid::SpacingMm([k, j, i]) => (SpacingMm::new(*k, *j, *i), None),
    };
    let options = metric_options(Some(profile), Some(percentile), tolerance_mm).map_err(|error| raised(py, error))?;
    let reference = named_masks(reference, "the reference", shape)?;
    let prediction = named_masks(prediction, "the prediction", shape)?;
    let found = detached(py, || {
        let predicted: HashMap<&str, &Mask> = prediction.iter().map(|(name, mask)| (name.as_str(), &**mask)).collect();
        let pairs: Vec<(&str, &Mask, &Mask)> = reference
            .iter()
            .filter_map(|(name, mask)| Some((name.as_str(), &**mask, *predicted.get(name.as_str())?)))
            .collect();
        compare_pairs(&pairs, spacing_mm, &options)
    })?;
    Ok(found.into_iter().map(StructureMetrics::from).collect())
}
