//! What the worker's threads share: the way to the host, and which jobs are still wanted.

use std::{
    collections::BTreeMap,
    os::fd::BorrowedFd,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tmli_engine::{channel::Sender, words::ToHost};

/// A host that is stopped (in a debugger, say) may read again after so long.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Shared by all threads; a clone is the same desk.
#[derive(Clone)]
pub(super) struct Desk {
    sender: Sender,
    jobs: Arc<Mutex<BTreeMap<u64, Wish>>>,
}

/// What the host wants of a job.
#[derive(Clone)]
struct Wish {
    /// Whether it is worked on.
    begun: bool,
    cancelled: Arc<AtomicBool>,
}

impl Desk {
    pub(super) fn new(sender: Sender) -> Self {
        Self { sender, jobs: Arc::default() }
    }

    /// Says something to the host, with a handle where there is one.
    pub(super) fn say(&self, words: &ToHost, handle: Option<BorrowedFd<'_>>) {
        match serde_json::to_string(words) {
            // When the host is gone this process ends: the reading thread sees to it.
            Ok(line) => drop(self.sender.send(&line, handle, PATIENCE)),
            Err(error) => eprintln!("words can't be written as JSON: {error}"),
        }
    }

    /// Says something that may be missed when the host is busy.
    pub(super) fn mention(&self, words: &ToHost) {
        if let Ok(line) = serde_json::to_string(words) {
            drop(self.sender.send(&line, None, Duration::ZERO));
        }
    }

    /// Notes a new job.
    pub(super) fn enter(&self, job: u64) {
        self.jobs().insert(job, Wish { begun: false, cancelled: Arc::default() });
    }

    /// A job's turn has come: gives the sign of its cancel, or `None` when it is not wanted any more.
    pub(super) fn begin(&self, job: u64) -> Option<Arc<AtomicBool>> {
        let mut jobs = self.jobs();
        let wish = jobs.get_mut(&job)?;
        wish.begun = true;
        Some(wish.cancelled.clone())
    }

    /// The last word on a job.
    pub(super) fn close(&self, job: u64, words: &ToHost, handle: Option<BorrowedFd<'_>>) {
        if self.jobs().remove(&job).is_some() {
            self.say(words, handle);
        }
    }

    /// A job that waits is over now; one that is worked on ends after the windows that are in the network.
    pub(super) fn cancel(&self, job: u64) {
        let mut jobs = self.jobs();
        match jobs.get(&job) {
            Some(wish) if wish.begun => wish.cancelled.store(true, Ordering::Relaxed),
            Some(_) => {
                jobs.remove(&job);
                drop(jobs);
                self.say(&ToHost::Cancelled { job }, None);
            }
            // Its last word and the host's cancel met on the way.
            None => {}
        }
    }

    fn jobs(&self) -> MutexGuard<'_, BTreeMap<u64, Wish>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
