//! `tmli_error_t`, and the guard that every function goes through.

use std::{
    any::Any,
    ffi::{CString, c_char},
    panic::{AssertUnwindSafe, catch_unwind},
};

use tmli_api::{ApiError, ErrorNumber};

use crate::boundary::c_text;

/// An error: a number for programs, a message with the facts of the case, and a hint what to do. NULL is success.
///
/// The caller owns it and frees it with `tmli_error_free`. May be read by several threads at once.
#[derive(Debug)]
pub struct Error {
    number: ErrorNumber,
    message: CString,
    hint: CString,
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        Self { number: error.number, message: c_text(&error.message), hint: c_text(&error.hint) }
    }
}

/// What functions return: NULL when all went well.
pub(crate) type Outcome = Option<Box<Error>>;

/// Runs the work of an exported function. A panic ends here: it becomes an error like any other.
pub(crate) fn guard(work: impl FnOnce() -> Result<(), ApiError>) -> Outcome {
    // Handles that a panic left half changed are for the caller to discard; errors.toml tells so.
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(Box::new(error.into())),
        Err(panic) => Some(Box::new(ApiError::new(ErrorNumber::Panic, words(panic.as_ref())).into())),
    }
}

/// Frees a handle; a panic while doing so ends here.
pub(crate) fn free<T>(handle: Option<Box<T>>) {
    // There is nobody to tell: the memory is gone, and the panic's own message has been printed.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(handle)));
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a defect of TMLI: {}", text.unwrap_or("no reason given"))
}

/// The number of the error, one of `tmli_error`; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_error_number(error: Option<&Error>) -> i32 {
    error.map_or(0, |error| error.number as i32)
}

/// What happened, as UTF-8; never NULL, empty for NULL. Lives as long as the error.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_error_message(error: Option<&Error>) -> *const c_char {
    error.map_or(c"".as_ptr(), |error| error.message.as_ptr())
}

/// What to do, as UTF-8; never NULL, empty for NULL. Lives as long as the error.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_error_hint(error: Option<&Error>) -> *const c_char {
    error.map_or(c"".as_ptr(), |error| error.hint.as_ptr())
}

/// Frees the error. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_error_free(error: Option<Box<Error>>) {
    free(error);
}

/// Panics inside the library on purpose and returns what comes of it: an error with the number
/// `TMLI_ERROR_PANIC`. For tests of programs that want to see that a defect of TMLI does not end them.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_debug_panic() -> Option<Box<Error>> {
    guard(|| panic!("asked for by tmli_debug_panic"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_comes_back_as_an_error_with_its_words() {
        let error = tmli_debug_panic().expect("an error");
        assert_eq!(tmli_error_number(Some(&error)), ErrorNumber::Panic as i32);
        assert_eq!(error.message.to_str(), Ok("a defect of TMLI: asked for by tmli_debug_panic"));
        tmli_error_free(Some(error));
        tmli_error_free(None);
        assert_eq!(tmli_error_number(None), 0);
    }
}
