//! Every file of a folder and of the folders below it.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

use crate::error::IoError;

/// The files below `dir`, sorted by path. Linked folders are entered once; folders below that can't be listed are an
/// error, because slices may be in them.
pub(crate) fn files_below(dir: &Path) -> Result<Vec<PathBuf>, IoError> {
    let folder_error = |source| IoError::Folder { source };
    let mut files = Vec::new();
    let mut seen = HashSet::new();
    let mut open = vec![dir.to_owned()];
    while let Some(folder) = open.pop() {
        if !seen.insert(fs::canonicalize(&folder).map_err(folder_error)?) {
            continue;
        }
        for entry in fs::read_dir(&folder).map_err(folder_error)? {
            let path = entry.map_err(folder_error)?.path();
            // A dangling link is no file.
            let Ok(metadata) = fs::metadata(&path) else { continue };
            if metadata.is_dir() {
                open.push(path);
            } else if metadata.is_file() {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
