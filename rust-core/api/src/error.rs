//! The one error that leaves the library.

use std::fmt;

use crate::ErrorNumber;

/// What a caller from C or Python learns about a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// Which error it is, for programs.
    pub number: ErrorNumber,
    /// What happened in this case: expected, got, where. Never a patient's name, number, or path.
    pub message: String,
    /// What to do.
    pub hint: &'static str,
}

impl ApiError {
    /// The error of that number, with the facts of the case and the hint of the table.
    pub fn new(number: ErrorNumber, message: impl Into<String>) -> Self {
        Self { number, message: message.into(), hint: number.hint() }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}
