//! `cargo xtask gpu-checks`: what can be seen on a machine with a GPU only, as a folder that such a machine can run.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{
    demo_models::remove,
    process::{self, say},
    repo::Repo,
    setup,
};

const SCRIPT: &str = "rust-core/xtask/python/gpu_checks.py";
const MODELS: &str = "demo/models";
/// Machines that are lent take no more.
const MOST_BYTES: u64 = 64 << 20;
/// What PyTorch gave, in the shared folder beside the repository.
const ORACLES: &str = "shared/oracles/networks";
const NETWORKS: [&str; 2] = ["unet2d_2015", "vnet2016_3d"];

/// Check networks, training, segmentation and what is done without memory on a GPU.
///
/// Makes target/gpu-checks: programs, the demo's models and a script, to be copied to a machine with an NVIDIA GPU and a
/// Python that has torch 2.11.0; it needs no cargo and no network there. Runs it here, unless --bundle says otherwise.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask gpu-checks --bundle      # then, there: python3 gpu-checks/gpu_checks.py --out results.md
  cargo xtask setup --cuda && cargo xtask gpu-checks
  cargo xtask gpu-checks --cpu         # all of it on the CPU: minutes")]
pub(crate) struct Arguments {
    /// Make the folder, and don't run it.
    #[arg(long)]
    bundle: bool,
    /// Run on the CPU instead of a GPU: tries the checks themselves.
    #[arg(long, conflicts_with = "bundle")]
    cpu: bool,
    /// Where the table is written, as Markdown [default: target/gpu-checks.md].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn task(repo: &Repo, arguments: &Arguments) -> Result<()> {
    setup::ensure(repo, setup::Need::Build)?;
    let folder = bundle(repo)?;
    if arguments.bundle {
        return Ok(());
    }
    let out = arguments.out.clone().unwrap_or_else(|| repo.target().join("gpu-checks.md"));
    let mut script = process::command(repo.venv_python(), repo.root());
    script.arg(folder.join("gpu_checks.py")).arg("--out").arg(&out).args(arguments.cpu.then_some("--cpu"));
    process::run(&mut script).map(|_| ())
}

/// Makes the folder anew.
fn bundle(repo: &Repo) -> Result<PathBuf> {
    process::build_programs(repo.root())?;
    let example = ["build", "--release", "--package", "tmli-nn", "--example", "gpu_checks"];
    process::run(&mut process::cargo(repo.root(), &example))?;
    let folder = repo.target().join("gpu-checks");
    remove(&folder)?;
    fs::create_dir_all(folder.join("bin"))?;
    for program in ["tmli", "tmli-worker", "examples/gpu_checks"] {
        let built = repo.target().join("release").join(program);
        let copy = folder.join("bin").join(built.file_name().context("a program has a name")?);
        process::run_quietly(process::command("strip", repo.root()).arg("-o").arg(&copy).arg(&built))?;
    }
    fs::copy(repo.join(SCRIPT), folder.join("gpu_checks.py"))?;
    copy_folder(&repo.join(MODELS), &folder.join("models"))?;
    match oracles(repo) {
        Some(oracles) => {
            fs::create_dir_all(folder.join("oracles"))?;
            for file in NETWORKS.iter().flat_map(|name| [format!("{name}.json"), format!("{name}_y.npy")]) {
                copy(&oracles.join(&file), &folder.join("oracles").join(&file))?;
            }
        }
        None => say("no shared/oracles beside this repository: some logits of PyTorch are checked, not all"),
    }
    let bytes = size(&folder)?;
    say(format_args!("{} ({:.1} MB)", repo.shown(&folder), bytes as f64 / 1e6));
    ensure!(bytes < MOST_BYTES, "the folder has {bytes} bytes, {MOST_BYTES} are allowed");
    Ok(folder)
}

fn oracles(repo: &Repo) -> Option<PathBuf> {
    let named = std::env::var_os("TMLI_SHARED_DATA").map(|data| PathBuf::from(data).join("../oracles/networks"));
    let beside = repo.root().ancestors().map(|folder| folder.join(ORACLES));
    named.into_iter().chain(beside).find(|folder| folder.is_dir())
}

/// The contents without the rights: shared data may not be written to, the bundle may.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let bytes = fs::read(from).with_context(|| format!("{} can't be read", from.display()))?;
    fs::write(to, bytes).with_context(|| format!("{} can't be written", to.display()))
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let there = to.join(entry.file_name());
        if entry.file_type()?.is_dir() { copy_folder(&entry.path(), &there)? } else { copy(&entry.path(), &there)? }
    }
    if fs::read_dir(to)?.next().is_none() {
        bail!("{} is empty", from.display());
    }
    Ok(())
}

fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}
