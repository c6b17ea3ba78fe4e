//! The grid of a volume.

use numpy::PyArray2;
use pyo3::{prelude::*, types::PyTuple};
use tmli_api::{geometry_from_matrix, lps_from_ijk};
use tmli_core::{PointLps, VolumeGeometry};

use crate::error::raised;

/// Where the voxels of an array ``[k, j, i]`` (slice, row, column) are in the patient, in LPS millimetres (x to the
/// left, y to posterior, z to superior). Integer indices are voxel centres.
///
/// ``lps_from_ijk`` is 4 x 4: the columns are the i, j and k axis, each as long as the spacing, and the centre of voxel
/// ``[0, 0, 0]``. A RAS matrix (3D Slicer, NIfTI) needs its first two rows negated.
///
/// Raises InputError when that is no grid: an axis without voxels, axes that are not at right angles, values that are
/// not finite.
#[pyclass(module = "tmli", frozen, eq, from_py_object)]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Geometry {
    pub(crate) inner: VolumeGeometry,
}

impl From<VolumeGeometry> for Geometry {
    fn from(inner: VolumeGeometry) -> Self {
        Self { inner }
    }
}

#[pymethods]
impl Geometry {
    #[new]
    #[pyo3(signature = (shape, lps_from_ijk, frame_of_reference_uid=None))]
    fn new(
        py: Python<'_>,
        shape: [usize; 3],
        lps_from_ijk: [[f64; 4]; 4],
        frame_of_reference_uid: Option<String>,
    ) -> PyResult<Self> {
        let frame = frame_of_reference_uid.as_deref();
        geometry_from_matrix(shape, lps_from_ijk, frame).map(Self::from).map_err(|error| raised(py, error))
    }

    /// A grid of a head-first, supine patient: i to the left, j to posterior, k to superior. ``origin`` is the centre
    /// of voxel ``[0, 0, 0]`` (x, y, z), ``spacing_mm`` the distance of slices, rows and columns (k, j, i).
    #[staticmethod]
    #[pyo3(signature = (shape, origin, spacing_mm, frame_of_reference_uid=None))]
    fn axial(
        py: Python<'_>,
        shape: [usize; 3],
        origin: [f64; 3],
        spacing_mm: [f64; 3],
        frame_of_reference_uid: Option<String>,
    ) -> PyResult<Self> {
        let ([k, j, i], [x, y, z]) = (spacing_mm, origin);
        let matrix = [[i, 0.0, 0.0, x], [0.0, j, 0.0, y], [0.0, 0.0, k, z], [0.0, 0.0, 0.0, 1.0]];
        Self::new(py, shape, matrix, frame_of_reference_uid)
    }

    /// Slices, rows, columns.
    #[getter]
    pub(crate) fn shape(&self) -> (usize, usize, usize) {
        self.inner.shape().into()
    }

    /// Distance between voxel centres in mm: slices, rows, columns (k, j, i).
    #[getter]
    fn spacing_mm(&self) -> (f64, f64, f64) {
        self.inner.spacing_mm().to_array().into()
    }

    /// Centre of voxel ``[0, 0, 0]`` in LPS mm: x, y, z.
    #[getter]
    fn origin(&self) -> (f64, f64, f64) {
        self.inner.origin().0.into()
    }

    /// The 4 x 4 matrix from column vectors (i, j, k, 1) to LPS mm, float64.
    #[getter]
    fn lps_from_ijk<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        PyArray2::from_owned_array(py, ndarray::arr2(&lps_from_ijk(&self.inner)))
    }

    /// DICOM FrameOfReferenceUID, or None. Grids of two frames are never the same grid.
    #[getter]
    pub(crate) fn frame_of_reference_uid(&self) -> Option<&str> {
        self.inner.frame_of_reference().map(|frame| frame.0.as_str())
    }

    /// Volume of one voxel in mm^3.
    #[getter]
    fn voxel_volume_mm3(&self) -> f64 {
        self.inner.voxel_volume_mm3()
    }

    /// The point (x, y, z) in LPS mm of an index (k, j, i); fractions lie between voxel centres.
    fn point_from_index(&self, kji: [f64; 3]) -> (f64, f64, f64) {
        self.inner.point_from_index(kji).0.into()
    }

    /// The index (k, j, i), with fractions, of a point (x, y, z) in LPS mm.
    fn index_from_point(&self, point: [f64; 3]) -> (f64, f64, f64) {
        self.inner.index_from_point(PointLps(point)).into()
    }

    /// Whether both put every voxel at the same place, to 0.001 mm, of the same frame of reference. A grid without a
    /// frame is taken to be in the other's.
    fn same_grid(&self, other: &Self) -> bool {
        self.inner.same_grid(&other.inner)
    }

    fn __repr__(&self) -> String {
        format!("<tmli.Geometry {}>", self.in_words())
    }

    fn __getnewargs__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        (self.shape(), lps_from_ijk(&self.inner), self.frame_of_reference_uid()).into_pyobject(py)
    }
}

impl Geometry {
    pub(crate) fn in_words(&self) -> String {
        let [k, j, i] = self.inner.shape();
        let [x, y, z] = self.inner.origin().0;
        let spacing = self.inner.spacing_mm();
        format!("{k} x {j} x {i} voxels of {spacing}, first at ({x:.2}, {y:.2}, {z:.2}) LPS mm")
    }
}
