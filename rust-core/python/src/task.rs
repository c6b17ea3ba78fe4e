//! Work that goes on in a thread of this module, so that a program's own thread stays free.
//!
//! Such a thread never asks for the interpreter's lock: an application that keeps the lock in its event loop, as Slicer
//! does, would let it starve. What it made becomes a Python object in the thread that asks for it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use pyo3::{exceptions::PyTimeoutError, prelude::*};
use tmli_api::{ApiError, ErrorNumber};

use crate::{
    engine::JobStatus,
    error::{defect, raised},
    waiting::wait_for,
};

/// Makes a Python object of what the work made.
type Delivery = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

enum Outcome {
    Running,
    Ready(Delivery),
    Failed(ApiError),
    Given(Py<PyAny>),
}

struct State {
    stage: String,
    outcome: Outcome,
    took: Option<Duration>,
}

struct Shared {
    began: Instant,
    parts: AtomicUsize,
    begun: AtomicUsize,
    cancelled: AtomicBool,
    state: Mutex<State>,
    ended: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nobody panics while holding it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Through which work tells how far it is, and learns that nobody wants it any more.
pub(crate) struct Progress<'a>(Option<&'a Shared>);

impl Progress<'_> {
    /// Of work that its caller waits for.
    pub(crate) const WAITED_FOR: Self = Self(None);

    /// Says of how many parts the work is.
    pub(crate) fn begin(&self, parts: usize) {
        if let Some(shared) = self.0 {
            shared.parts.store(parts.max(1), Ordering::Relaxed);
        }
    }

    /// Said before each part, from any thread; `stage` says in words what it is.
    ///
    /// # Errors
    /// [`ErrorNumber::Cancelled`] when the part is not to be done.
    pub(crate) fn next(&self, stage: &str) -> Result<(), ApiError> {
        let Some(shared) = self.0 else { return Ok(()) };
        if shared.cancelled.load(Ordering::Relaxed) {
            return Err(ApiError::new(ErrorNumber::Cancelled, "the task was cancelled"));
        }
        stage.clone_into(&mut shared.state().stage);
        shared.begun.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Work that was started: ``poll`` it from a timer, wait for its ``result``, or ``await`` it. May be used from any thread.
///
/// It goes on in a thread that needs nothing of Python. ``await task`` gives what ``result`` gives; when the awaiting
/// asyncio task is cancelled, so is this one. It is cancelled too when the last reference to it is gone.
#[pyclass(module = "tmli", frozen, generic)]
pub(crate) struct Task {
    shared: Arc<Shared>,
}

impl Drop for Task {
    fn drop(&mut self) {
        self.shared.cancelled.store(true, Ordering::Relaxed);
    }
}

#[pymethods]
impl Task {
    /// How far it is. Costs microseconds and waits for nothing.
    fn poll(&self) -> JobStatus {
        let shared = &*self.shared;
        let state = shared.state();
        let (parts, begun) = (shared.parts.load(Ordering::Relaxed), shared.begun.load(Ordering::Relaxed));
        let elapsed_s = state.took.unwrap_or_else(|| shared.began.elapsed()).as_secs_f64();
        let (name, fraction) = match &state.outcome {
            Outcome::Running => ("running", begun.clamp(1, parts) as f64 / parts as f64 - 1.0 / parts as f64),
            Outcome::Ready(_) | Outcome::Given(_) => ("done", 1.0),
            Outcome::Failed(error) if error.number == ErrorNumber::Cancelled => ("cancelled", 0.0),
            Outcome::Failed(_) => ("failed", 0.0),
        };
        let known = name == "running" && fraction > 0.0;
        JobStatus {
            state: name.to_owned(),
            fraction,
            stage: state.stage.clone(),
            elapsed_s,
            remaining_s: known.then(|| elapsed_s * (1.0 - fraction) / fraction),
            device: None,
        }
    }

    /// Asks for its end and returns at once; it ends after the part that it is at. One that is over, or at its last
    /// part, is not changed: ``poll`` says how it ended.
    fn cancel(&self) {
        self.shared.cancelled.store(true, Ordering::Relaxed);
    }

    /// Waits for the end, for ``timeout`` seconds at most, and gives the result; the same one when it is called again.
    /// Other threads run meanwhile, and Ctrl-C ends the waiting, not the task.
    ///
    /// Raises TimeoutError; Cancelled; what the function raises that was started.
    #[pyo3(signature = (timeout=None))]
    fn result(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Py<PyAny>> {
        wait_for(py, "task", timeout, |pause| self.wait(pause))?;
        self.given(py)
    }

    fn __await__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("tmli._awaiting")?.call_method1("outcome", (slf,))?.call_method0("__await__")
    }

    fn __repr__(&self) -> String {
        format!("<tmli.Task: {}>", self.poll().__repr__())
    }
}

impl Task {
    /// Starts the work in a thread of its own; `deliver` makes a Python object of what it makes.
    pub(crate) fn start<T: Send + 'static>(
        work: impl FnOnce(&Progress<'_>) -> Result<T, ApiError> + Send + 'static,
        deliver: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> PyResult<Self> {
        let state = State { stage: String::new(), outcome: Outcome::Running, took: None };
        let shared = Arc::new(Shared {
            began: Instant::now(),
            parts: AtomicUsize::new(1),
            begun: AtomicUsize::new(0),
            cancelled: AtomicBool::new(false),
            state: Mutex::new(state),
            ended: Condvar::new(),
        });
        let inside = Arc::clone(&shared);
        std::thread::Builder::new().name("tmli task".to_owned()).spawn(move || {
            let made = catch_unwind(AssertUnwindSafe(|| work(&Progress(Some(&inside)))));
            let outcome = match made.unwrap_or_else(|panic| Err(defect(&*panic))) {
                Ok(made) => Outcome::Ready(Box::new(move |py| deliver(py, made))),
                Err(error) => Outcome::Failed(error),
            };
            let mut state = inside.state();
            state.took = Some(inside.began.elapsed());
            state.outcome = outcome;
            drop(state);
            inside.ended.notify_all();
        })?;
        Ok(Self { shared })
    }

    /// Whether it is over, at once or within the time.
    fn wait(&self, limit: Duration) -> bool {
        let running = |state: &mut State| matches!(state.outcome, Outcome::Running);
        let waited = self.shared.ended.wait_timeout_while(self.shared.state(), limit, running);
        !running(&mut waited.unwrap_or_else(PoisonError::into_inner).0)
    }

    /// The result of a task that is over.
    fn given(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let mut state = self.shared.state();
        match std::mem::replace(&mut state.outcome, Outcome::Running) {
            Outcome::Failed(error) => {
                state.outcome = Outcome::Failed(error.clone());
                Err(raised(py, error))
            }
            Outcome::Given(made) => {
                state.outcome = Outcome::Given(made.clone_ref(py));
                Ok(made)
            }
            Outcome::Ready(deliver) => {
                let made = deliver(py);
                state.outcome = match &made {
                    Ok(made) => Outcome::Given(made.clone_ref(py)),
                    Err(error) => Outcome::Failed(ApiError::new(ErrorNumber::Panic, error.to_string())),
                };
                made
            }
            Outcome::Running => Err(PyTimeoutError::new_err("the task is not done yet")),
        }
    }
}
