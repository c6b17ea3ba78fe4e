//! Programs unpacked from Debian packages without root and without installing.
//!
//! Only tests and benches use them, and only where there is a Debian or Ubuntu; elsewhere they say that they skip.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};

use crate::{
    lock::Lock,
    process::{self, say},
    repo::Repo,
};

/// Packages that lie unpacked in a folder of `.deps`.
#[derive(Debug)]
pub(crate) struct Packages {
    /// The folder in `.deps`.
    folder: &'static str,
    names: &'static [&'static str],
    /// The program that shows that all went well, in `usr/bin`.
    program: &'static str,
    /// In words, for the user.
    what: &'static str,
    /// To download, with all they need.
    megabytes: u32,
}

/// `dciodvfy` and DCMTK's tools.
pub(super) const CHECKERS: Packages = Packages {
    folder: "debian",
    names: &["dicom3tools", "dcmtk"],
    program: "dciodvfy",
    what: "DICOM checkers for the tests",
    megabytes: 20,
};

/// The program behind SlicerRT's comparison of dose and structures.
const PLASTIMATCH: Packages = Packages {
    folder: "plastimatch",
    names: &["plastimatch"],
    program: "plastimatch",
    what: "plastimatch, to be compared with",
    megabytes: 40,
};

/// Says that this was tried, so that a machine without apt is not asked again each time.
const DONE: &str = "done";

/// Plastimatch, and the folder in and below which its shared libraries lie; `None` where there are no Debian packages.
pub(crate) fn plastimatch(repo: &Repo) -> Result<Option<(PathBuf, PathBuf)>> {
    if PLASTIMATCH.is_due(repo) {
        let lock = Lock::take(repo, "setup")?;
        PLASTIMATCH.install(repo, &lock)?;
    }
    let folder = repo.deps().join(PLASTIMATCH.folder);
    let program = folder.join("usr/bin").join(PLASTIMATCH.program);
    Ok(program.exists().then(|| (program, folder.join("usr/lib"))))
}

impl Packages {
    /// Whether there is still something to try. The folder is only ever moved into place whole.
    pub(super) fn is_due(&self, repo: &Repo) -> bool {
        let folder = repo.deps().join(self.folder);
        !folder.join(DONE).exists() && !folder.join("usr/bin").join(self.program).exists()
    }

    /// Gets the packages; when that fails, says so and goes on.
    pub(super) fn install(&self, repo: &Repo, lock: &Lock) -> Result<()> {
        let folder = repo.deps().join(self.folder);
        let partial = folder.with_extension("part");
        if partial.exists() {
            fs::remove_dir_all(&partial)?;
        }
        fs::create_dir_all(partial.join("archives"))?;
        if let Err(error) = self.unpack(&partial, lock) {
            say(format_args!("No {} ({error:#}); what uses them will skip", self.what));
            say(format_args!("To try again: rm -r .deps/{}", self.folder));
        }
        fs::remove_dir_all(partial.join("archives"))?;
        fs::write(partial.join(DONE), "")?;
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::rename(&partial, &folder).with_context(|| format!(".deps/{} cannot be made", self.folder))
    }

    fn unpack(&self, partial: &Path, lock: &Lock) -> Result<()> {
        let apt = Apt::new(partial, self.names)?;
        say(format_args!("Getting {} ({}) from the Debian archive", self.what, self.names.join(", ")));
        let packages = apt.needed()?;
        let mut download = apt.command("apt-get", &partial.join("archives"));
        download.arg("download").args(&packages).stdin(lock.stdin()?);
        println!("  {} packages, about {} MB: {}", packages.len(), self.megabytes, words(&packages));
        process::output(&mut download)?;
        let mut files: Vec<_> = fs::read_dir(partial.join("archives"))?.collect::<Result<_, _>>()?;
        files.retain(|file| file.path().extension().is_some_and(|end| end == "deb"));
        files.sort_by_key(std::fs::DirEntry::path);
        for file in files {
            process::output(process::command("dpkg", partial).arg("-x").arg(file.path()).arg(partial))?;
        }
        anyhow::ensure!(partial.join("usr/bin").join(self.program).exists(), "the packages hold no {}", self.program);
        Ok(())
    }
}

fn words(packages: &BTreeSet<String>) -> String {
    packages.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// apt with the machine's package lists, or with own ones where it has none.
struct Apt {
    options: Vec<String>,
    names: &'static [&'static str],
}

impl Apt {
    fn new(partial: &Path, names: &'static [&'static str]) -> Result<Self> {
        // Without locks and without changing to another user: nothing outside our folder is written.
        let plain = ["Debug::NoLocking=1", "APT::Sandbox::User=root"].map(str::to_owned).to_vec();
        let apt = Self { options: plain, names };
        if apt.knows_packages() {
            return Ok(apt);
        }
        let state = partial.join("archives/apt-state");
        fs::create_dir_all(state.join("lists/partial"))?;
        let mut options = apt.options;
        options.push(format!("Dir::State::Lists={}", state.join("lists").display()));
        options.push(format!("Dir::Cache={}", state.display()));
        options.push("Acquire::Languages=none".to_owned());
        let apt = Self { options, names };
        say("This machine has no Debian package lists; getting them (about 20 MB, not kept)");
        process::output(apt.command("apt-get", partial).arg("update"))?;
        anyhow::ensure!(apt.knows_packages(), "the package lists name no {}", names.join(" or no "));
        Ok(apt)
    }

    fn command(&self, program: &str, folder: &Path) -> Command {
        let mut command = process::command(program, folder);
        command.env("LC_ALL", "C").env("DEBIAN_FRONTEND", "noninteractive");
        for option in &self.options {
            command.arg("-o").arg(option);
        }
        command
    }

    fn knows_packages(&self) -> bool {
        let mut command = self.command("apt-cache", Path::new("/"));
        process::output(command.args(["show", "--no-all-versions"]).args(self.names)).is_ok()
    }

    /// The packages and whatever they need that this machine does not have.
    fn needed(&self) -> Result<BTreeSet<String>> {
        let mut command = self.command("apt-get", Path::new("/"));
        command.args(["install", "--simulate", "--no-install-recommends", "--quiet"]).args(self.names);
        // An inconsistent system can't plan an installation; the packages alone may still run.
        let plan = process::output(&mut command).unwrap_or_default();
        Ok(self.names.iter().map(ToString::to_string).chain(to_install(&plan)).collect())
    }
}

/// The names in lines such as `Inst libdcmtk17 (3.6.7-9 Debian:12/stable [amd64])`.
fn to_install(plan: &str) -> impl Iterator<Item = String> + '_ {
    plan.lines().filter_map(|line| line.strip_prefix("Inst ")?.split(' ').next().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_of_apt_names_what_is_missing() {
        let plan = "NOTE: This is only a simulation!\n\
                    Inst libdcmtk17 (3.6.7-9~deb12u3 Debian:12.11/oldstable [amd64])\n\
                    Inst dcmtk (3.6.7-9~deb12u3 Debian:12.11/oldstable [amd64])\n\
                    Conf libdcmtk17 (3.6.7-9~deb12u3 Debian:12.11/oldstable [amd64])\n";
        assert_eq!(to_install(plan).collect::<Vec<_>>(), ["libdcmtk17", "dcmtk"]);
    }
}
