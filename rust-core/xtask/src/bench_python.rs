//! `cargo xtask bench python`: what it costs a Python program to import `tmli`.

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::{
    bench::spread,
    dicom_peers,
    lock::Lock,
    process::{self, say},
    repo::Repo,
    setup, table, wheels,
};

const SCRIPT: &str = "rust-core/xtask/python/bench_python.py";
/// The other packages are what a program of this field imports.
const MODULES: [&str; 4] = ["tmli", "numpy", "pydicom", "SimpleITK"];
const MOST_MS: f64 = 100.0;
const MOST_MB: f64 = 60.0;

/// Imports each package `repeat` times, in turn, in a process of its own each time.
pub(crate) fn run(repo: &Repo, repeat: u32) -> Result<()> {
    setup::ensure(repo, setup::Need::Build)?;
    let _lock = Lock::take(repo, "bench")?;
    let python = dicom_peers::ensure(repo)?;
    wheels::install_module(repo, &python)?;
    let mut script = process::command(&python, repo.root());
    script.arg(repo.join(SCRIPT)).arg(repeat.to_string()).args(MODULES);
    say(process::shown(&script));
    let text = process::output(&mut script)?;
    let lines = text.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>();
    let lines = lines.context("the script printed something else than JSON")?;
    let median = |module: &str, key: &str| {
        let of_module = lines.iter().filter(|line| line["module"] == module);
        spread(&of_module.filter_map(|line| line[key].as_f64()).collect::<Vec<_>>()).1
    };
    let (own_ms, own_mb) = (median("tmli", "ms"), median("tmli", "mb"));
    let heading = ["import", "median ms", "tmli's part", "median MB", "tmli's part"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    for module in MODULES {
        let (ms, mb) = (median(module, "ms"), median(module, "mb"));
        let part = |own: f64, other: f64| format!("1/{:.1}", other / own);
        rows.push(vec![module.to_owned(), format!("{ms:.1}"), part(own_ms, ms), format!("{mb:.1}"), part(own_mb, mb)]);
    }
    println!("\n{}", table::render(&rows));
    println!("In a process of its own each, after one that is not counted; memory beyond that of Python alone.");
    for (what, got, limit, unit) in [("import", own_ms, MOST_MS, "ms"), ("memory", own_mb, MOST_MB, "MB")] {
        let verdict = if got < limit { "less" } else { "more" };
        println!("{what} of tmli: {got:.1} {unit}, {verdict} than {limit} {unit}");
    }
    Ok(())
}
