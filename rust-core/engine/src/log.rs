//! The worker's log: what it and libtorch write, limited in number and size. It holds no patient data.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

/// Logs that are kept, with the new one.
const KEPT: usize = 10;
/// A longer log is emptied before the next job.
const LONGEST_BYTES: u64 = 1 << 20;
/// Lines, and characters of each, that an error quotes.
const QUOTED_LINES: usize = 4;
const QUOTED_CHARACTERS: usize = 240;
/// Bytes at the end in which these lines are looked for.
const END_BYTES: u64 = 8 << 10;
const PREFIX: &str = "worker-";
const SUFFIX: &str = ".log";

/// A log that a worker writes to.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    /// Makes a new log in `folder`, or in the usual one, and removes the oldest.
    pub(crate) fn create(folder: Option<&Path>) -> io::Result<Self> {
        let Some(folder) = folder else {
            let usual = usual_folder().map(|f| Self::create_in(&f));
            // A home that can't be written to is no reason to refuse a job.
            return match usual {
                Some(Ok(log)) => Ok(log),
                _ => Self::create_in(&std::env::temp_dir().join("tmli-log")),
            };
        };
        Self::create_in(folder)
    }

    fn create_in(folder: &Path) -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        fs::create_dir_all(folder)?;
        remove_oldest(folder, KEPT - 1);
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("{PREFIX}{}-{number}{SUFFIX}", std::process::id()));
            let mut options = OpenOptions::new();
            // The worker's writes go to the end, wherever that is after `limit`.
            options.read(true).append(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            match options.open(&path) {
                // Left by an earlier process with the same number.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                opened => return Ok(Self { file: opened?, path }),
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// For the worker's standard output and error.
    pub(crate) fn handle(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Empties it when it got too long.
    pub(crate) fn limit(&self) {
        if self.file.metadata().is_ok_and(|m| m.len() > LONGEST_BYTES) && self.file.set_len(0).is_ok() {
            // The log is there to help; without this line it still does.
            let _ = writeln!(&self.file, "(earlier lines were removed)");
        }
    }

    /// The last lines that hold something, for an error.
    pub(crate) fn last_lines(&self) -> Vec<String> {
        let read = || -> io::Result<String> {
            let mut file = &self.file;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(END_BYTES)))?;
            let mut bytes = Vec::new();
            file.take(END_BYTES).read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let text = read().unwrap_or_default();
        let mut lines: Vec<String> = text
            .lines()
            .rev()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .take(QUOTED_LINES)
            .map(|line| line.chars().take(QUOTED_CHARACTERS).collect())
            .collect();
        lines.reverse();
        lines
    }
}

fn usual_folder() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let state = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else {
        variable("XDG_STATE_HOME").or_else(|| variable("HOME").map(|home| home.join(".local/state")))
    };
    state.map(|folder| folder.join("tmli/log"))
}

/// Leaves the newest `kept` logs of a folder.
fn remove_oldest(folder: &Path, kept: usize) {
    let is_log = |path: &PathBuf| {
        path.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with(PREFIX) && n.ends_with(SUFFIX))
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).filter(is_log);
    let mut logs: Vec<_> = entries.filter_map(|p| Some((fs::metadata(&p).ok()?.modified().ok()?, p))).collect();
    logs.sort();
    let surplus = logs.len().saturating_sub(kept);
    for (_, path) in logs.into_iter().take(surplus) {
        // Another host may have removed it, or still writes to it: either way it is of no use here.
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_logs_are_kept_and_other_files_are_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("notes.log"), "mine").expect("a file");
        let logs: Vec<Log> = (0..13).map(|_| Log::create(Some(folder.path())).expect("a log")).collect();
        assert_eq!(fs::read_dir(folder.path()).expect("a list").count(), KEPT + 1);
        assert!(logs[12].path().exists() && !logs[0].path().exists());
    }

    #[test]
    fn a_long_log_is_emptied_and_its_last_lines_are_quoted() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::create(Some(folder.path())).expect("a log");
        let mut worker = log.handle().expect("a handle");
        assert_eq!(log.last_lines(), Vec::<String>::new());
        for n in 0..80_000 {
            writeln!(worker, "line number {n}\n").expect("written");
        }
        assert_eq!(
            log.last_lines(),
            ["line number 79996", "line number 79997", "line number 79998", "line number 79999"]
        );
        log.limit();
        writeln!(worker, "{}", "é".repeat(1000)).expect("written");
        let lines = log.last_lines();
        assert_eq!(lines[0], "(earlier lines were removed)");
        assert_eq!(lines[1].chars().count(), QUOTED_CHARACTERS);
    }
}
