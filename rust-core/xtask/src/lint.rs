//! `cargo xtask lint`: format, clippy, documentation, and the rules of [`crate::rules`].

use std::process::Command;

use anyhow::{Result, bail};

use crate::{
    process::{self, say},
    repo::Repo,
    rules, setup,
};

/// The fuzz targets are no part of the first: they need another compiler.
const WORKSPACES: [&str; 2] = ["Cargo.toml", "tests/fuzz/Cargo.toml"];

/// Check formatting, clippy, documentation, and who may depend on whom.
///
/// All checks run even when one fails; the end says which did.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask lint
  cargo xtask lint --fix      # format, and let clippy repair what it can, before checking

cargo-deny (advisories, duplicate versions) runs where it is installed: cargo install cargo-deny")]
pub(crate) struct Arguments {
    /// Repair what can be repaired first.
    #[arg(long)]
    fix: bool,
}

pub(crate) fn task(repo: &Repo, arguments: &Arguments) -> Result<()> {
    setup::ensure(repo, setup::Need::Build)?;
    let root = repo.root();
    let clippy = ["clippy", "--release", "--workspace", "--all-targets"];
    if arguments.fix {
        for workspace in WORKSPACES {
            process::run(&mut process::cargo(root, &["fmt", "--all", "--manifest-path", workspace]))?;
        }
        process::run(process::cargo(root, &clippy).args(["--fix", "--allow-dirty", "--allow-staged"]))?;
    }
    let mut failed = Vec::new();
    let mut check = |name: &'static str, result: Result<()>| {
        if let Err(error) = result {
            println!("{error:#}");
            failed.push(name);
        }
    };
    check("rules", house_rules(repo));
    for workspace in WORKSPACES {
        let fmt = ["fmt", "--all", "--manifest-path", workspace, "--check"];
        check("format", run(&mut process::cargo(root, &fmt)));
    }
    check("clippy", run(process::cargo(root, &clippy).args(["--", "--deny", "warnings"])));
    let mut doc = process::cargo(root, &["doc", "--release", "--workspace", "--no-deps", "--document-private-items"]);
    check("documentation", run(doc.env("RUSTDOCFLAGS", "--deny warnings")));
    check("cargo-deny", deny(repo));
    if !failed.is_empty() {
        bail!("lint found something in: {}", failed.join(", "));
    }
    say("lint: all is well");
    Ok(())
}

fn run(command: &mut Command) -> Result<()> {
    process::run(command).map(|_| ())
}

fn house_rules(repo: &Repo) -> Result<()> {
    say("Rules of the house: directions, versions, licences, length of files");
    for (name, lines) in rules::long_files(repo)? {
        println!("  note: {name} has {lines} lines; does it hold more than one idea?");
    }
    let broken = rules::broken(repo, &rules::metadata(repo)?)?;
    if !broken.is_empty() {
        bail!("{}", broken.iter().map(|line| format!("  broken: {line}")).collect::<Vec<_>>().join("\n"));
    }
    Ok(())
}

fn deny(repo: &Repo) -> Result<()> {
    if process::output(&mut process::cargo(repo.root(), &["deny", "--version"])).is_err() {
        say("cargo-deny is not installed: advisories and duplicate versions are not looked at");
        return Ok(());
    }
    run(&mut process::cargo(repo.root(), &["deny", "check"]))
}
