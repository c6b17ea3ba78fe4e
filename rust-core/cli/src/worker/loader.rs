//! What the dynamic loader says about a program, without running it.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The shared libraries that a program needs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Libraries {
    /// Names of those that are not found.
    pub(crate) missing: Vec<String>,
    /// Where libtorch's main library is.
    pub(crate) libtorch: Option<PathBuf>,
}

/// Asks the loader. With this variable glibc's loader lists what it would load and ends before the program begins.
#[cfg(target_os = "linux")]
pub(crate) fn libraries(program: &Path) -> Result<Libraries, String> {
    let output = Command::new(program)
        .env("LD_TRACE_LOADED_OBJECTS", "1")
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("it can't be started ({e})"))?;
    let listing = String::from_utf8_lossy(&output.stdout);
    let found = read(&listing);
    if found.missing.is_empty() && !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let reason = words.lines().last().unwrap_or("no reason given").trim().to_owned();
        return Err(format!("the loader refuses it ({reason})"));
    }
    Ok(found)
}

/// Other systems have no such question; starting the program gives the answer.
#[cfg(not(target_os = "linux"))]
pub(crate) fn libraries(_program: &Path) -> Result<Libraries, String> {
    Ok(Libraries::default())
}

/// Lines such as `libm.so.6 => /lib/libm.so.6 (0x7f..)` and `libtorch_cpu.so => not found`.
#[cfg(target_os = "linux")]
fn read(listing: &str) -> Libraries {
    let mut found = Libraries::default();
    for (name, place) in listing.lines().filter_map(|line| line.trim().split_once(" => ")) {
        if place == "not found" {
            if !found.missing.iter().any(|m| m == name) {
                found.missing.push(name.to_owned());
            }
        } else if name.starts_with("libtorch_cpu.") {
            let path = place.rsplit_once(" (").map_or(place, |(path, _address)| path);
            found.libtorch = Some(PathBuf::from(path));
        }
    }
    found
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_once_and_libtorch_with_its_place() {
        let listing = "\tlinux-vdso.so.1 (0x7ffc)\n\tlibtorch_cpu.so => /opt/a (b)/libtorch_cpu.so (0x7f01)\n\
                       \tlibc10.so => not found\n\tlibc10.so => not found\n\t/lib64/ld-linux-x86-64.so.2 (0x7f02)\n";
        let found = read(listing);
        assert_eq!(found.missing, ["libc10.so"]);
        assert_eq!(found.libtorch, Some("/opt/a (b)/libtorch_cpu.so".into()));
    }

    #[test]
    fn this_program_has_all_that_it_needs_and_no_libtorch() {
        let found = libraries(&std::env::current_exe().expect("this program")).expect("the loader answers");
        assert_eq!(found, Libraries::default());
    }

    #[test]
    fn what_is_no_program_is_an_error() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        assert!(libraries(file.path()).is_err());
    }
}
