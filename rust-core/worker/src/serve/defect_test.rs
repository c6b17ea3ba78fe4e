//! A job that meets a defect of the worker's own: a real panic, in a real worker process, which is this test program.

use std::{fs, os::unix::fs::PermissionsExt as _};

use tmli_core::{PointLps, SpacingMm, Volume, VolumeGeometry};
use tmli_engine::{
    DeviceRequest, Engine, EngineError, EngineOptions, FailureClass, SegmentRequest, SharedVolume, words::SegmentWords,
};

#[path = "../../tests/common/models.rs"]
mod models;

/// Who asks for this structure asks for a panic.
const PANIC: &str = "a panic";

/// Called by every job, in test programs only.
pub(super) fn provoke(words: &SegmentWords) {
    assert!(words.structures != [PANIC], "provoked in job {}", words.job);
}

/// Not a test: what the test below starts as its worker.
#[test]
#[ignore = "a child process"]
fn as_a_worker() {
    super::serve();
}

#[test]
fn a_panic_in_a_job_is_its_error_and_the_next_job_runs_in_the_same_worker() {
    let folder = tempfile::tempdir().expect("a folder");
    let worker = folder.path().join("worker");
    let this = std::env::current_exe().expect("a program");
    let test = "serve::defect_test::as_a_worker";
    let script = format!("#!/bin/sh\nexec '{}' --exact {test} --ignored --nocapture\n", this.display());
    fs::write(&worker, script).expect("written");
    fs::set_permissions(&worker, fs::Permissions::from_mode(0o755)).expect("made a program");
    let log_folder = Some(folder.path().to_owned());
    let engine = Engine::new(EngineOptions { worker: Some(worker), log_folder, ..EngineOptions::default() });

    let model = folder.path().join("model");
    models::threshold_model(&model, &[10.5]);
    let spacing = SpacingMm::new(5.0, 1.0, 1.0);
    let grid = VolumeGeometry::axial([2, 64, 64], PointLps::new(0.0, 0.0, 0.0), spacing).expect("a grid");
    let voxels = ndarray::Array3::from_elem(grid.shape(), 100);
    let ct = SharedVolume::from_volume(&Volume::new(grid, voxels).expect("shapes agree")).expect("memory");
    let request =
        || SegmentRequest { device: DeviceRequest::Cpu, ..SegmentRequest::new(ct.clone(), vec![model.clone()]) };
    let mut workers = Vec::new();
    for _ in 0..2 {
        let job = engine.segment(SegmentRequest { structures: vec![PANIC.to_owned()], ..request() }).expect("a job");
        job.wait(None);
        let error = job.take().expect_err("it panics");
        let EngineError::Job { class: FailureClass::Defect, message, hint } = &error else { panic!("{error:?}") };
        assert!(message.contains("a defect of its own"), "{message}");
        let log = hint.split_whitespace().find(|word| word.ends_with(".log")).expect("the log's place");
        let log = fs::read_to_string(log).expect("the log");
        assert!(log.contains("defect_test.rs") && log.contains(&format!("provoked in job {}", job.number())), "{log}");

        let job = engine.segment(request()).expect("a job");
        job.wait(None);
        assert_eq!(job.take().expect("masks").segmentation.segments[0].mask.count(), 2 * 64 * 64);
        workers.push(engine.worker_process_id().expect("a worker"));
    }
    assert_eq!(workers[0], workers[1], "a panic ends no worker");
}
