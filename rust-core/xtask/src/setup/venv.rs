//! Python environments and the wheels in them.

use std::{
    ffi::OsString,
    fs,
    os::unix::ffi::OsStringExt as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, Result, bail};

use super::python::Interpreter;
use crate::{lock::Lock, process, process::say, repo::Repo};

/// Requirement lists, compiled in so that their hash is known without reading files.
pub(super) const CPU: &str = include_str!("../../python/libtorch-cpu.txt");
pub(super) const CUDA: &str = include_str!("../../python/libtorch-cuda.txt");
pub(super) const CHECKS: &str = include_str!("../../python/checks.txt");
/// Where requirement lists and the script that installs them lie.
pub(super) const FOLDER: &str = "rust-core/xtask/python";

/// wheels.py's exit status for an environment that a kill left half installed.
const DAMAGED: i32 = 3;

/// One environment in `.deps/`.
pub(super) struct Venv<'a> {
    pub(super) repo: &'a Repo,
    /// Held while anything is written.
    pub(super) lock: &'a Lock,
    pub(super) folder: PathBuf,
    /// Names of requirement lists in [`FOLDER`].
    pub(super) requirements: Vec<&'a str>,
}

impl Venv<'_> {
    /// Makes the environment whole, anew if it does not run or if `fresh` asks for it.
    pub(super) fn install(&self, fresh: bool, base: impl Fn() -> Result<Interpreter>) -> Result<()> {
        let usable = !fresh && amiss(&self.folder).is_none() && pip_runs(&self.folder.join("bin/python"));
        if !usable {
            self.create(&base()?)?;
        }
        for fresh in [!usable, true] {
            match self.wheels()? {
                0 => return Ok(()),
                DAMAGED if !fresh => {
                    say("Making the Python environment anew; what was downloaded is kept");
                    self.create(&base()?)?;
                }
                DAMAGED => break,
                _ => bail!("the Python packages could not be installed; the reason is above. Run this again to go on"),
            }
        }
        bail!("the Python packages are not whole although the environment is new. Is the disk full or failing?")
    }

    fn create(&self, base: &Interpreter) -> Result<()> {
        say(format_args!("Making a Python environment with {base}"));
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder)
                .with_context(|| format!("the old {} cannot be removed", self.repo.shown(&self.folder)))?;
        }
        // Its scripts will hold this path: not that of a link, which may go before the folder does.
        let folder = self.repo.deps().canonicalize()?.join(self.folder.strip_prefix(self.repo.deps())?);
        process::run_quietly(
            process::command(&base.path, self.repo.root())
                .args(["-I", "-m", "venv"])
                .arg(folder)
                .stdin(self.lock.stdin()?),
        )?;
        Ok(())
    }

    fn wheels(&self) -> Result<i32> {
        let scripts = self.repo.join(FOLDER);
        let mut command = process::command(self.folder.join("bin/python"), self.repo.root());
        command.arg("-I").arg(scripts.join("wheels.py")).arg("ensure");
        command.arg("--downloads").arg(self.repo.deps().join("downloads"));
        command.args(self.requirements.iter().map(|name| scripts.join(name)));
        let status = command.stdin(self.lock.stdin()?).status().context("the Python environment does not start")?;
        Ok(status.code().unwrap_or(1))
    }
}

/// What is wrong with an environment that was whole once: its base went away, or the folder was moved or copied, so that
/// its scripts start a Python elsewhere or none. To be read after its name.
pub(super) fn amiss(folder: &Path) -> Option<&'static str> {
    let Some(prefix) = prefix(folder) else { return Some("has a Python that does not start") };
    if !is_same(&prefix, folder) {
        return Some("has a Python of another folder");
    }
    let pip = fs::read_to_string(folder.join("bin/pip")).unwrap_or_default();
    let in_place = home(&pip).is_some_and(|made_in| is_same(made_in, folder));
    (!in_place).then_some("was made in another folder, which its scripts name")
}

/// Where the environment's Python thinks that it is; `None` when it does not start. Takes some 20 ms.
pub(super) fn prefix(folder: &Path) -> Option<PathBuf> {
    let mut python = std::process::Command::new(folder.join("bin/python"));
    python.args(["-I", "-c", "import sys; print(sys.prefix, end='')"]);
    let output = python.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| PathBuf::from(OsString::from_vec(output.stdout)))
}

/// The environment whose Python a script names: in its second line where the path is long or holds a space.
fn home(script: &str) -> Option<&Path> {
    script.lines().take(2).find_map(|line| {
        let (folder, _) = line[line.find('/')?..].rsplit_once("/bin/python")?;
        Some(Path::new(folder))
    })
}

/// Whether both are one folder, whatever links lead there.
fn is_same(a: &Path, b: &Path) -> bool {
    a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b))
}

/// Whether the environment's own Python and pip start: not so after a broken-off creation, or when the interpreter it
/// was made with is gone.
fn pip_runs(python: &Path) -> bool {
    std::process::Command::new(python)
        .args(["-I", "-m", "pip", "--version"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    /// As a real Python in an environment: its prefix is where it was started from.
    const HERE: &str = r#"printf %s "$(dirname "$(dirname "$0")")""#;

    /// A folder whose Python is this script, and whose pip names a Python in `made_in`.
    fn environment(folder: &Path, python: &str, made_in: &Path) {
        fs::create_dir_all(folder.join("bin")).unwrap();
        let program = folder.join("bin/python");
        fs::write(&program, format!("#!/bin/sh\n{python}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(folder.join("bin/pip"), format!("#!{}/bin/python3.11\nimport re\n", made_in.display())).unwrap();
    }

    #[test]
    fn an_environment_in_its_place_is_kept_by_whatever_way_one_comes() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        environment(&real, HERE, &real);
        symlink(&real, &link).unwrap();
        assert_eq!((amiss(&real), amiss(&link)), (None, None));
    }

    #[test]
    fn a_moved_a_copied_and_a_baseless_environment_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (here, other) = (folder.path().join("here"), folder.path().join("other"));
        environment(&here, HERE, &other);
        assert!(amiss(&here).is_some_and(|why| why.contains("made in another folder")), "moved");
        environment(&other, HERE, &other);
        assert!(amiss(&here).is_some_and(|why| why.contains("made in another folder")), "copied");
        environment(&here, "printf /usr", &here);
        assert!(amiss(&here).is_some_and(|why| why.contains("Python of another folder")));
        environment(&here, "exit 1", &here);
        assert!(amiss(&here).is_some_and(|why| why.contains("does not start")));
    }

    #[test]
    fn a_script_names_its_environment_in_one_of_two_ways() {
        assert_eq!(home("#!/home/a/.deps/venv/bin/python3.11\nimport re"), Some(Path::new("/home/a/.deps/venv")));
        let long = "#!/bin/sh\n'''exec' \"/home/a b/.deps/venv/bin/python3\" \"$0\" \"$@\"\n' '''\n";
        assert_eq!(home(long), Some(Path::new("/home/a b/.deps/venv")));
        assert_eq!(home("#!/bin/sh\necho"), None);
    }
}
