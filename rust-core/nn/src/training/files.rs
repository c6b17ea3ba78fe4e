//! Files of the model folder's `training/`.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use serde::Serialize;
use sha2::{Digest, Sha256};
use tmli_model::hex;

use super::{error::TrainError, event::TrainEvent};

/// Names in the model folder.
pub(super) const FOLDER: &str = "training";
/// See [`super::checkpoint`].
pub(super) const CHECKPOINT: &str = "checkpoint.safetensors";
/// The only file with case identifiers.
pub(super) const SPLIT: &str = "split.json";
/// The settings.
pub(super) const CONFIG: &str = "config.json";
/// Events.
pub(super) const LOG: &str = "log.jsonl";

/// Writes under another name in the same folder, makes sure that it is on the disk, and renames it.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    let temporary = with_suffix(path, ".part");
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        sync_folder(path)
    };
    write().map_err(|source| {
        // What is half written is of no use; that it can't be removed either is no news.
        let _ = fs::remove_file(&temporary);
        TrainError::File { operation: "can't write", path: path.to_owned(), source }
    })
}

/// The rename itself must reach the disk, where the system can be asked for that.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Writes a value as JSON.
pub(super) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), TrainError> {
    let error = |source: serde_json::Error| TrainError::File {
        operation: "can't write",
        path: path.to_owned(),
        source: std::io::Error::other(source),
    };
    let mut text = serde_json::to_vec_pretty(value).map_err(error)?;
    text.push(b'\n');
    write_whole(path, &text)
}

/// SHA-256 of a file, lower-case hexadecimal.
pub(super) fn sha256_of(path: &Path) -> Result<String, TrainError> {
    let error = |source| TrainError::File { operation: "can't read", path: path.to_owned(), source };
    Ok(hex(&Sha256::digest(fs::read(path).map_err(error)?)))
}

/// Appends events, one JSON object per line.
pub(super) struct Log {
    file: File,
    path: PathBuf,
    start: Instant,
}

#[derive(Serialize)]
struct Line<'a> {
    /// Since the start or the resumption.
    seconds: f64,
    /// Seconds since 1970.
    unix_time: u64,
    #[serde(flatten)]
    event: &'a TrainEvent,
}

impl Log {
    /// Opens for appending. A last line without its end, left by a kill, is ended first.
    pub(super) fn open(path: &Path) -> Result<Self, TrainError> {
        let open = || -> std::io::Result<File> {
            let unfinished = fs::read(path).is_ok_and(|bytes| bytes.last().is_some_and(|&b| b != b'\n'));
            let mut file = OpenOptions::new().create(true).append(true).open(path)?;
            if unfinished {
                file.write_all(b"\n")?;
            }
            Ok(file)
        };
        let error = |source| TrainError::File { operation: "can't open", path: path.to_owned(), source };
        Ok(Self { file: open().map_err(error)?, path: path.to_owned(), start: Instant::now() })
    }

    /// Since the log was opened.
    pub(super) fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// Writes one line in one call, so that a kill leaves at most one line unfinished.
    pub(super) fn write(&mut self, event: &TrainEvent) -> Result<(), TrainError> {
        let unix_time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        let line = Line { seconds: self.seconds(), unix_time, event };
        let error = |source| TrainError::File { operation: "can't write", path: self.path.clone(), source };
        let mut text = serde_json::to_vec(&line).map_err(|e| error(std::io::Error::other(e)))?;
        text.push(b'\n');
        self.file.write_all(&text).and_then(|()| self.file.flush()).map_err(error)
    }
}

/// `2026-11-23T05:41:00Z`, by Hinnant's civil-from-days.
pub(super) fn utc_now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64);
    let (days, time) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (y, m, d) = date(days);
    format!("{y:04}-{m:02}-{d:02}T{:02}:{:02}:{:02}Z", time / 3600, time / 60 % 60, time % 60)
}

fn date(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day = z.rem_euclid(146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_since_1970_become_dates() {
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(date(19_782), (2024, 2, 29));
        assert_eq!(date(20_780), (2026, 11, 23));
    }

    #[test]
    fn nothing_is_left_of_a_write_that_failed() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("x");
        fs::create_dir(&target).expect("a folder where the file should go");
        fs::write(target.join("y"), "").expect("a file in it");
        assert!(matches!(write_whole(&target, b"z"), Err(TrainError::File { .. })));
        assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 1);
    }
}
