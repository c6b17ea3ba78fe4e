//! A worker that may take less memory than a model wants: smaller windows, said in the result, or an error; never a
//! worker that is gone.

mod common;

use std::{fs, os::unix::fs::PermissionsExt as _};

use common::{LONG, ct, request, wide_model, worker};
use tmli_engine::{Engine, EngineError, EngineOptions, FailureClass, JobState};

/// An engine whose worker may address `mebibytes` beyond what it needs to start.
fn limited(mebibytes: u64) -> (tempfile::TempDir, Engine) {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("worker");
    let kib = (address_space_of_an_idle_worker() / 1024) + mebibytes * 1024;
    let text = format!("#!/bin/sh\nulimit -v {kib}\nexec '{}' \"$@\"\n", worker().display());
    fs::write(&script, text).expect("written");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("made a program");
    let log_folder = Some(folder.path().join("log"));
    let engine = Engine::new(EngineOptions { worker: Some(script), log_folder, ..EngineOptions::default() });
    (folder, engine)
}

/// After a job, so that libtorch has its threads.
fn address_space_of_an_idle_worker() -> u64 {
    let (folder, engine) = common::engine();
    let model = folder.path().join("model");
    common::threshold_model(&model, &[10.5]);
    let job = engine.segment(request(&ct([2, 64, 64]), &model)).expect("a job");
    assert_eq!(job.wait(Some(LONG)).state, JobState::Done);
    common::address_space_bytes(engine.worker_process_id().expect("a worker"))
}

#[test]
fn windows_get_smaller_until_memory_suffices_and_the_result_says_so() {
    let (folder, engine) = limited(500);
    let model = folder.path().join("wide");
    wide_model(&model);
    let job = engine.segment(request(&ct([1, 1024, 1024]), &model)).expect("a job");
    job.wait(Some(LONG));
    let result = job.take().expect("masks");
    assert!(result.notes.iter().any(|n| n.contains("instead of [1, 1024, 1024]")), "{:?}", result.notes);
}

#[test]
fn a_job_that_never_fits_is_an_error_and_the_worker_lives_on() {
    let (folder, engine) = limited(60);
    let (many, small) = (folder.path().join("many"), folder.path().join("small"));
    // However small the windows: the sums of a hundred structures in one slice take 420 MB.
    let limits: Vec<f32> = (0..100).map(|n| n as f32 + 0.5).collect();
    common::threshold_model(&many, &limits);
    common::threshold_model(&small, &[10.5]);
    let job = engine.segment(request(&ct([1, 1024, 1024]), &many)).expect("a job");
    job.wait(Some(LONG));
    let error = job.take().expect_err("no masks");
    assert!(matches!(error, EngineError::Job { class: FailureClass::Memory, .. }), "{error}");
    assert!(error.hint().contains("fewer structures"), "{}", error.hint());
    let job = engine.segment(request(&ct([2, 64, 64]), &small)).expect("a job");
    assert_eq!(job.wait(Some(LONG)).state, JobState::Done);
}
