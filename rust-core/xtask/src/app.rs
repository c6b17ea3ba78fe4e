//! `cargo xtask app`: the main job in a browser, for those who have no 3D Slicer at hand.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

use crate::{
    process,
    repo::Repo,
    setup::{self, Environment},
    wheels,
};

/// Slicer's libraries as trame-slicer asks for them, older than those of the extension's tests.
const APP: Environment<'static> = Environment { name: "app", requirements: "app.txt", minor: 10..=13 };
/// Where a machine's own OpenGL drivers say that they are there.
const VENDORS: [&str; 2] = ["/usr/share/glvnd/egl_vendor.d", "/etc/glvnd/egl_vendor.d"];

/// Segment a CT in the browser: slices, 3D, metrics, PTV, RT Structure Set.
///
/// Opens with a synthetic child and the shipped models. The page is on 127.0.0.1, needs no internet, and lets nobody in
/// but the browser that got its address. The first time, 240 MB of Slicer's libraries are loaded into .deps/app and
/// take 1.1 GB there. Ctrl-C ends everything.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask app
  cargo xtask app --ct PATIENT/CT --models models/oar1-3d     # your own
  cargo xtask app --no-browser --port 8080                    # on a server, with ssh -L 8080:127.0.0.1:8080")]
pub(crate) struct Arguments {
    /// Port on 127.0.0.1; 0 takes one that is free.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Folder of a CT series to open in place of the synthetic child.
    #[arg(long, value_name = "DIR")]
    ct: Option<PathBuf>,
    /// Folder of models, or of folders of models [default: the shipped ones].
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Only print the address, open no browser.
    #[arg(long)]
    no_browser: bool,
}

pub(crate) fn task(repo: &Repo, arguments: &Arguments) -> Result<()> {
    let parts = Parts::make(repo)?;
    let mut command = parts.command(repo);
    let shipped = repo.join("demo/models");
    command.arg("--port").arg(arguments.port.to_string());
    command.arg("--models").arg(arguments.models.as_ref().unwrap_or(&shipped));
    if let Some(folder) = &arguments.ct {
        command.arg("--ct").arg(folder);
    }
    if arguments.no_browser {
        command.arg("--no-browser");
    }
    // Taking our place, the app gets Ctrl-C and every signal itself.
    command.current_dir(std::env::current_dir()?);
    Err(command.exec()).context("the app cannot be started")
}

/// What the app is made of, built and in place.
pub(crate) struct Parts {
    /// The Python of `.deps/app`.
    python: PathBuf,
    /// `tmli-worker`.
    worker: PathBuf,
    /// Whether pictures are drawn with Mesa's libraries in `.deps`, because the machine has no OpenGL.
    own_mesa: bool,
}

impl Parts {
    /// Sets up, builds, installs; silent where nothing changed.
    pub(crate) fn make(repo: &Repo) -> Result<Self> {
        setup::ensure(repo, setup::Need::Build)?;
        let python = setup::environment(repo, &APP)?;
        let own_mesa = own_mesa(repo, &python)?;
        process::run(&mut process::cargo(repo.root(), &["build", "--release", "--package", "tmli-worker"]))?;
        wheels::install_module(repo, &python)?;
        Ok(Self { python, worker: repo.target().join("release/tmli-worker"), own_mesa })
    }

    /// `python -m tmli_app` with what it needs, and with room for its arguments.
    pub(crate) fn command(&self, repo: &Repo) -> Command {
        let mut command = process::command(&self.python, repo.root());
        command.args(["-m", "tmli_app", "--worker"]).arg(&self.worker);
        command.env("PYTHONPATH", repo.join("slicer-extension/app"));
        if self.own_mesa {
            let root = setup::GRAPHICS.folder(repo);
            command.env("LIBGL_DRIVERS_PATH", root.join("usr/lib/x86_64-linux-gnu/dri"));
            command.env("__EGL_VENDOR_LIBRARY_DIRS", root.join("usr/share/glvnd/egl_vendor.d"));
            let before = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
            let folders = setup::GRAPHICS.libraries(repo).into_iter().chain(std::env::split_paths(&before));
            // A folder with a colon in its name was refused by everything before us.
            command.env("LD_LIBRARY_PATH", std::env::join_paths(folders).unwrap_or(before));
        }
        command
    }
}

/// Gets Mesa's libraries where the machine draws nothing by itself, and tells whether that was so.
fn own_mesa(repo: &Repo, python: &Path) -> Result<bool> {
    let loads = Command::new(python)
        .args(["-I", "-c", "import ctypes; ctypes.CDLL('libEGL.so.1')"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    let driver = VENDORS.iter().any(|folder| fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some()));
    if loads && driver {
        return Ok(false);
    }
    if !setup::GRAPHICS.ensure(repo)? {
        bail!(
            "this machine has no EGL library to draw with. Debian, Ubuntu: sudo apt install libegl1 libgl1-mesa-dri; \
             Fedora: sudo dnf install mesa-libEGL mesa-dri-drivers"
        );
    }
    Ok(true)
}
