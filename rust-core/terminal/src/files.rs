//! Files the user names: read with a clear error, written whole or not at all, never over an existing one unasked.

use std::path::{Path, PathBuf};

use clap::Args;
use tmli_io::write_atomically;
use tmli_protocol::{AliasTable, Protocol};

use crate::failure::{Explain, Failure, Outcome};

/// Which structures there are, and how hospitals write them.
#[derive(Args, Clone, Debug)]
pub struct NamesArgs {
    /// Protocol file (TOML) in place of the built-in TMLI protocol: structures, codes, colours, training sets
    #[arg(long, value_name = "FILE.toml")]
    pub protocol: Option<PathBuf>,
    /// Alias table (TOML) added to the built-in one: how your hospital names the structures
    #[arg(long, value_name = "FILE.toml")]
    pub aliases: Option<PathBuf>,
}

/// Protocol and aliases, read.
pub struct Names {
    /// Structures and training sets.
    pub protocol: Protocol,
    /// Names as hospitals write them.
    pub aliases: AliasTable,
}

impl NamesArgs {
    /// Reads what the arguments name.
    pub fn load(&self) -> Outcome<Names> {
        let protocol = match &self.protocol {
            None => Protocol::tmli(),
            Some(path) => Protocol::from_toml(&read_text(path, "--protocol")?).explain(shown("--protocol", path))?,
        };
        let mut aliases = AliasTable::builtin();
        if let Some(path) = &self.aliases {
            aliases.extend_toml(&read_text(path, "--aliases")?).explain(shown("--aliases", path))?;
        }
        Ok(Names { protocol, aliases })
    }
}

/// An argument as the user typed it: `--ct scans/7`.
pub fn shown(argument: &str, path: &Path) -> String {
    format!("{argument} {}", path.display())
}

/// Reads a small text file.
pub fn read_text(path: &Path, argument: &str) -> Outcome<String> {
    std::fs::read_to_string(path)
        .explain_with(shown(argument, path), "check that the file exists, is a text file, and that you may read it")
}

/// An error when the folder is absent, or is a file.
pub fn require_folder(path: &Path, argument: &str) -> Outcome {
    match std::fs::metadata(path) {
        Ok(m) if m.is_dir() => Ok(()),
        Ok(_) => Err(Failure::advise(
            format!("{}: this is a file, a folder is needed", shown(argument, path)),
            "name the folder that holds the files",
        )),
        Err(e) => Err(Failure::advise(format!("{}: {e}", shown(argument, path)), "check the spelling of the folder")),
    }
}

/// An error, before any work is done, when the file can't be written there or would overwrite another.
pub fn check_output(path: &Path, argument: &str, force: bool) -> Outcome {
    if path.is_dir() {
        return Err(Failure::advise(
            format!("{}: this is a folder, a file name is needed", shown(argument, path)),
            "add a file name",
        ));
    }
    if !force && std::fs::symlink_metadata(path).is_ok() {
        return Err(Failure::advise(
            format!("{}: this file exists already and is not overwritten", shown(argument, path)),
            "choose another name, or add --force",
        ));
    }
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !parent.is_dir() {
        return Err(Failure::advise(
            format!("{}: its folder does not exist", shown(argument, path)),
            "make the folder first, or choose another",
        ));
    }
    Ok(())
}

/// Makes a folder and those above it.
pub fn make_folder(path: &Path, argument: &str) -> Outcome {
    std::fs::create_dir_all(path)
        .explain_with(shown(argument, path), "choose a folder that you may write to, on a disk with free space")
}

/// Writes bytes whole or not at all.
pub fn write_whole(path: &Path, argument: &str, what: &str, bytes: &[u8]) -> Outcome {
    write_atomically(path, what, |w| w.write_all(bytes)).explain(shown(argument, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_existing_file_is_refused_unless_forced() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("a.dcm");
        assert!(check_output(&file, "--out", false).is_ok());
        std::fs::write(&file, "x").expect("writable");
        let error = check_output(&file, "--out", false).expect_err("it exists").to_string();
        assert!(error.contains("exists already") && error.contains("--force"), "{error}");
        assert!(check_output(&file, "--out", true).is_ok());
        assert!(check_output(&folder.path().join("no/such/x.dcm"), "--out", false).is_err());
        assert!(check_output(folder.path(), "--out", true).is_err());
    }
}
