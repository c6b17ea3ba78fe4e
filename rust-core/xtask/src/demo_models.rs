//! `cargo xtask demo-models`: trains the models that the demo ships, as `demo/demo.toml` says.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::{
    lock::Lock,
    process::{self, in_words, say},
    repo::Repo,
    setup,
};

/// What all shipped models may take together.
const MOST_BYTES: u64 = 15_000_000;
/// What the demo needs of a model folder; the rest belongs to training.
const SHIPPED: [&str; 2] = ["model.json", "weights.safetensors"];

/// Train the models in demo/models again (hours on a CPU), or only validate them (minutes).
///
/// Makes a cohort of synthetic children and trains every model that demo/demo.toml lists, in target/demo-models. Can be
/// interrupted: the next run goes on after the last checkpoint. With --validate the weights in demo/models stay, scores
/// and rules against islands are made anew.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask demo-models
  cargo xtask demo-models --validate
  cargo xtask demo-models --only all-3d
  cargo xtask demo-models --only all-3d --restart    # forget what was trained of it")]
pub(crate) struct Arguments {
    /// Train only the model of this name (can be repeated).
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Train from the start, not from the last checkpoint.
    #[arg(long)]
    restart: bool,
    /// Do not train: validate what is in demo/models again.
    #[arg(long, conflicts_with = "restart")]
    validate: bool,
    /// Where to compute: auto, cpu, cuda or cuda:N.
    #[arg(long, default_value = "auto")]
    device: String,
}

/// `demo/demo.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// The children the models learn from.
    pub(crate) cohort: Cohort,
    /// The child of the demo, whom no model has seen.
    pub(crate) child: Cohort,
    /// In the order in which `tmli segment` gets them.
    pub(crate) models: Vec<ModelPlan>,
}

/// Arguments of `tmli phantom`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cohort {
    pub(crate) seed: u64,
    pub(crate) cases: u32,
    pub(crate) matrix: u32,
    pub(crate) age: Option<f64>,
}

/// One training.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelPlan {
    /// Folder in `demo/models`.
    pub(crate) name: String,
    set: String,
    network: String,
    /// Further options of `tmli train`, e.g. `epochs = 40` for `--epochs 40`.
    #[serde(default)]
    options: BTreeMap<String, toml::Value>,
}

impl Plan {
    pub(crate) fn read(repo: &Repo) -> Result<Self> {
        let path = repo.join("demo/demo.toml");
        let text = fs::read_to_string(&path).context("demo/demo.toml cannot be read")?;
        let plan: Self = toml::from_str(&text).context("demo/demo.toml")?;
        if plan.cohort.seed == plan.child.seed {
            bail!("demo/demo.toml: the child of the demo has the cohort's seed; it would be one the models have seen");
        }
        Ok(plan)
    }
}

impl Cohort {
    /// Makes the children in `folder`; those that are there already are kept.
    pub(crate) fn generate(&self, repo: &Repo, folder: &Path) -> Result<()> {
        let wanted = format!("{self:?} by tmli {}", env!("CARGO_PKG_VERSION"));
        let note = folder.join("made-from.txt");
        if fs::read_to_string(&note).is_ok_and(|made| made != wanted) {
            remove(folder)?;
        }
        fs::create_dir_all(folder).context("the folder for the synthetic children cannot be made")?;
        fs::write(&note, wanted)?;
        let mut tmli = process::command(repo.tmli(), repo.root());
        tmli.arg("phantom").arg("--out").arg(folder);
        for (name, value) in [("--cases", self.cases.into()), ("--seed", self.seed), ("--matrix", self.matrix.into())] {
            tmli.arg(name).arg(value.to_string());
        }
        if let Some(age) = self.age {
            tmli.arg("--age").arg(age.to_string());
        }
        process::run(&mut tmli).map(|_| ())
    }
}

/// Removes a folder that may not be there.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("{} cannot be removed", folder.display()))?;
    }
    Ok(())
}

pub(crate) fn task(repo: &Repo, arguments: &Arguments) -> Result<()> {
    setup::ensure(repo, setup::Need::Build)?;
    let _lock = Lock::take(repo, "demo-models")?;
    let plan = Plan::read(repo)?;
    if let Some(unknown) = arguments.only.iter().find(|name| plan.models.iter().all(|model| model.name != **name)) {
        bail!("demo/demo.toml lists no model {unknown}");
    }
    process::build_programs(repo.root())?;
    let work = repo.target().join("demo-models");
    let cohort = work.join("cohort");
    plan.cohort.generate(repo, &cohort)?;
    for model in plan.models.iter().filter(|m| arguments.only.is_empty() || arguments.only.contains(&m.name)) {
        let start = Instant::now();
        if arguments.validate {
            let shipped = repo.join("demo/models").join(&model.name);
            validate(repo, &cohort, &shipped, &arguments.device)?;
            say(format_args!("{}: validated in {}", model.name, in_words(start.elapsed())));
            continue;
        }
        train(repo, model, &cohort, &work.join(&model.name), arguments)?;
        say(format_args!("{}: trained in {}", model.name, in_words(start.elapsed())));
        ship(&work.join(&model.name), &repo.join("demo/models").join(&model.name))?;
    }
    weigh(&repo.join("demo/models"))
}

fn train(repo: &Repo, model: &ModelPlan, cohort: &Path, out: &Path, arguments: &Arguments) -> Result<()> {
    if arguments.restart {
        remove(out)?;
    }
    let mut tmli = process::command(repo.tmli(), repo.root());
    tmli.arg("train").arg("--cohort").arg(cohort).args(["--set", &model.set, "--network", &model.network]);
    tmli.arg("--out").arg(out).args(["--device", &arguments.device]).args(options(&model.options)?);
    if out.exists() {
        tmli.arg("--resume");
    }
    process::run(&mut tmli).map(|_| ())
}

fn validate(repo: &Repo, cohort: &Path, model: &Path, device: &str) -> Result<()> {
    let mut tmli = process::command(repo.tmli(), repo.root());
    tmli.arg("validate").arg("--cohort").arg(cohort).arg("--model").arg(model).args(["--device", device]);
    process::run(&mut tmli).map(|_| ())
}

/// `{epochs = 40, patch = [16, 96, 96], quick = true}` as `--epochs 40 --patch 16,96,96 --quick`.
fn options(table: &BTreeMap<String, toml::Value>) -> Result<Vec<String>> {
    let word = |value: &toml::Value| match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Float(number) => Ok(number.to_string()),
        other => bail!("demo/demo.toml: {other} is not an option's value"),
    };
    let mut words = Vec::new();
    for (name, value) in table {
        let flag = format!("--{}", name.replace('_', "-"));
        match value {
            toml::Value::Boolean(true) => words.push(flag),
            toml::Value::Boolean(false) => {}
            toml::Value::Array(parts) => {
                let parts: Vec<String> = parts.iter().map(word).collect::<Result<_>>()?;
                words.extend([flag, parts.join(",")]);
            }
            other => words.extend([flag, word(other)?]),
        }
    }
    Ok(words)
}

/// Copies what the demo needs, whole or not at all.
fn ship(trained: &Path, shipped: &Path) -> Result<()> {
    let partial = shipped.with_extension("part");
    remove(&partial)?;
    fs::create_dir_all(&partial)?;
    for name in SHIPPED {
        fs::copy(trained.join(name), partial.join(name)).with_context(|| format!("training left no {name}"))?;
    }
    remove(shipped)?;
    fs::rename(&partial, shipped).context("demo/models cannot be written")
}

fn weigh(models: &Path) -> Result<()> {
    let mut bytes = 0;
    for folder in model_folders(models)? {
        for name in SHIPPED {
            bytes += fs::metadata(folder.join(name))?.len();
        }
    }
    let megabytes = bytes as f64 / 1e6;
    say(format_args!("demo/models: {megabytes:.1} MB"));
    if bytes > MOST_BYTES {
        bail!("demo/models takes {megabytes:.1} MB, more than the {} MB that may be shipped", MOST_BYTES / 1_000_000);
    }
    Ok(())
}

/// The model folders that are there, by name.
pub(crate) fn model_folders(models: &Path) -> Result<Vec<PathBuf>> {
    let Ok(entries) = fs::read_dir(models) else { return Ok(Vec::new()) };
    let mut folders: Vec<PathBuf> = entries.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    folders.retain(|folder| folder.join("model.json").is_file());
    folders.sort();
    Ok(folders)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_become_flags() {
        let table = toml::from_str(
            "epochs = 40\npatch = [16, 96, 96]\nresume = false\nquick_look = true\nlearning_rate = 0.001",
        )
        .unwrap();
        assert_eq!(
            options(&table).unwrap(),
            ["--epochs", "40", "--learning-rate", "0.001", "--patch", "16,96,96", "--quick-look"]
        );
    }

    #[test]
    fn only_whole_model_folders_count() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b", "a", "half"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        for name in ["b", "a"] {
            fs::write(folder.path().join(name).join("model.json"), "{}").unwrap();
        }
        assert_eq!(model_folders(folder.path()).unwrap(), [folder.path().join("a"), folder.path().join("b")]);
    }
}
