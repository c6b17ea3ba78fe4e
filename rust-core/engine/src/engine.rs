//! The engine: one worker that is started at the first need, kept, and replaced when it ends.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{
    connection::Connection,
    error::EngineError,
    job::{Job, Shared},
    options::EngineOptions,
    request::SegmentRequest,
    words::WorkerDescription,
};

/// A process that was killed is gone after so long, but for a GPU driver that frees its memory.
const GONE_AFTER: Duration = Duration::from_secs(5);

/// Runs segmentation jobs in a worker process. May be used from any thread; a clone is the same engine, and when the
/// last clone is dropped the worker ends, with the jobs that are in it.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

impl Engine {
    /// An engine; nothing is started yet.
    pub fn new(options: EngineOptions) -> Self {
        Self { inner: Arc::new(Inner { options, connection: Mutex::new(None), next_number: AtomicU64::new(1) }) }
    }

    /// What the worker is and can: starts it if need be, and waits for its answer (seconds, where a GPU's libraries are
    /// loaded for the first time).
    ///
    /// # Errors
    /// When there is no worker, it can't start, or it does not answer.
    pub fn describe(&self) -> Result<WorkerDescription, EngineError> {
        let connection = self.inner.connect(&mut self.inner.connection())?;
        connection.describe()
    }

    /// Starts a job and returns at once: models are loaded and networks run in the worker. Jobs on one device run one
    /// after the other, in the order of the calls.
    ///
    /// # Errors
    /// For a request that no worker could fulfil, and when there is no worker or it can't be started. Everything else
    /// is the job's own end, see [`Job::take`].
    pub fn segment(&self, mut request: SegmentRequest) -> Result<Job, EngineError> {
        request.check()?;
        for folder in &mut request.models {
            // The worker does not follow when the host changes its folder.
            *folder = std::path::absolute(&*folder).unwrap_or_else(|_| std::mem::take(folder));
        }
        let number = self.inner.next_number.fetch_add(1, Ordering::Relaxed);
        let job = Job { shared: Arc::new(Shared::new(number, request)) };
        self.inner.submit(&job.shared)?;
        Ok(job)
    }

    /// The number of the worker's process, for those who watch its memory; `None` while there is none.
    pub fn worker_process_id(&self) -> Option<u32> {
        self.inner.connection().as_ref().and_then(|connection| connection.process_id())
    }

    /// Ends the worker now, frees its memory, and ends the jobs that are in it ([`EngineError::Stopped`]). The next job
    /// starts a new one.
    pub fn stop(&self) {
        let connection = self.inner.connection().take();
        if let Some(connection) = connection.filter(|c| c.is_ours()) {
            connection.stop();
            connection.wait_until_gone(GONE_AFTER);
        }
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self::new(EngineOptions::default())
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("options", &self.inner.options).finish_non_exhaustive()
    }
}

/// What the clones of an engine share.
pub(crate) struct Inner {
    options: EngineOptions,
    connection: Mutex<Option<Arc<Connection>>>,
    next_number: AtomicU64,
}

impl Inner {
    /// Gives a job to the worker, or to a new one.
    pub(crate) fn submit(self: &Arc<Self>, job: &Arc<Shared>) -> Result<(), EngineError> {
        let mut slot = self.connection();
        // A worker that is at its end takes nothing; a new one does, unless it ends at once: then the job learns it.
        while !self.connect(&mut slot)?.add(job)? {
            *slot = None;
        }
        Ok(())
    }

    fn connect(self: &Arc<Self>, slot: &mut Option<Arc<Connection>>) -> Result<Arc<Connection>, EngineError> {
        if let Some(connection) = slot.as_ref().filter(|c| c.is_ours() && c.is_open()) {
            return Ok(connection.clone());
        }
        let connection = Connection::start(&self.options, Arc::downgrade(self))?;
        *slot = Some(connection.clone());
        Ok(connection)
    }

    fn connection(&self) -> MutexGuard<'_, Option<Arc<Connection>>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(connection) = self.connection().take().filter(|c| c.is_ours()) {
            connection.stop();
        }
    }
}
