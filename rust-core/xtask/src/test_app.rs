//! The test of the browser app: the program as it is started, driven in Chromium.

use std::{
    ffi::{OsStr, OsString},
    path::PathBuf,
};

use anyhow::{Context as _, Result};

use crate::{
    app, process,
    process::say,
    python_tests::{self, Counts},
    repo::Repo,
    setup::{self, Environment},
    wheels,
};

/// What drives the browser and judges what comes out of it.
const TESTS: Environment<'static> = Environment { name: "app-tests", requirements: "app-tests.txt", minor: 10..=13 };
/// Names under which Chromium is installed.
const BROWSERS: [&str; 4] = ["chromium", "google-chrome", "google-chrome-stable", "chromium-browser"];

/// Runs `tests/app`; tells when there is no browser to run it in. `filter` is a part of a test's name.
pub(crate) fn run(repo: &Repo, filter: Option<&str>) -> Result<Option<Counts>> {
    let Some(browser) = browser(repo)? else {
        say("skipped: tests/app (no Chromium here, and none from Debian)");
        return Ok(None);
    };
    let parts = app::Parts::make(repo)?;
    let python = setup::environment(repo, &TESTS)?;
    wheels::install_module(repo, &python)?;
    let mut pytest = process::command(&python, repo.root());
    pytest.env("TMLI_APP", start(&parts, repo)?).env("TMLI_CHROMIUM", browser.program);
    pytest.env("TMLI_SCREENSHOTS", repo.target().join("screenshots"));
    pytest.envs(browser.environment);
    python_tests::run(repo, pytest, "tests/app", filter).map(Some)
}

/// How the app is started, as JSON for the test: it starts and ends the app itself.
fn start(parts: &app::Parts, repo: &Repo) -> Result<String> {
    let command = parts.command(repo);
    let text = |word: &OsStr| word.to_str().map(str::to_owned).context("the path of this folder is not UTF-8");
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words = words.map(text).collect::<Result<Vec<_>>>()?;
    let mut environment = serde_json::Map::new();
    for (key, value) in command.get_envs() {
        // A variable that is taken away has no value; the test's own surroundings lack it too.
        if let Some(value) = value {
            environment.insert(text(key)?, text(value)?.into());
        }
    }
    Ok(serde_json::json!({ "command": words, "environment": environment }).to_string())
}

/// A Chromium, and what it needs to be told.
struct Browser {
    program: PathBuf,
    environment: Vec<(&'static str, OsString)>,
}

/// The machine's Chromium, or else one from `.deps`.
fn browser(repo: &Repo) -> Result<Option<Browser>> {
    let folders: Vec<PathBuf> = std::env::var_os("PATH").iter().flat_map(std::env::split_paths).collect();
    let installed = BROWSERS.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    // Ubuntu's chromium-browser may be a script that asks for a snap.
    let works =
        |path: &PathBuf| path.exists() && process::output(process::command(path, repo.root()).arg("--version")).is_ok();
    if let Some(program) = installed.into_iter().find(works) {
        return Ok(Some(Browser { program, environment: Vec::new() }));
    }
    if !setup::CHROMIUM.ensure(repo)? {
        return Ok(None);
    }
    Ok(Some(Browser { program: setup::CHROMIUM.proof(repo), environment: setup::CHROMIUM.environment(repo)? }))
}
