//! `cargo xtask setup`: everything that a build, a test or the demo needs, in `.deps/`.
//!
//! | in `.deps/` | what |
//! |---|---|
//! | `venv/` | a Python environment with the torch wheel (for its libraries) and what the tests' Python checks use |
//! | `downloads/` | the wheels as they came, and `.part` files of those that are not whole yet |
//! | `libtorch/` | `include` and `lib`, links into the wheel, in the shape that torch-sys wants |
//! | `debian/` | DICOM checkers from Debian packages, for the tests only |
//! | `debian-graphics/`, `debian-chromium/` | Mesa and Chromium for the browser app and its test, where the machine has none |
//! | `NAME/` | a further Python environment that one task needs, see [`environment()`] |
//! | `setup.json` | what was set up last; when it fits, setup ends at once |

mod debian;
mod environment;
mod libtorch;
mod link;
mod python;
mod stamp;
mod starter;
mod venv;

use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::{
    lock::Lock,
    process::{in_words, say},
    repo::Repo,
};
use debian::CHECKERS;
pub(crate) use debian::{CHROMIUM, GRAPHICS, PLASTIMATCH, QT};
pub(crate) use environment::{Environment, environment};
pub(crate) use link::relink;
pub(crate) use python::NoPython;
use stamp::Stamp;

/// Make .deps: Python environment, libtorch, DICOM checkers.
///
/// Downloads about 560 MB the first time (with --cuda about 2.5 GB) and does nothing when all is there. Goes on where
/// it was interrupted. Other tasks run this by themselves.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask setup                           # what the demo and the tests need, for the CPU
  cargo xtask setup --cuda                    # and what an NVIDIA GPU needs
  cargo xtask setup --python /opt/py/bin/python3.12
  rm -r .deps/downloads                       # the wheels are not needed once all is installed")]
pub(crate) struct Arguments {
    /// Also install the libraries that an NVIDIA GPU needs (2 GB more).
    #[arg(long)]
    cuda: bool,
    /// Python interpreter to use, 3.10 to 3.14 [default: the first that works of python3, python3.14 ... python3.10].
    #[arg(long, value_name = "FILE")]
    python: Option<std::path::PathBuf>,
}

/// What a task needs beyond Python and libtorch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Building and running.
    Build,
    /// The tests: DICOM checkers too.
    Tests,
}

pub(crate) fn task(repo: &Repo, arguments: &Arguments) -> Result<()> {
    let start = Instant::now();
    let did = prepare(repo, arguments, Need::Tests)?;
    if did {
        say(format_args!("Set up in {}. Next: cargo xtask demo", in_words(start.elapsed())));
    } else {
        say(format_args!("Nothing to do: .deps is complete ({})", in_words(start.elapsed())));
    }
    Ok(())
}

/// Sets up for another task; silent when all is there.
pub(crate) fn ensure(repo: &Repo, need: Need) -> Result<()> {
    prepare(repo, &Arguments { cuda: false, python: None }, need).map(|_| ())
}

/// Returns whether there was something to do.
fn prepare(repo: &Repo, arguments: &Arguments, need: Need) -> Result<bool> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        bail!(
            "setup knows Linux on x86-64 only so far (this is {} on {}). On Windows, WSL 2 works.",
            std::env::consts::OS,
            std::env::consts::ARCH
        );
    }
    // Two looks: the first without the lock, so that the usual case costs a few milliseconds.
    let starts = || venv::prefix(&repo.venv()).is_some();
    let done = |stamp: &Stamp| stamp.covers(arguments.cuda) && libtorch::is_linked(repo) && starts();
    let mut did = false;
    if !Stamp::read(repo).as_ref().is_some_and(done) || arguments.python.is_some() {
        let lock = Lock::take(repo, "setup")?;
        let before = Stamp::read(repo);
        if !before.as_ref().is_some_and(done) || arguments.python.is_some() {
            compiler_works()?;
            // Once the CUDA libraries are there they stay, whoever asks next.
            let cuda = arguments.cuda || before.is_some_and(|stamp| stamp.cuda);
            install(repo, arguments, cuda, &lock)?;
            did = true;
        }
    }
    if need == Need::Tests {
        did |= CHECKERS.is_due(repo);
        CHECKERS.ensure(repo)?;
    }
    Ok(did)
}

fn install(repo: &Repo, arguments: &Arguments, cuda: bool, lock: &Lock) -> Result<()> {
    say(format_args!("Setting up .deps ({})", if cuda { "CPU and NVIDIA GPU" } else { "CPU" }));
    Stamp::remove(repo)?;
    let mut requirements = vec!["libtorch-cpu.txt", "checks.txt"];
    requirements.extend(cuda.then_some("libtorch-cuda.txt"));
    let environment = venv::Venv { repo, lock, folder: repo.venv(), requirements };
    environment.install(arguments.python.is_some(), || python::find(arguments.python.as_deref()))?;
    libtorch::link(repo).context(".deps/libtorch cannot be made")?;
    Stamp::new(cuda).write(repo)
}

/// torch-sys compiles a C++ wrapper; better said now than after a download of half a gigabyte.
fn compiler_works() -> Result<()> {
    let name = std::env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
    let mut words = name.split_whitespace();
    let program = words.next().unwrap_or("c++");
    let works = std::process::Command::new(program)
        .args(words)
        .arg("--version")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !works {
        bail!(
            "a C++ compiler is needed and `{program}` does not run. Debian, Ubuntu: sudo apt install g++; Fedora: sudo dnf install gcc-c++"
        );
    }
    Ok(())
}
