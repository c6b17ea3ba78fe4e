//! What the tests that cross crates share: the built `tmli`, real data where it is there, and synthetic children.
//!
//! These tests look at the program as its user does: command line in, files, words and exit codes out.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use tempfile::TempDir;

/// The built program: `target/release/tmli`, beside the folder of this test.
pub fn tmli() -> PathBuf {
    // Without it nothing that needs a network would run.
    built("tmli-worker");
    built("tmli")
}

/// A built program of this name.
pub fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let folder = test.parent().and_then(Path::parent).expect("a test lies in target/release/deps");
    let program = folder.join(name);
    assert!(program.is_file(), "{} is missing: run `cargo build --release -p {name}` first", program.display());
    program
}

/// How a run of `tmli` ended.
#[derive(Debug)]
pub struct Run {
    /// Exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    /// Demands success and returns standard output.
    #[track_caller]
    pub fn succeeds(&self) -> &str {
        assert_eq!(self.code, Some(0), "it failed:\n{}\n{}", self.stdout, self.stderr);
        &self.stdout
    }

    /// Demands an error that says all of `words`, and returns the message.
    #[track_caller]
    pub fn fails_saying(&self, words: &[&str]) -> &str {
        self.fails_with_code(1, words)
    }

    /// Demands the exit code of a wrong command line, and a message that says all of `words`; returns it.
    #[track_caller]
    pub fn fails_with_usage(&self, words: &[&str]) -> &str {
        self.fails_with_code(2, words)
    }

    #[track_caller]
    fn fails_with_code(&self, code: i32, words: &[&str]) -> &str {
        assert_eq!(self.code, Some(code), "an error was expected:\n{}\n{}", self.stdout, self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        for word in words {
            assert!(self.stderr.contains(word), "\"{word}\" is not said:\n{}", self.stderr);
        }
        &self.stderr
    }
}

/// Runs `tmli` to its end.
pub fn run<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(arguments: I) -> Run {
    finish(Command::new(tmli()).args(arguments))
}

/// Runs any command to its end.
pub fn finish(command: &mut Command) -> Run {
    let output = command.stdin(Stdio::null()).output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Arguments from words and paths: `args!["compare", "--ct", &path]`.
#[macro_export]
macro_rules! args {
    ($($word:expr),* $(,)?) => { [$(std::ffi::OsString::from($word)),*] };
}

/// An empty folder that goes away with the value.
pub fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Real data: in `TMLI_SHARED_DATA`, or `shared/data` beside the repository. Tests return early without it.
pub fn shared_data() -> Option<PathBuf> {
    let named = std::env::var_os("TMLI_SHARED_DATA").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|a| a.join("shared/data")).find(|p| p.is_dir());
    let found = named.or(beside).filter(|p| p.is_dir());
    if found.is_none() {
        eprintln!("skipped: no shared data");
    }
    found
}

/// Trainings use every core: one at a time.
pub fn one_at_a_time() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Three small synthetic children, made once for all tests of a program: `case-001` to `case-003`.
pub fn children() -> &'static Path {
    static CHILDREN: OnceLock<TempDir> = OnceLock::new();
    CHILDREN
        .get_or_init(|| {
            let made = folder();
            let arguments = ["phantom", "--cases", "3", "--seed", "11", "--age", "3", "--matrix", "128", "--out"];
            run(arguments.iter().map(Into::into).chain([made.path().as_os_str().to_owned()])).succeeds();
            made
        })
        .path()
}

/// One of [`children`], 1 to 3.
pub fn child(number: usize) -> PathBuf {
    children().join(format!("case-{number:03}"))
}

/// A model that was trained for one step: it segments badly, but it runs.
pub fn barely_trained_model() -> &'static Path {
    static MODEL: OnceLock<TempDir> = OnceLock::new();
    MODEL
        .get_or_init(|| {
            let made = folder();
            let words = "train --structures Liver,Lungs --network unet2d --epochs 1 --iterations 1 --batch 1 --base-width 4 \
                         --levels 3 --patch 1,64,64 --spacing-mm 5,4,4 --device cpu --cohort";
            let cohort = folder();
            copy_folder(&child(1), &cohort.path().join("case-001"));
            let paths = args![cohort.path(), "--out", made.path().join("model")];
            run(words.split_whitespace().map(Into::into).chain(paths)).succeeds();
            made
        })
        .path()
}

/// The model folder of [`barely_trained_model`].
pub fn model() -> PathBuf {
    barely_trained_model().join("model")
}

/// Copies a folder and all in it.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("the folder can be listed") {
        let entry = entry.expect("the folder can be listed").path();
        let target = to.join(entry.file_name().expect("entries have names"));
        if entry.is_dir() {
            copy_folder(&entry, &target);
        } else {
            fs::copy(&entry, &target).expect("a file can be copied");
        }
    }
}

/// Names of everything in a folder, hidden files too, sorted.
pub fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder can be listed");
    let mut names: Vec<String> =
        entries.map(|e| e.expect("the folder can be listed").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// One structure of `tmli compare --json`.
#[derive(Clone, Debug)]
pub struct Score {
    /// Its name.
    pub structure: String,
    /// `compared`, `missing_in_prediction`, ...
    pub state: String,
    /// NaN where there is none.
    pub dsc: f64,
    /// NaN where there is none.
    pub hd95_mm: f64,
    /// NaN where there is none.
    pub asd_mm: f64,
}

/// Compares two structure sets on a CT.
#[track_caller]
pub fn compare(ct: &Path, reference: &Path, prediction: &Path) -> Vec<Score> {
    let out = folder();
    let json = out.path().join("scores.json");
    run(args!["compare", "--quiet", "--ct", ct, "--reference", reference, "--prediction", prediction, "--json", &json])
        .succeeds();
    let text = fs::read_to_string(json).expect("the scores were written");
    let all: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let rows = all["structures"].as_array().expect("a list of structures");
    let word = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned();
    let number = |v: &serde_json::Value| v.as_f64().unwrap_or(f64::NAN);
    rows.iter()
        .map(|r| Score {
            structure: word(&r["structure"]),
            state: word(&r["state"]),
            dsc: number(&r["dsc"]),
            hd95_mm: number(&r["hd95_mm"]),
            asd_mm: number(&r["asd_mm"]),
        })
        .collect()
}
