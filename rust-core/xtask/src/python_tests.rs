//! Tests written in Python, in an environment that has the module `tmli` as a user would install it.

use std::{fmt, fs, path::Path, process::Command};

use anyhow::{Context as _, Result, bail};

use crate::{process, repo::Repo};

/// What the tests of a folder came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Counts {
    /// From pytest's report in the form of JUnit.
    fn read(report: &str) -> Option<Self> {
        let suite = report.split_once("<testsuite ")?.1.split_once('>')?.0;
        let number = |name: &str| -> Option<usize> {
            let (_, rest) = suite.split_once(&format!("{name}=\""))?;
            rest.split_once('"')?.0.parse().ok()
        };
        let (failed, skipped) = (number("failures")? + number("errors")?, number("skipped")?);
        Some(Self { passed: number("tests")?.saturating_sub(failed + skipped), failed, skipped })
    }

    /// An error where a test failed.
    pub(crate) fn check(self, what: &str) -> Result<()> {
        if self.failed > 0 {
            bail!("{what}: {self}");
        }
        Ok(())
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 { write!(f, ", {} skipped", self.skipped) } else { Ok(()) }
    }
}

/// Has ruff look at the folders.
pub(crate) fn ruff(repo: &Repo, python: &Path, folders: &[&str]) -> Result<()> {
    process::run(process::command(python, repo.root()).args(["-m", "ruff", "check"]).args(folders)).map(|_| ())
}

/// Runs the tests of a folder. `filter` is a part of a test's name.
pub(crate) fn pytest(repo: &Repo, python: &Path, folder: &str, filter: Option<&str>) -> Result<Counts> {
    run(repo, process::command(python, repo.root()), folder, filter)
}

/// As [`pytest`], with a Python that was given variables. An error means that pytest did not get to the end.
pub(crate) fn run(repo: &Repo, mut pytest: Command, folder: &str, filter: Option<&str>) -> Result<Counts> {
    let report = repo.target().join(folder).with_extension("xml");
    if let Some(parent) = report.parent() {
        fs::create_dir_all(parent)?;
    }
    if report.exists() {
        fs::remove_file(&report)?;
    }
    pytest.args(["-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", folder, "--junit-xml"]).arg(&report);
    // Only a worker of this very source is tested; where the workspace was not built, the tests of jobs say so.
    pytest.env("TMLI_WORKER", repo.target().join("release/tmli-worker"));
    if let Some(text) = filter {
        pytest.args(["-k", text]);
    }
    let status = process::status(&mut pytest)?;
    let counts = fs::read_to_string(&report).ok().as_deref().and_then(Counts::read);
    let counts = counts.with_context(|| format!("the tests in {folder} did not get to their end ({status})"))?;
    // 1 when tests failed, 5 when the filter fits none.
    if !matches!(status.code(), Some(0 | 1 | 5)) || (status.code() == Some(5) && filter.is_none()) {
        bail!("the tests in {folder} ended with {status}");
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted_from_the_report() {
        let report = r#"<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest"
            errors="1" failures="2" skipped="3" tests="10" time="0.5"><testcase name="a" /></testsuite></testsuites>"#;
        let counts = Counts::read(report).expect("a report");
        assert_eq!(counts, Counts { passed: 4, failed: 3, skipped: 3 });
        assert_eq!(counts.to_string(), "4 passed, 3 failed, 3 skipped");
        assert!(counts.check("tests").is_err());
        assert_eq!(Counts::read("<testsuites/>"), None);
    }
}
