//! Debian packages unpacked into `.deps/`, without root and without installing.
//!
//! Only where there is a Debian or Ubuntu; elsewhere what needs them says that it skips, or asks for an installation.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};

use super::starter;
use crate::{
    lock::Lock,
    process::{self, say},
    repo::Repo,
};

/// Packages for one purpose, in a folder of their own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bundle {
    /// The folder in `.deps/`.
    folder: &'static str,
    packages: &'static [&'static str],
    /// A file that is there when all went well.
    proof: &'static str,
    /// What the packages bring, and how much is loaded.
    what: &'static str,
    /// What happens without them.
    without: &'static str,
}

/// What judges our DICOM files in the tests.
pub(crate) const CHECKERS: Bundle = Bundle {
    folder: "debian",
    packages: &["dicom3tools", "dcmtk"],
    proof: "usr/bin/dciodvfy",
    what: "DICOM checkers for the tests, about 15 MB",
    without: "the tests that use dciodvfy and DCMTK will skip",
};

/// Drawing without a display and without a GPU.
pub(crate) const GRAPHICS: Bundle = Bundle {
    folder: "debian-graphics",
    packages: &["libegl1", "libegl-mesa0", "libgl1-mesa-dri"],
    proof: "usr/lib/x86_64-linux-gnu/libEGL.so.1",
    what: "the Mesa libraries that draw the pictures of the browser app, about 50 MB",
    without: "the browser app needs them: sudo apt install libegl1 libgl1-mesa-dri",
};

/// What Qt loads from the system, also without a screen. Names that Debian and Ubuntu share; GLib comes with HarfBuzz.
pub(crate) const QT: Bundle = Bundle {
    folder: "debian-qt",
    packages: &["libegl1", "libgl1", "libfontconfig1", "libxkbcommon0", "libdbus-1-3", "libharfbuzz0b"],
    proof: "usr/lib/x86_64-linux-gnu/libharfbuzz.so.0",
    what: "the libraries that Qt needs for the tests of the Slicer panel, about 40 MB",
    without: "the tests of the Slicer extension need them: sudo apt install libegl1 libgl1 libxkbcommon0 libglib2.0-0",
};

/// The browser that the test of the browser app drives.
pub(crate) const CHROMIUM: Bundle = Bundle {
    folder: "debian-chromium",
    packages: &["chromium"],
    proof: "usr/lib/chromium/chromium",
    what: "Chromium for the test of the browser app, about 100 MB",
    without: "the test of the browser app will skip",
};

/// The program behind SlicerRT's comparison of structures.
pub(crate) const PLASTIMATCH: Bundle = Bundle {
    folder: "plastimatch",
    packages: &["plastimatch"],
    proof: "usr/bin/plastimatch",
    what: "plastimatch, which reads our RT Structure Sets in the tests and in the bench, about 90 MB",
    without: "the tests that use plastimatch will skip, and the bench leaves it out",
};

/// Where Debian's packages keep libraries. ITK and plastimatch lie in `usr/lib` itself; BLAS, LAPACK and PulseAudio's in
/// folders that an installed system is told of; Debian 12 has not moved all packages under /usr.
const LIBRARIES: [&str; 6] = [
    "usr/lib",
    "usr/lib/x86_64-linux-gnu",
    "usr/lib/x86_64-linux-gnu/blas",
    "usr/lib/x86_64-linux-gnu/lapack",
    "usr/lib/x86_64-linux-gnu/pulseaudio",
    "lib/x86_64-linux-gnu",
];

/// Says that this was tried, so that a machine without apt is not asked again each time.
const DONE: &str = "done";

impl Bundle {
    /// Where it is, or would be, unpacked.
    pub(crate) fn folder(&self, repo: &Repo) -> PathBuf {
        repo.deps().join(self.folder)
    }

    /// The file that is there when the packages are.
    pub(crate) fn proof(&self, repo: &Repo) -> PathBuf {
        self.folder(repo).join(self.proof)
    }

    /// Where the packages keep their libraries, for `LD_LIBRARY_PATH`; in a plain order of search.
    pub(crate) fn libraries(&self, repo: &Repo) -> Vec<PathBuf> {
        let folders = LIBRARIES.map(|folder| self.folder(repo).join(folder));
        folders.into_iter().filter(|folder| folder.is_dir()).collect()
    }

    /// What a program must be told to find the unpacked libraries and fonts, and the fonts of the system: those that it
    /// has are not unpacked. Chromium crashes without a font.
    pub(crate) fn environment(&self, repo: &Repo) -> Result<Vec<(&'static str, OsString)>> {
        let folder = self.folder(repo);
        let text = format!(
            "<?xml version=\"1.0\"?>\n<!DOCTYPE fontconfig SYSTEM \"fonts.dtd\">\n<fontconfig>\n  <dir>{}</dir>\n  \
             <dir>/usr/share/fonts</dir>\n  <cachedir>{}</cachedir>\n</fontconfig>\n",
            folder.join("usr/share/fonts").display(),
            folder.join("font-cache").display(),
        );
        let fonts = folder.join("fonts.conf");
        fs::write(&fonts, text).with_context(|| format!("{} cannot be written", repo.shown(&fonts)))?;
        let libraries = std::env::join_paths(self.libraries(repo))?;
        Ok(vec![("LD_LIBRARY_PATH", libraries), ("FONTCONFIG_FILE", fonts.into_os_string())])
    }

    /// What starts a program of the packages with their libraries; [`Self::ensure`] makes it.
    pub(crate) fn program(&self, repo: &Repo, name: &str) -> PathBuf {
        self.folder(repo).join("bin").join(name)
    }

    /// Gets the packages unless that was tried already, and tells whether they are there.
    pub(crate) fn ensure(&self, repo: &Repo) -> Result<bool> {
        if self.is_due(repo) {
            let lock = Lock::take(repo, "setup")?;
            if self.is_due(repo) {
                self.install(repo, &lock)?;
            }
        }
        let there = self.proof(repo).exists();
        if there && self.folder(repo).join("usr/bin").is_dir() {
            starter::write(&self.folder(repo), &LIBRARIES)?;
        }
        Ok(there)
    }

    /// Whether there is still something to try. The folder is only ever moved into place whole.
    pub(super) fn is_due(&self, repo: &Repo) -> bool {
        !self.folder(repo).join(DONE).exists() && !self.proof(repo).exists()
    }

    /// Gets the packages; when that fails, says so and goes on.
    fn install(&self, repo: &Repo, lock: &Lock) -> Result<()> {
        let (folder, partial) = (self.folder(repo), repo.deps().join(format!("{}.part", self.folder)));
        if partial.exists() {
            fs::remove_dir_all(&partial)?;
        }
        fs::create_dir_all(partial.join("archives"))?;
        if let Err(error) = self.unpack(&partial, lock) {
            say(format_args!("No {} ({error:#}); {}", self.packages.join(", "), self.without));
            say(format_args!("To try again: rm -r {}", repo.shown(&folder)));
        }
        fs::remove_dir_all(partial.join("archives"))?;
        fs::write(partial.join(DONE), "")?;
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::rename(&partial, &folder).with_context(|| format!("{} cannot be made", repo.shown(&folder)))
    }

    fn unpack(&self, partial: &Path, lock: &Lock) -> Result<()> {
        let apt = Apt::new(partial, self.packages)?;
        say(format_args!("Getting {} from the Debian archive", self.what));
        let packages = apt.needed(self.packages);
        let mut download = apt.command("apt-get", &partial.join("archives"));
        download.arg("download").args(&packages).stdin(lock.stdin()?);
        println!("  {} packages: {}", packages.len(), words(&packages));
        process::output(&mut download)?;
        let mut files: Vec<_> = fs::read_dir(partial.join("archives"))?.collect::<Result<_, _>>()?;
        files.retain(|file| file.path().extension().is_some_and(|end| end == "deb"));
        files.sort_by_key(std::fs::DirEntry::path);
        for file in files {
            process::output(process::command("dpkg", partial).arg("-x").arg(file.path()).arg(partial))?;
        }
        anyhow::ensure!(partial.join(self.proof).exists(), "the packages hold no {}", self.proof);
        Ok(())
    }
}

fn words(packages: &BTreeSet<String>) -> String {
    packages.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// apt with the machine's package lists, or with own ones where it has none.
struct Apt {
    options: Vec<String>,
}

impl Apt {
    fn new(partial: &Path, packages: &[&str]) -> Result<Self> {
        // Without locks and without changing to another user: nothing outside our folder is written.
        let plain = ["Debug::NoLocking=1", "APT::Sandbox::User=root"].map(str::to_owned).to_vec();
        let apt = Self { options: plain };
        if apt.knows(packages) {
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
        anyhow::ensure!(apt.knows(packages), "the package lists name no {}", packages.join(" or no "));
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

    fn knows(&self, packages: &[&str]) -> bool {
        let mut command = self.command("apt-cache", Path::new("/"));
        process::output(command.args(["show", "--no-all-versions"]).args(packages)).is_ok()
    }

    /// The packages and whatever they need that this machine does not have.
    fn needed(&self, packages: &[&str]) -> BTreeSet<String> {
        let mut command = self.command("apt-get", Path::new("/"));
        command.args(["install", "--simulate", "--no-install-recommends", "--quiet"]).args(packages);
        // An inconsistent system can't plan an installation; the packages alone may still run.
        let plan = process::output(&mut command).unwrap_or_default();
        packages.iter().map(|name| (*name).to_owned()).chain(to_install(&plan)).collect()
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
