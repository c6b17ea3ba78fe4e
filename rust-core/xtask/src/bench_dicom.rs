//! `cargo xtask bench --compare dicom`: CT series, structure sets and segmentations, TMLI's beside other tools', on one
//! patient, in one run.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::{
    lock::Lock,
    process::{self, say},
    repo::Repo,
    setup, table,
};

const SCRIPT: &str = "rust-core/xtask/python/bench_dicom.py";

/// The peers with the versions that were tried.
const PEERS: [&str; 6] = [
    "numpy==2.4.6",
    "pydicom==3.0.2",
    "SimpleITK==2.5.7",
    "highdicom==0.28.2",
    "dcmrtstruct2nii==5",
    "setuptools==80.9.0",
];
/// rt-utils asks for OpenCV with windows, and OpenCV for an older numpy than the others; these do as well.
const WITHOUT_DEPENDENCIES: [&str; 2] = ["rt-utils==1.2.7", "opencv-python-headless==4.12.0.88"];

/// What is done, who does it.
const STEPS: [(&str, &str, &[&str]); 5] = [
    ("ct", "CT series", &["pydicom", "SimpleITK", "plastimatch"]),
    (
        "read",
        "RT Structure Set to masks",
        &["pydicom", "rt-utils", "dcmrtstruct2nii", "plastimatch", "plastimatch --xor-contours"],
    ),
    ("write", "masks to RT Structure Set", &["rt-utils", "plastimatch"]),
    ("seg-read", "Segmentation to masks", &["highdicom"]),
    ("seg-write", "masks to Segmentation", &["highdicom"]),
];

/// Everything that a measurement needs.
struct Bench {
    repo: Repo,
    own: PathBuf,
    python: PathBuf,
    plastimatch: Option<(PathBuf, PathBuf)>,
    folder: PathBuf,
}

/// Compares all tools, `repeat` times in turn.
pub(crate) fn run(repo: &Repo, repeat: u32) -> Result<()> {
    let plastimatch = setup::PLASTIMATCH
        .ensure(repo)?
        .then(|| (setup::PLASTIMATCH.proof(repo), setup::PLASTIMATCH.folder(repo).join("usr/lib")));
    let lock = Lock::take(repo, "bench")?;
    let python = environment(repo, &lock)?;
    let build = ["build", "--release", "--package", "tmli-io", "--example", "dicom_bench"];
    process::run(&mut process::cargo(repo.root(), &build))?;
    let folder = repo.target().join("bench/dicom");
    let own = repo.target().join("release/examples/dicom_bench");
    if !folder.join("info.json").exists() {
        say("Making a patient: 512 x 512 x 250 voxels, 25 structures");
        process::run(process::command(&own, repo.root()).arg("make").arg(&folder))?;
    }
    let bench = Bench { repo: repo.clone(), own, python, plastimatch, folder };
    let mut rows = vec![["", "tool", "wall s", "CPU s", "peak MiB", "exact"].map(str::to_owned).to_vec()];
    for (what, title, peers) in STEPS {
        let mut measured = Vec::new();
        for _ in 0..repeat {
            measured.push(("tmli", bench.own(&["measure"], &[what])?));
            for peer in peers {
                measured.extend(bench.peer(peer, what)?.map(|values| (*peer, values)));
            }
        }
        rows.extend(measured.iter().map(|(tool, values)| row(title, tool, values)));
    }
    println!("\n{}", table::render(&rows));
    println!(
        "Peak: of the whole process, libraries and masks that are there before included. What a tool reads besides"
    );
    println!("(rt-utils, dcmrtstruct2nii and plastimatch read the CT series to make or take masks) is in its time.");
    Ok(())
}

fn environment(repo: &Repo, lock: &Lock) -> Result<PathBuf> {
    let venv = repo.deps().join("bench-dicom");
    let python = venv.join("bin/python");
    if !python.exists() {
        say("Making a Python environment for the peers in .deps/bench-dicom (about 200 MB)");
        let mut create = process::command("python3", repo.root());
        process::run(create.args(["-m", "venv"]).arg(&venv).stdin(lock.stdin()?))?;
    }
    // Pip does nothing where all are there already.
    for (options, packages) in [(&[][..], &PEERS[..]), (&["--no-deps"][..], &WITHOUT_DEPENDENCIES[..])] {
        let mut install = process::command(&python, repo.root());
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(options).args(packages);
        process::run(install.stdin(lock.stdin()?))?;
    }
    Ok(python)
}

impl Bench {
    fn own(&self, before: &[&str], after: &[&str]) -> Result<Value> {
        let mut command = process::command(&self.own, self.repo.root());
        command.args(before).arg(&self.folder).args(after);
        say(process::shown(&command));
        parsed(&process::output(&mut command)?)
    }

    /// `None` where the tool is not on this machine.
    fn peer(&self, tool: &str, what: &str) -> Result<Option<Value>> {
        let mut command = process::command(&self.python, self.repo.root());
        command.arg(self.repo.join(SCRIPT)).arg(&self.folder).args([tool, what]);
        if tool.starts_with("plastimatch") {
            let Some((program, libraries)) = &self.plastimatch else { return Ok(None) };
            command.arg(program).env("LD_LIBRARY_PATH", library_path(libraries));
            command.env("DCMDICTPATH", libraries.join("../share/libdcmtk17/dicom.dic"));
        }
        say(process::shown(&command));
        let mut values = match process::output(&mut command).and_then(|text| parsed(&text)) {
            Ok(values) => values,
            Err(error) => {
                say(format_args!("{tool} failed at `{what}`: {error:#}"));
                serde_json::json!({ "exact": "failed" })
            }
        };
        if let Some(written) = values["written"].as_str().map(str::to_owned) {
            values["exact"] = self.own(&["check"], &[&written])?["exact"].take();
        }
        Ok(Some(values))
    }
}

/// ITK and plastimatch lie in `usr/lib` itself, BLAS and LAPACK in folders of their own.
fn library_path(libraries: &Path) -> std::ffi::OsString {
    let common = libraries.join("x86_64-linux-gnu");
    let folders = [libraries.to_owned(), common.join("blas"), common.join("lapack"), common];
    std::env::join_paths(folders).unwrap_or_default()
}

/// The last line: some tools talk on standard output.
fn parsed(text: &str) -> Result<Value> {
    let line = text.lines().last().context("it printed nothing")?;
    serde_json::from_str(line).with_context(|| format!("expected JSON, got: {line}"))
}

fn row(title: &str, tool: &str, values: &Value) -> Vec<String> {
    let cell = |key: &str, digits: usize| values[key].as_f64().map_or("-".to_owned(), |x| format!("{x:.digits$}"));
    let exact = values["exact"].as_str().unwrap_or("-").to_owned();
    vec![title.to_owned(), tool.to_owned(), cell("wall_s", 2), cell("cpu_s", 2), cell("peak_mib", 0), exact]
}
