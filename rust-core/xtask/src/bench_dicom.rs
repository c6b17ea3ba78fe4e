//! `cargo xtask bench --compare dicom`: CT series, structure sets and segmentations, TMLI's beside other tools', on one
//! patient, in one run.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::{
    dicom_peers,
    lock::Lock,
    process::{self, say},
    repo::Repo,
    setup, table,
};

const SCRIPT: &str = "rust-core/xtask/python/bench_dicom.py";

/// rt-utils wants other versions of its libraries than the peers that the tests ask.
const RT_UTILS: setup::Environment<'static> =
    setup::Environment { name: "rt-utils", requirements: "rt-utils.txt", minor: 10..=13 };

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
    /// Python with the peers, and the one with rt-utils.
    python: PathBuf,
    rt_utils: PathBuf,
    plastimatch: Option<PathBuf>,
    folder: PathBuf,
}

/// Compares all tools, `repeat` times in turn.
pub(crate) fn run(repo: &Repo, repeat: u32) -> Result<()> {
    let plastimatch = setup::PLASTIMATCH.ensure(repo)?.then(|| setup::PLASTIMATCH.program(repo, "plastimatch"));
    let (python, rt_utils) = (dicom_peers::ensure(repo)?, setup::environment(repo, &RT_UTILS)?);
    let _lock = Lock::take(repo, "bench")?;
    let build = ["build", "--release", "--package", "tmli-io", "--example", "dicom_bench"];
    process::run(&mut process::cargo(repo.root(), &build))?;
    let folder = repo.target().join("bench/dicom");
    let own = repo.target().join("release/examples/dicom_bench");
    if !folder.join("info.json").exists() {
        say("Making a patient: 512 x 512 x 250 voxels, 25 structures");
        process::run(process::command(&own, repo.root()).arg("make").arg(&folder))?;
    }
    let bench = Bench { repo: repo.clone(), own, python, rt_utils, plastimatch, folder };
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

impl Bench {
    fn own(&self, before: &[&str], after: &[&str]) -> Result<Value> {
        let mut command = process::command(&self.own, self.repo.root());
        command.args(before).arg(&self.folder).args(after);
        say(process::shown(&command));
        parsed(&process::output(&mut command)?)
    }

    /// `None` where the tool is not on this machine.
    fn peer(&self, tool: &str, what: &str) -> Result<Option<Value>> {
        let python = if tool == "rt-utils" { &self.rt_utils } else { &self.python };
        let mut command = process::command(python, self.repo.root());
        command.arg(self.repo.join(SCRIPT)).arg(&self.folder).args([tool, what]);
        if tool.starts_with("plastimatch") {
            let Some(program) = &self.plastimatch else { return Ok(None) };
            command.arg(program);
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
