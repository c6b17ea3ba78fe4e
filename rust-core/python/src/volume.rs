//! Voxels and where they are.

use ndarray::ArrayView3;
use numpy::{PyArray3, PyArrayMethods as _, PyUntypedArrayMethods as _};
use pyo3::prelude::*;
use tmli_api::ErrorNumber;
use tmli_core::VolumeGeometry;

use crate::{arrays::voxels_from, error::input, geometry::Geometry};

/// Hounsfield units ``[k, j, i]`` on a grid.
///
/// An int16 array of any strides is kept as it is: no voxel is copied, the array lives as long as the volume, and a
/// change to it is a change to the volume. Arrays of other numbers are rounded into a new one; ``copied`` tells.
///
/// Raises InputError when the array is not of the shape of the geometry, or a value is not finite or beyond 16 bits.
#[pyclass(module = "tmli", frozen)]
#[derive(Debug)]
pub(crate) struct Volume {
    array: Py<PyArray3<i16>>,
    geometry: Py<Geometry>,
    copied: bool,
}

#[pymethods]
impl Volume {
    #[new]
    fn new(array: &Bound<'_, PyAny>, geometry: Bound<'_, Geometry>) -> PyResult<Self> {
        let voxels = voxels_from(array)?;
        let (got, expected) = (voxels.array.shape(), geometry.get().inner.shape());
        if got != expected {
            let message = format!("the array has a shape of {got:?} (k, j, i), its geometry says {expected:?}");
            return Err(input(array.py(), ErrorNumber::BufferSize, message));
        }
        Ok(Self { array: voxels.array.unbind(), geometry: geometry.unbind(), copied: voxels.copied })
    }

    /// Hounsfield units, int16, ``[k, j, i]``.
    #[getter]
    fn array(&self, py: Python<'_>) -> Py<PyArray3<i16>> {
        self.array.clone_ref(py)
    }

    /// Where the voxels are.
    #[getter]
    pub(crate) fn geometry(&self, py: Python<'_>) -> Py<Geometry> {
        self.geometry.clone_ref(py)
    }

    /// Whether ``array`` is another one than the caller gave, because that was not int16.
    #[getter]
    fn copied(&self) -> bool {
        self.copied
    }

    fn __repr__(&self) -> String {
        format!("<tmli.Volume on {}>", self.geometry.get().in_words())
    }
}

impl Volume {
    /// Hands an array over to Python, without a copy.
    pub(crate) fn hand_over(py: Python<'_>, volume: tmli_core::Volume<i16>) -> PyResult<Self> {
        let (geometry, data) = volume.into_parts();
        let array = PyArray3::from_owned_array(py, data).unbind();
        Ok(Self { array, geometry: Py::new(py, Geometry::from(geometry))?, copied: false })
    }

    /// Lends the voxels to Rust.
    pub(crate) fn with_voxels<T>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&VolumeGeometry, ArrayView3<'_, i16>) -> PyResult<T>,
    ) -> PyResult<T> {
        let array = self.array.bind(py).try_readonly()?;
        work(&self.geometry.get().inner, array.as_array())
    }
}
