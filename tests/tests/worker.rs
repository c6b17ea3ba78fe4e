//! `tmli` and the program that holds libtorch: what `tmli` says when that, or its libtorch, is not there.

#![cfg(target_os = "linux")]

use std::{fs, path::Path, process::Command};

use tmli_tests::{Run, built, finish, folder};

/// A copy of `tmli` alone in a folder, where it finds no worker but the one that is put beside it.
fn alone(folder: &Path) -> std::path::PathBuf {
    let program = folder.join("tmli");
    fs::copy(built("tmli"), &program).expect("a copy");
    program
}

fn run(program: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new(program);
    for variable in ["TMLI_WORKER", "LD_LIBRARY_PATH", "PATH"] {
        command.env_remove(variable);
    }
    finish(command.args(arguments))
}

/// Puts a copy of the worker into a folder, whose search path for libraries leads nowhere: as it is where TMLI was
/// copied to a computer without libtorch.
fn worker_without_libtorch(folder: &Path) {
    let mut bytes = fs::read(built("tmli-worker")).expect("a worker");
    // The search path is one text in the program: the folder of the build, then places beside the program.
    let beside = b":$ORIGIN/../lib:";
    let at = bytes.windows(beside.len()).position(|w| w == beside).expect("a search path");
    let start = bytes[..at].iter().rposition(|&b| b == 0).expect("a text begins after a zero") + 1;
    assert_eq!(bytes[start], b'/', "the folder of the build");
    bytes[start + 1..at].fill(b'x');
    let copy = folder.join("tmli-worker");
    fs::copy(built("tmli-worker"), &copy).expect("a copy with its permissions");
    fs::write(&copy, bytes).expect("written");
}

const TRAIN: [&str; 9] = ["train", "--cohort", "PATIENTS", "--set", "oar1", "--network", "unet2d", "--out", "MODEL"];

#[test]
fn the_doctor_names_worker_libtorch_device_and_memory() {
    let run = run(&built("tmli"), &["doctor"]);
    let text = run.succeeds();
    for word in ["worker", "tmli-worker", "libtorch", "2.11.0", "device", "CPU", "memory", "disk"] {
        assert!(text.contains(word), "{word} is missing:\n{text}");
    }
    assert!(!text.contains("missing"), "{text}");
}

#[test]
fn without_a_worker_the_doctor_says_so_and_training_tells_what_to_do() {
    let place = folder();
    let tmli = alone(place.path());
    let doctor = run(&tmli, &["doctor"]);
    let text = doctor.succeeds();
    for word in ["tmli-worker", "missing", "memory", "What to do", "TMLI_WORKER"] {
        assert!(text.contains(word), "{word} is missing:\n{text}");
    }
    run(&tmli, &TRAIN).fails_saying(&["tmli-worker", "what to do", "TMLI_WORKER"]);
    assert!(run(&tmli, &["train", "--help"]).succeeds().contains("--split-seed"), "the whole help");
}

#[test]
fn with_a_worker_whose_libtorch_is_gone_the_doctor_names_it_and_training_tells_what_to_do() {
    let place = folder();
    let tmli = alone(place.path());
    worker_without_libtorch(place.path());
    let doctor = run(&tmli, &["doctor"]);
    let text = doctor.succeeds();
    for word in ["missing: ", "libtorch_cpu.so", "can't be found", "memory", "What to do", "cargo xtask setup"] {
        assert!(text.contains(word), "{word} is missing:\n{text}");
    }
    run(&tmli, &TRAIN).fails_saying(&["libtorch_cpu.so", "can't be found", "what to do", "torch==2.11.0"]);
}

#[test]
fn a_file_that_is_no_program_is_not_taken_for_a_worker() {
    let place = folder();
    let tmli = alone(place.path());
    fs::write(place.path().join("tmli-worker"), "not a program").expect("written");
    let doctor = run(&tmli, &["doctor"]);
    assert!(doctor.succeeds().contains("can't be started"), "{}", doctor.stdout);
    run(&tmli, &TRAIN).fails_saying(&["tmli-worker", "what to do"]);
}

#[test]
fn the_command_line_itself_is_loaded_without_libtorch() {
    let listing = finish(Command::new(built("tmli")).env("LD_TRACE_LOADED_OBJECTS", "1"));
    assert!(listing.succeeds().contains("libc.so"), "{}", listing.stdout);
    assert!(!listing.stdout.contains("torch"), "{}", listing.stdout);
}
