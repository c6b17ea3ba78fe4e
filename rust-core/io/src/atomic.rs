//! Files that are there whole or not at all.

use std::{
    io::{self, BufWriter, Write},
    path::Path,
};

use crate::error::IoError;

/// Counts what is written, so that a full disk can be told in numbers.
struct Counting<'a, W: Write> {
    inner: &'a mut W,
    asked: u64,
}

impl<W: Write> Write for Counting<'_, W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self.inner.write(buffer) {
            Ok(n) => {
                self.asked += n as u64;
                Ok(n)
            }
            Err(e) => {
                self.asked += buffer.len() as u64;
                Err(e)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Writes a file whole or not at all: under a temporary name in the same folder, flushed to the disk, then renamed over
/// `path`. On failure the temporary file is removed and what was at `path` before stays.
///
/// `what` names the file in errors without its path, e.g. "the structure set".
///
/// # Errors
/// [`IoError::DiskFull`] with the bytes that were needed at least, otherwise [`IoError::Write`].
pub fn write_atomically<T>(
    path: &Path,
    what: &str,
    write: impl FnOnce(&mut dyn Write) -> io::Result<T>,
) -> Result<T, IoError> {
    write_and_rename(path, what, true, write)
}

fn write_and_rename<T>(
    path: &Path,
    what: &str,
    sync: bool,
    write: impl FnOnce(&mut dyn Write) -> io::Result<T>,
) -> Result<T, IoError> {
    let fail = |source: io::Error, needed_bytes: u64| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            IoError::DiskFull { what: what.to_owned(), needed_bytes }
        }
        _ => IoError::Write { what: what.to_owned(), source },
    };
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tmli-").suffix(".part");
    // tempfile makes files for the owner alone; a structure set is read by others (by the usual umask).
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    // tempfile puts the path into its errors, and a path may hold a name: only the kind goes on.
    let mut file = builder.tempfile_in(folder).map_err(|e| fail(e.kind().into(), 0))?;
    let mut counting = Counting { inner: file.as_file_mut(), asked: 0 };
    let result = {
        let mut buffered = BufWriter::with_capacity(1 << 20, &mut counting);
        let result = write(&mut buffered).and_then(|value| buffered.flush().map(|()| value));
        // Dropping the writer must not try once more what has just failed.
        let _ = buffered.into_parts();
        result
    };
    let asked = counting.asked;
    let value = result.map_err(|e| fail(e, asked))?;
    if sync {
        file.as_file().sync_all().map_err(|e| fail(e, asked))?;
    }
    file.persist(path).map_err(|e| fail(e.error.kind().into(), asked))?;
    Ok(value)
}

/// [`write_atomically`] of bytes that are there already, so that a full disk can be told exactly.
pub(crate) fn write_bytes_atomically(path: &Path, what: &str, bytes: &[u8]) -> Result<(), IoError> {
    write_bytes(path, what, bytes, true)
}

/// The same without waiting for the disk, for the hundreds of files of a series that can be made again.
pub(crate) fn write_bytes_without_sync(path: &Path, what: &str, bytes: &[u8]) -> Result<(), IoError> {
    write_bytes(path, what, bytes, false)
}

fn write_bytes(path: &Path, what: &str, bytes: &[u8], sync: bool) -> Result<(), IoError> {
    write_and_rename(path, what, sync, |file| file.write_all(bytes)).map_err(|error| match error {
        IoError::DiskFull { what, .. } => IoError::DiskFull { what, needed_bytes: bytes.len() as u64 },
        other => other,
    })
}
