//! Two hundred jobs in a row, some cancelled, some with bad models: neither side grows.

mod common;

use common::{
    LONG, above, ct, engine, handles, request, resident_bytes, shared_memory_of, slow_model, threshold_model, wait_for,
};
use tmli_engine::{EngineError, JobState};

/// Jobs before anything is measured: allocators and thread pools take what they keep.
const WARM_UP: usize = 40;
const JOBS: usize = 200;
/// Bytes a job that growth may be: 200 jobs then are 10 MB, where one CT that is kept would be 400 MB.
const MOST_GROWTH: f64 = 50e3;

#[test]
fn two_hundred_jobs_leave_no_memory_and_no_handles_behind() {
    let (folder, engine) = engine();
    let (good, slow, bad) = (folder.path().join("good"), folder.path().join("slow"), folder.path().join("bad"));
    threshold_model(&good, &[20.5, 120.5]);
    slow_model(&slow);
    threshold_model(&bad, &[20.5]);
    std::fs::write(bad.join("weights.safetensors"), "damaged").expect("written");
    let ct = ct([16, 256, 256]);
    let expected = above(&ct, 20.5);
    let host = std::process::id();
    let (mut of_host, mut of_worker) = (Vec::new(), Vec::new());
    let mut worker = None;
    let mut open = None;
    for n in 0..WARM_UP + JOBS {
        match n % 10 {
            3 => {
                let job = engine.segment(request(&ct, &slow)).expect("a job");
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
        let now = engine.worker_process_id().expect("a worker");
        if worker != Some(now) {
            // A busy machine: the worker did not answer a cancel in time, and its successor starts anew.
            (worker, open) = (Some(now), None);
            of_worker.clear();
        }
        if n >= WARM_UP {
            of_host.push(resident_bytes(host) as f64);
            of_worker.push(resident_bytes(now) as f64);
        }
        // The channel may hold words of the last job for a moment.
        if n % 10 == 9 {
            wait_for(LONG, "shared memory is let go", || {
                shared_memory_of(host).is_empty() && shared_memory_of(now).is_empty()
            });
            let counts = (handles(host), handles(now));
            assert_eq!(*open.get_or_insert(counts), counts, "open files of host and worker after job {n}");
        }
    }
    for (whose, bytes) in [("the host", of_host), ("the worker", of_worker)] {
        let growth = slope(&bytes);
        eprintln!("{whose}: {growth:+.0} bytes a job over {} jobs", bytes.len());
        assert!(growth < MOST_GROWTH, "{whose} grows by {growth:.0} bytes a job");
    }
}

/// Of the line through the values that has the least squares.
fn slope(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let (mean_x, mean_y) = ((n - 1.0) / 2.0, values.iter().sum::<f64>() / n);
    let (mut xy, mut xx) = (0.0, 0.0);
    for (x, y) in values.iter().enumerate() {
        xy += (x as f64 - mean_x) * (y - mean_y);
        xx += (x as f64 - mean_x).powi(2);
    }
    xy / xx
}
