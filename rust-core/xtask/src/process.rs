//! Running other programs: shown before they run, and their failure told in words.

use std::{
    ffi::OsStr,
    fmt::Write as _,
    path::Path,
    process::{Command, ExitStatus},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

/// Says what is done now.
pub(crate) fn say(text: impl std::fmt::Display) {
    println!("==> {text}");
}

/// A command in the repository's root, without variables that would bend Python.
pub(crate) fn command(program: impl AsRef<OsStr>, root: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root).env_remove("PYTHONHOME").env_remove("PYTHONPATH");
    command
}

/// Cargo, the same one that runs us.
pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let mut command = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), root);
    // What `cargo run` set for this program must not reach the builds: build scripts would run again for it.
    for (key, _) in std::env::vars_os() {
        let name = key.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO_CRATE_NAME" {
            command.env_remove(&key);
        }
    }
    command.args(arguments);
    command
}

/// Builds `tmli`, and `tmli-worker`, which it looks for beside itself.
pub(crate) fn build_programs(root: &Path) -> Result<()> {
    run(&mut cargo(root, &["build", "--release", "--package", "tmli", "--package", "tmli-worker"])).map(|_| ())
}

/// The command as one could type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = match program.file_name().map(OsStr::to_string_lossy) {
        Some(name) if name == "cargo" => name.into_owned(),
        _ => relative(command, program.as_os_str()),
    };
    command.get_args().fold(name, |mut line, argument| {
        let argument = relative(command, argument);
        let quote = if argument.contains([' ', '*', '"']) || argument.is_empty() { "'" } else { "" };
        // Writing to a string cannot fail.
        let _ = write!(line, " {quote}{argument}{quote}");
        line
    })
}

fn relative(command: &Command, word: &OsStr) -> String {
    let short = command.get_current_dir().and_then(|dir| Path::new(word).strip_prefix(dir).ok());
    short.map_or_else(|| word.to_string_lossy().into_owned(), |path| path.display().to_string())
}

/// Shows the command, runs it, and returns how long it took. An exit status other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<Duration> {
    say(shown(command));
    run_quietly(command)
}

/// As [`run`], without showing the command first.
pub(crate) fn run_quietly(command: &mut Command) -> Result<Duration> {
    let start = Instant::now();
    let line = shown(command);
    let status = command.status().with_context(|| format!("`{line}` could not be started"))?;
    if !status.success() {
        bail!("`{line}` ended with {status}");
    }
    Ok(start.elapsed())
}

/// As [`run`], for programs whose exit status says more than yes or no.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    say(shown(command));
    command.status().with_context(|| format!("`{}` could not be started", shown(command)))
}

/// Runs the command and returns what it wrote on standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = shown(command);
    let output = command.output().with_context(|| format!("`{line}` could not be started"))?;
    if !output.status.success() {
        bail!("`{line}` ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` wrote something that is not UTF-8"))
}

/// A duration as a person says it: `850 ms`, `12.3 s`, `4 min 05 s`.
pub(crate) fn in_words(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1e3)
    } else if seconds < 99.95 {
        format!("{seconds:.1} s")
    } else {
        format!("{} min {:02} s", time.as_secs() / 60, time.as_secs() % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_speech() {
        assert_eq!(in_words(Duration::from_millis(850)), "850 ms");
        assert_eq!(in_words(Duration::from_millis(12_340)), "12.3 s");
        assert_eq!(in_words(Duration::from_secs(245)), "4 min 05 s");
    }

    #[test]
    fn commands_are_shown_as_one_would_type_them_from_the_root() {
        let mut command = command("/repo/target/release/tmli", Path::new("/repo"));
        command.args(["segment", "--ct", "/repo/demo output/ct"]);
        assert_eq!(shown(&command), "target/release/tmli segment --ct 'demo output/ct'");
    }

    #[test]
    fn a_failing_command_is_named_in_the_error() {
        let error = run_quietly(&mut command("false", Path::new("/"))).expect_err("false fails");
        assert!(error.to_string().starts_with("`false` ended with"), "{error}");
    }
}
