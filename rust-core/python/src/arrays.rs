//! numpy arrays in and out.

use std::sync::Arc;

use ndarray::ArrayViewMut3;
use numpy::{
    PyArray3, PyArrayDescrMethods as _, PyArrayMethods as _, PyReadonlyArray3, PyUntypedArray,
    PyUntypedArrayMethods as _,
};
use pyo3::{intern, prelude::*};
use rayon::prelude::*;
use tmli_api::{ErrorNumber, checks};
use tmli_core::{Mask, VoxelBox};

use crate::{
    error::{computed, input, raised},
    mask::{Given, PyMask},
};

/// Any array-like thing as a numpy array of three axes.
pub(crate) fn three_axes<'py>(array: &Bound<'py, PyAny>, what: &str) -> PyResult<Bound<'py, PyUntypedArray>> {
    let py = array.py();
    let array = match array.cast::<PyUntypedArray>() {
        Ok(array) => array.clone(),
        Err(_) => py.import(intern!(py, "numpy"))?.call_method1(intern!(py, "asarray"), (array,))?.cast_into()?,
    };
    if array.ndim() != 3 {
        let message = format!("{what} needs three axes [k, j, i], got {}", array.ndim());
        return Err(input(py, ErrorNumber::BufferSize, message));
    }
    Ok(array)
}

/// A [`PyMask`] as it is, or the mask of a bool or uint8 array `[k, j, i]` of any strides; not 0 is inside.
///
/// # Errors
/// When it is of another type, or not of the expected shape.
pub(crate) fn mask_from(array: &Bound<'_, PyAny>, what: &str, expected: Option<[usize; 3]>) -> PyResult<Given> {
    if let Ok(mask) = array.cast::<PyMask>() {
        let inner = mask.get().inner.clone();
        check_shape(array.py(), what, inner.shape(), expected)?;
        return Ok(inner);
    }
    let bytes = bytes_of(array, what, expected)?;
    let view = bytes.as_array();
    Ok(Given::Made(Arc::new(computed(array.py(), || Mask::from_bytes(view))?)))
}

fn check_shape(py: Python<'_>, what: &str, shape: [usize; 3], expected: Option<[usize; 3]>) -> PyResult<()> {
    let Some(expected) = expected.filter(|&expected| expected != shape) else { return Ok(()) };
    let message = format!("{what} has a shape of {shape:?} (k, j, i), its grid says {expected:?}");
    Err(input(py, ErrorNumber::GridsDiffer, message))
}

/// The bytes of a bool or uint8 array `[k, j, i]`, without a copy.
///
/// # Errors
/// As [`mask_from`].
pub(crate) fn bytes_of<'py>(
    array: &Bound<'py, PyAny>,
    what: &str,
    expected: Option<[usize; 3]>,
) -> PyResult<PyReadonlyArray3<'py, u8>> {
    let py = array.py();
    let array = three_axes(array, what)?;
    check_shape(py, what, std::array::from_fn(|axis| array.shape()[axis]), expected)?;
    let kind = array.dtype().kind();
    if array.dtype().itemsize() != 1 || !matches!(kind, b'b' | b'u') {
        let message =
            format!("{what} must be of type bool or uint8, got {}; compare first, as in `labels == 3`", array.dtype());
        return Err(input(py, ErrorNumber::Option, message));
    }
    // bool and uint8 are both one byte, so that no voxel is copied.
    let bytes = array.call_method1(intern!(py, "view"), (intern!(py, "uint8"),))?;
    Ok(bytes.cast_into::<PyArray3<u8>>()?.try_readonly()?)
}

/// A new bool array `[k, j, i]`. Memory is taken from the system only where the mask has voxels, so that a small
/// structure in a large scan costs next to nothing.
pub(crate) fn array_from<'py>(py: Python<'py>, mask: &Mask) -> PyResult<Bound<'py, PyArray3<bool>>> {
    checks::room_for("an array of the mask", mask.shape().iter().product()).map_err(|error| raised(py, error))?;
    let array = PyArray3::<bool>::zeros(py, mask.shape(), false);
    let mut writable = array.try_readwrite()?;
    let view = writable.as_array_mut();
    computed(py, || fill(view, mask))?;
    drop(writable);
    Ok(array)
}

fn fill(mut voxels: ArrayViewMut3<'_, bool>, mask: &Mask) {
    let Some(bounds) = mask.bounds() else { return };
    let [rows, columns] = [bounds.min[1]..bounds.max[1], bounds.min[2]..bounds.max[2]];
    let slices = voxels.axis_iter_mut(ndarray::Axis(0)).into_par_iter().enumerate();
    slices.skip(bounds.min[0]).take(bounds.max[0] - bounds.min[0]).for_each(|(k, mut slice)| {
        for j in rows.clone() {
            if let Some(row) = slice.row_mut(j).as_slice_mut() {
                fill_row(&mut row[columns.clone()], mask.row(k, j), columns.start);
            }
        }
    });
}

/// A new bool array of the voxels inside a box.
pub(crate) fn cut_from<'py>(py: Python<'py>, mask: &Mask, inside: VoxelBox) -> PyResult<Bound<'py, PyArray3<bool>>> {
    let size: [usize; 3] = std::array::from_fn(|axis| inside.max[axis] - inside.min[axis]);
    checks::room_for("an array of the mask", size.iter().product()).map_err(|error| raised(py, error))?;
    let array = PyArray3::<bool>::zeros(py, size, false);
    let mut writable = array.try_readwrite()?;
    let mut view = writable.as_array_mut();
    computed(py, || {
        view.axis_iter_mut(ndarray::Axis(0)).into_par_iter().enumerate().for_each(|(k, mut slice)| {
            for (j, mut row) in slice.rows_mut().into_iter().enumerate() {
                if let Some(row) = row.as_slice_mut() {
                    fill_row(row, mask.row(inside.min[0] + k, inside.min[1] + j), inside.min[2]);
                }
            }
        });
    })?;
    drop(writable);
    Ok(array)
}

/// Sets the voxels of a row, or of a part of it that begins at column `first`.
fn fill_row(row: &mut [bool], words: &[u64], first: usize) {
    const BITS: usize = u64::BITS as usize;
    let end = first + row.len();
    let touched = words.iter().enumerate().take(end.div_ceil(BITS)).skip(first / BITS);
    for (w, &word) in touched.filter(|(_, word)| **word != 0) {
        for column in first.max(w * BITS)..end.min((w + 1) * BITS) {
            row[column - first] = word >> (column % BITS) & 1 == 1;
        }
    }
}

/// An array of voxels in Hounsfield units, and whether it is a copy of what the caller gave.
pub(crate) struct Voxels<'py> {
    pub(crate) array: Bound<'py, PyArray3<i16>>,
    pub(crate) copied: bool,
}

/// An int16 array as it is, with the caller's memory and strides; other numbers rounded to int16.
///
/// # Errors
/// When it is no array of numbers, or a value is not finite or does not fit in 16 bits.
pub(crate) fn voxels_from<'py>(original: &Bound<'py, PyAny>) -> PyResult<Voxels<'py>> {
    let py = original.py();
    let given = three_axes(original, "a volume")?;
    // The bytes of an array that was cut out of a file may lie at odd addresses.
    let aligned: bool = given.getattr(intern!(py, "flags"))?.getattr(intern!(py, "aligned"))?.extract()?;
    if let (true, Ok(array)) = (aligned, given.cast::<PyArray3<i16>>()) {
        return Ok(Voxels { array: array.clone(), copied: !given.is(original) });
    }
    let kind = given.dtype().kind();
    if !matches!(kind, b'i' | b'u' | b'f') {
        let message = format!("a volume must hold numbers (int16 is taken without a copy), got {}", given.dtype());
        return Err(input(py, ErrorNumber::Option, message));
    }
    if given.len() > 0 {
        let extreme = |name| given.call_method0(name)?.call_method0("__float__")?.extract::<f64>();
        let (low, high) = (extreme("min")?, extreme("max")?);
        let fits = low >= f64::from(i16::MIN) - 0.5 && high < f64::from(i16::MAX) + 0.5;
        if !fits {
            let message = format!("Hounsfield units must be finite and fit in 16 bits, got {low} to {high}");
            return Err(input(py, ErrorNumber::Option, message));
        }
    }
    let whole = if kind == b'f' { py.import("numpy")?.call_method1("rint", (&given,))? } else { given.into_any() };
    let array = whole.call_method1("astype", ("int16",))?.cast_into::<PyArray3<i16>>()?;
    Ok(Voxels { array, copied: true })
}
