//! `cargo xtask bench`: how long the steps of the main job take on this machine.

use std::{fs, path::Path, process::Stdio, time::Instant};

use anyhow::{Context as _, Result, bail};
use serde::Serialize;

use crate::{
    bench_dicom, bench_engine, bench_metrics,
    bench_metrics::Pairs,
    bench_polls, bench_python,
    demo_models::{Cohort, model_folders, remove},
    lock::Lock,
    process::{self, say},
    repo::Repo,
    setup, table,
};

/// Measure how long the program takes for each step, on a synthetic child.
///
/// Whole commands as a user starts them, files included: making a child (which traces every contour), reading, and
/// comparing (which rasterises every contour). With --segment, the shipped models too. Writes target/bench/results.json.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask bench
  cargo xtask bench --repeat 10 --matrix 256
  cargo xtask bench --segment --repeat 1
  cargo xtask bench engine
  cargo xtask bench engine --python
  cargo xtask bench python
  cargo xtask bench polls --repeat 3
  cargo xtask bench window --repeat 1
  cargo xtask bench --compare metrics --repeat 2
  cargo xtask bench --compare metrics --only \"tmli surfel\" --only surface-distance
  cargo xtask bench --compare metrics --four --monai --repeat 1
  cargo xtask bench --compare metrics --solids --monai
  cargo xtask bench --compare dicom --repeat 1")]
pub(crate) struct Arguments {
    /// Measure this instead.
    #[arg(value_enum)]
    what: Option<What>,
    /// With engine: from Python too, with the wheel built and installed in an environment of its own.
    #[arg(long, requires = "what")]
    python: bool,
    /// How often each command is run.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// Rows and columns of the CT: 512, 256 or 128.
    #[arg(long, default_value_t = 512)]
    matrix: u32,
    /// Also segment with the models of demo/models.
    #[arg(long)]
    segment: bool,
    /// Measure one part beside other tools instead, all in turn on the same data.
    #[arg(long, value_enum)]
    compare: Option<Part>,
    /// With --compare metrics: MONAI too, which needs torch (gigabytes with its CUDA libraries).
    #[arg(long, requires = "compare")]
    monai: bool,
    /// With --compare metrics: four small pairs on which tools disagree.
    #[arg(long, requires = "compare")]
    four: bool,
    /// With --compare metrics: solids that were moved, of which the true distances are known; how far off each tool is.
    #[arg(long, requires = "compare", conflicts_with = "four")]
    solids: bool,
    /// With --compare metrics: these tools only, by the names in the table (can be repeated).
    #[arg(long, value_name = "TOOL", requires = "compare")]
    only: Vec<String>,
}

/// What can be measured on its own.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum What {
    /// What it costs that networks run in a process of their own: 512 x 512 x 250 voxels there, 25 masks back.
    Engine,
    /// What it costs a Python program to import tmli, beside other packages.
    Python,
    /// How long a window waits when it asks a running job how far it is: polls longer than 5 ms are counted.
    Polls,
    /// How long the window of the Slicer panel does not answer, action by action, on 512 x 512 x 248 voxels.
    Window,
}

/// What can be compared with other tools.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Part {
    /// DSC, HD, HD95 and ASD of 25 structures: CPU and wall seconds, memory, values, and what must be kept to.
    Metrics,
    /// CT series, RT Structure Set and Segmentation of 512 x 512 x 250 voxels and 25 structures: seconds, memory, exactness.
    Dicom,
}

/// Times of one command.
#[derive(Debug, Serialize)]
struct Measured {
    what: String,
    command: String,
    /// In the order in which they were run.
    seconds: Vec<f64>,
}

pub(crate) fn task(repo: &Repo, arguments: &Arguments) -> Result<()> {
    match arguments.what {
        Some(What::Engine) => return bench_engine::run(repo, arguments.repeat, arguments.python),
        Some(What::Python) => return bench_python::run(repo, arguments.repeat),
        Some(What::Polls) => return bench_polls::run(repo, arguments.repeat),
        Some(What::Window) => return bench_polls::window(repo, arguments.repeat),
        None => {}
    }
    match arguments.compare {
        Some(Part::Metrics) => {
            let &Arguments { repeat, monai, four, solids, ref only, .. } = arguments;
            let pairs = match (four, solids) {
                (true, _) => Pairs::Four,
                (_, true) => Pairs::Solids,
                _ => Pairs::WholeBody,
            };
            return bench_metrics::run(repo, &bench_metrics::Wanted { repeat, monai, pairs, only });
        }
        Some(Part::Dicom) => return bench_dicom::run(repo, arguments.repeat),
        None => {}
    }
    setup::ensure(repo, setup::Need::Build)?;
    let _lock = Lock::take(repo, "bench")?;
    process::build_programs(repo.root())?;
    let folder = repo.target().join("bench");
    let child = Cohort { seed: 1, cases: 1, matrix: arguments.matrix, age: Some(10.0) };
    child.generate(repo, &folder.join("child"))?;
    let case = folder.join("child/case-001");
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let [ct, truth] = [text(&case.join("ct")), text(&case.join("rtstruct.dcm"))];
    let again = folder.join("again");
    let matrix = arguments.matrix.to_string();
    let out = text(&again);

    let mut jobs = vec![
        (
            "make a child, write DICOM",
            vec!["phantom", "--out", &out, "--seed", "1", "--age", "10", "--matrix", &matrix],
        ),
        ("read the CT series and list it", vec!["inspect", &ct]),
        (
            "rasterise and compare 25 structures",
            vec!["compare", "--ct", &ct, "--reference", &truth, "--prediction", &truth],
        ),
    ];
    let models = model_folders(&repo.join("demo/models"))?;
    let models: Vec<String> = models.iter().map(|model| text(model)).collect();
    let segmented = text(&again.join("segmented.dcm"));
    if arguments.segment {
        if models.is_empty() {
            bail!("--segment needs models in demo/models; `cargo xtask demo-models` trains them");
        }
        let mut words = vec!["segment", "--ct", &ct, "--out", &segmented, "--model"];
        words.extend(models.iter().map(String::as_str));
        jobs.push(("segment with the shipped models", words));
    }

    let mut results = Vec::new();
    for (what, words) in &jobs {
        results.push(measure(repo, what, words, &again, arguments.repeat)?);
    }
    report(&results);
    let path = folder.join("results.json");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let all = serde_json::json!({ "matrix": arguments.matrix, "cores": cores, "results": results });
    fs::write(&path, serde_json::to_vec_pretty(&all)?).context("the results cannot be written")?;
    say(format_args!("{cores} cores; written to {}", repo.shown(&path)));
    Ok(())
}

fn measure(repo: &Repo, what: &str, words: &[&str], scratch: &Path, repeat: u32) -> Result<Measured> {
    let mut seconds = Vec::new();
    let mut tmli = process::command(repo.tmli(), repo.root());
    tmli.args(words).stdout(Stdio::null()).stderr(Stdio::null());
    let command = process::shown(&tmli);
    say(&command);
    for _ in 0..repeat {
        remove(scratch)?;
        fs::create_dir_all(scratch)?;
        let start = Instant::now();
        process::run_quietly(&mut tmli)?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    remove(scratch)?;
    Ok(Measured { what: what.to_owned(), command, seconds })
}

fn report(results: &[Measured]) {
    let heading = ["step", "median", "fastest", "slowest"].map(str::to_owned).to_vec();
    let rows = results.iter().map(|result| {
        let (fastest, median, slowest) = spread(&result.seconds);
        let cells = [median, fastest, slowest].map(|seconds| format!("{seconds:.2} s"));
        std::iter::once(result.what.clone()).chain(cells).collect()
    });
    println!("\n{}", table::render(&std::iter::once(heading).chain(rows).collect::<Vec<_>>()));
}

/// Least, middle and largest; the middle of an even number is the mean of two.
pub(crate) fn spread(values: &[f64]) -> (f64, f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
    let last = sorted.len().saturating_sub(1);
    (at(0), f64::midpoint(at(last / 2), at(last.div_ceil(2))), at(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_least_middle_largest() {
        assert_eq!(spread(&[3.0, 1.0, 2.0]), (1.0, 2.0, 3.0));
        assert_eq!(spread(&[4.0, 1.0, 2.0, 3.0]), (1.0, 2.5, 4.0));
    }
}
