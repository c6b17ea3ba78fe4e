//! `cargo xtask test`: every test that needs no GPU.

use std::{
    io::{BufRead as _, BufReader, IsTerminal as _},
    process::Stdio,
    time::Instant,
};

use anyhow::{Context as _, Result, bail};

use crate::{
    codegen, dicom_peers, ohif, process, process::in_words, process::say, python_tests::Counts, repo::Repo, setup,
    table, test_app, test_python, test_slicer,
};

/// Build everything and run every test that needs no GPU.
///
/// Unit, documentation and integration tests of all crates. Tests on real data run where a `shared/data` folder lies
/// beside this repository, or where TMLI_SHARED_DATA names one; elsewhere they say that they skip.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask test
  cargo xtask test --package tmli-core              # one crate
  cargo xtask test --python                         # the Python packages
  cargo xtask test --slicer                         # the Slicer extension
  cargo xtask test --app                            # the browser app, in Chromium
  cargo xtask test --filter rasterise               # tests with this in their name
  cargo xtask test -p tmli-io -- --nocapture        # what follows -- goes to the test programs")]
pub(crate) struct Arguments {
    /// Test this crate only (can be repeated).
    #[arg(long, short, value_name = "CRATE")]
    package: Vec<String>,
    /// Test the Python packages only.
    #[arg(long, conflicts_with_all = ["package", "rest", "slicer", "app"])]
    python: bool,
    /// Test the Slicer extension only.
    #[arg(long, conflicts_with_all = ["package", "rest", "app"])]
    slicer: bool,
    /// Test the browser app only.
    #[arg(long, conflicts_with_all = ["package", "rest"])]
    app: bool,
    /// Run only the tests with this text in their name.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// For the test programs themselves.
    #[arg(last = true)]
    rest: Vec<String>,
}

/// CMake and ninja, 30 MB to load.
const CMAKE: setup::Environment<'static> =
    setup::Environment { name: "cmake", requirements: "cmake.txt", minor: 10..=14 };

type RunInPython = fn(&Repo, Option<&str>) -> Result<Option<Counts>>;

/// Tests that are written in Python; `None` where they can't run on this machine.
const IN_PYTHON: [(&str, RunInPython); 3] = [
    ("python", |repo, filter| test_python::run(repo, filter).map(Some)),
    ("slicer", |repo, filter| test_slicer::run(repo, filter).map(Some)),
    ("browser app", test_app::run),
];

pub(crate) fn task(repo: &Repo, arguments: &Arguments) -> Result<()> {
    setup::ensure(repo, setup::Need::Tests)?;
    if arguments.python {
        return test_python::run(repo, arguments.filter.as_deref())?.check("tests/python");
    }
    if arguments.slicer {
        return test_slicer::run(repo, arguments.filter.as_deref())?.check("tests/slicer");
    }
    if arguments.app {
        return test_app::run(repo, arguments.filter.as_deref())?.map_or(Ok(()), |counts| counts.check("tests/app"));
    }
    let mut steps = vec![vec!["step".to_owned(), "time".to_owned(), String::new()]];
    let mut note = |step: &str, start: Instant, words: String| {
        steps.push(vec![step.to_owned(), in_words(start.elapsed()), words]);
    };

    // For the C and C++ programs of tests/capi.
    setup::environment(repo, &CMAKE)?;
    let tests = |name: &str| arguments.package.is_empty() || arguments.package.iter().any(|package| package == name);
    if tests("tmli-core") {
        setup::PLASTIMATCH.ensure(repo)?;
    }
    if tests("tmli-io") {
        dicom_peers::ensure(repo)?;
        ohif::ensure(repo)?;
    }

    // The program first: tests that start `tmli` find it in the target folder.
    let start = Instant::now();
    process::build_programs(repo.root())?;
    let selection: Vec<&str> = match &arguments.package[..] {
        [] => vec!["--workspace"],
        packages => packages.iter().flat_map(|package| ["--package", package.as_str()]).collect(),
    };
    process::run(process::cargo(repo.root(), &["build", "--release", "--all-targets"]).args(&selection))?;
    note("build", start, String::new());

    let start = Instant::now();
    let outcome = run_tests(repo, arguments, &selection)?;
    note("tests", start, outcome.in_words());

    let mut stale = false;
    if arguments.package.is_empty() && arguments.filter.is_none() {
        let start = Instant::now();
        stale = codegen::is_stale(repo)?;
        note("generated pages", start, if stale { "stale" } else { "up to date" }.to_owned());
    }

    let mut in_python = Vec::new();
    if arguments.package.is_empty() {
        for (step, run) in IN_PYTHON {
            let start = Instant::now();
            let result = unless_python_is_other(step, run(repo, arguments.filter.as_deref()));
            let words = match &result {
                Ok(Some(counts)) => counts.to_string(),
                Ok(None) => "not run, see above".to_owned(),
                Err(_) => "failed".to_owned(),
            };
            note(step, start, words);
            in_python.push((step, result));
        }
    }

    println!();
    print!("{}", table::render(&steps));
    for reason in &outcome.skipped {
        println!("  {reason}");
    }
    if outcome.failed > 0 || !outcome.success {
        bail!("{} of {} tests failed", outcome.failed, outcome.failed + outcome.passed);
    }
    if stale {
        bail!("docs/reference does not fit the program: run `cargo xtask codegen` and commit what it writes");
    }
    for (step, result) in in_python {
        if let Some(counts) = result? {
            counts.check(step)?;
        }
    }
    say("test: all is well");
    Ok(())
}

/// Some packages of others exist for fewer Pythons than TMLI: what needs them is left out where there is none of those,
/// and said.
fn unless_python_is_other(step: &str, result: Result<Option<Counts>>) -> Result<Option<Counts>> {
    result.or_else(|error| {
        if !error.is::<setup::NoPython>() {
            return Err(error);
        }
        say(format_args!("skipped: {step}. {error}"));
        Ok(None)
    })
}

fn run_tests(repo: &Repo, arguments: &Arguments, selection: &[&str]) -> Result<Outcome> {
    let mut command = process::cargo(repo.root(), &["test", "--release", "--no-fail-fast"]);
    command.args(selection).args(&arguments.filter).arg("--").args(&arguments.rest);
    let watch = !arguments.rest.iter().any(|word| word == "--nocapture" || word == "--no-capture");
    if watch {
        // A test that skips says so on its output, which is otherwise hidden.
        command.arg("--show-output");
    }
    if std::io::stdout().is_terminal() {
        command.args(["--color", "always"]);
    }
    say(process::shown(&command));
    let mut child = command.stdout(Stdio::piped()).spawn().context("cargo test cannot be started")?;
    let pipe = child.stdout.take().context("cargo test has no output")?;
    let mut outcome = Outcome::default();
    for line in BufReader::new(pipe).lines() {
        let line = line.context("the output of the tests is not text")?;
        if outcome.take(&line) {
            println!("{line}");
        }
    }
    outcome.success = child.wait()?.success();
    Ok(outcome)
}

/// What the test programs reported, summed up.
#[derive(Debug, Default)]
struct Outcome {
    passed: usize,
    failed: usize,
    ignored: usize,
    success: bool,
    /// Lines that begin with `skipped:`, with the test that wrote them.
    skipped: Vec<String>,
    /// Inside the output of tests that passed, which is not shown.
    hidden: bool,
    test: String,
}

impl Outcome {
    /// Reads one line and tells whether it is to be shown.
    fn take(&mut self, line: &str) -> bool {
        let plain = line.trim();
        if plain == "successes:" {
            self.hidden = true;
        } else if plain == "failures:" || plain.starts_with("test result:") {
            self.hidden = false;
        }
        if let Some(test) = plain.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" stdout ----")) {
            test.clone_into(&mut self.test);
        }
        if let Some(reason) = plain.strip_prefix("skipped:") {
            self.skipped.push(format!("skipped: {} ({})", self.test, reason.trim()));
        }
        if let Some(counts) = plain.strip_prefix("test result:") {
            for (word, sum) in
                [("passed", &mut self.passed), ("failed", &mut self.failed), ("ignored", &mut self.ignored)]
            {
                *sum += number_before(counts, word);
            }
        }
        !self.hidden
    }

    fn in_words(&self) -> String {
        let mut words = format!("{} passed, {} failed", self.passed - self.skipped.len().min(self.passed), self.failed);
        for (count, word) in [(self.skipped.len(), "skipped"), (self.ignored, "ignored")] {
            if count > 0 {
                words += &format!(", {count} {word}");
            }
        }
        words
    }
}

fn number_before(text: &str, word: &str) -> usize {
    let words: Vec<&str> = text.split([' ', ';', '.']).filter(|w| !w.is_empty()).collect();
    words.windows(2).find(|pair| pair[1] == word).and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
running 3 tests
test a ... ok
test b ... ok
test c ... FAILED

successes:

---- b stdout ----
skipped: no shared data


successes:
    a
    b

failures:

---- c stdout ----
thread 'c' panicked

failures:
    c

test result: FAILED. 2 passed; 1 failed; 4 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

    #[test]
    fn results_are_counted_and_skips_are_named() {
        let mut outcome = Outcome::default();
        let shown: Vec<&str> = OUTPUT.lines().filter(|line| outcome.take(line)).collect();
        assert_eq!((outcome.passed, outcome.failed, outcome.ignored), (2, 1, 4));
        assert_eq!(outcome.skipped, ["skipped: b (no shared data)"]);
        assert_eq!(outcome.in_words(), "1 passed, 1 failed, 1 skipped, 4 ignored");
        assert!(shown.contains(&"thread 'c' panicked"), "{shown:?}");
        assert!(!shown.contains(&"skipped: no shared data"), "{shown:?}");
    }
}
