//! The worker's process: starting it, ending it, and how it ended.

use std::{
    os::fd::OwnedFd,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{error::EngineError, log::Log};

/// Lets libtorch's threads sleep while they wait: by default they spin, and everything else on the machine waits.
const WAIT_POLICY: (&str, &str) = ("OMP_WAIT_POLICY", "passive");
/// How often it is looked whether a process has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// The dynamic loader's exit code.
const CANNOT_LOAD: i32 = 127;

/// A worker's process.
#[derive(Debug)]
pub(crate) struct Process {
    child: Mutex<Child>,
    log: Log,
    /// The process that started it. A fork of the host has a copy of this value, but the worker is not its own.
    owner: u32,
}

impl Process {
    /// Starts `program serve` with `end` as standard input; what it writes goes to the log.
    pub(crate) fn start(program: &Path, end: OwnedFd, log: Log) -> Result<Self, EngineError> {
        let failed =
            |e: std::io::Error| EngineError::WorkerStart { program: program.to_owned(), reason: e.to_string() };
        let mut command = Command::new(program);
        command.arg("serve").stdin(Stdio::from(end));
        command.stdout(log.handle().map_err(failed)?).stderr(log.handle().map_err(failed)?);
        if std::env::var_os(WAIT_POLICY.0).is_none() {
            command.env(WAIT_POLICY.0, WAIT_POLICY.1);
        }
        // Ctrl-C in a terminal is meant for the host, which decides what becomes of the worker.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command.spawn().map_err(failed)?;
        Ok(Self { child: Mutex::new(child), log, owner: std::process::id() })
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child().id()
    }

    pub(crate) const fn log(&self) -> &Log {
        &self.log
    }

    /// Whether this process started it.
    pub(crate) fn is_ours(&self) -> bool {
        self.owner == std::process::id()
    }

    /// Ends it at once. Nothing happens when it has ended.
    pub(crate) fn kill(&self) {
        if self.is_ours() {
            // An error means that it has ended.
            let _ = self.child().kill();
        }
    }

    /// Waits for its end; kills it when it is not over within `limit`.
    pub(crate) fn finish(&self, limit: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + limit;
        let mut killed = false;
        loop {
            match self.child().try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) => {}
                Err(_) => return None,
            }
            if !killed && Instant::now() >= deadline {
                self.kill();
                killed = true;
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// The error for everyone who waited for it.
    pub(crate) fn ended(&self, status: Option<ExitStatus>) -> EngineError {
        let last_lines = self.log.last_lines();
        let (how, hint) = describe(status, &last_lines);
        EngineError::WorkerEnded { how, last_lines, log: self.log.path().to_owned(), hint }
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn describe(status: Option<ExitStatus>, last_lines: &[String]) -> (String, &'static str) {
    const AGAIN: &str = "try again; if it happens again, report it with the log";
    let Some(status) = status else { return ("ended".to_owned(), AGAIN) };
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let (name, hint) = match signal {
            9 => (
                "SIGKILL",
                "if nobody ended it, the system did for want of memory: close other programs, or choose fewer \
                 structures or a region",
            ),
            15 => ("SIGTERM", "somebody asked it to end; try again"),
            4 => ("SIGILL", "this processor lacks instructions that libtorch needs; use another machine"),
            6 => ("SIGABRT", AGAIN),
            7 => ("SIGBUS", AGAIN),
            8 => ("SIGFPE", AGAIN),
            11 => ("SIGSEGV", AGAIN),
            _ => ("", AGAIN),
        };
        let name = if name.is_empty() { String::new() } else { format!(" ({name})") };
        return (format!("was killed by signal {signal}{name}"), hint);
    }
    let cannot_load = last_lines.iter().any(|line| line.contains("error while loading shared libraries"));
    match status.code() {
        Some(CANNOT_LOAD) if cannot_load => (
            "could not start for want of a library".to_owned(),
            "install libtorch where the worker looks for it: pip install torch==2.11.0 beside tmli-engine, or \
             cargo xtask setup",
        ),
        Some(code) => (format!("ended with exit code {code}"), AGAIN),
        None => ("ended".to_owned(), AGAIN),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    #[test]
    fn the_end_is_told_in_words_with_what_to_do() {
        let (how, hint) = describe(Some(ExitStatus::from_raw(9)), &[]);
        assert_eq!(how, "was killed by signal 9 (SIGKILL)");
        assert!(hint.contains("memory"));
        let (how, _) = describe(Some(ExitStatus::from_raw(3 << 8)), &[]);
        assert_eq!(how, "ended with exit code 3");
        let line = "tmli-worker: error while loading shared libraries: libtorch_cpu.so: cannot open".to_owned();
        let (how, hint) = describe(Some(ExitStatus::from_raw(127 << 8)), &[line]);
        assert!(how.contains("want of a library") && hint.contains("torch==2.11.0"), "{how}: {hint}");
    }
}
