//! Where the shared real data is, and small helpers.
#![allow(dead_code, unreachable_pub, clippy::print_stdout)]

pub mod builder;
pub mod oracles;

use std::{
    env,
    path::{Path, PathBuf},
};

/// The folder with public real data: `TMLI_SHARED_DATA`, or `shared/data` beside the repository. `None` (with a line
/// that says so) where there is none.
pub fn shared(set: &str) -> Option<PathBuf> {
    let from_env = env::var_os("TMLI_SHARED_DATA").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|dir| dir.join("shared/data"));
    let found = from_env.into_iter().chain(beside).find(|dir| dir.is_dir());
    match found {
        Some(dir) => Some(dir.join(set)),
        None => {
            println!("skipped: no shared data");
            None
        }
    }
}

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("."))
}

/// Copies one file into `dir`, which is made when absent.
pub fn copy_into(dir: &Path, file: &Path) {
    std::fs::create_dir_all(dir).unwrap();
    std::fs::write(dir.join(file.file_name().unwrap()), std::fs::read(file).unwrap()).unwrap();
}

/// Files of a folder, sorted.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}
