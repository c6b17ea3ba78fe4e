//! What a training tells: the log, the caller's events, and how long it will still take.

use std::ops::ControlFlow;

use super::{TrainEvent, files::Log};
use crate::NnError;

/// The log and the caller.
pub(super) struct Output<'a> {
    pub(super) log: Log,
    pub(super) events: &'a mut dyn FnMut(&TrainEvent) -> ControlFlow<()>,
}

impl Output<'_> {
    /// [`NnError::Cancelled`] when the caller wants to stop.
    pub(super) fn tell(&mut self, event: TrainEvent) -> Result<(), NnError> {
        self.log.write(&event)?;
        match (self.events)(&event) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(NnError::Cancelled),
        }
    }

    pub(super) fn warn(&mut self, message: &str) -> Result<(), NnError> {
        self.tell(TrainEvent::Warning { message: message.to_owned() })
    }
}

/// How long things take.
#[derive(Default)]
pub(super) struct Clock {
    pub(super) step_s: f64,
    pub(super) steps: u64,
    pub(super) epoch_end_s: f64,
    pub(super) epoch_ends: u64,
}

impl Clock {
    /// Seconds for so many more steps and ends of epochs.
    pub(super) fn time_left(&self, steps: u64, epoch_ends: u64) -> f64 {
        let mean = |sum: f64, n: u64| if n > 0 { sum / n as f64 } else { 0.0 };
        steps as f64 * mean(self.step_s, self.steps) + epoch_ends as f64 * mean(self.epoch_end_s, self.epoch_ends)
    }
}
