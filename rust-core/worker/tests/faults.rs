//! What happens when worker or host are killed, jobs are cancelled, and words or volumes make no sense. Everything here
//! is done for real: processes are killed, and memory is looked for in /proc.

mod common;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use common::{
    LONG, above, ct, engine, is_running, one_at_a_time, request, resident_bytes, shared_memory_of,
    shared_memory_of_all, signal, slow_model, threshold_model, wait_for,
};
use rustix::process::{PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};
use tmli_engine::{Engine, EngineError, EngineOptions, JobState, SegmentRequest, SharedVolume};

#[test]
fn a_worker_that_is_killed_is_an_error_within_two_seconds_and_the_next_job_works() {
    let _turn = one_at_a_time();
    let (folder, engine) = engine();
    let (slow, fast) = (folder.path().join("slow"), folder.path().join("fast"));
    slow_model(&slow);
    threshold_model(&fast, &[20.5]);
    let ct = ct([60, 256, 256]);
    let job = engine.segment(request(&ct, &slow)).expect("a job");
    let waiting = engine.segment(request(&ct, &fast)).expect("a job");
    wait_for(LONG, "it computes", || job.poll().fraction > 0.0);
    let first = engine.worker_process_id().expect("a worker");

    let killed = Instant::now();
    signal(first, "KILL");
    assert_eq!(job.wait(Some(LONG)).state, JobState::Failed);
    assert!(killed.elapsed() < Duration::from_secs(2), "told after {:?}", killed.elapsed());
    let error = job.take().expect_err("no masks");
    assert!(error.to_string().contains("killed by signal 9 (SIGKILL)"), "{error}");
    assert!(error.hint().contains("memory"), "{}", error.hint());
    let EngineError::WorkerEnded { log, .. } = error else { panic!("{error}") };
    assert!(log.starts_with(folder.path()) && log.is_file());

    // The job that only waited is done by the next worker, and so is a new one.
    let next = engine.segment(request(&ct, &fast)).expect("a job");
    for job in [waiting, next] {
        assert_eq!(job.wait(Some(LONG)).state, JobState::Done, "{:?}", job.take());
        assert_eq!(job.take().expect("masks").segmentation.segments[0].mask, above(&ct, 20.5));
    }
    assert_ne!(engine.worker_process_id(), Some(first));
    assert!(!is_running(first));
}

#[test]
fn a_host_that_is_killed_takes_its_worker_and_all_shared_memory_along() {
    let _turn = one_at_a_time();
    let folder = tempfile::tempdir().expect("a folder");
    let model = folder.path().join("slow");
    slow_model(&model);
    let mut host = start_host("compute for minutes", &model);
    let worker = told_number(&mut host);
    let memory = shared_memory_of(worker);
    assert!(!memory.is_empty(), "the worker has the CT");
    assert!(shared_memory_of(host.id()).iter().any(|inode| memory.contains(inode)), "the same as the host");

    let killed = Instant::now();
    signal(host.id(), "KILL");
    let ended = wait_for(LONG, "the worker ends", || !is_running(worker));
    assert!(ended < Duration::from_secs(5), "after {:?}", killed.elapsed());
    host.wait().expect("it was killed");
    assert!(!shared_memory_of_all().iter().any(|inode| memory.contains(inode)), "nobody holds the memory");
    let left = fs::read_dir("/dev/shm").expect("a list").flatten();
    assert!(!left.into_iter().any(|entry| entry.file_name().to_string_lossy().contains("tmli")), "in /dev/shm");
}

#[test]
fn a_worker_ends_with_its_host_even_when_a_fork_of_the_host_holds_the_channel() {
    let _turn = one_at_a_time();
    let folder = tempfile::tempdir().expect("a folder");
    let model = folder.path().join("slow");
    slow_model(&model);
    let mut host = start_host("compute for minutes", &model);
    let worker = told_number(&mut host);
    // As a fork would, this process now holds all that the host has open, its end of the channel too.
    let process = rustix::process::Pid::from_child(&host);
    let process = pidfd_open(process, PidfdFlags::empty()).expect("the host is there");
    let entries = fs::read_dir(format!("/proc/{}/fd", host.id())).expect("a list").flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let flags = PidfdGetfdFlags::empty();
    let held: Vec<_> = numbers.map(|fd| pidfd_getfd(&process, fd, flags).expect("a copy")).collect();
    assert!(held.len() > 3, "the channel is among them");
    signal(host.id(), "KILL");
    wait_for(Duration::from_secs(5), "the worker ends", || !is_running(worker));
    host.wait().expect("it was killed");
    drop(held);
}

#[test]
fn a_cancel_is_over_within_a_second_and_gives_the_hosts_memory_back() {
    let _turn = one_at_a_time();
    let (folder, engine) = engine();
    let model = folder.path().join("slow");
    slow_model(&model);
    let ct = ct([100, 512, 512]);
    let ours = std::process::id();
    // Written voxel by voxel, so that all of it is mapped here and counts as this process's memory.
    let mut shared = SharedVolume::new(ct.geometry().clone()).expect("memory");
    shared.data_mut().expect("nobody else has it").assign(ct.data());
    let job = engine.segment(SegmentRequest { ct: shared, ..request(&ct, &model) }).expect("a job");
    wait_for(LONG, "it computes", || job.poll().fraction > 0.0);
    let with_job = resident_bytes(ours);
    let memory = shared_memory_of(ours);
    assert!(!memory.is_empty());
    let bytes = (ct.data().len() * size_of::<i16>()) as u64;

    let asked = Instant::now();
    job.cancel();
    assert!(asked.elapsed() < Duration::from_millis(200), "cancel itself does not wait");
    assert_eq!(job.wait(Some(LONG)).state, JobState::Cancelled);
    assert!(asked.elapsed() < Duration::from_millis(1000), "over after {:?}", asked.elapsed());
    assert_eq!(job.take(), Err(EngineError::Cancelled));
    let left = Duration::from_secs(1).saturating_sub(asked.elapsed());
    wait_for(left, "the voxels are let go", || resident_bytes(ours) + bytes * 9 / 10 < with_job);
    let held = || shared_memory_of_all().iter().any(|inode| memory.contains(inode));
    wait_for(LONG, "the worker lets go of them too", || !held());
}

#[test]
fn two_hosts_at_once_do_not_disturb_each_other() {
    let _turn = one_at_a_time();
    let folder = tempfile::tempdir().expect("a folder");
    let model = folder.path().join("fast");
    threshold_model(&model, &[20.5]);
    let mut hosts = [start_host("check the masks", &model), start_host("check the masks", &model)];
    let workers = hosts.each_mut().map(told_number);
    assert_ne!(workers[0], workers[1]);
    for host in &mut hosts {
        assert!(host.wait().expect("it ran").success(), "a host found other masks");
    }
    for worker in workers {
        wait_for(Duration::from_secs(5), "the worker ends with its host", || !is_running(worker));
    }
}

#[test]
fn an_engine_that_is_dropped_ends_its_worker_and_its_jobs() {
    let _turn = one_at_a_time();
    let (folder, engine) = engine();
    let model = folder.path().join("slow");
    slow_model(&model);
    let job = engine.segment(request(&ct([60, 256, 256]), &model)).expect("a job");
    wait_for(LONG, "it computes", || job.poll().fraction > 0.0);
    let worker = engine.worker_process_id().expect("a worker");
    drop(engine);
    assert_eq!(job.wait(Some(LONG)).state, JobState::Failed);
    assert_eq!(job.take(), Err(EngineError::Stopped));
    wait_for(Duration::from_secs(5), "the worker ends", || !is_running(worker));
}

/// Starts this test program again, as a host.
fn start_host(task: &str, model: &Path) -> Child {
    Command::new(std::env::current_exe().expect("a test has a path"))
        .args(["--exact", "host", "--ignored", "--nocapture", "--quiet"])
        .envs([("TMLI_TEST_TASK", task.as_ref()), ("TMLI_TEST_MODEL", model.as_os_str())])
        .stdout(Stdio::piped())
        .spawn()
        .expect("a host starts")
}

/// The number of its worker, once that computes.
fn told_number(host: &mut Child) -> u32 {
    let output = host.stdout.as_mut().expect("its output is read");
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    lines.find_map(|line| line.trim().strip_prefix("worker ")?.parse().ok()).expect("the host tells")
}

#[test]
#[ignore = "a host for the tests above, in a process of its own"]
fn host() {
    let Some(model) = std::env::var_os("TMLI_TEST_MODEL") else { return };
    let logs = tempfile::tempdir().expect("a folder");
    let engine = Engine::new(EngineOptions {
        worker: Some(common::worker()),
        log_folder: Some(logs.path().to_owned()),
        ..EngineOptions::default()
    });
    if std::env::var("TMLI_TEST_TASK").as_deref() == Ok("check the masks") {
        let ct = ct([20, 128, 150]);
        println!("worker {}", {
            engine.describe().expect("a worker");
            engine.worker_process_id().expect("a worker")
        });
        for _ in 0..10 {
            let job = engine.segment(request(&ct, model.as_ref())).expect("a job");
            job.wait(Some(LONG));
            assert_eq!(job.take().expect("masks").segmentation.segments[0].mask, above(&ct, 20.5));
        }
        return;
    }
    let job = engine.segment(request(&ct([100, 512, 512]), model.as_ref())).expect("a job");
    wait_for(LONG, "it computes", || job.poll().fraction > 0.0);
    println!("worker {}", engine.worker_process_id().expect("a worker"));
    job.wait(None);
}
