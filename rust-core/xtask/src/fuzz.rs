//! `cargo xtask fuzz`: the readers, the tracing and the metrics against what nobody thought of.

use std::{
    fs::{self, File},
    path::Path,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use crate::{
    process::{self, in_words, say},
    repo::Repo,
    table,
};

/// Feed the readers with damaged files, and the tracing and the metrics with random masks, until the time is over.
///
/// Seeds are made anew: small files of our own, and the small ones of ../shared/data (or TMLI_SHARED_DATA) where that
/// is. What is learned stays in tests/fuzz/corpus. A target that finds something stops, and the file that did it lies in
/// tests/fuzz/artifacts. Needs the nightly compiler (`rustup toolchain install nightly`).
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask fuzz                                  # every target for a minute
  cargo xtask fuzz structure_set ct --seconds 3600 --together 2
  chrt --idle 0 cargo xtask fuzz --seconds 3600 --together 7   # only while the cores have nothing else to do")]
pub(crate) struct Arguments {
    /// Targets to run [default: all].
    targets: Vec<String>,
    /// How long each of them runs.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How many run at the same time.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    together: u32,
}

/// As `cargo fuzz list` has them.
const TARGETS: [&str; 8] = ["preflight", "ct", "structure_set", "segmentation", "nifti", "nrrd", "trace", "metrics"];
const FOLDER: &str = "tests/fuzz";
const CARGO_FUZZ: &str = "0.13.2";

/// Readers may take 64 MB beyond a file's size, in as many allocations; the address sanitizer takes as much again. Seconds
/// are those of the clock, and a target may have a small share of a core.
const LIMITS: [&str; 4] = ["-rss_limit_mb=1024", "-malloc_limit_mb=200", "-timeout=300", "-max_len=65536"];

/// A target that is running.
struct Running {
    name: String,
    child: Child,
    since: Instant,
}

pub(crate) fn task(repo: &Repo, arguments: &Arguments) -> Result<()> {
    let unknown: Vec<&str> = arguments.targets.iter().map(String::as_str).filter(|t| !TARGETS.contains(t)).collect();
    if !unknown.is_empty() {
        bail!("there is no target {}; there are {}", unknown.join(", "), TARGETS.join(", "));
    }
    let mut wanted = match &arguments.targets[..] {
        [] => TARGETS.map(str::to_owned).to_vec(),
        named => named.to_vec(),
    };
    let folder = repo.join(FOLDER);
    build(repo, &folder)?;
    seeds(repo, &folder)?;
    wanted.reverse();
    let mut running: Vec<Running> = Vec::new();
    let mut rows = vec![["target", "runs", "time", "result"].map(str::to_owned).to_vec()];
    let mut found = 0;
    while !wanted.is_empty() || !running.is_empty() {
        while running.len() < arguments.together as usize
            && let Some(name) = wanted.pop()
        {
            running.push(start(repo, &folder, name, arguments.seconds)?);
        }
        std::thread::sleep(Duration::from_millis(200));
        let mut still = Vec::new();
        for mut target in running {
            match target.child.try_wait()? {
                None => still.push(target),
                Some(status) => {
                    found += usize::from(!status.success());
                    rows.push(report(repo, &folder, &target, status.success())?);
                }
            }
        }
        running = still;
    }
    println!("\n{}", table::render(&rows));
    if found > 0 {
        bail!("{found} targets found something: see {FOLDER}/artifacts, and {FOLDER}/artifacts/TARGET.log");
    }
    Ok(())
}

/// cargo-fuzz in `.deps`, and the targets. Debug assertions come from the profile in `tests/fuzz/Cargo.toml`, which
/// leaves one library out; cargo-fuzz's own switch knows no exceptions.
fn build(repo: &Repo, folder: &Path) -> Result<()> {
    let tool = repo.deps().join("cargo-fuzz");
    if !tool.join("bin/cargo-fuzz").exists() {
        say("Installing cargo-fuzz in .deps/cargo-fuzz");
        let install = ["install", "--locked", "cargo-fuzz", "--version", CARGO_FUZZ, "--root"];
        process::run(process::cargo(repo.root(), &install).arg(&tool))?;
    }
    let mut build = process::command(tool.join("bin/cargo-fuzz"), folder);
    // The toolchain that runs this task is named in the environment and would be used again.
    build
        .args(["fuzz", "build", "--release"])
        .env("RUSTUP_TOOLCHAIN", "nightly")
        .env_remove("CARGO")
        .env_remove("RUSTC");
    process::run(&mut build)
        .context("the targets need the nightly compiler: rustup toolchain install nightly --profile minimal")?;
    Ok(())
}

fn seeds(repo: &Repo, folder: &Path) -> Result<()> {
    let mut seeds = process::cargo(folder, &["run", "--release", "--quiet", "--example", "seeds", "--", "corpus"]);
    let shared = std::env::var_os("TMLI_SHARED_DATA").map_or_else(|| repo.join("../shared/data"), Into::into);
    if shared.is_dir() {
        seeds.arg(shared.canonicalize()?);
    }
    process::run(&mut seeds)?;
    Ok(())
}

fn start(repo: &Repo, folder: &Path, name: String, seconds: u64) -> Result<Running> {
    let artifacts = folder.join("artifacts").join(&name);
    fs::create_dir_all(&artifacts)?;
    let log = File::create(log_of(folder, &name))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| folder.join("target"), |dir| repo.join(dir));
    let mut command = process::command(target.join("x86_64-unknown-linux-gnu/release").join(&name), folder);
    command.arg(folder.join("corpus").join(&name)).args(LIMITS);
    command.arg(format!("-max_total_time={seconds}")).arg("-print_final_stats=1");
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    // One thread each, and no memory kept for what was freed: many targets share the machine.
    command.env("RAYON_NUM_THREADS", "1").env("ASAN_OPTIONS", "quarantine_size_mb=16:detect_leaks=0");
    // A file is written for every run: in memory where the system has a place for that.
    if Path::new("/dev/shm").is_dir() {
        command.env("TMPDIR", "/dev/shm");
    }
    say(process::shown(&command));
    let child = command.stdout(Stdio::null()).stderr(log).spawn().with_context(|| format!("{name} does not start"))?;
    Ok(Running { name, child, since: Instant::now() })
}

fn log_of(folder: &Path, name: &str) -> std::path::PathBuf {
    folder.join("artifacts").join(name).with_extension("log")
}

fn report(repo: &Repo, folder: &Path, target: &Running, clean: bool) -> Result<Vec<String>> {
    let path = log_of(folder, &target.name);
    let log = fs::read(&path).with_context(|| format!("{} cannot be read", repo.shown(&path)))?;
    let runs = runs_in(&String::from_utf8_lossy(&log)).unwrap_or_else(|| "?".to_owned());
    let result = if clean { "nothing found" } else { "FOUND SOMETHING" };
    let time = in_words(target.since.elapsed());
    say(format_args!("{}: {runs} runs in {time}, {result}", target.name));
    Ok(vec![target.name.clone(), runs, time, result.to_owned()])
}

/// From libFuzzer's `stat::number_of_executed_units: 123`.
fn runs_in(log: &str) -> Option<String> {
    let line = log.lines().find(|line| line.starts_with("stat::number_of_executed_units:"))?;
    line.rsplit(' ').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_runs_is_found_in_the_log() {
        let log = "Done 9 runs in 3 second(s)\nstat::number_of_executed_units: 512\nstat::peak_rss_mb: 40\n";
        assert_eq!(runs_in(log).as_deref(), Some("512"));
        assert_eq!(runs_in("killed"), None);
    }

    #[test]
    fn every_target_of_the_folder_is_run() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/fuzz_targets");
        let mut files: Vec<String> = fs::read_dir(folder)
            .expect("the targets are there")
            .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_string_lossy().into_owned()))
            .collect();
        let mut targets = TARGETS.map(str::to_owned).to_vec();
        files.sort();
        targets.sort();
        assert_eq!(files, targets);
    }
}
