//! `.deps/libtorch`, the folder that the variable LIBTORCH of `.cargo/config.toml` names.
//!
//! torch-sys links what it finds in `lib`. So that our program also starts on machines without any NVIDIA library,
//! `lib` holds no `libtorch_cuda.so`: with `--cuda` the program loads it from the wheel while it runs. See
//! `docs/adr/0002-libtorch-from-the-wheel.md`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

use super::link::relink;
use crate::repo::Repo;

/// File in `.deps/libtorch`, and where in site-packages it lies. libtorch_cpu.so names the two NVIDIA libraries at
/// load although it calls them only with a GPU.
const LINKS: [(&str, &str); 7] = [
    ("include", "torch/include"),
    ("lib/libtorch.so", "torch/lib/libtorch.so"),
    ("lib/libtorch_cpu.so", "torch/lib/libtorch_cpu.so"),
    ("lib/libc10.so", "torch/lib/libc10.so"),
    ("lib/libgomp.so.1", "torch/lib/libgomp.so.1"),
    ("lib/libcudart.so.13", "nvidia/cu13/lib/libcudart.so.13"),
    ("lib/libcupti.so.13", "nvidia/cu13/lib/libcupti.so.13"),
];

/// Whether every link is there and leads to something.
pub(super) fn is_linked(repo: &Repo) -> bool {
    let folder = repo.libtorch();
    LINKS.iter().all(|(link, _)| folder.join(link).exists())
}

/// Makes the links.
pub(super) fn link(repo: &Repo) -> Result<()> {
    let packages = site_packages(&repo.venv())?;
    let folder = repo.libtorch();
    fs::create_dir_all(folder.join("lib"))?;
    for (link, target) in LINKS {
        let absolute = packages.join(target);
        if !absolute.exists() {
            bail!("the wheels hold no {target}; remove .deps/venv and run this again");
        }
        relink(&repo.deps(), &folder.join(link), &absolute).with_context(|| link.to_owned())?;
    }
    Ok(())
}

fn site_packages(venv: &Path) -> Result<PathBuf> {
    for entry in fs::read_dir(venv.join("lib"))? {
        let candidate = entry?.path().join("site-packages");
        if candidate.join("torch").exists() {
            return Ok(candidate);
        }
    }
    bail!("no torch in {}", venv.display())
}
