//! The one error that leaves the library.

use std::{borrow::Cow, fmt};

use crate::ErrorNumber;

/// What a caller from C or Python learns about a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// Which error it is, for programs.
    pub number: ErrorNumber,
    /// What happened in this case: expected, got, where. Never a patient's name, number, or path.
    pub message: String,
    /// What to do.
    pub hint: Cow<'static, str>,
}

impl ApiError {
    /// The error of that number, with the facts of the case and the hint of the table.
    pub fn new(number: ErrorNumber, message: impl Into<String>) -> Self {
        Self { number, message: message.into(), hint: number.hint().into() }
    }

    /// The same error with a hint that fits the case better than the table's. An empty one changes nothing.
    #[must_use]
    pub fn with_hint(mut self, hint: &str) -> Self {
        if !hint.is_empty() {
            self.hint = hint.to_owned().into();
        }
        self
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}
