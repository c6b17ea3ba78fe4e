//! `tmli doctor`: what this computer has, and what to do about what it lacks.

use std::path::{Path, PathBuf};

use sysinfo::{Disks, System};
use tmli_engine::find_worker;
use tmli_terminal::{failure::Outcome, output::print};

use crate::worker::{GET_LIBTORCH, libraries, probe};

/// Tell device, libtorch, memory, and what to do if something is missing.
///
/// libtorch is tried in a process of its own, so that this command answers even when libtorch is missing or crashes.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Folder whose disk is looked at: where models and structure sets will be written
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  tmli doctor
  tmli doctor --dir /data/models";

/// A whole child at 512 x 512 and a 3D network need about this much.
const MEMORY_WANTED_GB: f64 = 8.0;
/// Models with checkpoints and a few structure sets need less.
const DISK_WANTED_GB: f64 = 5.0;

/// Runs the command.
pub(crate) fn run(args: &Args) -> Outcome {
    let mut advice: Vec<String> = Vec::new();
    print(format_args!("TMLI        {} ({})", env!("CARGO_PKG_VERSION"), env!("TMLI_TARGET")))?;
    let networks = Networks::look(&mut advice);
    print(format_args!("worker      {}", networks.worker))?;
    print(format_args!("libtorch    {}", networks.libtorch))?;
    print(format_args!("device      {}", networks.device))?;
    let cores = System::physical_core_count().map_or("unknown".to_owned(), |n| n.to_string());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    print(format_args!("CPU         {cores} cores, {threads} threads may be used"))?;
    print(format_args!("memory      {}", memory(&mut advice)))?;
    print(format_args!("disk        {}", disk(&args.dir, &mut advice)))?;
    if advice.is_empty() {
        return print("\nEverything that TMLI needs is there.");
    }
    print("\nWhat to do:")?;
    advice.iter().try_for_each(|line| print(format_args!("  - {line}")))
}

/// What networks need, in words.
struct Networks {
    worker: String,
    libtorch: String,
    device: String,
}

impl Networks {
    /// Looks as far as it can: without the worker there is no libtorch, without libtorch no device.
    fn look(advice: &mut Vec<String>) -> Self {
        let unknown = || "unknown".to_owned();
        let program = match find_worker(None) {
            Ok(program) => program,
            Err(error) => {
                advice.push(format!("to train and segment: {}", error.hint()));
                return Self { worker: error.to_string(), libtorch: unknown(), device: unknown() };
            }
        };
        let worker = program.display().to_string();
        let loaded = match libraries(&program) {
            Ok(loaded) => loaded,
            Err(reason) => {
                advice.push("install TMLI again, or name a worker that runs with TMLI_WORKER".to_owned());
                return Self { worker: format!("{worker}: {reason}"), libtorch: unknown(), device: unknown() };
            }
        };
        if !loaded.missing.is_empty() {
            advice.push(format!("to train and segment: {GET_LIBTORCH}"));
            let libtorch = format!("missing: {} can't be found", loaded.missing.join(", "));
            return Self { worker, libtorch, device: unknown() };
        }
        match probe(&program) {
            Ok(found) => {
                let libtorch = found.libtorch.map_or_else(unknown, |l| {
                    let version = l.version.unwrap_or_else(|| "of unknown version".to_owned());
                    format!("{version}, from {}", l.path.display())
                });
                advise_on_gpu(&found.device, &found.reason, advice);
                Self { worker, libtorch, device: found.reason }
            }
            Err(reason) => {
                advice.push(
                    "libtorch does not run here: run `cargo xtask setup` again, or install TMLI again; if that \
                     changes nothing, report this output"
                        .to_owned(),
                );
                let place = loaded.libtorch.map_or_else(unknown, |path| format!("in {}", path.display()));
                Self { worker, libtorch: place, device: format!("none: {reason}") }
            }
        }
    }
}

fn advise_on_gpu(device: &str, reason: &str, advice: &mut Vec<String>) {
    if device.starts_with("cuda") {
        return;
    }
    if reason.contains("xtask setup --cuda") {
        advice.push("to compute on the GPU run `cargo xtask setup --cuda`".to_owned());
    } else if reason.contains("nvidia-smi") {
        advice.push("to compute on the GPU update the NVIDIA driver; `nvidia-smi` must list the GPU".to_owned());
    }
}

fn memory(advice: &mut Vec<String>) -> String {
    let mut system = System::new();
    system.refresh_memory();
    let gb = |bytes: u64| bytes as f64 / 1e9;
    let (total, free) = (gb(system.total_memory()), gb(system.available_memory()));
    if total < MEMORY_WANTED_GB {
        advice.push(format!(
            "less than {MEMORY_WANTED_GB:.0} GB of memory: train with a smaller --patch and --base-width"
        ));
    } else if free < MEMORY_WANTED_GB / 2.0 {
        advice.push("little memory is free: close other programs before training".into());
    }
    format!("{total:.1} GB, {free:.1} GB free")
}

/// The disk that holds the folder: of all mount points above it the longest.
fn disk(dir: &Path, advice: &mut Vec<String>) -> String {
    let Ok(dir) = dir.canonicalize() else {
        advice.push("the folder of --dir does not exist: choose another".into());
        return "unknown".into();
    };
    let disks = Disks::new_with_refreshed_list();
    let holding = disks.iter().filter(|d| dir.starts_with(d.mount_point()));
    let Some(disk) = holding.max_by_key(|d| d.mount_point().as_os_str().len()) else { return "unknown".into() };
    let free = disk.available_space() as f64 / 1e9;
    if free < DISK_WANTED_GB {
        advice.push(format!("less than {DISK_WANTED_GB:.0} GB free on this disk: free some space or choose another"));
    }
    format!("{free:.1} GB free (where {} is)", dir.display())
}
