//! One mask: a bit for each voxel, made from an array that may cover a part of the grid only.

use std::{ops::Deref, sync::Arc};

use ndarray::ArrayView3;
use numpy::PyArray3;
use pyo3::prelude::*;
use tmli_api::{ErrorNumber, checks};
use tmli_core::{Mask, Segmentation, VoxelBox};

use crate::{
    arrays::{array_from, bytes_of, cut_from},
    error::{computed, input, raised},
};

const BITS: usize = u64::BITS as usize;

/// Start and end (exclusive) on the k, j and i axis, as Python sees them.
pub(crate) type Bounds = ((usize, usize), (usize, usize), (usize, usize));

/// A mask without its memory being taken twice: one of its own, or one of a [`Masks`](crate::masks::Masks).
#[derive(Clone)]
pub(crate) enum Given {
    Made(Arc<Mask>),
    Shared(Arc<Segmentation>, usize),
}

impl Deref for Given {
    type Target = Mask;

    fn deref(&self) -> &Mask {
        match self {
            Self::Made(mask) => mask,
            Self::Shared(segmentation, index) => &segmentation.segments[*index].mask,
        }
    }
}

/// A set of voxels, one bit for each: an eighth of a bool array. Taken wherever a mask is, and an array for numpy.
///
/// ``array`` is bool or uint8 ``[k, j, i]``; it may be a part of the grid of ``shape`` voxels, whose first voxel has the
/// index ``start``. What of it lies outside of the grid is cut off, as segments of other programs may reach beyond.
///
/// Raises InputError for another type, or a shape that no memory holds.
#[pyclass(module = "tmli", name = "Mask", frozen)]
pub(crate) struct PyMask {
    pub(crate) inner: Given,
}

#[pymethods]
impl PyMask {
    #[new]
    #[pyo3(signature = (shape, array, start=None))]
    fn new(py: Python<'_>, shape: [usize; 3], array: &Bound<'_, PyAny>, start: Option<[isize; 3]>) -> PyResult<Self> {
        checks::voxel_count(shape).map_err(|error| raised(py, error))?;
        let bytes = bytes_of(array, "a mask", None)?;
        let view = bytes.as_array();
        let mask = computed(py, || placed(shape, view, start.unwrap_or_default()))?;
        Ok(Self { inner: Given::Made(Arc::new(mask)) })
    }

    /// Slices, rows, columns.
    #[getter]
    fn shape(&self) -> (usize, usize, usize) {
        self.inner.shape().into()
    }

    /// The voxels as a new bool array, which takes memory only where there are any.
    #[getter]
    fn array<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray3<bool>>> {
        array_from(py, &self.inner)
    }

    /// Number of voxels.
    fn count(&self, py: Python<'_>) -> PyResult<usize> {
        computed(py, || self.inner.count())
    }

    /// The smallest box that holds all voxels: start and end (exclusive) on the k, j and i axis; None when there are none.
    fn bounds(&self, py: Python<'_>) -> PyResult<Option<Bounds>> {
        computed(py, || bounds_of(&self.inner))
    }

    /// The voxels inside a box, as ``bounds`` gives it, as a new bool array of the size of the box.
    ///
    /// Raises InputError when the box is not inside of the grid.
    fn cut<'py>(&self, py: Python<'py>, bounds: [[usize; 2]; 3]) -> PyResult<Bound<'py, PyArray3<bool>>> {
        let shape = self.inner.shape();
        if bounds.iter().zip(shape).any(|(&[start, end], count)| start >= end || end > count) {
            let message = format!("a box must be inside of {shape:?} voxels (k, j, i), got {bounds:?}");
            return Err(input(py, ErrorNumber::Option, message));
        }
        let inside = VoxelBox { min: bounds.map(|[start, _]| start), max: bounds.map(|[_, end]| end) };
        cut_from(py, &self.inner, inside)
    }

    #[pyo3(signature = (dtype=None, copy=None))]
    fn __array__<'py>(
        &self,
        py: Python<'py>,
        dtype: Option<Bound<'py, PyAny>>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        // An array is always a new one; numpy asks for one that is not with `False`.
        if copy == Some(false) {
            return Err(pyo3::exceptions::PyValueError::new_err(
                "a mask has no array that could be had without a copy",
            ));
        }
        let array = array_from(py, &self.inner)?.into_any();
        dtype.map_or_else(|| Ok(array.clone()), |dtype| array.call_method1("astype", (dtype,)))
    }

    fn __repr__(&self) -> String {
        let [slices, rows, columns] = self.inner.shape();
        format!("<tmli.Mask of {slices} x {rows} x {columns} voxels>")
    }
}

/// The bounds of a mask, as Python sees them.
pub(crate) fn bounds_of(mask: &Mask) -> Option<Bounds> {
    mask.bounds().map(|b| [0, 1, 2].map(|axis| (b.min[axis], b.max[axis])).into())
}

/// A mask of `shape` voxels with the ones of `part`, whose first voxel lies at `start`.
fn placed(shape: [usize; 3], part: ArrayView3<'_, u8>, start: [isize; 3]) -> Mask {
    let size: [usize; 3] = part.dim().into();
    if size == shape && start == [0; 3] {
        return Mask::from_bytes(part);
    }
    let mut mask = Mask::new(shape);
    // Of every axis: from where in the part, to where in the grid, how many.
    let spans: [(usize, usize, usize); 3] = std::array::from_fn(|axis| {
        let from = start[axis].min(0).unsigned_abs();
        let to = start[axis].max(0).unsigned_abs();
        (from, to, size[axis].saturating_sub(from).min(shape[axis].saturating_sub(to)))
    });
    if spans.iter().any(|&(_, _, count)| count == 0) {
        return mask;
    }
    let [k, j, i] = spans.map(|(from, _, count)| ndarray::Slice::from(from..from + count));
    let mut part = part;
    for (axis, slice) in [k, j, i].into_iter().enumerate() {
        part.slice_axis_inplace(ndarray::Axis(axis), slice);
    }
    let [(_, k, slices), (_, j, rows), (_, i, _)] = spans;
    let packed = Mask::from_bytes(part);
    for (slice, row) in (0..slices).flat_map(|slice| (0..rows).map(move |row| (slice, row))) {
        shift_into(mask.row_mut(k + slice, j + row), packed.row(slice, row), i);
    }
    mask
}

/// Sets the bits of `part` in `row`, `first` bits further on.
fn shift_into(row: &mut [u64], part: &[u64], first: usize) {
    let (word, bit) = (first / BITS, first % BITS);
    for (n, &bits) in part.iter().enumerate().filter(|(_, bits)| **bits != 0) {
        row[word + n] |= bits << bit;
        // What does not fit in the word goes to the next one; beyond the row there is nothing.
        if bit > 0 && bits >> (BITS - bit) != 0 {
            row[word + n + 1] |= bits >> (BITS - bit);
        }
    }
}
