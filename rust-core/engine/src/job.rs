//! A job as its caller sees it: how far it is, cancelling it, and its result.

use std::{
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use crate::{
    connection::Connection,
    error::EngineError,
    request::{SegmentRequest, SegmentResult},
};

/// A share of the work from which the time left is estimated: less tells nothing.
const TELLING_SHARE: f64 = 0.02;

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobState {
    /// Waits for its worker or for earlier jobs.
    Queued,
    /// Is worked on.
    Running,
    /// [`Job::take`] gives the result.
    Done,
    /// [`Job::take`] gives the error.
    Failed,
    /// Was cancelled; there is no result.
    Cancelled,
}

impl JobState {
    /// Whether it stays so.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        })
    }
}

/// How far a job is.
#[derive(Clone, Debug, PartialEq)]
pub struct JobStatus {
    /// Where it is.
    pub state: JobState,
    /// Share of the work that is done, 0 to 1; never falls, but for a job that had to be started again.
    pub fraction: f64,
    /// What is being done, in words for the user.
    pub stage: String,
    /// Since it was asked for, until now or its end.
    pub elapsed_s: f64,
    /// An estimate from the speed so far; `None` while nothing is known, 0 when it is over.
    pub remaining_s: Option<f64>,
    /// The device that computes, with the reason; `None` while it is not chosen.
    pub device: Option<String>,
}

/// A segmentation that was asked for. All its methods may be called from any thread; a clone is the same job.
///
/// A job that nobody holds any more goes on; [`Job::cancel`] ends it.
#[derive(Clone)]
pub struct Job {
    pub(crate) shared: Arc<Shared>,
}

impl Job {
    /// Number within its engine, counted from 1; the worker's log names jobs by it.
    pub fn number(&self) -> u64 {
        self.shared.number
    }

    /// How far it is. Takes a lock for the time of a copy, and never waits for the worker.
    pub fn poll(&self) -> JobStatus {
        self.shared.progress().status(Instant::now())
    }

    /// Asks for its end, and returns at once. It is over within a second: a worker that does not answer in 800 ms is
    /// ended, and jobs that wait in it are begun again in a new one. Nothing happens to a job that is over.
    pub fn cancel(&self) {
        let connection = self.shared.connection();
        if let Some(connection) = connection.upgrade() {
            connection.cancel(&self.shared);
        } else {
            self.shared.finish(Err(EngineError::Cancelled));
        }
    }

    /// Waits until it is over, for `limit` at most, and says how far it is then.
    pub fn wait(&self, limit: Option<Duration>) -> JobStatus {
        self.shared.wait(limit).status(Instant::now())
    }

    /// The result, once; it is in this process already, so that nothing is waited for. An error stays and is given
    /// again.
    ///
    /// # Errors
    /// [`EngineError::NotDone`] before the end, [`EngineError::Cancelled`], what made the job fail, or
    /// [`EngineError::Taken`].
    pub fn take(&self) -> Result<SegmentResult, EngineError> {
        let mut progress = self.shared.progress();
        match std::mem::replace(&mut progress.outcome, Outcome::Taken) {
            Outcome::None => {
                progress.outcome = Outcome::None;
                Err(EngineError::NotDone)
            }
            Outcome::Result(result) => Ok(*result),
            Outcome::Error(error) => {
                progress.outcome = Outcome::Error(error.clone());
                Err(error)
            }
            Outcome::Taken => Err(EngineError::Taken),
        }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("number", &self.number()).field("status", &self.poll()).finish()
    }
}

/// What the caller's handles and the connection's thread share.
pub(crate) struct Shared {
    pub(crate) number: u64,
    /// Until it is over: a job may have to be sent to a second worker.
    request: Mutex<Option<Arc<SegmentRequest>>>,
    progress: Mutex<Progress>,
    changed: Condvar,
    connection: Mutex<Weak<Connection>>,
}

pub(crate) struct Progress {
    state: JobState,
    fraction: f64,
    stage: String,
    device: Option<String>,
    asked: Instant,
    /// When the worker began.
    begun: Option<Instant>,
    /// When the first share of the work was told, and which; speed is measured from here, without loading models.
    first: Option<(Instant, f64)>,
    last: Option<(Instant, f64)>,
    ended: Option<Instant>,
    /// Whether somebody waits for the worker's answer to a cancel.
    cancelling: bool,
    /// How often it was sent to a worker.
    sent: u32,
    outcome: Outcome,
}

enum Outcome {
    None,
    Result(Box<SegmentResult>),
    Error(EngineError),
    Taken,
}

impl Progress {
    fn status(&self, now: Instant) -> JobStatus {
        let elapsed = self.ended.unwrap_or(now).saturating_duration_since(self.asked);
        JobStatus {
            state: self.state,
            fraction: self.fraction,
            stage: self.stage.clone(),
            elapsed_s: elapsed.as_secs_f64(),
            remaining_s: if self.state.is_final() { Some(0.0) } else { self.remaining(now) },
            device: self.device.clone(),
        }
    }

    fn remaining(&self, now: Instant) -> Option<f64> {
        let ((t0, f0), (t1, f1)) = (self.first?, self.last?);
        if f1 - f0 < TELLING_SHARE {
            return None;
        }
        let per_share = t1.saturating_duration_since(t0).as_secs_f64() / (f1 - f0);
        let since = now.saturating_duration_since(t1).as_secs_f64();
        Some((per_share * (1.0 - f1) - since).max(0.0))
    }
}

impl Shared {
    pub(crate) fn new(number: u64, request: SegmentRequest) -> Self {
        let progress = Progress {
            state: JobState::Queued,
            fraction: 0.0,
            stage: "waiting for the worker".to_owned(),
            device: None,
            asked: Instant::now(),
            begun: None,
            first: None,
            last: None,
            ended: None,
            cancelling: false,
            sent: 0,
            outcome: Outcome::None,
        };
        Self {
            number,
            request: Mutex::new(Some(Arc::new(request))),
            progress: Mutex::new(progress),
            changed: Condvar::new(),
            connection: Mutex::new(Weak::new()),
        }
    }

    pub(crate) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connection(&self) -> Weak<Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What to compute; `None` once it is over.
    pub(crate) fn request(&self) -> Option<Arc<SegmentRequest>> {
        self.request.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a worker has begun with it.
    pub(crate) fn is_begun(&self) -> bool {
        self.progress().state == JobState::Running
    }

    /// How often it was sent to a worker.
    pub(crate) fn times_sent(&self) -> u32 {
        self.progress().sent
    }

    /// It is now with this worker, and at its beginning.
    pub(crate) fn sent_to(&self, connection: Weak<Connection>) {
        *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = connection;
        let mut progress = self.progress();
        progress.sent += 1;
        if !progress.state.is_final() {
            progress.state = JobState::Queued;
            (progress.fraction, progress.device, progress.begun) = (0.0, None, None);
            (progress.first, progress.last) = (None, None);
        }
    }

    /// The worker has begun.
    pub(crate) fn begin(&self, device: String) {
        let mut progress = self.progress();
        if !progress.state.is_final() {
            progress.state = JobState::Running;
            progress.device = Some(device);
            progress.begun = Some(Instant::now());
        }
        self.changed.notify_all();
    }

    /// When the worker began.
    pub(crate) fn begun(&self) -> Option<Instant> {
        self.progress().begun
    }

    pub(crate) fn advance(&self, fraction: f64, stage: String) {
        let mut progress = self.progress();
        if progress.state.is_final() {
            return;
        }
        let now = Instant::now();
        progress.fraction = fraction.clamp(progress.fraction, 1.0);
        progress.stage = stage;
        let reached = (now, progress.fraction);
        if reached.1 > 0.0 {
            progress.first.get_or_insert(reached);
            progress.last = Some(reached);
        }
        self.changed.notify_all();
    }

    /// Marks that a cancel is under way; `false` where one was already, or it is over.
    pub(crate) fn begin_cancel(&self) -> bool {
        let mut progress = self.progress();
        if progress.state.is_final() || progress.cancelling {
            return false;
        }
        progress.cancelling = true;
        "cancelling".clone_into(&mut progress.stage);
        true
    }

    /// Whether somebody asked for its end.
    pub(crate) fn is_cancelling(&self) -> bool {
        self.progress().cancelling
    }

    /// Ends it, the first time this is called, and lets go of the voxels.
    pub(crate) fn finish(&self, outcome: Result<SegmentResult, EngineError>) {
        // Kept until the locks are free: unmapping a whole CT takes milliseconds.
        let _request = self.request.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut progress = self.progress();
        if progress.state.is_final() {
            return;
        }
        (progress.state, progress.stage, progress.outcome) = match outcome {
            Ok(result) => (JobState::Done, "done".to_owned(), Outcome::Result(Box::new(result))),
            Err(EngineError::Cancelled) => {
                (JobState::Cancelled, "cancelled".to_owned(), Outcome::Error(EngineError::Cancelled))
            }
            Err(error) => (JobState::Failed, "failed".to_owned(), Outcome::Error(error)),
        };
        if progress.state == JobState::Done {
            progress.fraction = 1.0;
        }
        progress.ended = Some(Instant::now());
        self.changed.notify_all();
    }

    /// Whether it is over within `limit`.
    pub(crate) fn wait_until_over(&self, limit: Duration) -> bool {
        self.wait(Some(limit)).state.is_final()
    }

    /// Waits until it is over, for `limit` at most.
    pub(crate) fn wait(&self, limit: Option<Duration>) -> MutexGuard<'_, Progress> {
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        let mut progress = self.progress();
        while !progress.state.is_final() {
            progress = match deadline {
                None => self.changed.wait(progress).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        break;
                    }
                    self.changed.wait_timeout(progress, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        progress
    }
}

#[cfg(test)]
mod tests {
    use tmli_core::{PointLps, SpacingMm, VolumeGeometry};

    use super::*;
    use crate::volume::SharedVolume;

    fn job() -> Job {
        let spacing = SpacingMm::new(1.0, 1.0, 1.0);
        let grid = VolumeGeometry::axial([1, 1, 1], PointLps::new(0.0, 0.0, 0.0), spacing).expect("a grid");
        let request = SegmentRequest::new(SharedVolume::new(grid).expect("memory"), Vec::new());
        Job { shared: Arc::new(Shared::new(1, request)) }
    }

    #[test]
    fn an_error_stays_and_a_result_is_not_there_before_the_end() {
        let job = job();
        assert_eq!(job.take(), Err(EngineError::NotDone));
        job.shared.finish(Err(EngineError::Stopped));
        job.shared.finish(Err(EngineError::Cancelled));
        assert_eq!((job.take(), job.take()), (Err(EngineError::Stopped), Err(EngineError::Stopped)));
        assert_eq!(job.poll().state, JobState::Failed);
        assert!(job.shared.request().is_none(), "the voxels are let go");
    }

    #[test]
    fn progress_never_falls_and_the_time_left_follows_the_speed() {
        let job = job();
        job.shared.begin("CPU".to_owned());
        job.shared.advance(0.0, "loading".to_owned());
        assert_eq!(job.poll().remaining_s, None);
        job.shared.advance(0.5, "segmenting".to_owned());
        job.shared.advance(0.4, "segmenting".to_owned());
        assert_eq!((job.poll().fraction, job.poll().remaining_s), (0.5, None));
        let now = Instant::now();
        let mut progress = job.shared.progress();
        progress.first = Some((now, 0.1));
        progress.last = Some((now + Duration::from_secs(4), 0.5));
        // A tenth took a second: five are left, of which two have gone by.
        let left = progress.status(now + Duration::from_secs(6)).remaining_s.expect("an estimate");
        assert!((left - 3.0).abs() < 1e-6, "{left}");
    }

    #[test]
    fn waiting_ends_with_the_limit_or_with_the_job() {
        let job = job();
        assert_eq!(job.wait(Some(Duration::from_millis(10))).state, JobState::Queued);
        let other = job.clone();
        let waiter = std::thread::spawn(move || other.wait(None).state);
        job.cancel();
        assert_eq!(waiter.join().expect("no panic"), JobState::Cancelled);
        assert_eq!(job.poll().remaining_s, Some(0.0));
    }
}
