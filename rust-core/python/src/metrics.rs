//! How well masks agree.

use std::collections::HashMap;

use pyo3::{intern, prelude::*};
use tmli_api::checks::metric_options;
use tmli_core::{
    Mask, MetricOptions, SpacingMm,
    metrics::{MetricsError, compare_pairs},
};

use crate::{
    error::{detached, raised},
    geometry::Geometry,
    label_maps::LabelMaps,
    mask::Given,
    masks::named_masks,
    task::Task,
};

/// The grid of masks, or only the distances of its voxels.
#[derive(FromPyObject)]
pub(crate) enum Grid {
    #[pyo3(transparent)]
    Geometry(Geometry),
    #[pyo3(transparent)]
    SpacingMm([f64; 3]),
}

/// Distances from the surface of one mask to that of the other, in mm.
#[pyclass(module = "tmli", frozen, get_all)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct DirectedDistances {
    /// Mean over the surface's area (over border voxels for voxel and slicer-rt).
    mean_mm: f64,
    /// The distance that 95 % of the surface does not exceed.
    percentile95_mm: f64,
    /// The same for the percentile that was asked for.
    percentile_mm: f64,
    /// The largest.
    max_mm: f64,
}

impl From<tmli_core::DirectedDistances> for DirectedDistances {
    fn from(from: tmli_core::DirectedDistances) -> Self {
        let tmli_core::DirectedDistances { mean_mm, percentile95_mm, percentile_mm, max_mm } = from;
        Self { mean_mm, percentile95_mm, percentile_mm, max_mm }
    }
}

#[pymethods]
impl DirectedDistances {
    fn __repr__(&self) -> String {
        let Self { mean_mm, percentile95_mm, max_mm, .. } = self;
        format!("<tmli.DirectedDistances mean {mean_mm:.3}, 95 % {percentile95_mm:.2}, largest {max_mm:.2} mm>")
    }
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
    /// That percentile of the distances of both surfaces taken together (medpy's HD95, for voxel).
    pooled_percentile_mm: f64,
    /// From the reference's surface to the prediction's.
    reference_to_prediction: DirectedDistances,
    /// From the prediction's surface to the reference's.
    prediction_to_reference: DirectedDistances,
    /// The tolerance of ``surface_dice``.
    tolerance_mm: f64,
    /// The part of both surfaces that is at most the tolerance from the other surface, 0 to 1.
    surface_dice: f64,
    /// The tolerance of ``added_path_length_mm``.
    path_tolerance_mm: f64,
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
            pooled_percentile_mm: m.pooled_percentile_mm,
            reference_to_prediction: m.reference_to_prediction.into(),
            prediction_to_reference: m.prediction_to_reference.into(),
            tolerance_mm: m.tolerance_mm,
            path_tolerance_mm: m.path_tolerance_mm,
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
/// (MONAI), "slicer-rt", "net" (nearest to the truth). Without ``tolerance_mm`` the surface Dice is at 2 mm, without
/// ``path_tolerance_mm`` the added path length is all that is not drawn alike.
///
/// Raises InputError when shapes differ or an option has no meaning.
#[pyfunction]
#[pyo3(signature = (
    reference, prediction, grid, profile="surfel", percentile=95.0, tolerance_mm=None, path_tolerance_mm=None
))]
#[expect(clippy::too_many_arguments, reason = "Python names them")]
pub(crate) fn compare(
    py: Python<'_>,
    reference: &Bound<'_, PyAny>,
    prediction: &Bound<'_, PyAny>,
    grid: Grid,
    profile: &str,
    percentile: f64,
    tolerance_mm: Option<f64>,
    path_tolerance_mm: Option<f64>,
) -> PyResult<Vec<StructureMetrics>> {
    let options = options(py, profile, percentile, tolerance_mm, path_tolerance_mm)?;
    let order = Order::from_python(reference, prediction, &grid, options)?;
    detached(py, || order.fulfil())
}

/// Starts ``compare`` and returns at once. The task's result is what ``compare`` gives.
///
/// All structures are one part of the work: start one for each structure to hear how far it is, and to cancel between.
///
/// Raises InputError when shapes differ or an option has no meaning.
#[pyfunction]
#[pyo3(signature = (
    reference, prediction, grid, profile="surfel", percentile=95.0, tolerance_mm=None, path_tolerance_mm=None
))]
#[expect(clippy::too_many_arguments, reason = "Python names them")]
pub(crate) fn start_compare(
    py: Python<'_>,
    reference: &Bound<'_, PyAny>,
    prediction: &Bound<'_, PyAny>,
    grid: Grid,
    profile: &str,
    percentile: f64,
    tolerance_mm: Option<f64>,
    path_tolerance_mm: Option<f64>,
) -> PyResult<Task> {
    let options = options(py, profile, percentile, tolerance_mm, path_tolerance_mm)?;
    let order = Order::from_python(reference, prediction, &grid, options)?;
    Task::start(
        move |progress| {
            progress.next("Comparing")?;
            Ok(order.fulfil()?)
        },
        |py, found| Ok(found.into_pyobject(py)?.unbind()),
    )
}

/// A comparison that was asked for.
struct Order {
    reference: Vec<(String, Given)>,
    prediction: Vec<(String, Given)>,
    spacing_mm: SpacingMm,
    options: MetricOptions,
}

impl Order {
    fn from_python(
        reference: &Bound<'_, PyAny>,
        prediction: &Bound<'_, PyAny>,
        grid: &Grid,
        options: MetricOptions,
    ) -> PyResult<Self> {
        Ok(Self {
            reference: named_masks(reference, "the reference", grid.shape())?,
            prediction: named_masks(prediction, "the prediction", grid.shape())?,
            spacing_mm: grid.spacing_mm(),
            options,
        })
    }

    fn fulfil(&self) -> Result<Vec<StructureMetrics>, MetricsError> {
        let predicted: HashMap<&str, &Mask> =
            self.prediction.iter().map(|(name, mask)| (name.as_str(), &**mask)).collect();
        let pairs: Vec<(&str, &Mask, &Mask)> = self
            .reference
            .iter()
            .filter_map(|(name, mask)| Some((name.as_str(), &**mask, *predicted.get(name.as_str())?)))
            .collect();
        let found = compare_pairs(&pairs, self.spacing_mm, &self.options)?;
        Ok(found.into_iter().map(StructureMetrics::from).collect())
    }
}

/// Compares structures of two label maps in one pass over each, without making masks.
///
/// Both are integer arrays ``[k, j, i]`` of one shape; ``labels`` maps labels to names, e.g. ``{5: "Liver"}``, and says
/// which structures there are and in which order. The others are as in ``compare``.
///
/// Raises InputError when shapes differ, when an array is not of integers of at most 32 bits, or when an option has no
/// meaning.
#[pyfunction]
#[pyo3(signature = (
    reference, prediction, labels, grid, profile="surfel", percentile=95.0, tolerance_mm=None, path_tolerance_mm=None
))]
#[expect(clippy::too_many_arguments, reason = "Python names them")]
pub(crate) fn compare_label_maps(
    py: Python<'_>,
    reference: &Bound<'_, PyAny>,
    prediction: &Bound<'_, PyAny>,
    labels: &Bound<'_, PyAny>,
    grid: Grid,
    profile: &str,
    percentile: f64,
    tolerance_mm: Option<f64>,
    path_tolerance_mm: Option<f64>,
) -> PyResult<Vec<StructureMetrics>> {
    let options = options(py, profile, percentile, tolerance_mm, path_tolerance_mm)?;
    let (spacing_mm, shape) = (grid.spacing_mm(), grid.shape());
    let items = labels.call_method0(intern!(py, "items"))?.try_iter()?;
    let labels: Vec<(u32, String)> = items.map(|item| item?.extract()).collect::<PyResult<_>>()?;
    let maps = LabelMaps::new(reference, prediction, shape)?;
    let found = maps.compare(py, &labels, spacing_mm, &options)?;
    Ok(found.into_iter().map(StructureMetrics::from).collect())
}

fn options(
    py: Python<'_>,
    profile: &str,
    percentile: f64,
    tolerance_mm: Option<f64>,
    path_tolerance_mm: Option<f64>,
) -> PyResult<MetricOptions> {
    let mut options =
        metric_options(Some(profile), Some(percentile), tolerance_mm).map_err(|error| raised(py, error))?;
    options.path_tolerance_mm = path_tolerance_mm.unwrap_or(options.path_tolerance_mm);
    Ok(options)
}

impl Grid {
    fn spacing_mm(&self) -> SpacingMm {
        match self {
            Self::Geometry(geometry) => geometry.inner.spacing_mm(),
            &Self::SpacingMm([k, j, i]) => SpacingMm::new(k, j, i),
        }
    }

    /// Only a geometry says it.
    fn shape(&self) -> Option<[usize; 3]> {
        match self {
            Self::Geometry(geometry) => Some(geometry.inner.shape()),
            Self::SpacingMm(_) => None,
        }
    }
}
