//! Waiting from Python for what goes on elsewhere: other threads run meanwhile, and Ctrl-C is heard.

use std::time::{Duration, Instant};

use pyo3::{exceptions::PyTimeoutError, prelude::*};
use tmli_api::ErrorNumber;

use crate::error::{computed, input};

/// How long a Ctrl-C waits at most while a result is waited for.
const SIGNALS_EVERY: Duration = Duration::from_millis(50);

/// A number of seconds that Python gave; `what` names it in the error.
pub(crate) fn seconds_of(py: Python<'_>, what: &str, seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| input(py, ErrorNumber::Option, format!("{what} must be seconds from 0 on, got {seconds}")))
}

/// Waits until `is_over`, which itself waits for as long as it is told, or for `timeout` seconds. `what` is waited for.
///
/// # Errors
/// `TimeoutError` after that time, `KeyboardInterrupt` after a Ctrl-C, `InputError` for a time without meaning.
pub(crate) fn wait_for(
    py: Python<'_>,
    what: &str,
    timeout: Option<f64>,
    is_over: impl Fn(Duration) -> bool + Send + Sync,
) -> PyResult<()> {
    let limit = timeout.map(|seconds| seconds_of(py, "timeout", seconds)).transpose()?;
    let start = Instant::now();
    loop {
        let left = limit.map(|limit| limit.saturating_sub(start.elapsed()));
        let pause = left.unwrap_or(SIGNALS_EVERY).min(SIGNALS_EVERY);
        if computed(py, || is_over(pause))? {
            return Ok(());
        }
        py.check_signals()?;
        if left.is_some_and(|left| left.is_zero()) {
            return Err(PyTimeoutError::new_err(format!("the {what} is not done yet")));
        }
    }
}
