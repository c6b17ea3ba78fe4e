//! How far a job is, told often enough for a smooth bar and seldom enough to cost nothing.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tmli_engine::words::ToHost;

use super::desk::Desk;

const PAUSE: Duration = Duration::from_millis(50);

/// Of one job.
pub(super) struct Progress<'d> {
    desk: &'d Desk,
    job: u64,
    cancelled: Arc<AtomicBool>,
    /// Cost of the whole job, of what is done, and of the part that is under way.
    total: f64,
    done: f64,
    part: f64,
    stage: String,
    told: Option<Instant>,
}

impl<'d> Progress<'d> {
    pub(super) fn new(desk: &'d Desk, job: u64, cancelled: Arc<AtomicBool>) -> Self {
        Self { desk, job, cancelled, total: 0.0, done: 0.0, part: 0.0, stage: String::new(), told: None }
    }

    /// Of the whole job, in any unit.
    pub(super) fn set_total(&mut self, cost: f64) {
        self.total = cost;
    }

    /// The next part begins.
    pub(super) fn begin(&mut self, cost: f64, stage: String) {
        self.done += self.part;
        (self.part, self.stage, self.told) = (cost, stage, None);
        self.tell(0.0);
    }

    /// This share of the part is done; `Break` when the job is not wanted any more.
    pub(super) fn reach(&mut self, share: f64) -> ControlFlow<()> {
        if self.told.is_none_or(|told| told.elapsed() >= PAUSE) {
            self.tell(share);
        }
        if self.cancelled.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Whether the job is not wanted any more.
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    fn tell(&mut self, share: f64) {
        self.told = Some(Instant::now());
        let fraction = if self.total > 0.0 { (self.done + self.part * share) / self.total } else { 0.0 };
        let fraction = fraction.clamp(0.0, 1.0);
        self.desk.mention(&ToHost::Progress { job: self.job, fraction, stage: self.stage.clone() });
    }
}
