//! Runs in processes whose memory is limited by the system: allocations really fail.

#![cfg(target_os = "linux")]

mod common;

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use common::{ct, patient};
use rustix::process::{Resource, Rlimit, setrlimit};
use tch::{Device, Kind, Tensor, nn};
use tmli_core::Volume;
use tmli_model::{Manifest, NetworkConfig, Normalisation, UNet2dConfig, VNet3dConfig};
use tmli_nn::{Model, ModelOn, NnError, SegmentOptions, Segmented, build, save_model, segment_within_memory};

/// For the child process: the model folder, and the bytes that it may take beyond what it has after loading libtorch.
const FOLDER: &str = "TMLI_TEST_MODEL";
const LIMIT: &str = "TMLI_TEST_MEMORY_LIMIT";
/// Windows of a batch.
const BATCH: usize = 64;

/// One model of a folder, on the CPU.
struct Folder {
    dir: PathBuf,
    model: Option<Model>,
}

impl ModelOn for Folder {
    fn model_on(&mut self, device: Device) -> Result<&Model, NnError> {
        let model = match self.model.take() {
            Some(model) => model,
            None => Model::load(&self.dir, device)?,
        };
        Ok(self.model.insert(model))
    }

    fn make_room(&mut self, _device: Device) {}
}

fn scan() -> Volume<i16> {
    ct([24, 200, 240], |at| patient(at, [200, 240]))
}

fn run(dir: &Path, limit: Option<u64>) -> Result<Segmented, NnError> {
    let mut folder = Folder { dir: dir.to_owned(), model: None };
    // Threads and tables that a first use makes.
    rayon::broadcast(|_| ());
    let small = vec![1_i64; if folder.model_on(Device::Cpu)?.network().dimensions() == 2 { 2 } else { 3 }];
    let size: Vec<i64> = [1, 1].into_iter().chain(small.iter().map(|_| 16)).collect();
    let warm = Tensor::zeros(size.as_slice(), (Kind::Float, Device::Cpu));
    let _used = tch::no_grad(|| folder.model_on(Device::Cpu)?.network().forward_t(&warm, false))?;
    let ct = scan();
    if let Some(more) = limit {
        let most = Some(mapped() + more);
        setrlimit(Resource::As, Rlimit { current: most, maximum: most }).expect("a limit");
    }
    let options = SegmentOptions { batch: BATCH, ..SegmentOptions::default() };
    segment_within_memory(&mut folder, Device::Cpu, (&ct).into(), &options, &mut |_| ControlFlow::Continue(()))
}

/// Bytes of the process's address space.
fn mapped() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the kernel tells");
    let line = status.lines().find(|l| l.starts_with("VmSize:")).expect("a size");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).expect("a number") * 1024
}

#[test]
#[ignore = "a child process of the tests below: the limit is its own"]
fn child() {
    let Some(dir) = std::env::var_os(FOLDER) else { return };
    let limit = std::env::var(LIMIT).ok().map(|n| n.parse().expect("a number"));
    match run(Path::new(&dir), limit) {
        Ok(done) => {
            let filled: Vec<usize> = done.segmentation.segments.iter().map(|s| s.mask.count()).collect();
            println!("\nfilled {filled:?}");
            done.notes.iter().for_each(|note| println!("note {note}"));
        }
        Err(error) => println!("\nrefused {error}"),
    }
}

fn with_limit(dir: &Path, megabytes: Option<u64>) -> Vec<String> {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--ignored", "--exact", "child", "--nocapture"]).env(FOLDER, dir);
    // One arena of the allocator: each has address space of its own, which would count.
    command.env("MALLOC_ARENA_MAX", "1").env("OMP_WAIT_POLICY", "passive");
    if let Some(megabytes) = megabytes {
        command.env(LIMIT, (megabytes << 20).to_string());
    }
    let output: Output = command.output().expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}\n{text}{}", output.status, String::from_utf8_lossy(&output.stderr));
    let lines = text.lines().filter(|l| ["filled ", "note ", "refused "].iter().any(|word| l.starts_with(word)));
    lines.map(str::to_owned).collect()
}

/// A model whose head gives one half or more somewhere, so that there are masks to compare.
fn saved(dir: &Path, network: NetworkConfig, patch: [usize; 3]) {
    tch::manual_seed(3);
    let store = nn::VarStore::new(Device::Cpu);
    build(&network, &store.root()).expect("a network");
    let names = (0..network.outputs()).map(|n| format!("structure {n}")).collect();
    save_model(dir, Manifest::new("test", network, [5.0, 1.0, 1.0], patch, names), &store).expect("a folder");
}

#[test]
fn fewer_windows_at_a_time_give_the_same_masks() {
    let parent = tempfile::tempdir().expect("a folder");
    let dir = parent.path().join("model");
    let network = UNet2dConfig::with_width(2, 8, 3, Normalisation::Instance);
    saved(&dir, NetworkConfig::UNet2d(network), [1, 160, 160]);
    let free = with_limit(&dir, None);
    assert_eq!(free.len(), 1, "enough memory is no news: {free:?}");
    let limited = with_limit(&dir, Some(200));
    assert_eq!(limited[0], free[0]);
    assert!(limited.len() == 2 && limited[1].contains("windows at a time for want of memory"), "{limited:?}");
}

#[test]
fn smaller_windows_are_taken_when_one_window_is_too_large_and_this_is_said() {
    let parent = tempfile::tempdir().expect("a folder");
    let dir = parent.path().join("model");
    let network = VNet3dConfig::anisotropic(2, 8, 3, Normalisation::Instance);
    saved(&dir, NetworkConfig::VNet3d(network), [16, 192, 224]);
    let limited = with_limit(&dir, Some(200));
    assert!(limited[0].starts_with("filled "), "{limited:?}");
    assert!(limited.iter().any(|l| l.contains("instead of [16, 192, 224] voxels")), "{limited:?}");
}

#[test]
fn without_memory_for_the_smallest_window_there_is_an_error_and_no_crash() {
    let parent = tempfile::tempdir().expect("a folder");
    let dir = parent.path().join("model");
    // The sums of so many structures take 100 MB even for windows of four planes.
    let network = VNet3dConfig::anisotropic(160, 8, 3, Normalisation::Instance);
    saved(&dir, NetworkConfig::VNet3d(network), [16, 192, 224]);
    let limited = with_limit(&dir, Some(20));
    assert!(limited[0].starts_with("refused not enough memory on "), "{limited:?}");
}
