//! Programs of others that judge our files: pydicom, dicom3tools and DCMTK, and those that read them with highdicom,
//! SimpleITK, dcmrtstruct2nii, plastimatch and the libraries of OHIF. `cargo xtask test` sets all of them up in `.deps`.
#![allow(dead_code, unreachable_pub, clippy::print_stdout)]

use std::{path::Path, process::Command};

use super::repository;

#[path = "../../../core/tests/common/debian.rs"]
mod debian;

/// A program of dicom3tools or DCMTK; `None`, with a line that says so, where there is none.
pub fn program(name: &str) -> Option<Command> {
    debian::debian_program("debian", name)
}

/// plastimatch.
pub fn plastimatch() -> Option<Command> {
    debian::plastimatch()
}

/// Everything a program says.
pub fn output(command: &mut Command) -> (bool, String) {
    let output = command.output().expect("the program starts");
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

/// What dciodvfy says of a file: which kind of object it is, and after that every error and warning.
pub fn dciodvfy(file: &Path) -> Option<Vec<String>> {
    let (_, text) = output(program("dciodvfy")?.arg("-new").arg(file));
    Some(text.lines().map(str::to_owned).collect())
}

/// Python of the repository's environment, with pydicom.
pub fn python() -> Option<Command> {
    let python = repository().join(".deps/venv/bin/python");
    if !python.is_file() {
        println!("skipped: no Python environment in .deps/venv");
        return None;
    }
    Some(Command::new(python))
}

/// Python with highdicom, SimpleITK and dcmrtstruct2nii.
pub fn peers() -> Option<Command> {
    let python = repository().join(".deps/dicom-peers/bin/python");
    if !python.is_file() {
        println!("skipped: no peers in .deps/dicom-peers");
        return None;
    }
    Some(Command::new(python))
}

/// Node.js with the script that reads as the OHIF viewer does.
pub fn ohif() -> Option<Command> {
    let folder = repository().join(".deps/ohif");
    if !folder.join("files.sha256").is_file() {
        println!("skipped: no readers of OHIF in .deps/ohif");
        return None;
    }
    let mut command = Command::new(folder.join("node"));
    command.arg(folder.join("read.cjs"));
    Some(command)
}
