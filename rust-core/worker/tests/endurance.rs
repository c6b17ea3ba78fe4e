//! Two hundred jobs in a row, some cancelled, some with bad models: neither side grows.

mod common;

use common::{
    LONG, above, ct, engine, handles, patient_model, request, resident_bytes, shared_memory_of, threshold_model,
    wait_for,
};
use tmli_engine::{EngineError, JobState, SegmentRequest};

/// Jobs of a worker before anything is measured: allocators and thread pools take what they keep.
const WARM_UP: usize = 40;
/// Jobs that are measured as one: five of them are cancelled and five fail.
const WINDOW: usize = 50;
/// In a row, in one worker.
const WINDOWS: usize = 4;
/// Bytes a job that growth may be: one CT of 2 MB that a cancelled job left behind would be four times that.
const MOST_GROWTH: f64 = 50e3;
/// A worker that does not answer a cancel in time is ended, on a machine that is busy enough. Its successor begins
/// anew, so often at most.
const MOST_WORKERS: usize = 5;

#[test]
fn two_hundred_jobs_leave_no_memory_and_no_handles_behind() {
    let (folder, engine) = engine();
    let (good, long, bad) = (folder.path().join("good"), folder.path().join("long"), folder.path().join("bad"));
    threshold_model(&good, &[20.5, 120.5]);
    patient_model(&long);
    threshold_model(&bad, &[20.5]);
    std::fs::write(bad.join("weights.safetensors"), "damaged").expect("written");
    let ct = ct([16, 256, 256]);
    let expected = above(&ct, 20.5);
    let host = std::process::id();
    let mut workers = Vec::new();
    let (mut of_host, mut of_worker, mut open) = (Vec::new(), Vec::new(), None);
    while of_worker.len() < WARM_UP + WINDOWS * WINDOW {
        match of_worker.len() % 10 {
            3 => {
                let request = SegmentRequest { overlap: 0.9, ..request(&ct, &long) };
                let job = engine.segment(request).expect("a job");
                wait_for(LONG, "it computes", || job.poll().state == JobState::Running);
                job.cancel();
                assert_eq!(job.wait(Some(LONG)).state, JobState::Cancelled);
            }
            7 => {
                let job = engine.segment(request(&ct, &bad)).expect("a job");
                job.wait(Some(LONG));
                assert!(matches!(job.take(), Err(EngineError::Job { .. })));
            }
            _ => {
                let job = engine.segment(request(&ct, &good)).expect("a job");
                job.wait(Some(LONG));
                assert_eq!(job.take().expect("masks").segmentation.segments[0].mask, expected);
            }
        }
        let now = engine.worker_process_id();
        if now.is_none() || workers.last() != now.as_ref() {
            workers.extend(now);
            assert!(workers.len() <= MOST_WORKERS, "worker after worker ends");
            // What the host keeps for the first worker and for a second is the same, so that it is not measured anew.
            (of_worker, open) = (Vec::new(), None);
        }
        let Some(worker) = now else { continue };
        of_host.push(resident_bytes(host));
        of_worker.push(resident_bytes(worker));
        // The channel may hold words of the last job for a moment.
        if of_worker.len() % 10 == 0 {
            wait_for(LONG, "shared memory is let go", || {
                shared_memory_of(host).is_empty() && shared_memory_of(worker).is_empty()
            });
            let counts = (handles(host), handles(worker));
            assert_eq!(*open.get_or_insert(counts), counts, "open files of host and worker");
        }
    }
    for (whose, bytes) in [("the host", &of_host[WARM_UP..]), ("the worker", &of_worker[WARM_UP..])] {
        let growth = lasting_growth(bytes);
        eprintln!("{whose}: {growth:+.0} bytes a job over {} jobs", bytes.len());
        assert!(growth < MOST_GROWTH, "{whose} grows by {growth:.0} bytes a job: {bytes:?}");
    }
}

/// Bytes a job, from window to window, where growth is least. A leak goes on, so that it is in every window; what an
/// allocator or a pool of threads takes once and keeps is in one.
fn lasting_growth(bytes: &[u64]) -> f64 {
    let middle = |window: &[u64]| {
        let mut sorted = window.to_vec();
        sorted.sort_unstable();
        sorted[WINDOW / 2] as f64
    };
    let levels: Vec<f64> = bytes.chunks_exact(WINDOW).map(middle).collect();
    assert!(levels.len() >= WINDOWS, "{} windows", levels.len());
    levels.windows(2).map(|pair| (pair[1] - pair[0]) / WINDOW as f64).fold(f64::INFINITY, f64::min)
}

#[test]
fn a_leak_is_told_from_what_is_kept_once() {
    let jobs = |bytes: fn(u64) -> u64| (0..(WINDOWS * WINDOW) as u64).map(bytes).collect::<Vec<_>>();
    // A tenth of the jobs leaves a CT of 2 MB behind.
    assert!(lasting_growth(&jobs(|n| 150_000_000 + n / 10 * 2_097_152)) > 4.0 * MOST_GROWTH);
    // A thread's heap of 64 MB, taken once.
    assert_eq!(lasting_growth(&jobs(|n| if n < 70 { 150_000_000 } else { 214_000_000 })), 0.0);
}
