//! What a host gets to see of programs that are no good workers: each is started for real.
#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tmli_core::{PointLps, SpacingMm, VolumeGeometry};
use tmli_engine::{Engine, EngineError, EngineOptions, FailureClass, JobState, SegmentRequest, SharedVolume, VoxelBox};

fn request() -> SegmentRequest {
    let spacing = SpacingMm::new(5.0, 1.0, 1.0);
    let grid = VolumeGeometry::axial([2, 8, 8], PointLps::new(0.0, 0.0, 0.0), spacing).expect("a grid");
    SegmentRequest::new(SharedVolume::new(grid).expect("memory"), vec!["model".into()])
}

/// An engine whose worker is this shell script. Its standard input is the channel, in both directions.
fn engine_with(script: &str) -> (TempDir, Engine) {
    let folder = tempfile::tempdir().expect("a folder");
    let worker = folder.path().join("worker");
    fs::write(&worker, format!("#!/bin/sh\n{script}\n")).expect("written");
    fs::set_permissions(&worker, fs::Permissions::from_mode(0o755)).expect("made a program");
    let options =
        EngineOptions { worker: Some(worker), log_folder: Some(folder.path().join("log")), ..EngineOptions::default() };
    (folder, Engine::new(options))
}

const SAYS_READY: &str = r#"echo '{"type":"ready","protocol":1,"worker":"0"}' >&0"#;

#[test]
fn a_missing_worker_is_told_at_once_with_what_to_do() {
    let options = EngineOptions { worker: Some(PathBuf::from("/nowhere/tmli-worker")), ..EngineOptions::default() };
    let error = Engine::new(options).segment(request()).expect_err("there is none");
    assert!(error.to_string().contains("/nowhere/tmli-worker"), "{error}");
    assert!(error.hint().contains("pip install tmli-engine"), "{}", error.hint());
}

#[test]
fn a_file_that_is_no_program_is_told_at_once() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let options = EngineOptions { worker: Some(file.path().to_owned()), ..EngineOptions::default() };
    let error = Engine::new(options).segment(request()).expect_err("it can't be started");
    assert!(matches!(error, EngineError::WorkerStart { .. }), "{error}");
}

#[test]
fn a_worker_that_ends_is_an_error_with_its_last_words_and_its_log() {
    let (_folder, engine) = engine_with("echo something is wrong here >&2; exit 3");
    let job = engine.segment(request()).expect("a job");
    assert_eq!(job.wait(Some(Duration::from_secs(20))).state, JobState::Failed);
    let error = job.take().expect_err("no result");
    let text = error.to_string();
    assert!(text.contains("ended with exit code 3") && text.contains("something is wrong here"), "{text}");
    let EngineError::WorkerEnded { log, .. } = error else { panic!("{error}") };
    assert_eq!(fs::read_to_string(log).expect("the log is there").trim(), "something is wrong here");
    assert!(engine.describe().is_err(), "the next worker ends too, and nobody waits for it");
}

#[test]
fn a_library_that_is_missing_is_told_with_what_to_install() {
    let (_folder, engine) = engine_with(
        "echo 'tmli-worker: error while loading shared libraries: libtorch_cpu.so: cannot open' >&2; exit 127",
    );
    let job = engine.segment(request()).expect("a job");
    job.wait(Some(Duration::from_secs(20)));
    assert!(job.take().expect_err("no result").hint().contains("torch==2.11.0"));
}

#[test]
fn a_worker_that_does_not_answer_a_cancel_is_ended_and_the_caller_does_not_wait() {
    let (folder, engine) = engine_with(&format!("echo $$ > \"$(dirname \"$0\")/pid\"; {SAYS_READY}; exec sleep 600"));
    let jobs = [engine.segment(request()).expect("a job"), engine.segment(request()).expect("a job")];
    let pid = folder.path().join("pid");
    wait_for(|| fs::read_to_string(&pid).is_ok_and(|text| text.ends_with('\n')));
    let first: u32 = fs::read_to_string(&pid).expect("a file").trim().parse().expect("a number");

    let start = Instant::now();
    jobs[0].cancel();
    assert!(start.elapsed() < Duration::from_millis(200), "cancel does not wait");
    assert_eq!(jobs[0].wait(Some(Duration::from_secs(20))).state, JobState::Cancelled);
    assert!(start.elapsed() >= Duration::from_millis(700), "the worker had its time to answer");
    assert_eq!(jobs[0].take(), Err(EngineError::Cancelled));
    wait_for(|| !is_running(first));

    // The other job suffers no harm: it waits in a new worker.
    wait_for(|| fs::read_to_string(&pid).is_ok_and(|text| text.trim().parse().is_ok_and(|n: u32| n != first)));
    assert_eq!(jobs[1].poll().state, JobState::Queued);
    engine.stop();
    assert_eq!(jobs[1].wait(Some(Duration::from_secs(20))).state, JobState::Failed);
    assert_eq!(jobs[1].take(), Err(EngineError::Stopped));
}

#[test]
fn a_worker_of_another_version_is_refused() {
    let (_folder, engine) =
        engine_with(r#"echo '{"type":"ready","protocol":99,"worker":"9.9.0"}' >&0; exec sleep 600"#);
    let job = engine.segment(request()).expect("a job");
    job.wait(Some(Duration::from_secs(20)));
    let error = job.take().expect_err("no result");
    assert!(error.to_string().contains("9.9.0") && error.to_string().contains("version 99"), "{error}");
    assert!(error.hint().contains("same version"), "{}", error.hint());
}

#[test]
fn a_worker_that_talks_nonsense_is_ended() {
    for nonsense in [
        "not JSON",
        r#"{"type":"unheard of"}"#,
        r#"{"type":"done","job":1,"device":"CPU","notes":[],"bytes":8,"sources":[],"masks":[{"box":null,"offset":0}],"load_s":0,"network_s":0,"pack_s":0}"#,
        r#"{"type":"done","job":1,"device":"CPU","notes":[],"bytes":8,"sources":[],"masks":[],"load_s":0,"network_s":0,"pack_s":0}"#,
    ] {
        let (_folder, engine) = engine_with(&format!("{SAYS_READY}\nsleep 0.3\necho '{nonsense}' >&0\nexec sleep 600"));
        let job = engine.segment(request()).expect("a job");
        assert_eq!(job.wait(Some(Duration::from_secs(20))).state, JobState::Failed, "{nonsense}");
        let error = job.take().expect_err("no result");
        assert!(matches!(error, EngineError::Protocol { .. }), "{nonsense}: {error}");
    }
}

#[test]
fn a_refusal_of_the_worker_reaches_the_caller_with_class_and_hint() {
    let (_folder, engine) = engine_with(&format!(
        "{SAYS_READY}\nsleep 0.3\necho '{}' >&0\nexec sleep 600",
        r#"{"type":"failed","job":1,"class":"model","message":"weights are damaged","hint":"copy them again"}"#
    ));
    let job = engine.segment(request()).expect("a job");
    job.wait(Some(Duration::from_secs(20)));
    let expected = EngineError::Job {
        class: FailureClass::Model,
        message: "weights are damaged".to_owned(),
        hint: "copy them again".to_owned(),
    };
    assert_eq!(job.take(), Err(expected));
}

#[test]
fn a_worker_with_nothing_to_do_is_ended_and_the_next_job_starts_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let worker = folder.path().join("worker");
    // Refuses both jobs (those of other numbers are not its own), then waits.
    let refuse = |n| format!(r#"echo '{{"type":"failed","job":{n},"class":"model","message":"no","hint":""}}' >&0"#);
    let (one, two) = (refuse(1), refuse(2));
    let script = format!(
        "#!/bin/sh\necho $$ >> \"$(dirname \"$0\")/pids\"\n{SAYS_READY}\nsleep 0.2\n{one}\n{two}\nexec sleep 600\n"
    );
    fs::write(&worker, script).expect("written");
    fs::set_permissions(&worker, fs::Permissions::from_mode(0o755)).expect("made a program");
    let engine = Engine::new(EngineOptions {
        worker: Some(worker),
        log_folder: Some(folder.path().join("log")),
        idle_limit: Some(Duration::from_millis(300)),
        ..EngineOptions::default()
    });
    let pids = || -> Vec<u32> {
        let text = fs::read_to_string(folder.path().join("pids")).unwrap_or_default();
        text.lines().map(|line| line.parse().expect("a number")).collect()
    };
    for expected in 1..=2 {
        let job = engine.segment(request()).expect("a job");
        assert_eq!(job.wait(Some(Duration::from_secs(20))).state, JobState::Failed);
        assert_eq!(pids().len(), expected);
        wait_for(|| !is_running(pids()[expected - 1]));
    }
}

#[test]
fn requests_that_no_worker_could_fulfil_are_refused_before_one_is_started() {
    let engine = Engine::new(EngineOptions { worker: Some("/nowhere".into()), ..EngineOptions::default() });
    let refused = |request: SegmentRequest| match engine.segment(request) {
        Err(EngineError::Request { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(SegmentRequest { models: Vec::new(), ..request() }), "the list of models");
    assert_eq!(refused(SegmentRequest { overlap: f64::NAN, ..request() }), "overlap");
    for (min, max) in [([0, 0, 0], [2, 8, 9]), ([1, 0, 0], [1, 8, 8])] {
        assert_eq!(refused(SegmentRequest { region: Some(VoxelBox { min, max }), ..request() }), "the region");
    }
}

#[test]
fn too_many_words_are_refused_and_the_worker_lives_on() {
    let (_folder, engine) = engine_with(&format!("{SAYS_READY}; exec sleep 600"));
    let structures = (0..20_000).map(|n| format!("structure {n}")).collect();
    let error = engine.segment(SegmentRequest { structures, ..request() }).expect_err("too long");
    assert!(matches!(error, EngineError::Request { .. }), "{error}");
    assert_eq!(engine.segment(request()).expect("a job").poll().state, JobState::Queued);
}

fn is_running(pid: u32) -> bool {
    fs::exists(format!("/proc/{pid}")).expect("/proc can be read")
}

#[track_caller]
fn wait_for(mut what: impl FnMut() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < Duration::from_secs(20), "it does not happen");
        std::thread::sleep(Duration::from_millis(10));
    }
}
