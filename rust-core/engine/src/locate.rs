//! Where the worker program is.

use std::path::{Path, PathBuf};

use crate::error::EngineError;

/// Names the worker program.
const VARIABLE: &str = "TMLI_WORKER";

/// Where the worker program is: the one that is named (here, or in the variable `TMLI_WORKER`), else the first
/// `tmli-worker` beside this executable or shared library, in `bin` beside its folder, or on `PATH`.
///
/// # Errors
/// [`EngineError::WorkerNotFound`] with the places that were looked at.
pub fn find_worker(named: Option<&Path>) -> Result<PathBuf, EngineError> {
    let program = format!("tmli-worker{}", std::env::consts::EXE_SUFFIX);
    let candidates = match named.map(Path::to_owned).or_else(|| std::env::var_os(VARIABLE).map(PathBuf::from)) {
        Some(path) => vec![path],
        None => places().into_iter().map(|folder| folder.join(&program)).collect(),
    };
    match candidates.iter().find(|path| path.is_file()) {
        Some(found) => Ok(std::path::absolute(found).unwrap_or_else(|_| found.clone())),
        None => Err(EngineError::WorkerNotFound { program, looked: candidates }),
    }
}

/// Folders that may hold it, without repetition.
fn places() -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> = Vec::new();
    for ours in [std::env::current_exe().ok(), this_library()].into_iter().flatten() {
        let Some(folder) = ours.parent() else { continue };
        places.push(folder.to_owned());
        // A library in `lib` of an install tree.
        places.extend(folder.parent().map(|parent| parent.join("bin")));
    }
    places.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths).filter(|p| p.is_absolute()));
    let mut seen = std::collections::BTreeSet::new();
    places.retain(|place| seen.insert(place.clone()));
    places
}

/// The file that this code was loaded from: the executable, or a shared library in a host such as Slicer or Python.
/// Told by the system's list of mapped files; `None` on systems without one.
fn this_library() -> Option<PathBuf> {
    let here = this_library as fn() -> Option<PathBuf> as usize;
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let holds = |line: &&str| {
        let range = line.split(' ').next().and_then(|range| range.split_once('-'));
        let address = |text: &str| usize::from_str_radix(text, 16).ok();
        range.is_some_and(
            |(from, to)| matches!((address(from), address(to)), (Some(from), Some(to)) if (from..to).contains(&here)),
        )
    };
    let line = maps.lines().find(holds)?;
    line.find('/').map(|start| PathBuf::from(&line[start..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_this_code_is_found() {
        assert_eq!(this_library(), std::env::current_exe().ok());
    }

    #[test]
    fn a_named_worker_is_taken_or_missed_by_its_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("worker");
        let error = find_worker(Some(&program)).expect_err("it is not there");
        assert!(error.to_string().contains("worker") && error.hint().contains(VARIABLE), "{error}");
        std::fs::write(&program, "").expect("a file");
        assert_eq!(find_worker(Some(&program)), Ok(program));
    }
}
