//! `cargo xtask bench engine`: what it costs that networks run in another process.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{
    bench::spread,
    lock::Lock,
    process::{self, say},
    repo::Repo,
    setup, table, wheels,
};

/// Beyond the network's own time, for 512 x 512 x 250 voxels there and 25 masks back.
const TARGET_S: f64 = 0.3;
const SCRIPT: &str = "rust-core/xtask/python/bench_engine.py";

/// Measures `repeat` jobs from Rust and, where wanted, as many from Python.
pub(crate) fn run(repo: &Repo, repeat: u32, python: bool) -> Result<()> {
    setup::ensure(repo, setup::Need::Build)?;
    let _lock = Lock::take(repo, "bench")?;
    let build = ["build", "--release", "--package", "tmli-worker", "--bins", "--example", "engine_bench"];
    process::run(&mut process::cargo(repo.root(), &build))?;
    let folder = repo.target().join("bench/engine");
    let worker = repo.target().join("release/tmli-worker");
    let mut bench = process::command(repo.target().join("release/examples/engine_bench"), repo.root());
    bench.arg(&worker).arg(&folder).arg(repeat.to_string());
    if let Some(load) = load().filter(|&load| load > 1.0) {
        say(format_args!("This machine was busy in the last minute (load {load:.1}): at rest, times are shorter"));
    }
    say("A CT of 512 x 512 x 250 goes to the worker, 25 masks come back");
    report("from Rust", &measured(&process::output(&mut bench)?)?)?;
    if python {
        report("from Python", &measured(&from_python(repo, &worker, &folder, repeat)?)?)?;
    }
    Ok(())
}

fn from_python(repo: &Repo, worker: &Path, folder: &Path, repeat: u32) -> Result<String> {
    let python = setup::environment(repo, &wheels::PYTHON)?;
    wheels::install_module(repo, &python)?;
    let mut script = process::command(&python, repo.root());
    script.arg(repo.join(SCRIPT)).arg(worker).arg(folder.join("model")).arg(repeat.to_string());
    process::output(&mut script)
}

/// Programs that wanted a core in the last minute, on average; `None` where the system does not tell.
fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

fn measured(text: &str) -> Result<Vec<Value>> {
    let lines = text.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>();
    lines.context("the measured program printed something else than JSON")
}

fn report(whence: &str, measured: &[Value]) -> Result<()> {
    let first = measured.first().context("nothing was measured")?;
    let steps = first["steps"].as_object().context("no steps were measured")?;
    let mut rows = vec![[whence, "median", "fastest", "slowest"].map(str::to_owned).to_vec()];
    let mut row = |name: &str, values: Vec<f64>| {
        let (fastest, median, slowest) = spread(&values);
        let cells = [median, fastest, slowest].map(|seconds| format!("{:.1} ms", 1e3 * seconds));
        rows.push(std::iter::once(name.to_owned()).chain(cells).collect());
        median
    };
    let of = |read: &dyn Fn(&Value) -> &Value| measured.iter().filter_map(|m| read(m).as_f64()).collect::<Vec<_>>();
    for step in steps.keys() {
        row(step, of(&|m| &m["steps"][step]));
    }
    row("the network itself", of(&|m| &m["network_s"]));
    let overhead = row("all beyond the network", of(&|m| &m["overhead_s"]));
    println!("\n{}", table::render(&rows));
    ensure!(first["voxels"].as_u64().is_some_and(|n| n > 0), "the masks are empty");
    let verdict = if overhead < TARGET_S { "less" } else { "more" };
    println!("median beyond the network {overhead:.3} s: {verdict} than {TARGET_S} s\n");
    Ok(())
}
