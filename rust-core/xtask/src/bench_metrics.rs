//! `cargo xtask bench --compare metrics`: TMLI's metrics beside other tools, on the same masks, in one run.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::{
    lock::Lock,
    process::{self, say},
    repo::Repo,
    table,
};

const SCRIPT: &str = "rust-core/xtask/python/bench_metrics.py";

/// The peers with the versions that were tried.
const PEERS: [&str; 8] = [
    "numpy==2.4.6",
    "scipy==1.17.1",
    "surface-distance==0.1",
    "MedPy==0.5.2",
    "SimpleITK==2.5.7",
    "pymeshmetrics==1.4.1",
    "absl-py==2.5.1",
    "setuptools",
];

/// Only with `--monai`: torch is large.
const MONAI: [&str; 2] = ["torch==2.11.0", "monai==1.6.1"];

/// What the measured program prints first, and its values.
struct Measured {
    tool: &'static str,
    totals: Value,
    values: Vec<Value>,
}

/// Compares all tools, `repeat` times in turn.
pub(crate) fn run(repo: &Repo, repeat: u32, monai: bool, four: bool) -> Result<()> {
    let lock = Lock::take(repo, "bench")?;
    let python = environment(repo, monai, &lock)?;
    let build = ["build", "--release", "--package", "tmli-core", "--example", "metrics_bench"];
    process::run(&mut process::cargo(repo.root(), &build))?;
    let (name, make) = if four { ("bench/metrics-four", "four") } else { ("bench/metrics", "make") };
    let folder = repo.target().join(name);
    let script = repo.join(SCRIPT);
    if !folder.join("pairs.json").exists() {
        if !four {
            say("Making a pair of whole-body masks: 25 structures of 512 x 512 x 250, 5 x 1 x 1 mm");
        }
        process::run(process::command(&python, repo.root()).arg(&script).arg(make).arg(&folder))?;
    }
    // medpy and SimpleITK work on the whole volume several times: an hour for 25 structures. On the small ones they join.
    let mut tools = vec!["tmli surfel", "tmli voxel", "tmli net"];
    tools.push(if four { "tmli slicer-rt" } else { "tmli labels" });
    tools.extend(["surface-distance", "crop+cKDTree", "meshmetrics"]);
    if four {
        tools.extend(["medpy", "simpleitk"]);
    }
    if monai {
        tools.push("monai");
    }
    let mut measured = Vec::new();
    for _ in 0..repeat {
        for &tool in &tools {
            measured.push(measure(repo, &python, &script, &folder, tool)?);
        }
    }
    report(&measured, if four { 1 } else { 12 });
    Ok(())
}

fn environment(repo: &Repo, monai: bool, lock: &Lock) -> Result<PathBuf> {
    let venv = repo.deps().join("bench-metrics/venv");
    let python = venv.join("bin/python");
    if !python.exists() {
        say("Making a Python environment for the peers in .deps/bench-metrics");
        let mut create = process::command("python3", repo.root());
        process::run(create.args(["-m", "venv"]).arg(&venv).stdin(lock.stdin()?))?;
    }
    let peers: Vec<&str> = PEERS.into_iter().chain(MONAI.into_iter().filter(|_| monai)).collect();
    // Pip does nothing where all are there already.
    let mut install = process::command(&python, repo.root());
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(peers);
    process::run(install.stdin(lock.stdin()?))?;
    Ok(python)
}

fn measure(repo: &Repo, python: &Path, script: &Path, folder: &Path, tool: &'static str) -> Result<Measured> {
    let mut command = if let Some(kind) = tool.strip_prefix("tmli ") {
        let mut command = process::command(repo.target().join("release/examples/metrics_bench"), repo.root());
        let words = if kind == "labels" { ["surfel", "labels"] } else { [kind, "bytes"] };
        command.arg(folder).args(words);
        command
    } else {
        let mut command = process::command(python, repo.root());
        command.args(["-W", "ignore"]).arg(script).arg("measure").arg(folder).arg(tool);
        command
    };
    say(process::shown(&command));
    let text = process::output(&mut command)?;
    let lines = text.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>();
    let lines = lines.with_context(|| format!("{tool} printed something else than JSON"))?;
    let (values, mut totals): (Vec<Value>, Vec<Value>) = lines.into_iter().partition(|line| line["name"].is_string());
    let totals = totals.pop().with_context(|| format!("{tool} printed no times"))?;
    Ok(Measured { tool, totals, values })
}

/// Times of all runs, and of every tool the values of every `step`th structure.
fn report(measured: &[Measured], step: usize) {
    let cell = |value: &Value, digits: usize| value.as_f64().map_or("-".to_owned(), |x| format!("{x:.digits$}"));
    let mut rows = vec![["tool", "CPU s", "wall s", "extra MiB"].map(str::to_owned).to_vec()];
    for Measured { tool, totals, .. } in measured {
        let numbers = [("cpu_s", 2), ("wall_s", 2), ("extra_mib", 0)].map(|(key, digits)| cell(&totals[key], digits));
        rows.push(std::iter::once((*tool).to_owned()).chain(numbers).collect());
    }
    println!("\n{}", table::render(&rows));
    let mut rows = vec![["tool", "structure", "DSC", "HD mm", "HD95 mm", "ASD mm"].map(str::to_owned).to_vec()];
    let mut shown: Vec<&str> = Vec::new();
    for Measured { tool, values, .. } in measured {
        if shown.contains(tool) {
            continue;
        }
        shown.push(tool);
        for value in values.iter().step_by(step) {
            let numbers = ["dsc", "hd_mm", "hd95_mm", "asd_mm"].map(|key| cell(&value[key], 4));
            let name = value["name"].as_str().unwrap_or_default().to_owned();
            rows.push([(*tool).to_owned(), name].into_iter().chain(numbers).collect());
        }
    }
    println!("{}", table::render(&rows));
}
