//! Masks by name: what comes out as a mapping of arrays, and what goes in.

use std::sync::Arc;

use numpy::PyArray3;
use pyo3::{
    exceptions::PyKeyError,
    prelude::*,
    types::{PyIterator, PyList},
};
use tmli_api::ErrorNumber;
use tmli_core::{Mask, Segmentation};

use crate::{
    arrays::{array_from, mask_from},
    error::{computed, input},
    geometry::Geometry,
    mask::{Bounds, Given, PyMask, bounds_of},
};

/// Masks by name, a read-only mapping from name to a bool array ``[k, j, i]`` on one grid.
///
/// Masks are kept as one bit for each voxel. An array is made when it is asked for, a new one each time, and takes
/// memory only where the mask has voxels. Functions of this module take the mapping itself without making arrays.
#[pyclass(module = "tmli", frozen, mapping)]
#[derive(Debug)]
pub(crate) struct Masks {
    segmentation: Arc<Segmentation>,
    findings: Vec<String>,
}

#[pymethods]
impl Masks {
    /// The grid of every mask.
    #[getter]
    fn geometry(&self) -> Geometry {
        self.segmentation.geometry.clone().into()
    }

    /// What was odd when the masks were made, in words.
    #[getter]
    fn findings(&self) -> Vec<String> {
        self.findings.clone()
    }

    /// Number of voxels inside. Raises KeyError for an unknown name.
    fn count(&self, py: Python<'_>, name: &str) -> PyResult<usize> {
        let mask = self.named(name)?;
        computed(py, || mask.count())
    }

    /// The smallest box that holds the mask: start and end (exclusive) on the k, j and i axis; None when it is empty.
    /// ``mask[tuple(slice(*ends) for ends in bounds)]`` cuts it out. Raises KeyError for an unknown name.
    fn bounds(&self, py: Python<'_>, name: &str) -> PyResult<Option<Bounds>> {
        let mask = self.named(name)?;
        computed(py, || bounds_of(mask))
    }

    /// The mask as it is kept, without an array. Raises KeyError for an unknown name.
    fn mask(&self, name: &str) -> PyResult<PyMask> {
        let place = self.segmentation.segments.iter().position(|segment| segment.name == name);
        let place = place.ok_or_else(|| PyKeyError::new_err(name.to_owned()))?;
        Ok(PyMask { inner: Given::Shared(Arc::clone(&self.segmentation), place) })
    }

    fn __len__(&self) -> usize {
        self.segmentation.segments.len()
    }

    fn __contains__(&self, name: &Bound<'_, PyAny>) -> bool {
        name.extract::<&str>().is_ok_and(|name| self.named(name).is_ok())
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyArray3<bool>>> {
        array_from(py, self.named(name)?)
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        let names = self.segmentation.segments.iter().map(|segment| segment.name.as_str());
        PyList::new(py, names.collect::<Vec<_>>())?.try_iter()
    }

    /// The names, in the order of the protocol or the file.
    fn keys<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        view(slf, "KeysView")
    }

    /// The arrays, each made when its turn comes.
    fn values<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        view(slf, "ValuesView")
    }

    /// Pairs of name and array, each made when its turn comes.
    fn items<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        view(slf, "ItemsView")
    }

    /// The array of that name, or the default.
    #[pyo3(signature = (name, default=None))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.named(name) {
            Ok(mask) => Ok(Some(array_from(py, mask)?.into_any())),
            Err(_) => Ok(default),
        }
    }

    fn __repr__(&self) -> String {
        let names: Vec<&str> = self.segmentation.segments.iter().map(|segment| segment.name.as_str()).collect();
        format!("<tmli.Masks of {:?}: {}>", self.segmentation.geometry.shape(), names.join(", "))
    }
}

fn view<'py>(mapping: &Bound<'py, Masks>, kind: &str) -> PyResult<Bound<'py, PyAny>> {
    mapping.py().import("collections.abc")?.getattr(kind)?.call1((mapping,))
}

impl Masks {
    pub(crate) fn new(segmentation: Segmentation, findings: Vec<String>) -> Self {
        Self { segmentation: Arc::new(segmentation), findings }
    }

    fn named(&self, name: &str) -> PyResult<&Mask> {
        self.segmentation.mask(name).ok_or_else(|| PyKeyError::new_err(name.to_owned()))
    }
}

/// Names and masks of a mapping from name to array, in its order.
///
/// # Errors
/// When it is no mapping, and as [`mask_from`].
pub(crate) fn named_masks(
    mapping: &Bound<'_, PyAny>,
    what: &str,
    expected: Option<[usize; 3]>,
) -> PyResult<Vec<(String, Given)>> {
    let py = mapping.py();
    if let Ok(masks) = mapping.cast::<Masks>() {
        let shared = &masks.get().segmentation;
        let shape = shared.geometry.shape();
        if expected.is_some_and(|expected| expected != shape) {
            let message = format!("{what} has masks of {shape:?} voxels (k, j, i), the grid has {expected:?}");
            return Err(input(py, ErrorNumber::GridsDiffer, message));
        }
        let named = shared.segments.iter().enumerate();
        return Ok(named.map(|(n, segment)| (segment.name.clone(), Given::Shared(Arc::clone(shared), n))).collect());
    }
    let mut found = Vec::new();
    for item in mapping.call_method0("items")?.try_iter()? {
        let (name, array): (String, Bound<'_, PyAny>) = item?.extract()?;
        let mask = mask_from(&array, &format!("mask {name:?} of {what}"), expected)?;
        found.push((name, mask));
    }
    Ok(found)
}
