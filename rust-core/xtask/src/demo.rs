//! `cargo xtask demo`: the main job, from a CT series to an RT Structure Set and a report, on a synthetic child.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context as _, Result, bail};

use crate::{
    demo_models::{Plan, model_folders, remove},
    lock::Lock,
    process::{self, in_words, say},
    repo::Repo,
    setup, table,
};

/// Segment a synthetic child with the shipped models and show how well it went.
///
/// Makes a child that the models never saw as a DICOM CT series, segments it, writes the RT Structure Set, prints DSC,
/// HD95 and ASD per structure against the truth, and writes an HTML report with pictures. All in demo-output/.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask demo
  cargo xtask demo --open              # and open the report in the browser
  cargo xtask demo --seed 99 --age 4   # another child")]
pub(crate) struct Arguments {
    /// Open the report when it is written.
    #[arg(long)]
    open: bool,
    /// Which child [default: the one of demo/demo.toml].
    #[arg(long)]
    seed: Option<u64>,
    /// Age of the child in years.
    #[arg(long, value_name = "YEARS")]
    age: Option<f64>,
    /// Where to compute: auto, cpu, cuda or cuda:N.
    #[arg(long, default_value = "auto")]
    device: String,
}

pub(crate) fn task(repo: &Repo, arguments: &Arguments) -> Result<()> {
    let start = Instant::now();
    let mut plan = Plan::read(repo)?;
    plan.child.seed = arguments.seed.unwrap_or(plan.child.seed);
    plan.child.age = arguments.age.or(plan.child.age);
    if plan.child.seed == plan.cohort.seed {
        bail!("the models were trained on children of seed {}; choose another --seed", plan.cohort.seed);
    }
    let models = model_folders(&repo.join("demo/models"))?;
    if models.is_empty() {
        bail!("demo/models holds no model. It comes with the repository; `cargo xtask demo-models` trains it anew");
    }
    setup::ensure(repo, setup::Need::Build)?;
    let _lock = Lock::take(repo, "demo")?;
    let mut steps = Steps::new(start);

    steps.run("build", || process::build_programs(repo.root()))?;
    let out = repo.join("demo-output");
    remove(&out)?;
    steps.run("make a child", || plan.child.generate(repo, &out.join("child")))?;

    let case = out.join("child/case-001");
    let [ct, truth] = [case.join("ct"), case.join("rtstruct.dcm")];
    let [prediction, html, json, csv] =
        ["rtstruct.dcm", "report.html", "metrics.json", "metrics.csv"].map(|name| out.join(name));
    steps.run("segment", || {
        let mut tmli = process::command(repo.tmli(), repo.root());
        tmli.arg("segment").arg("--ct").arg(&ct).arg("--model").args(&models);
        tmli.arg("--out").arg(&prediction).args(["--device", &arguments.device]);
        process::run(&mut tmli).map(|_| ())
    })?;
    steps.run("compare", || {
        let mut tmli = process::command(repo.tmli(), repo.root());
        tmli.arg("compare").arg("--ct").arg(&ct).arg("--reference").arg(&truth).arg("--prediction").arg(&prediction);
        tmli.arg("--html").arg(&html).arg("--json").arg(&json).arg("--csv").arg(&csv);
        process::run(&mut tmli).map(|_| ())
    })?;

    let numbers = fs::read(&json).context("the comparison left no numbers")?;
    let organs = Organs::of(&serde_json::from_slice(&numbers)?, &structures_of(&models)?)?;
    println!("\n{}", steps.table());
    println!("  {}\n", organs.in_words());
    for (path, what) in [
        (&ct, "the CT series of the child"),
        (&prediction, "the RT Structure Set of the networks"),
        (&csv, "the numbers; as JSON beside it"),
        (&html, "the report: open this in a browser"),
    ] {
        println!("  {:<34} {what}", repo.shown(path).to_string());
    }
    println!("\n  For research. Every result needs review by a person before clinical use.");
    if arguments.open {
        open(&html);
    }
    Ok(())
}

/// What was done, with times.
struct Steps {
    start: Instant,
    rows: Vec<Vec<String>>,
}

impl Steps {
    fn new(start: Instant) -> Self {
        Self { start, rows: vec![vec!["step".to_owned(), "time".to_owned()], row("set up", start)] }
    }

    fn run(&mut self, name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
        let start = Instant::now();
        work()?;
        self.rows.push(row(name, start));
        Ok(())
    }

    fn table(mut self) -> String {
        self.rows.push(row("all", self.start));
        table::render(&self.rows)
    }
}

fn row(name: &str, start: Instant) -> Vec<String> {
    vec![name.to_owned(), in_words(start.elapsed())]
}

/// DSC of the organs; targets are judged apart.
#[derive(Debug, PartialEq)]
struct Organs {
    /// Of those that the models are for; 0 where they found nothing of an organ that is there.
    dsc: Vec<f64>,
    /// In the truth, but no model is for them.
    not_tried: usize,
}

impl Organs {
    fn of(report: &serde_json::Value, tried: &BTreeSet<String>) -> Result<Self> {
        let rows = report.get("structures").and_then(serde_json::Value::as_array);
        let mut organs = Self { dsc: Vec::new(), not_tried: 0 };
        for row in rows.context("the numbers hold no structures")? {
            let text = |key: &str| row.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
            let name = text("structure");
            if name.starts_with("CTV") || name.starts_with("PTV") || name == "External" {
                continue;
            }
            match row.get("dsc").and_then(serde_json::Value::as_f64) {
                Some(dsc) => organs.dsc.push(dsc),
                None if !["missing_in_prediction", "prediction_empty"].contains(&text("state")) => {}
                None if tried.contains(name) => organs.dsc.push(0.0),
                None => organs.not_tried += 1,
            }
        }
        Ok(organs)
    }

    fn in_words(&self) -> String {
        if self.dsc.is_empty() {
            return "No organ could be compared.".to_owned();
        }
        let mean = self.dsc.iter().sum::<f64>() / self.dsc.len() as f64;
        let mut words = format!("Mean DSC over {} organs: {mean:.3}", self.dsc.len());
        if self.not_tried > 0 {
            words += &format!(" (no model here is for the other {})", self.not_tried);
        }
        words
    }
}

/// The structures that the models are for, from their manifests.
fn structures_of(models: &[PathBuf]) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for model in models {
        let text = fs::read(model.join("model.json")).context("a model.json of demo/models cannot be read")?;
        let manifest: serde_json::Value = serde_json::from_slice(&text).context("a model.json of demo/models")?;
        let list = manifest.get("structures").and_then(serde_json::Value::as_array);
        names.extend(list.into_iter().flatten().filter_map(serde_json::Value::as_str).map(str::to_owned));
    }
    Ok(names)
}

/// Opens the report where there is a display; a demo on a server ends well without.
fn open(html: &Path) {
    let display = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    let mut browser = Command::new("xdg-open");
    browser.arg(html).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if !display || browser.spawn().is_err() {
        say("There is no display or no xdg-open here; open the report by hand");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_organ_counts_as_zero_and_one_that_was_not_tried_is_told() {
        let report = serde_json::json!({"structures": [
            {"structure": "Liver", "state": "compared", "dsc": 0.9},
            {"structure": "Bladder", "state": "missing_in_prediction", "dsc": null},
            {"structure": "Heart", "state": "missing_in_prediction", "dsc": null},
            {"structure": "Colon", "state": "missing_in_reference", "dsc": null},
            {"structure": "CTV1", "state": "compared", "dsc": 0.1},
        ]});
        let tried = ["Liver", "Bladder", "Colon"].map(str::to_owned).into();
        let organs = Organs::of(&report, &tried).unwrap();
        assert_eq!(organs, Organs { dsc: vec![0.9, 0.0], not_tried: 1 });
        assert_eq!(organs.in_words(), "Mean DSC over 2 organs: 0.450 (no model here is for the other 1)");
    }
}
