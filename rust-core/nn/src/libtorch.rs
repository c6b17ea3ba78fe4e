//! The libtorch that this process has loaded, as the system's list of mapped files tells.

use std::path::{Path, PathBuf};

/// Its main library.
pub(crate) const LIBRARY: &str = "libtorch_cpu.so";

/// Where the loaded libtorch's main library is, links resolved; `None` on systems that don't tell.
pub fn loaded() -> Option<PathBuf> {
    let path = mapped(&std::fs::read_to_string("/proc/self/maps").ok()?).into_iter().next()?;
    Some(path.canonicalize().unwrap_or(path))
}

/// The version of the libtorch that a library belongs to: a wheel has `torch/version.py` beside `torch/lib`, a libtorch
/// archive has `build-version` beside `lib`.
pub fn version_of(library: &Path) -> Option<String> {
    let root = library.parent()?.parent()?;
    if let Ok(text) = std::fs::read_to_string(root.join("build-version")) {
        return Some(text.trim().to_owned());
    }
    let text = std::fs::read_to_string(root.join("version.py")).ok()?;
    let line = text.lines().find(|l| l.starts_with("__version__"))?;
    line.split(['\'', '"']).nth(1).map(str::to_owned)
}

/// Every path of libtorch's main library in a list of mapped files.
pub(crate) fn mapped(maps: &str) -> Vec<PathBuf> {
    let paths = maps.lines().filter_map(|line| line.find('/').map(|start| Path::new(&line[start..])));
    paths.filter(|path| path.file_name().is_some_and(|name| name == LIBRARY)).map(Path::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_a_wheel_and_from_an_archive() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let library = folder.path().join("lib").join(LIBRARY);
        assert_eq!(version_of(&library), None);
        std::fs::write(folder.path().join("version.py"), "x = 1\n__version__ = '2.11.0+cpu'\n").expect("writable");
        assert_eq!(version_of(&library).as_deref(), Some("2.11.0+cpu"));
        std::fs::write(folder.path().join("build-version"), "2.9.1\n").expect("writable");
        assert_eq!(version_of(&library).as_deref(), Some("2.9.1"));
    }

    #[test]
    fn the_loaded_libtorch_is_found_and_other_files_are_not_taken_for_it() {
        let maps =
            "7f00-7f01 r--p 0 0 0 \n7f02-7f03 r-xp 0 0 0    /opt/a b/lib/libtorch_cpu.so\n7f04-7f05 r 0 /x/libc.so";
        assert_eq!(mapped(maps), [PathBuf::from("/opt/a b/lib/libtorch_cpu.so")]);
        assert!(loaded().is_some_and(|path| path.is_file()));
    }
}
