//! Progress on standard error: a bar on a terminal, a line now and then elsewhere, nothing with `--quiet`.

use std::{
    io::IsTerminal,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Lines of a log are at least this far apart.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// How much the user wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verbosity {
    /// Errors and results only.
    Quiet,
    /// Plain lines, for logs and pipes.
    Lines,
    /// A bar that is drawn again and again.
    Bar,
}

impl Verbosity {
    /// As asked for, and as the terminal allows.
    pub fn choose(quiet: bool) -> Self {
        match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Self::Quiet,
            (false, true) => Self::Bar,
            (false, false) => Self::Lines,
        }
    }

    /// A line about what is going on, unless quiet.
    pub fn note(self, text: impl std::fmt::Display) {
        if self != Self::Quiet {
            eprintln!("{text}");
        }
    }
}

/// One job with a known amount of work.
pub struct Progress {
    verbosity: Verbosity,
    bar: Option<ProgressBar>,
    label: String,
    total: u64,
    started: Instant,
    last_line: Option<Instant>,
    eta_s: Option<f64>,
}

impl Progress {
    /// `label` names the job, e.g. "reading CT".
    pub fn new(verbosity: Verbosity, label: impl Into<String>, total: usize) -> Self {
        let label = label.into();
        let total = total as u64;
        let bar = (verbosity == Verbosity::Bar).then(|| {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{prefix:<24} [{bar:32}] {percent:>3}% {msg}") {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.set_prefix(label.clone());
            bar
        });
        Self { verbosity, bar, label, total, started: Instant::now(), last_line: None, eta_s: None }
    }

    /// So much of the work is done; `detail` is shown beside it.
    pub fn set(&mut self, done: usize, total: usize, detail: &str) {
        self.total = total as u64;
        let eta = self.eta_s.take().or_else(|| self.estimate(done));
        let left = eta.map_or(String::new(), |s| format!("{} left", duration(s)));
        let text = [detail, left.as_str()].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(", ");
        if let Some(bar) = &self.bar {
            bar.set_length(self.total);
            bar.set_position(done as u64);
            bar.set_message(text);
        } else if self.verbosity == Verbosity::Lines && self.is_due(done) {
            let percent = 100 * done as u64 / self.total.max(1);
            let comma = if text.is_empty() { "" } else { ", " };
            eprintln!("{}: {percent} %{comma}{text}", self.label);
            self.last_line = Some(Instant::now());
        }
    }

    /// The same where the library estimates the time left itself.
    pub fn set_with_eta(&mut self, done: usize, total: usize, detail: &str, eta_s: f64) {
        self.eta_s = eta_s.is_finite().then_some(eta_s);
        self.set(done, total, detail);
    }

    /// A line that stays, above the bar.
    pub fn line(&self, text: impl std::fmt::Display) {
        match (&self.bar, self.verbosity) {
            (Some(bar), _) => bar.println(text.to_string()),
            (None, Verbosity::Lines) => eprintln!("{text}"),
            _ => {}
        }
    }

    /// Ends the job: the bar goes away.
    pub fn clear(self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Seconds since the job began.
    pub fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    fn estimate(&self, done: usize) -> Option<f64> {
        let elapsed = self.seconds();
        // The first moments say nothing about the rest.
        (done > 0 && elapsed > 0.5 && (done as u64) < self.total)
            .then(|| elapsed / done as f64 * (self.total - done as u64) as f64)
    }

    fn is_due(&self, done: usize) -> bool {
        match self.last_line {
            None => true,
            Some(last) => last.elapsed() >= LINE_EVERY || done as u64 == self.total,
        }
    }
}

/// Seconds in words: "45 s", "3 min 20 s", "2 h 05 min".
pub fn duration(seconds: f64) -> String {
    let s = seconds.max(0.0).round() as u64;
    match s {
        0..=59 => format!("{s} s"),
        60..=3599 => format!("{} min {:02} s", s / 60, s % 60),
        _ => format!("{} h {:02} min", s / 3600, s / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        assert_eq!(duration(0.4), "0 s");
        assert_eq!(duration(59.0), "59 s");
        assert_eq!(duration(200.2), "3 min 20 s");
        assert_eq!(duration(7500.0), "2 h 05 min");
    }

    #[test]
    fn quiet_progress_draws_nothing_and_does_not_fail_on_no_work() {
        let mut progress = Progress::new(Verbosity::Quiet, "nothing", 0);
        progress.set(0, 0, "");
        progress.set(5, 0, "more than all");
        progress.clear();
    }
}
