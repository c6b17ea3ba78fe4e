//! From errors of the crates to Python exceptions, and the one place where long work leaves the interpreter's lock.
//!
//! The classes are in `tmli/_errors.py`, which `cargo xtask codegen` makes from the table of all errors.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

use pyo3::{prelude::*, sync::PyOnceLock};
use tmli_api::{ApiError, ErrorNumber};

/// Does work without holding the interpreter's lock, so that other Python threads go on. What the work returns as an
/// error, and a panic too, becomes an exception of the class that its number belongs to.
///
/// Every function of this module that computes, reads or writes goes through here.
pub(crate) fn detached<T, E, F>(py: Python<'_>, work: F) -> PyResult<T>
where
    T: Send,
    E: Into<ApiError> + Send,
    F: FnOnce() -> Result<T, E> + Send,
{
    match py.detach(|| catch_unwind(AssertUnwindSafe(work))) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(raised(py, error)),
        Err(panic) => Err(raised(py, defect(&*panic))),
    }
}

/// What a panic says.
pub(crate) fn defect(panic: &(dyn Any + Send)) -> ApiError {
    let words = panic.downcast_ref::<String>().map(String::as_str);
    let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no words");
    ApiError::new(ErrorNumber::Panic, format!("a defect in TMLI: {words}"))
}

/// As [`detached`], for work that has no error of its own.
pub(crate) fn computed<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    detached(py, || Ok::<T, ApiError>(work()))
}

/// The exception of an error.
pub(crate) fn raised(py: Python<'_>, error: impl Into<ApiError>) -> PyErr {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let error = error.into();
    let number = error.number as i32;
    let made = MAKE
        .import(py, "tmli._errors", "error")
        .and_then(|make: &Bound<'_, PyAny>| make.call1((number, error.message, error.hint)));
    match made {
        Ok(exception) => PyErr::from_value(exception),
        Err(unusable) => unusable,
    }
}

/// An error in what the caller gave.
pub(crate) fn input(py: Python<'_>, number: ErrorNumber, message: impl Into<String>) -> PyErr {
    raised(py, ApiError::new(number, message))
}

/// Panics, so that the tests can see what becomes of a defect.
#[pyfunction]
pub(crate) fn _panic(py: Python<'_>) -> PyResult<()> {
    computed(py, || panic!("a deliberate panic"))
}
