//! The DICOM checkers `dciodvfy` and `dcmdump`, unpacked from Debian packages without root and without installing.
//!
//! Only the tests use them, and only where there is a Debian or Ubuntu; elsewhere those tests say that they skip.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use anyhow::{Context as _, Result};

use crate::{
    lock::Lock,
    process::{self, say},
    repo::Repo,
};

const PACKAGES: [&str; 2] = ["dicom3tools", "dcmtk"];
/// Says that this was tried, so that a machine without apt is not asked again each time.
const DONE: &str = "done";

/// Whether there is still something to try. `.deps/debian` is only ever moved into place whole.
pub(super) fn is_due(repo: &Repo) -> bool {
    !repo.debian().join(DONE).exists() && !repo.debian().join("usr/bin/dciodvfy").exists()
}

/// Gets the packages; when that fails, says so and goes on.
pub(super) fn install(repo: &Repo, lock: &Lock) -> Result<()> {
    let partial = repo.deps().join("debian.part");
    if partial.exists() {
        fs::remove_dir_all(&partial)?;
    }
    fs::create_dir_all(partial.join("archives"))?;
    if let Err(error) = unpack(&partial, lock) {
        say(format_args!("No DICOM checkers ({error:#}); the tests that use dciodvfy and DCMTK will skip"));
        say("To try again: rm -r .deps/debian");
    }
    fs::remove_dir_all(partial.join("archives"))?;
    fs::write(partial.join(DONE), "")?;
    if repo.debian().exists() {
        fs::remove_dir_all(repo.debian())?;
    }
    fs::rename(&partial, repo.debian()).context(".deps/debian cannot be made")
}

fn unpack(partial: &Path, lock: &Lock) -> Result<()> {
    let apt = Apt::new(partial)?;
    say("Getting DICOM checkers for the tests (dicom3tools, dcmtk) from the Debian archive");
    let packages = apt.needed()?;
    let mut download = apt.command("apt-get", &partial.join("archives"));
    download.arg("download").args(&packages).stdin(lock.stdin()?);
    println!("  {} packages, about 20 MB: {}", packages.len(), words(&packages));
    process::output(&mut download)?;
    let mut files: Vec<_> = fs::read_dir(partial.join("archives"))?.collect::<Result<_, _>>()?;
    files.retain(|file| file.path().extension().is_some_and(|end| end == "deb"));
    files.sort_by_key(std::fs::DirEntry::path);
    for file in files {
        process::output(process::command("dpkg", partial).arg("-x").arg(file.path()).arg(partial))?;
    }
    anyhow::ensure!(partial.join("usr/bin/dciodvfy").exists(), "the packages hold no dciodvfy");
    Ok(())
}

fn words(packages: &BTreeSet<String>) -> String {
    packages.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// apt with the machine's package lists, or with own ones where it has none.
struct Apt {
    options: Vec<String>,
}

impl Apt {
    fn new(partial: &Path) -> Result<Self> {
        // Without locks and without changing to another user: nothing outside our folder is written.
        let plain = ["Debug::NoLocking=1", "APT::Sandbox::User=root"].map(str::to_owned).to_vec();
        let apt = Self { options: plain };
        if apt.knows_packages() {
            return Ok(apt);
        }
        let state = partial.join("archives/apt-state");
        fs::create_dir_all(state.join("lists/partial"))?;
        let mut options = apt.options;
        options.push(format!("Dir::State::Lists={}", state.join("lists").display()));
        options.push(format!("Dir::Cache={}", state.display()));
        options.push("Acquire::Languages=none".to_owned());
        let apt = Self { options };
        say("This machine has no Debian package lists; getting them (about 20 MB, not kept)");
        process::output(apt.command("apt-get", partial).arg("update"))?;
        anyhow::ensure!(apt.knows_packages(), "the package lists name no {}", PACKAGES.join(" or no "));
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
        process::output(command.args(["show", "--no-all-versions"]).args(PACKAGES)).is_ok()
    }

    /// The packages and whatever they need that this machine does not have.
    fn needed(&self) -> Result<BTreeSet<String>> {
        let mut command = self.command("apt-get", Path::new("/"));
        command.args(["install", "--simulate", "--no-install-recommends", "--quiet"]).args(PACKAGES);
        // An inconsistent system can't plan an installation; the two packages alone may still run.
        let plan = process::output(&mut command).unwrap_or_default();
        Ok(PACKAGES.into_iter().map(str::to_owned).chain(to_install(&plan)).collect())
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
