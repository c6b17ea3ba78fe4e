//! The worker as it is installed, models set by hand, and CTs for them.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(unused_imports, reason = "each test file uses a part")]

mod models;

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use ndarray::Array3;
use tempfile::TempDir;
use tmli_core::{Mask, PointLps, SpacingMm, Volume, VolumeGeometry};
use tmli_engine::{DeviceRequest, Engine, EngineOptions, SegmentRequest, SharedVolume};

pub(crate) use self::models::{patient_model, slow_model, threshold_model, wide_model};

/// Whatever a machine is busy with, this is over by then.
pub(crate) const LONG: Duration = Duration::from_secs(120);

/// The worker that cargo has built beside this test.
pub(crate) fn worker() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_tmli-worker"))
}

/// An engine with its log in a folder of its own.
pub(crate) fn engine() -> (TempDir, Engine) {
    let folder = tempfile::tempdir().expect("a folder");
    let options = EngineOptions {
        worker: Some(worker()),
        log_folder: Some(folder.path().to_owned()),
        ..EngineOptions::default()
    };
    (folder, Engine::new(options))
}

/// Tests that measure time or memory run one at a time.
pub(crate) fn one_at_a_time() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A body in air, with whole numbers that vary from voxel to voxel; 5 x 1 x 1 mm.
pub(crate) fn ct(shape: [usize; 3]) -> Volume<i16> {
    let spacing = SpacingMm::new(5.0, 1.0, 1.0);
    let grid = VolumeGeometry::axial(shape, PointLps::new(-100.0, 50.0, 3.0), spacing).expect("a grid");
    let centre = |n: usize, size: usize| (n as f64 + 0.5) / size as f64 * 2.0 - 1.0;
    let hu = |(k, j, i): (usize, usize, usize)| {
        let distance = centre(j, shape[1]).hypot(centre(i, shape[2]));
        if distance > 0.8 { -1000 } else { ((k * 31 + j * 17 + i * 7) % 300) as i16 - (distance * 200.0) as i16 }
    };
    Volume::new(grid, Array3::from_shape_fn(shape, hu)).expect("shapes agree")
}

/// What [`threshold_model`] gives.
pub(crate) fn above(ct: &Volume<i16>, hu: f32) -> Mask {
    Mask::from_fn(ct.geometry().shape(), |at| f32::from(ct.data()[at]) > hu)
}

/// A job on the CPU: the same everywhere.
pub(crate) fn request(ct: &Volume<i16>, model: &Path) -> SegmentRequest {
    let ct = SharedVolume::from_volume(ct).expect("memory");
    SegmentRequest { device: DeviceRequest::Cpu, ..SegmentRequest::new(ct, vec![model.to_owned()]) }
}

/// Waits for something that will happen, and says how long it took.
#[track_caller]
pub(crate) fn wait_for(limit: Duration, what: &str, mut happened: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < limit, "{what}: not within {limit:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
    start.elapsed()
}

/// Whether a process runs; one that has ended but was not asked how (a zombie) does not.
pub(crate) fn is_running(pid: u32) -> bool {
    let Ok(status) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    !status.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
}

/// Memory of a process that is in the machine's memory, in bytes; shared memory counts.
pub(crate) fn resident_bytes(pid: u32) -> u64 {
    told_bytes(pid, "VmRSS:")
}

/// Everything that a process has mapped, used or not.
pub(crate) fn address_space_bytes(pid: u32) -> u64 {
    told_bytes(pid, "VmSize:")
}

fn told_bytes(pid: u32, what: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process is there");
    let line = status.lines().find_map(|line| line.strip_prefix(what)).expect("it has memory");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
}

/// Open files of a process.
pub(crate) fn handles(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).expect("the process is there").count()
}

/// Shared memory of TMLI that a process has open or mapped, by inode.
pub(crate) fn shared_memory_of(pid: u32) -> Vec<u64> {
    let opened = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten().map(|e| e.path());
    let named = opened.filter(|p| fs::read_link(p).is_ok_and(|to| to.to_string_lossy().starts_with("/memfd:tmli")));
    let mut found: Vec<u64> = named.filter_map(|p| Some(fs::metadata(p).ok()?.ino())).collect();
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    let mapped = maps.lines().filter(|line| line.contains("/memfd:tmli"));
    found.extend(mapped.filter_map(|line| line.split_whitespace().nth(4)?.parse::<u64>().ok()));
    found.sort_unstable();
    found.dedup();
    found
}

/// Of all processes.
pub(crate) fn shared_memory_of_all() -> Vec<u64> {
    let processes = fs::read_dir("/proc").expect("/proc can be read").flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.flat_map(shared_memory_of).collect()
}

/// Sends a process the signal of this name.
pub(crate) fn signal(pid: u32, name: &str) {
    let sent = std::process::Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status();
    assert!(sent.expect("kill runs").success(), "the process {pid} gets the signal {name}");
}
