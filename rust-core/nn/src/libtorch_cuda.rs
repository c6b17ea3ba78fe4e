//! One of the two places with unsafe code: loading libtorch's CUDA part at run time.
//!
//! The program links `libtorch_cpu` only, so that it starts on machines without any NVIDIA library. `libtorch_cuda.so`
//! registers itself with `libtorch_cpu` when loaded, if that happens before torch first asks for CUDA.
#![allow(unsafe_code)]

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};

use crate::libtorch;

/// What came of looking for CUDA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CudaLibrary {
    /// In the process, for good.
    Loaded,
    /// No `libcuda.so.1`: no NVIDIA GPU, or no driver.
    NoDriver,
    /// No `libtorch_cuda.so` beside `libtorch_cpu.so`.
    NotInstalled,
    /// It is there but can't be loaded, with the loader's reason.
    Broken(String),
}

/// Loads `libtorch_cuda.so` once per process; later calls return the first answer.
pub(crate) fn load() -> CudaLibrary {
    static ANSWER: OnceLock<CudaLibrary> = OnceLock::new();
    ANSWER.get_or_init(load_once).clone()
}

fn load_once() -> CudaLibrary {
    if open(Path::new("libcuda.so.1")).is_err() {
        return CudaLibrary::NoDriver;
    }
    let Some(library) = folders_of_libtorch().into_iter().map(|d| d.join("libtorch_cuda.so")).find(|p| p.exists())
    else {
        return CudaLibrary::NotInstalled;
    };
    match open(&library) {
        Ok(()) => CudaLibrary::Loaded,
        Err(reason) => CudaLibrary::Broken(reason),
    }
}

/// Folders that may hold the rest of libtorch: where the loaded `libtorch_cpu.so` lies, links resolved or not.
fn folders_of_libtorch() -> Vec<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let mut folders: Vec<PathBuf> = Vec::new();
    for path in libtorch::mapped(&maps) {
        let resolved = path.canonicalize().unwrap_or_else(|_| path.clone());
        for folder in [path.parent(), resolved.parent()].into_iter().flatten() {
            if !folders.iter().any(|f| f == folder) {
                folders.push(folder.to_owned());
            }
        }
    }
    folders
}

fn open(path: &Path) -> Result<(), String> {
    // SAFETY: the initialisers of libcuda and libtorch_cuda are meant to run at load time in any process; the latter
    // is of the same release as the loaded libtorch_cpu because it lies beside it. The handle is never closed
    // (`forget`), so no code or data of the library can vanish under torch.
    unsafe { Library::open(Some(path), RTLD_NOW | RTLD_GLOBAL) }
        .map(std::mem::forget)
        .map_err(|error| error.to_string())
}
