//! The grid of a volume.

use numpy::{PyArray2, PyArrayMethods as _};
use pyo3::{prelude::*, types::PyTuple};
use tmli_api::{ApiError, ErrorNumber};
use tmli_core::{FrameOfReferenceUid, PointLps, SpacingMm, VolumeGeometry};

use crate::error::{input, raised};

/// The last row of a 4 x 4 matrix may miss 0 0 0 1 by this much.
const LAST_ROW_TOLERANCE: f64 = 1e-9;

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
        let bottom = lps_from_ijk[3];
        if bottom.iter().zip([0.0, 0.0, 0.0, 1.0]).any(|(got, wanted)| !((got - wanted).abs() <= LAST_ROW_TOLERANCE)) {
            let message = format!("the last row of lps_from_ijk must be 0 0 0 1, got {bottom:?}");
            return Err(input(py, ErrorNumber::Matrix, message));
        }
        // Columns are i, j, k; axes are kept as k, j, i.
        let column = |c: usize| -> [f64; 3] { std::array::from_fn(|row| lps_from_ijk[row][c]) };
        let length = |v: [f64; 3]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
        let columns = [column(2), column(1), column(0)];
        let [k, j, i] = columns.map(length);
        let axes = [0, 1, 2].map(|axis| columns[axis].map(|x| x / [k, j, i][axis]));
        Self::checked(py, shape, PointLps(column(3)), SpacingMm::new(k, j, i), axes, frame_of_reference_uid)
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
        let [k, j, i] = spacing_mm;
        let axes = [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]];
        Self::checked(py, shape, PointLps(origin), SpacingMm::new(k, j, i), axes, frame_of_reference_uid)
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
        PyArray2::from_owned_array(py, ndarray::arr2(&self.matrix()))
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
        let [k, j, i] = self.inner.shape();
        let [x, y, z] = self.inner.origin().0;
        let spacing = self.inner.spacing_mm();
        format!("<tmli.Geometry {k} x {j} x {i} voxels of {spacing}, first at ({x:.2}, {y:.2}, {z:.2}) LPS mm>")
    }

    fn __getnewargs__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        (self.shape(), self.matrix(), self.frame_of_reference_uid()).into_pyobject(py)
    }
}

impl Geometry {
    fn matrix(&self) -> [[f64; 4]; 4] {
        let affine = self.inner.lps_from_ijk();
        let row = |r: usize| {
            let [i, j, k] = affine.linear[r];
            [i, j, k, affine.translation[r]]
        };
        [row(0), row(1), row(2), [0.0, 0.0, 0.0, 1.0]]
    }

    fn checked(
        py: Python<'_>,
        shape: [usize; 3],
        origin: PointLps,
        spacing_mm: SpacingMm,
        axes: [[f64; 3]; 3],
        frame: Option<String>,
    ) -> PyResult<Self> {
        let voxels = shape.iter().try_fold(1_usize, |product, &n| product.checked_mul(n));
        if voxels.is_none_or(|n| n > tmli_api::MAX_VOXELS) {
            let message = format!("a volume of {shape:?} voxels (k, j, i) is larger than {} voxels", tmli_api::MAX_VOXELS);
            return Err(input(py, ErrorNumber::SizeOverflow, message));
        }
        let inner = VolumeGeometry::new(shape, origin, spacing_mm, axes).map_err(|e| raised(py, ApiError::from(e)))?;
        Ok(Self { inner: frame.into_iter().fold(inner, |inner, uid| inner.in_frame(FrameOfReferenceUid(uid))) })
    }
}
