//! `cargo xtask bench --compare metrics`: TMLI's metrics beside other tools, on the same masks, in one run.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{
    bench_limits, bench_solids,
    lock::Lock,
    process::{self, say},
    repo::Repo,
    setup, table,
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

/// What is to be compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) repeat: u32,
    pub(crate) monai: bool,
    pub(crate) pairs: Pairs,
    /// These tools; all when there is none.
    pub(crate) only: &'a [String],
}

/// Which masks are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pairs {
    /// 25 structures of a whole body.
    WholeBody,
    /// Four small pairs on which tools disagree.
    Four,
    /// Solids that were moved, on two grids: once, as it is not time that is measured.
    Solids,
}

/// What the measured program prints first, and its values.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) tool: &'static str,
    pub(crate) totals: Value,
    pub(crate) values: Vec<Value>,
}

/// Of pairs of organs that lie far apart.
const APART: &str = ", apart";

/// Compares all tools, `repeat` times in turn.
pub(crate) fn run(repo: &Repo, wanted: &Wanted<'_>) -> Result<()> {
    let tools = tools(repo, wanted)?;
    let lock = Lock::take(repo, "bench")?;
    let python = environment(repo, wanted.monai, &lock)?;
    let build = ["build", "--release", "--package", "tmli-core", "--example", "metrics_bench"];
    process::run(&mut process::cargo(repo.root(), &build))?;
    let bench = Bench { repo: repo.clone(), python, folder: repo.target().join("bench/metrics") };
    if wanted.pairs == Pairs::Solids {
        return bench_solids::run(repo, &bench, &tools);
    }
    let four = wanted.pairs == Pairs::Four;
    bench.make(four, &tools)?;
    let folder = if four { bench.beside("four") } else { bench.folder.clone() };
    let mut measured = Vec::new();
    for _ in 0..wanted.repeat {
        for &tool in &tools {
            measured.push(bench.measure(tool, &folder)?);
        }
    }
    report(&measured, if four { 1 } else { 12 });
    if !four {
        bench_limits::report(&bench_limits::of_time_and_memory(&measured));
    }
    Ok(())
}

fn tools(repo: &Repo, wanted: &Wanted<'_>) -> Result<Vec<&'static str>> {
    let mut tools = vec!["tmli surfel", "tmli voxel", "tmli net"];
    let small = wanted.pairs != Pairs::WholeBody;
    tools.push(if small { "tmli slicer-rt" } else { "tmli labels" });
    tools.extend(["surface-distance", "crop+cKDTree", "meshmetrics"]);
    // medpy and SimpleITK work on the whole volume several times: an hour for 25 structures. On the small ones they join.
    tools.extend(if small { ["medpy", "simpleitk"] } else { ["tmli surfel, apart", "surface-distance, apart"] });
    if setup::PLASTIMATCH.ensure(repo)? {
        tools.push("plastimatch");
    }
    if wanted.monai {
        tools.push("monai");
    }
    for only in wanted.only {
        ensure!(tools.contains(&only.as_str()), "--only {only}: there is no such tool here, only {}", tools.join("; "));
    }
    tools.retain(|tool| wanted.only.is_empty() || wanted.only.iter().any(|only| only == tool));
    Ok(tools)
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

/// Where the tools and the masks are.
pub(crate) struct Bench {
    repo: Repo,
    python: PathBuf,
    /// Of the whole-body pairs; the others lie beside it.
    folder: PathBuf,
}

impl Bench {
    /// The folder of other pairs.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.with_file_name(format!("metrics-{name}"))
    }

    /// Makes the pairs that the tools need, once.
    fn make(&self, four: bool, tools: &[&str]) -> Result<()> {
        let script = |words: &[&str], folder: &Path| {
            let mut command = process::command(&self.python, self.repo.root());
            command.arg(self.repo.join(SCRIPT)).args(words).arg(folder);
            command
        };
        let missing = |folder: &Path| !folder.join("pairs.json").exists();
        if four {
            let folder = self.beside("four");
            if missing(&folder) {
                process::run(&mut script(&["four"], &folder))?;
            }
            return Ok(());
        }
        if missing(&self.folder) {
            say("Making a pair of whole-body masks: 25 structures of 512 x 512 x 250, 5 x 1 x 1 mm");
            process::run(&mut script(&["make"], &self.folder))?;
        }
        let apart = self.beside("apart");
        if missing(&apart) && tools.iter().any(|tool| tool.ends_with(APART)) {
            process::run(script(&["apart"], &apart).arg("--of").arg(&self.folder))?;
        }
        Ok(())
    }

    /// Has a tool compare the pairs in a folder.
    pub(crate) fn measure(&self, tool: &'static str, folder: &Path) -> Result<Measured> {
        let (name, folder) = match tool.strip_suffix(APART) {
            Some(name) => (name, self.beside("apart")),
            None => (tool, folder.to_owned()),
        };
        let mut command = if let Some(kind) = name.strip_prefix("tmli ") {
            let program = self.repo.target().join("release/examples/metrics_bench");
            let mut command = process::command(program, self.repo.root());
            let words = if kind == "labels" { ["surfel", "labels"] } else { [kind, "bytes"] };
            command.arg(folder).args(words);
            command
        } else {
            let mut command = process::command(&self.python, self.repo.root());
            command.args(["-W", "ignore"]).arg(self.repo.join(SCRIPT)).arg("measure").arg(folder).arg(name);
            command
        };
        if name == "plastimatch" {
            command.env("PLASTIMATCH", setup::PLASTIMATCH.program(&self.repo, "plastimatch"));
        }
        say(process::shown(&command));
        let text = process::output(&mut command)?;
        let lines = text.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>();
        let lines = lines.with_context(|| format!("{tool} printed something else than JSON"))?;
        let (values, totals): (Vec<Value>, Vec<Value>) = lines.into_iter().partition(|line| line["name"].is_string());
        ensure!(!totals.is_empty(), "{tool} printed no times");
        let totals = totals.into_iter().filter_map(|line| line.as_object().cloned()).flatten().collect();
        Ok(Measured { tool, totals: Value::Object(totals), values })
    }
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
