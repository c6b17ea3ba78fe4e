//! Contours, and between contours and masks.

use numpy::{PyArray2, PyArray3, PyReadonlyArray2};
use pyo3::prelude::*;
use tmli_api::{ApiError, ErrorNumber, checks};
use tmli_core::{
    ContourKind, PointLps,
    trace::{Holes, TraceOptions},
};

use crate::{
    arrays::{array_from, mask_from},
    error::{computed, detached, input},
    geometry::Geometry,
};

/// The DICOM terms of ContourGeometricType.
const KINDS: [(&str, ContourKind); 5] = [
    ("CLOSED_PLANAR", ContourKind::ClosedPlanar),
    ("CLOSEDPLANAR_XOR", ContourKind::ClosedPlanarXor),
    ("OPEN_PLANAR", ContourKind::OpenPlanar),
    ("OPEN_NONPLANAR", ContourKind::OpenNonplanar),
    ("POINT", ContourKind::Point),
];

/// One loop, line or point: ``points`` are n x 3 (x, y, z) in LPS mm, ``kind`` is a term of DICOM
/// ContourGeometricType. A closed loop does not repeat its first point.
///
/// Raises InputError for another shape or kind.
#[pyclass(module = "tmli", frozen)]
#[derive(Debug)]
pub(crate) struct Contour {
    inner: tmli_core::Contour,
}

impl From<tmli_core::Contour> for Contour {
    fn from(inner: tmli_core::Contour) -> Self {
        Self { inner }
    }
}

#[pymethods]
impl Contour {
    #[new]
    #[pyo3(signature = (points, kind="CLOSED_PLANAR"))]
    fn new(points: &Bound<'_, PyAny>, kind: &str) -> PyResult<Self> {
        let Some(&(_, kind)) = KINDS.iter().find(|(name, _)| *name == kind) else {
            let names = KINDS.map(|(name, _)| name).join(", ");
            return Err(input(points.py(), ErrorNumber::Option, format!("kind must be one of {names}; got {kind:?}")));
        };
        Ok(Self { inner: tmli_core::Contour { kind, points: points_from(points)? } })
    }

    /// LPS mm, float64, n x 3 (x, y, z).
    #[getter]
    fn points<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        let rows: Vec<[f64; 3]> = self.inner.points.iter().map(|point| point.0).collect();
        PyArray2::from_owned_array(py, ndarray::arr2(&rows))
    }

    /// CLOSED_PLANAR, CLOSEDPLANAR_XOR, OPEN_PLANAR, OPEN_NONPLANAR or POINT.
    #[getter]
    fn kind(&self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self.inner.kind).map_or("", |(name, _)| name)
    }

    fn __len__(&self) -> usize {
        self.inner.points.len()
    }

    fn __repr__(&self) -> String {
        let z = self.inner.points.first().map_or(f64::NAN, |point| point.0[2]);
        format!("<tmli.Contour {} of {} points, the first at z = {z:.2} mm>", self.kind(), self.inner.points.len())
    }
}

fn points_from(points: &Bound<'_, PyAny>) -> PyResult<Vec<PointLps>> {
    let py = points.py();
    let array = py.import("numpy")?.call_method1("asarray", (points, "float64"))?;
    let Ok(array) = array.extract::<PyReadonlyArray2<'_, f64>>() else {
        return Err(input(py, ErrorNumber::BufferSize, "the points of a contour must be n x 3 numbers: x, y, z"));
    };
    let view = array.as_array();
    if view.ncols() != 3 {
        let message = format!("the points of a contour must be n x 3: x, y, z; got {} columns", view.ncols());
        return Err(input(py, ErrorNumber::BufferSize, message));
    }
    Ok(view.rows().into_iter().map(|row| PointLps::new(row[0], row[1], row[2])).collect())
}

/// The voxels whose centres the contours of one structure enclose: a bool array ``[k, j, i]``.
///
/// Loops of a slice are combined by even-odd, so that a loop in a loop is a hole. Contours may also be n x 3 arrays of
/// closed loops. Contours outside of the grid, tilted or without area are left out, as ``StructureSet.rasterise``
/// tells in the findings of its masks.
#[pyfunction]
pub(crate) fn rasterise<'py>(
    py: Python<'py>,
    contours: &Bound<'py, PyAny>,
    geometry: &Bound<'py, Geometry>,
) -> PyResult<Bound<'py, PyArray3<bool>>> {
    let mut loops = Vec::new();
    for contour in contours.try_iter()? {
        let contour = contour?;
        loops.push(match contour.cast::<Contour>() {
            Ok(contour) => contour.get().inner.clone(),
            Err(_) => tmli_core::Contour { kind: ContourKind::ClosedPlanar, points: points_from(&contour)? },
        });
    }
    let geometry = &geometry.get().inner;
    let mask = detached(py, || {
        checks::room_for("the mask", geometry.voxel_count() / 8)?;
        Ok::<_, ApiError>(tmli_core::rasterise(&loops, geometry).mask)
    })?;
    array_from(py, &mask)
}

/// Loops along the pixel edges of every slice of a bool or uint8 array ``[k, j, i]``; ``rasterise`` gives the mask back
/// voxel for voxel, whatever is chosen here.
///
/// ``smooth`` rounds the stairs. A hole is a loop in a loop; with ``keyhole`` it is joined to the loop around it by a
/// channel of no width, for systems that fill everything inside a loop.
///
/// Raises InputError when the mask is not of the shape of the geometry.
#[pyfunction]
#[pyo3(signature = (mask, geometry, smooth=false, keyhole=false))]
pub(crate) fn trace(
    py: Python<'_>,
    mask: &Bound<'_, PyAny>,
    geometry: &Bound<'_, Geometry>,
    smooth: bool,
    keyhole: bool,
) -> PyResult<Vec<Contour>> {
    let geometry = &geometry.get().inner;
    let mask = mask_from(mask, "the mask", Some(geometry.shape()))?;
    let options = trace_options(smooth, keyhole);
    let contours = computed(py, || tmli_core::trace_with(&mask, geometry, options))?;
    Ok(contours.into_iter().map(Contour::from).collect())
}

pub(crate) fn trace_options(smooth: bool, keyhole: bool) -> TraceOptions {
    TraceOptions { smooth, holes: if keyhole { Holes::Keyhole } else { Holes::Loops } }
}
