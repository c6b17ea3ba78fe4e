//! `tmli doctor`: what this computer has, and what to do about what it lacks.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use sysinfo::{Disks, System};
use tmli_nn::{DeviceRequest, choose_device};

use crate::{failure::Outcome, output::print};

/// Tell device, libtorch, memory, and what to do if something is missing.
///
/// libtorch is tried in a process of its own, so that this command answers even when libtorch crashes.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Folder whose disk is looked at: where models and structure sets will be written
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// Try libtorch in this process and print the answer
    #[arg(long, hide = true)]
    probe: bool,
}

const EXAMPLES: &str = "\
Examples:
  tmli doctor
  tmli doctor --dir /data/models";

/// A driver that hangs is as useless as one that crashes.
const PROBE_LIMIT: Duration = Duration::from_secs(60);
/// A whole child at 512 x 512 and a 3D network need about this much.
const MEMORY_WANTED_GB: f64 = 8.0;
/// Models with checkpoints and a few structure sets need less.
const DISK_WANTED_GB: f64 = 5.0;

/// Runs the command.
pub(crate) fn run(args: &Args) -> Outcome {
    if args.probe {
        let (_, reason) = choose_device(DeviceRequest::Auto);
        return print(reason);
    }
    let mut advice: Vec<String> = Vec::new();
    print(format_args!("TMLI        {} ({})", env!("CARGO_PKG_VERSION"), env!("TMLI_TARGET")))?;
    print(format_args!("libtorch    {}", libtorch(&mut advice)))?;
    print(format_args!("device      {}", device(&mut advice)))?;
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

/// Version and place of the libtorch that this process has loaded.
fn libtorch(advice: &mut Vec<String>) -> String {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let Some(loaded) = loaded_library(&maps, "libtorch_cpu.so") else {
        if cfg!(target_os = "linux") {
            advice.push("libtorch_cpu is not loaded: run `cargo xtask setup`, or unpack TMLI again".into());
            return "not loaded".into();
        }
        return "loaded (this system does not tell from where)".into();
    };
    let resolved = loaded.canonicalize().unwrap_or_else(|_| loaded.clone());
    let version = version_beside(&resolved).unwrap_or_else(|| "of unknown version".into());
    format!("{version}, from {}", resolved.display())
}

fn loaded_library(maps: &str, name: &str) -> Option<PathBuf> {
    let paths = maps.lines().filter_map(|line| line.find('/').map(|start| Path::new(&line[start..])));
    paths.map(Path::to_owned).find(|p| p.file_name().is_some_and(|n| n == name))
}

/// A wheel has `torch/version.py` beside `torch/lib`, a libtorch archive has `build-version` beside `lib`.
fn version_beside(library: &Path) -> Option<String> {
    let root = library.parent()?.parent()?;
    if let Ok(text) = std::fs::read_to_string(root.join("build-version")) {
        return Some(text.trim().to_owned());
    }
    let text = std::fs::read_to_string(root.join("version.py")).ok()?;
    let line = text.lines().find(|l| l.starts_with("__version__"))?;
    line.split(['\'', '"']).nth(1).map(str::to_owned)
}

/// Asks a child process which device would be taken.
fn device(advice: &mut Vec<String>) -> String {
    match probe() {
        Ok(reason) => {
            let usable = reason.contains("NVIDIA GPU");
            if !usable && reason.contains("xtask setup --cuda") {
                advice.push("to compute on the GPU run `cargo xtask setup --cuda`".into());
            } else if !usable && reason.contains("nvidia-smi") {
                advice.push("to compute on the GPU update the NVIDIA driver; `nvidia-smi` must list the GPU".into());
            }
            reason
        }
        Err(reason) => {
            advice.push(
                "libtorch does not run here: run `cargo xtask setup` again, or unpack TMLI again; if that changes \
                 nothing, report this output"
                    .into(),
            );
            reason
        }
    }
}

fn probe() -> Result<String, String> {
    let program = std::env::current_exe().map_err(|e| format!("unknown: this program can't find itself ({e})"))?;
    let mut child = Command::new(program)
        .args(["doctor", "--probe"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("unknown: libtorch could not be tried ({e})"))?;
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(_)) => break,
            Ok(None) if start.elapsed() > PROBE_LIMIT => {
                // It may have ended meanwhile; either way it gave no answer in time.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("unknown: libtorch gave no answer in {} s", PROBE_LIMIT.as_secs()));
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(20)),
            Err(e) => return Err(format!("unknown: libtorch could not be tried ({e})")),
        }
    }
    let output = child.wait_with_output().map_err(|e| format!("unknown: libtorch could not be tried ({e})"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    let last = text(&output.stderr).lines().last().map_or(String::new(), |l| format!(": {l}"));
    Err(format!("none: trying libtorch ended with {}{last}", output.status))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_a_wheel_and_from_an_archive() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let library = folder.path().join("lib/libtorch_cpu.so");
        assert_eq!(version_beside(&library), None);
        std::fs::write(folder.path().join("version.py"), "x = 1\n__version__ = '2.11.0+cpu'\n").expect("writable");
        assert_eq!(version_beside(&library).as_deref(), Some("2.11.0+cpu"));
        std::fs::write(folder.path().join("build-version"), "2.9.1\n").expect("writable");
        assert_eq!(version_beside(&library).as_deref(), Some("2.9.1"));
    }

    #[test]
    fn a_loaded_library_is_found_by_its_name() {
        let maps = "7f00-7f01 r--p 0 0 0 \n7f02-7f03 r-xp 0 0 0    /opt/a b/lib/libtorch_cpu.so\n";
        assert_eq!(loaded_library(maps, "libtorch_cpu.so"), Some("/opt/a b/lib/libtorch_cpu.so".into()));
        assert_eq!(loaded_library(maps, "libtorch.so"), None);
    }
}
