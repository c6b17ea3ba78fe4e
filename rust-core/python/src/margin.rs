//! Margins in mm, and the planning target volume.

use std::sync::Arc;

use ndarray::{Array3, ArrayView3, Axis};
use numpy::PyArray3;
use pyo3::prelude::*;
use rayon::prelude::*;
use tmli_api::{ApiError, ErrorNumber};
use tmli_core::{
    Mask, VolumeGeometry, body,
    margin::{self, MarginMm, PtvRequest},
};

use crate::{
    arrays::{array_from, mask_from},
    error::{computed, detached, input},
    geometry::Geometry,
    mask::{Given, PyMask},
    task::{Progress, Task},
    volume::Volume,
};

/// How far a structure grows towards each side of the patient, in mm from 0 to 100.
///
/// All six must be said, or ``Margin.uniform(mm)``. The margin round a point is a quarter of an ellipsoid in each
/// octant, so that two different margins meet smoothly.
#[pyclass(module = "tmli", frozen, eq, get_all)]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Margin {
    /// Towards the patient's left, mm.
    left: f64,
    /// Towards the patient's right, mm.
    right: f64,
    /// Towards the patient's front, mm.
    anterior: f64,
    /// Towards the patient's back, mm.
    posterior: f64,
    /// Towards the head, mm.
    superior: f64,
    /// Towards the feet, mm.
    inferior: f64,
}

#[pymethods]
impl Margin {
    #[new]
    #[pyo3(signature = (*, left, right, anterior, posterior, superior, inferior))]
    fn new(left: f64, right: f64, anterior: f64, posterior: f64, superior: f64, inferior: f64) -> Self {
        Self { left, right, anterior, posterior, superior, inferior }
    }

    /// The same in all directions: a sphere.
    #[staticmethod]
    fn uniform(mm: f64) -> Self {
        Self::new(mm, mm, mm, mm, mm, mm)
    }

    fn __repr__(&self) -> String {
        format!("<tmli.Margin {}>", self.inner())
    }
}

impl Margin {
    fn inner(&self) -> MarginMm {
        let &Self { left, right, anterior, posterior, superior, inferior } = self;
        MarginMm { left, right, anterior, posterior, superior, inferior }
    }
}

/// The mask (bool or uint8, ``[k, j, i]``) and every voxel whose centre lies within the margin of the centre of one of
/// its voxels: exact for any spacing. A new bool array; what would lie outside of the grid is cut off.
///
/// Raises InputError when the mask is not of the shape of the geometry, or the margin is not from 0 to 100 mm.
#[pyfunction]
pub(crate) fn expand<'py>(
    py: Python<'py>,
    mask: &Bound<'py, PyAny>,
    geometry: &Bound<'py, Geometry>,
    margin: &Bound<'py, Margin>,
) -> PyResult<Bound<'py, PyArray3<bool>>> {
    let geometry = &geometry.get().inner;
    let mask = mask_from(mask, "the mask", Some(geometry.shape()))?;
    let margin = margin.get().inner();
    let grown = detached(py, || margin::expand(&mask, geometry, margin))?;
    array_from(py, &grown)
}

/// The mask without every voxel whose centre lies within the margin of the centre of a voxel outside; what lies beyond
/// the grid does not count as outside.
///
/// Raises InputError as ``expand``.
#[pyfunction]
pub(crate) fn shrink<'py>(
    py: Python<'py>,
    mask: &Bound<'py, PyAny>,
    geometry: &Bound<'py, Geometry>,
    margin: &Bound<'py, Margin>,
) -> PyResult<Bound<'py, PyArray3<bool>>> {
    let geometry = &geometry.get().inner;
    let mask = mask_from(mask, "the mask", Some(geometry.shape()))?;
    let margin = margin.get().inner();
    let left = detached(py, || margin::shrink(&mask, geometry, margin))?;
    array_from(py, &left)
}

/// The patient in a CT, skin included, as a new bool array ``[k, j, i]``: for ``ptv`` where nobody drew it.
///
/// What is denser than -300 HU, with the lungs, less what is thinner than 8 mm (table tops, masks), in its largest
/// piece and those of a tenth of its size; hollows are filled slice by slice. Solid things thicker than 8 mm that touch
/// the patient stay in.
///
/// Raises InputError when there is no body, as in a volume that is no CT.
#[pyfunction]
pub(crate) fn body_mask<'py>(py: Python<'py>, volume: &Bound<'py, Volume>) -> PyResult<Bound<'py, PyArray3<bool>>> {
    let found = volume.get().with_voxels(py, |geometry, hu| detached(py, || body::body_mask(hu, geometry)))?;
    array_from(py, &found)
}

/// The planning target volume: the union of CTVs, each expanded by its margin, within the body, and without what is
/// nearer than a distance in mm to each structure in ``crop``. A new bool array ``[k, j, i]``.
///
/// ``ctvs`` are pairs of mask and ``Margin``, ``crop`` pairs of mask and mm; masks are ``Mask``, or bool or uint8 arrays
/// ``[k, j, i]``. ``body`` is a mask, or the ``Volume`` of the CT: then it is what ``body_mask`` finds there.
///
/// Raises InputError without CTVs, and as ``expand`` and ``body_mask``.
#[pyfunction]
#[pyo3(signature = (ctvs, geometry, body=None, crop=None))]
pub(crate) fn ptv<'py>(
    py: Python<'py>,
    ctvs: Vec<(Bound<'py, PyAny>, Bound<'py, Margin>)>,
    geometry: &Bound<'py, Geometry>,
    body: Option<Bound<'py, PyAny>>,
    crop: Option<Vec<(Bound<'py, PyAny>, f64)>>,
) -> PyResult<Bound<'py, PyArray3<bool>>> {
    let order = Order::from_python(&ctvs, geometry, body.as_ref(), crop.as_deref().unwrap_or_default())?;
    let made = detached(py, || order.fulfil(&Progress::WAITED_FOR))?;
    array_from(py, &made)
}

/// Starts ``ptv`` and returns at once. The task's result is a ``Mask``.
///
/// The voxels of a ``Volume`` are copied, so that it may change.
///
/// Raises InputError as ``ptv`` for what is wrong with the shapes; the task raises the rest.
#[pyfunction]
#[pyo3(signature = (ctvs, geometry, body=None, crop=None))]
pub(crate) fn start_ptv<'py>(
    ctvs: Vec<(Bound<'py, PyAny>, Bound<'py, Margin>)>,
    geometry: &Bound<'py, Geometry>,
    body: Option<Bound<'py, PyAny>>,
    crop: Option<Vec<(Bound<'py, PyAny>, f64)>>,
) -> PyResult<Task> {
    let order = Order::from_python(&ctvs, geometry, body.as_ref(), crop.as_deref().unwrap_or_default())?;
    Task::start(
        move |progress| order.fulfil(progress),
        |py, made| Ok(Py::new(py, PyMask { inner: Given::Made(Arc::new(made)) })?.into_any()),
    )
}

/// Where the body is known from.
enum Body {
    Mask(Given),
    Ct(Array3<i16>),
}

/// A PTV that was asked for.
struct Order {
    geometry: VolumeGeometry,
    ctvs: Vec<(Given, MarginMm)>,
    body: Option<Body>,
    crop: Vec<(Given, f64)>,
}

impl Order {
    fn from_python(
        ctvs: &[(Bound<'_, PyAny>, Bound<'_, Margin>)],
        geometry: &Bound<'_, Geometry>,
        body: Option<&Bound<'_, PyAny>>,
        crop: &[(Bound<'_, PyAny>, f64)],
    ) -> PyResult<Self> {
        let py = geometry.py();
        let geometry = geometry.get().inner.clone();
        let mask = |array: &Bound<'_, PyAny>, what: &str| mask_from(array, what, Some(geometry.shape()));
        let ctvs = ctvs.iter().map(|(array, margin)| Ok((mask(array, "a CTV")?, margin.get().inner())));
        let ctvs = ctvs.collect::<PyResult<Vec<_>>>()?;
        let crop = crop.iter().map(|(array, mm)| Ok((mask(array, "a structure to crop")?, *mm)));
        let crop = crop.collect::<PyResult<Vec<_>>>()?;
        let body = match body {
            Some(given) => Some(match given.cast::<Volume>() {
                Ok(ct) => ct.get().with_voxels(py, |grid, hu| {
                    if grid.shape() != geometry.shape() {
                        let message =
                            format!("the CT has {:?} voxels (k, j, i), the grid {:?}", grid.shape(), geometry.shape());
                        return Err(input(py, ErrorNumber::GridsDiffer, message));
                    }
                    Ok(Body::Ct(computed(py, || copied(hu))?))
                })?,
                Err(_) => Body::Mask(mask(given, "the body")?),
            }),
            None => None,
        };
        Ok(Self { geometry, ctvs, body, crop })
    }

    fn fulfil(self, progress: &Progress<'_>) -> Result<Mask, ApiError> {
        let Self { geometry, ctvs, body, crop } = self;
        progress.begin(ctvs.len() + crop.len() + usize::from(matches!(body, Some(Body::Ct(_)))));
        // Before the margins, for it is what may fail.
        let body = match body {
            Some(Body::Ct(hu)) => {
                progress.next("Finding the body")?;
                Some(Given::Made(Arc::new(body::body_mask(hu.view(), &geometry)?)))
            }
            Some(Body::Mask(mask)) => Some(mask),
            None => None,
        };
        let request = PtvRequest {
            ctvs: ctvs.iter().map(|(mask, margin)| (&**mask, *margin)).collect(),
            body: body.as_deref(),
            crop: crop.iter().map(|(mask, mm)| (&**mask, *mm)).collect(),
        };
        margin::ptv_with(&geometry, &request, || progress.next("Expanding the CTVs"))
    }
}

/// The voxels in memory of their own, slices in parallel.
fn copied(hu: ArrayView3<'_, i16>) -> Array3<i16> {
    let mut copy = Array3::zeros(hu.dim());
    copy.axis_iter_mut(Axis(0)).into_par_iter().zip(hu.axis_iter(Axis(0))).for_each(|(mut to, from)| to.assign(&from));
    copy
}
