//! What a run is expected to take, against what it takes.

mod common;

use std::{ops::ControlFlow, process::Command};

use common::{ct_with_spacing, patient};
use tch::{Device, nn};
use tmli_model::{Manifest, NetworkConfig, Normalisation, UNet2dConfig, VNet3dConfig, expected_memory};
use tmli_nn::{SegmentOptions, SegmentStatistics, build, segment_with};

/// The expectation is never too low, and at most this many times what is taken. The patient of these tests fills most
/// of the scan, as the expectation takes for granted.
const BUFFERS_FACTOR: f64 = 2.2;
const HOST_FACTOR: f64 = 2.0;

const SHAPE: [usize; 3] = [16, 300, 360];
const SPACING_MM: [f64; 3] = [5.0, 1.2, 1.2];

/// Set for the child process: which of the models it runs.
const CHILD: &str = "TMLI_TEST_MEMORY_OF";

fn models() -> Vec<Manifest> {
    let names = |n: usize| (0..n).map(|s| format!("structure {s}")).collect::<Vec<_>>();
    let flat = NetworkConfig::UNet2d(UNet2dConfig::with_width(6, 32, 5, Normalisation::Instance));
    let many = NetworkConfig::UNet2d(UNet2dConfig::with_width(25, 8, 4, Normalisation::Batch));
    let deep = NetworkConfig::VNet3d(VNet3dConfig::anisotropic(6, 16, 4, Normalisation::Instance));
    vec![
        Manifest::new("2D", flat, [5.0, 1.5, 1.5], [1, 160, 160], names(6)),
        Manifest::new("2D, 25 structures", many, [5.0, 2.4, 2.4], [1, 96, 96], names(25)),
        Manifest::new("3D", deep, [5.0, 2.0, 2.0], [16, 96, 96], names(6)),
    ]
}

fn run(manifest: &Manifest) -> SegmentStatistics {
    let ct = ct_with_spacing(SHAPE, SPACING_MM, |at| patient(at, [SHAPE[1], SHAPE[2]]));
    let store = nn::VarStore::new(Device::Cpu);
    let network = build(&manifest.network, &store.root()).expect("a network");
    let go = &mut |_| ControlFlow::Continue(());
    segment_with(&*network, manifest, Device::Cpu, &ct, &SegmentOptions::default(), go).expect("masks").1
}

/// Most bytes of the process that were in memory at once.
fn peak_resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the kernel tells");
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).expect("a peak");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).expect("a number") * 1024
}

#[test]
#[ignore = "a child process of the test below: its peak must be its own"]
fn child() {
    let Some(which) = std::env::var(CHILD).ok().and_then(|n| n.parse::<usize>().ok()) else { return };
    let statistics = run(&models()[which]);
    println!("\ntaken {} {}", statistics.peak_buffer_bytes, peak_resident());
}

#[test]
fn the_expected_memory_is_an_upper_bound_and_not_a_loose_one() {
    for (n, manifest) in models().iter().enumerate() {
        let output = Command::new(std::env::current_exe().expect("this program"))
            .args(["--ignored", "--exact", "child", "--nocapture"])
            .env(CHILD, n.to_string())
            .output()
            .expect("it starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().find_map(|l| l.strip_prefix("taken ")).unwrap_or_else(|| panic!("{output:?}"));
        let taken: Vec<f64> = line.split(' ').map(|n| n.parse().expect("a number")).collect();
        let expected = expected_memory(manifest, SHAPE, SPACING_MM, false).expect("a figure");
        for (what, expected, taken, factor) in [
            ("buffers", expected.buffer_bytes, taken[0], BUFFERS_FACTOR),
            ("whole process", expected.host_bytes, taken[1], HOST_FACTOR),
        ] {
            let ratio = expected as f64 / taken;
            println!("{}, {what}: taken {:.1} MB, expected {ratio:.2} times as much", manifest.name, taken / 1e6);
            assert!((1.0..factor).contains(&ratio), "{}, {what}: {ratio:.2}", manifest.name);
        }
    }
}
