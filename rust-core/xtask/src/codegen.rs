//! `cargo xtask codegen`: what is made from the program, the protocol and the table of errors.

mod c_api;
mod errors;

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

use crate::{
    process::{self, say},
    repo::Repo,
    setup,
};

/// Write the generated pages of docs/reference, the C header, and the errors of Rust, C and Python.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask codegen            # write what is out of date
  cargo xtask codegen --library  # only errors and the C header, without building the programs
  cargo xtask codegen --check    # only tell (cargo xtask test does this)")]
pub(crate) struct Arguments {
    /// Write nothing; fail when a page is out of date.
    #[arg(long, conflicts_with = "library")]
    check: bool,
    /// Only write the errors of Rust, C and Python, the C header and its page; no program is built.
    #[arg(long)]
    library: bool,
}

pub(crate) fn task(repo: &Repo, arguments: &Arguments) -> Result<()> {
    if arguments.library {
        write(repo, error_sources(repo)?)?;
        return write(repo, c_interface(repo)?);
    }
    setup::ensure(repo, setup::Need::Build)?;
    if !arguments.check {
        // First: crates that are built below may need what is new here.
        write(repo, error_sources(repo)?)?;
    }
    process::build_programs(repo.root())?;
    if arguments.check {
        if is_stale(repo)? {
            bail!("run `cargo xtask codegen` and commit what it writes");
        }
        return Ok(());
    }
    write(repo, pages(repo)?)
}

fn write(repo: &Repo, files: Vec<(PathBuf, String)>) -> Result<()> {
    for (path, text) in files {
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        fs::create_dir_all(path.parent().context("a page has a folder")?)?;
        fs::write(&path, text).with_context(|| format!("{} cannot be written", repo.shown(&path)))?;
        say(format_args!("Wrote {}", repo.shown(&path)));
    }
    Ok(())
}

/// Whether a file differs from what would be written now. Needs the built program.
pub(crate) fn is_stale(repo: &Repo) -> Result<bool> {
    let mut stale = false;
    for (path, text) in error_sources(repo)?.into_iter().chain(pages(repo)?) {
        if fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
            say(format_args!("{} is out of date", repo.shown(&path)));
            stale = true;
        }
    }
    Ok(stale)
}

fn pages(repo: &Repo) -> Result<Vec<(PathBuf, String)>> {
    let protocol = fs::read_to_string(repo.join("rust-core/protocol/data/tmli.toml"))
        .context("rust-core/protocol/data/tmli.toml cannot be read")?;
    let mut pages = vec![
        (repo.join("docs/reference/cli.md"), command_line(repo)?),
        (repo.join("docs/reference/structures.md"), structures(&toml::from_str(&protocol)?)?),
    ];
    pages.extend(c_interface(repo)?);
    Ok(pages)
}

/// `tmli.h`, which cbindgen makes from the functions of tmli-capi, and its page.
fn c_interface(repo: &Repo) -> Result<Vec<(PathBuf, String)>> {
    let words = ["run", "--release", "--quiet", "--package", "tmli-capi", "--example", "header"];
    let header = process::output(&mut process::cargo(repo.root(), &words))?;
    let page = c_api::page(&header, MADE)?;
    Ok(vec![(repo.join("docs/reference/c-api.md"), page), (repo.join("rust-core/capi/include/tmli.h"), header)])
}

/// What is made from errors.toml; needs nothing that is built.
fn error_sources(repo: &Repo) -> Result<Vec<(PathBuf, String)>> {
    let table = fs::read_to_string(repo.join("rust-core/api/errors.toml"))
        .context("rust-core/api/errors.toml cannot be read")?;
    let errors = errors::Errors::read(&table)?;
    Ok(vec![
        (repo.join("rust-core/api/src/error_number.rs"), formatted(repo, &errors.rust()?)?),
        (repo.join("rust-core/python/python/tmli/_errors.py"), errors.python()?),
        (repo.join("docs/reference/errors.md"), errors.page(MADE)?),
    ])
}

/// Rust as `cargo fmt` wants it.
fn formatted(repo: &Repo, rust: &str) -> Result<String> {
    let mut rustfmt = process::command("rustfmt", repo.root())
        .args(["--edition", "2024"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("rustfmt does not start: rustup component add rustfmt")?;
    rustfmt.stdin.take().context("rustfmt has no input")?.write_all(rust.as_bytes())?;
    let output = rustfmt.wait_with_output()?;
    if !output.status.success() {
        bail!("rustfmt refuses what was generated; its reason is above");
    }
    Ok(String::from_utf8(output.stdout)?)
}

const MADE: &str = "<!-- Made by `cargo xtask codegen`; change the source and run it again. -->\n";

fn command_line(repo: &Repo) -> Result<String> {
    let overview = help(repo, &[])?;
    let names = subcommands(&overview);
    if names.is_empty() {
        bail!("`tmli --help` lists no commands");
    }
    let mut page = format!("# The command line\n\n{MADE}\n```text\n{overview}\n```\n");
    for name in names {
        writeln!(page, "\n## tmli {name}\n\n```text\n{}\n```", help(repo, &[&name])?)?;
    }
    Ok(page)
}

fn help(repo: &Repo, command: &[&str]) -> Result<String> {
    let mut tmli = Command::new(repo.tmli());
    // The page must not depend on the width of the terminal it was made in.
    tmli.args(command).arg("--help").env("COLUMNS", "110").env("NO_COLOR", "1").env_remove("CLICOLOR_FORCE");
    let text = process::output(&mut tmli)?;
    Ok(text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned())
}

/// The names under `Commands:`.
fn subcommands(overview: &str) -> Vec<String> {
    let listed = overview.lines().skip_while(|line| line.trim() != "Commands:").skip(1);
    listed
        .take_while(|line| !line.trim().is_empty())
        // Deeper lines go on with the description above.
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

fn structures(protocol: &toml::Table) -> Result<String> {
    let list = protocol.get("structure").and_then(toml::Value::as_array);
    let mut page = format!(
        "# The structures\n\n{MADE}\n\
         From `rust-core/protocol/data/tmli.toml`. Names follow AAPM TG-263.\n\n\
         | name | in the study | group | code | modifier | interpreted type | colour (RGB) | DSC accepted above |\n\
         |---|---|---|---|---|---|---|---|\n"
    );
    for entry in list.context("the protocol has no list of structures")? {
        // What is left out has the default that the protocol file's head tells.
        let or = |key: &str, default: &str| entry.get(key).and_then(toml::Value::as_str).unwrap_or(default).to_owned();
        let name = or("name", "");
        let code = |key: &str| {
            let part = |name: &str| entry.get(key)?.get(name)?.as_str();
            match (part("scheme"), part("value"), part("meaning")) {
                (Some(scheme), Some(value), Some(meaning)) => format!("{scheme} {value} ({meaning})"),
                _ => String::new(),
            }
        };
        let colour = entry
            .get("colour")
            .and_then(toml::Value::as_array)
            .map_or_else(String::new, |parts| parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
        let accepted = entry.get("acceptance_dsc").map_or_else(|| "0.7".to_owned(), ToString::to_string);
        writeln!(
            page,
            "| `{name}` | {} | {} | {} | {} | {} | {colour} | {accepted} |",
            or("paper_name", &name),
            or("group", "user"),
            code("code"),
            code("code_modifier"),
            or("interpreted_type", "ORGAN")
        )?;
    }
    page += "\n## Training sets\n\nStructures that one network learns together. There is also `all`, with every organ and target.\n\n\
             | set | title | structures |\n|---|---|---|\n";
    for set in protocol.get("set").and_then(toml::Value::as_array).into_iter().flatten() {
        let text = |key: &str| set.get(key).and_then(toml::Value::as_str).unwrap_or_default();
        let names = set.get("structures").and_then(toml::Value::as_array).into_iter().flatten();
        let names: Vec<String> = names.filter_map(toml::Value::as_str).map(|name| format!("`{name}`")).collect();
        writeln!(page, "| `{}` | {} | {} |", text("id"), text("title"), names.join(", "))?;
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_commands_is_read_from_the_help() {
        let help = "About\n\nUsage: tmli <COMMAND>\n\nCommands:\n  phantom  Makes children,\n           many\n  train    Trains\n  help     Print\n\nOptions:\n  -h\n";
        assert_eq!(subcommands(help), ["phantom", "train"]);
    }

    #[test]
    fn a_structure_becomes_a_row() {
        let protocol = "[[structure]]\nname = \"Liver\"\ncolour = [1, 2, 3]\n\
                        code = { scheme = \"SCT\", value = \"10200004\", meaning = \"Liver\" }\n\
                        [[set]]\nid = \"oar1\"\ntitle = \"Group 1\"\nstructures = [\"Liver\"]\n";
        let page = structures(&toml::from_str(protocol).unwrap()).unwrap();
        let row = "| `Liver` | Liver | user | SCT 10200004 (Liver) |  | ORGAN | 1 2 3 | 0.7 |\n";
        assert!(page.contains(row), "{page}");
        assert!(page.ends_with("| `oar1` | Group 1 | `Liver` |\n"), "{page}");
    }
}
