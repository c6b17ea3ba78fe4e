//! Finding a Python that really works.

use std::{
    fmt,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Result, bail};

/// The minor versions of Python 3 that the pinned wheels exist for.
const MINOR: RangeInclusive<u32> = 10..=14;

/// Asks an interpreter everything we need to know about it. One line: version, then what is amiss, if anything.
const QUESTION: &str = "
import platform, sys, sysconfig
amiss = ''
if sys.implementation.name != 'cpython' or sysconfig.get_config_var('Py_GIL_DISABLED'): amiss = 'not the usual CPython'
elif platform.machine() != 'x86_64' or sys.maxsize < 2**32: amiss = 'not a 64-bit x86 program'
else:
    for name in ('ssl', 'venv', 'ensurepip'):
        try: __import__(name)
        except ImportError: amiss = 'has no module ' + name; break
print(*sys.version_info[:3], amiss)
";

/// This machine has no Python of the versions that are needed: what it is for can be left out.
#[derive(Debug, thiserror::Error)]
#[error(
    "Python 3.{} to 3.{} with venv and pip is needed. Tried:{tried}\n\
     Debian, Ubuntu: sudo apt install python3 python3-venv; Fedora: sudo dnf install python3.\n\
     Where theirs is another: `uv python install 3.{}` puts one beside it, https://docs.astral.sh/uv.\n\
     Another one: cargo xtask setup --python FILE",
    minor.start(), minor.end(), minor.end()
)]
pub(crate) struct NoPython {
    minor: RangeInclusive<u32>,
    /// A line for each, with what is wrong with it.
    tried: String,
}

/// An interpreter that can make environments.
#[derive(Debug)]
pub(super) struct Interpreter {
    pub(super) path: PathBuf,
    version: [u32; 3],
}

impl fmt::Display for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.version;
        write!(f, "Python {major}.{minor}.{patch} ({})", self.path.display())
    }
}

/// The interpreter that was asked for, or the first on PATH that works.
pub(super) fn find(wanted: Option<&Path>) -> Result<Interpreter> {
    if let Some(path) = wanted {
        return try_one(path, &MINOR).or_else(|reason| bail!("{} cannot be used: it {reason}", path.display()));
    }
    find_in(&folders_on_path(), &MINOR)
}

/// An interpreter of these minor versions: `first` if it is one (what the user chose for setup), or the first on PATH.
pub(super) fn find_minor(minor: &RangeInclusive<u32>, first: &Path) -> Result<Interpreter> {
    try_one(first, minor).or_else(|_| find_in(&folders_on_path(), minor))
}

fn folders_on_path() -> Vec<PathBuf> {
    std::env::var_os("PATH").iter().flat_map(std::env::split_paths).collect()
}

fn find_in(folders: &[PathBuf], minor: &RangeInclusive<u32>) -> Result<Interpreter> {
    let mut tried = String::new();
    let names = std::iter::once("python3".to_owned()).chain(minor.clone().rev().map(|m| format!("python3.{m}")));
    for name in names {
        // All of that name, not only the first: a version manager's shim may lie before a Python that works.
        for path in folders.iter().map(|folder| folder.join(&name)).filter(|path| path.exists()) {
            match try_one(&path, minor) {
                Ok(interpreter) => return Ok(interpreter),
                Err(reason) => tried += &format!("\n  {} {reason}", path.display()),
            }
        }
    }
    if tried.is_empty() {
        tried = "\n  (no python3 is on PATH)".to_owned();
    }
    Err(NoPython { minor: minor.clone(), tried }.into())
}

/// What is wrong with it otherwise, to be read after its name.
fn try_one(path: &Path, minor_versions: &RangeInclusive<u32>) -> Result<Interpreter, String> {
    let output = Command::new(path)
        .args(["-I", "-c", QUESTION])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("does not start: {error}"))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let first = words.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no reason given");
        return Err(format!("does not run: {first}"));
    }
    let answer = String::from_utf8_lossy(&output.stdout);
    let mut words = answer.trim().splitn(4, ' ');
    let mut number = || words.next().and_then(|word| word.parse::<u32>().ok());
    let (Some(major), Some(minor), Some(patch)) = (number(), number(), number()) else {
        return Err("gives no version".to_owned());
    };
    if major != 3 || !minor_versions.contains(&minor) {
        return Err(format!("is {major}.{minor}.{patch}"));
    }
    match words.next().map(str::trim) {
        Some(amiss) if !amiss.is_empty() => Err(amiss.to_owned()),
        _ => Ok(Interpreter { path: path.to_owned(), version: [major, minor, patch] }),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    fn script(folder: &Path, name: &str, text: &str) -> PathBuf {
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn a_shim_that_fails_and_an_old_python_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        script(folder.path(), "python3", "echo 'pyenv: python3: command not found' >&2; exit 127");
        script(folder.path(), "python3.14", "echo 3 9 18");
        let good = script(folder.path(), "python3.12", "echo '3 12 1 '");
        let found = find_in(&[folder.path().to_owned()], &MINOR).unwrap();
        assert_eq!((found.path, found.version), (good, [3, 12, 1]));
    }

    #[test]
    fn the_second_of_the_same_name_is_tried_too() {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        script(first.path(), "python3", "exit 1");
        let good = script(second.path(), "python3", "echo '3 11 2 '");
        let found = find_in(&[first.path().to_owned(), second.path().to_owned()], &MINOR).unwrap();
        assert_eq!(found.path, good);
    }

    #[test]
    fn a_python_without_the_wheels_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let new = script(folder.path(), "python3", "echo '3 14 0 '");
        let good = script(folder.path(), "python3.12", "echo '3 12 1 '");
        let found = find_in(&[folder.path().to_owned()], &(11..=13)).unwrap();
        assert_eq!(found.path, good);
        assert_eq!(find_minor(&(11..=14), &new).unwrap().path, new);
    }

    #[test]
    fn the_error_says_why_each_was_refused_and_what_to_install() {
        let folder = tempfile::tempdir().unwrap();
        script(folder.path(), "python3", "echo 3 11 2 has no module ensurepip");
        let error = find_in(&[folder.path().to_owned()], &MINOR).unwrap_err().to_string();
        assert!(error.contains("python3 has no module ensurepip"), "{error}");
        assert!(error.contains("sudo apt install python3 python3-venv"), "{error}");
    }

    #[test]
    fn a_python_that_is_too_new_for_something_is_told_from_other_failures() {
        let folder = tempfile::tempdir().unwrap();
        script(folder.path(), "python3", "echo '3 14 0 '");
        let error = find_in(&[folder.path().to_owned()], &(10..=13)).unwrap_err();
        assert!(error.is::<NoPython>() && error.to_string().contains("python3 is 3.14.0"), "{error}");
        assert!(error.context("making an environment").is::<NoPython>());
    }
}
