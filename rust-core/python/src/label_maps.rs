//! Label maps as numpy arrays: integers of 8, 16 or 32 bits, two of one type.

use numpy::{PyArray3, PyArrayDescrMethods as _, PyArrayMethods as _, PyUntypedArray, PyUntypedArrayMethods as _};
use pyo3::{intern, prelude::*};
use tmli_api::ErrorNumber;
use tmli_core::{
    MetricOptions, SpacingMm,
    metrics::{Label, NamedMetrics, compare_label_maps},
};

use crate::{
    arrays::three_axes,
    error::{detached, input},
};

/// Two label maps of one type.
pub(crate) enum LabelMaps<'py> {
    Bits8([Bound<'py, PyArray3<u8>>; 2]),
    Bits16([Bound<'py, PyArray3<u16>>; 2]),
    Bits32([Bound<'py, PyArray3<u32>>; 2]),
}

impl<'py> LabelMaps<'py> {
    /// Of array-like things; signed integers are taken as they lie in memory, so that labels above 0 stay what they are.
    ///
    /// # Errors
    /// When one is not of integers of at most 32 bits, or not of the expected shape.
    pub(crate) fn new(
        reference: &Bound<'py, PyAny>,
        prediction: &Bound<'py, PyAny>,
        expected: Option<[usize; 3]>,
    ) -> PyResult<Self> {
        let py = reference.py();
        let maps = [(reference, "the reference"), (prediction, "the prediction")]
            .map(|(map, what)| checked(map, what, expected));
        let [a, b] = maps;
        let (mut a, mut b) = (a?, b?);
        if !a.dtype().is_equiv_to(&b.dtype()) {
            let numpy = py.import(intern!(py, "numpy"))?;
            let both = numpy.call_method1(intern!(py, "promote_types"), (a.dtype(), b.dtype()))?;
            let cast = |map: Bound<'py, PyUntypedArray>| map.call_method1(intern!(py, "astype"), (&both,));
            // uint32 and a signed type would need 64 bits.
            (a, b) = (checked(&cast(a)?, "the reference", None)?, checked(&cast(b)?, "the prediction", None)?);
        }
        Ok(match a.dtype().itemsize() {
            1 => Self::Bits8([viewed(&a, "uint8")?, viewed(&b, "uint8")?]),
            2 => Self::Bits16([viewed(&a, "uint16")?, viewed(&b, "uint16")?]),
            _ => Self::Bits32([viewed(&a, "uint32")?, viewed(&b, "uint32")?]),
        })
    }

    /// Compares them while other Python threads run.
    pub(crate) fn compare(
        &self,
        py: Python<'py>,
        labels: &[(u32, String)],
        spacing_mm: SpacingMm,
        options: &MetricOptions,
    ) -> PyResult<Vec<NamedMetrics>> {
        match self {
            Self::Bits8(maps) => compared(py, maps, labels, spacing_mm, options),
            Self::Bits16(maps) => compared(py, maps, labels, spacing_mm, options),
            Self::Bits32(maps) => compared(py, maps, labels, spacing_mm, options),
        }
    }
}

fn checked<'py>(
    map: &Bound<'py, PyAny>,
    what: &str,
    expected: Option<[usize; 3]>,
) -> PyResult<Bound<'py, PyUntypedArray>> {
    let array = three_axes(map, what)?;
    let shape: [usize; 3] = std::array::from_fn(|axis| array.shape()[axis]);
    if let Some(expected) = expected.filter(|&expected| expected != shape) {
        let message = format!("{what} has a shape of {shape:?} (k, j, i), its grid says {expected:?}");
        return Err(input(map.py(), ErrorNumber::GridsDiffer, message));
    }
    let dtype = array.dtype();
    if !matches!(dtype.kind(), b'u' | b'i') || dtype.itemsize() > 4 || dtype.is_native_byteorder() == Some(false) {
        let message = format!(
            "{what} should be a label map of integers of 8, 16 or 32 bits, got {dtype}; convert it first, as in \
             `labels.astype(numpy.int32)`"
        );
        return Err(input(map.py(), ErrorNumber::Option, message));
    }
    Ok(array)
}

/// The same memory as unsigned integers of that size.
fn viewed<'py, T: numpy::Element>(map: &Bound<'py, PyUntypedArray>, name: &str) -> PyResult<Bound<'py, PyArray3<T>>> {
    Ok(map.call_method1(intern!(map.py(), "view"), (name,))?.cast_into()?)
}

fn compared<T: numpy::Element + Label + TryFrom<u32>>(
    py: Python<'_>,
    [reference, prediction]: &[Bound<'_, PyArray3<T>>; 2],
    labels: &[(u32, String)],
    spacing_mm: SpacingMm,
    options: &MetricOptions,
) -> PyResult<Vec<NamedMetrics>> {
    let mut wanted = Vec::with_capacity(labels.len());
    for (label, name) in labels {
        let value = T::try_from(*label).map_err(|_| {
            let bits = 8 * size_of::<T>();
            input(py, ErrorNumber::Option, format!("label {label} is beyond what label maps of {bits} bits hold"))
        })?;
        wanted.push((value, name.as_str()));
    }
    let (reference, prediction) = (reference.try_readonly()?, prediction.try_readonly()?);
    let (reference, prediction) = (reference.as_array(), prediction.as_array());
    detached(py, || compare_label_maps(reference, prediction, &wanted, spacing_mm, options))
}
