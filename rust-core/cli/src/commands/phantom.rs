//! `tmli phantom`: synthetic children as DICOM, to try everything without patient data.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tmli_api::write_phantom;
use tmli_phantom::{Matrix, PhantomOptions, generate};
use tmli_terminal::{
    cancel,
    failure::{Explain, Failure, Outcome},
    files::{make_folder, read_text, shown, write_whole},
    output::print,
    progress::{Progress, Verbosity},
};

/// Make synthetic children, to try everything without patient data.
///
/// Each case is a folder case-001, case-002, ... with a CT series (ct/*.dcm, 5 mm slices from skull to below the knees)
/// and an RT Structure Set of all 25 structures (rtstruct.dcm). The same seed makes the same children. Finished cases
/// are not made again.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Folder to make them in
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How many children
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=9999))]
    cases: u32,
    /// Which children: another seed makes others
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Age of all of them in years; without it ages differ
    #[arg(long, value_name = "YEARS")]
    age: Option<f64>,
    /// Rows and columns of a slice: smaller is faster, and coarser
    #[arg(long, default_value = "512", value_parser = ["512", "256", "128"])]
    matrix: String,
}

const EXAMPLES: &str = "\
Examples:
  tmli phantom --out children --cases 36 --seed 1
  tmli phantom --out small --cases 3 --seed 7 --age 6 --matrix 128";

/// Kept beside the cases, so that a folder never mixes children of two seeds.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Settings {
    seed: u64,
    age_years: Option<f64>,
    matrix: String,
}

const SETTINGS_FILE: &str = "phantom.json";

/// Runs the command.
pub(crate) fn run(args: &Args, verbosity: Verbosity) -> Outcome {
    if let Some(age) = args.age
        && !(2.0..=17.0).contains(&age)
    {
        return Err(Failure::usage(format!("--age {age} is out of range"), "give an age from 2 to 17 years"));
    }
    make_folder(&args.out, "--out")?;
    keep_settings(args)?;
    let total = args.cases as usize;
    let mut progress = Progress::new(verbosity, "phantoms", total);
    let mut made = 0;
    for case in 1..=args.cases {
        check_cancelled(made)?;
        let name = format!("case-{case:03}");
        let folder = args.out.join(&name);
        if folder.join("rtstruct.dcm").is_file() {
            progress.set(case as usize, total, &format!("{name} is there already"));
            continue;
        }
        progress.set(case as usize - 1, total, &name);
        write_case(args, case, &folder)?;
        made += 1;
        progress.set(case as usize, total, &name);
    }
    progress.clear();
    let there = total - made;
    let already = if there > 0 { format!(", {there} were there already") } else { String::new() };
    print(format_args!("made {made} of {total} cases{already}"))
}

fn check_cancelled(made: usize) -> Outcome {
    let hint = format!("{made} cases were finished and are kept; the same command makes the rest");
    cancel::check().map_err(|_| Failure::Cancelled { hint })
}

fn keep_settings(args: &Args) -> Outcome {
    let path = args.out.join(SETTINGS_FILE);
    let wanted = Settings { seed: args.seed, age_years: args.age, matrix: args.matrix.clone() };
    if path.exists() {
        let there: Option<Settings> = serde_json::from_str(&read_text(&path, "--out")?).ok();
        if there.as_ref() != Some(&wanted) {
            return Err(Failure::advise(
                format!(
                    "{}: this folder holds phantoms of another --seed, --age or --matrix",
                    shown("--out", &args.out)
                ),
                "choose another folder, or use the same settings to add cases",
            ));
        }
        return Ok(());
    }
    let json = serde_json::to_vec_pretty(&wanted).map_err(|e| Failure::new(format!("JSON: {e}")))?;
    write_whole(&path, "--out", "the settings of the phantoms", &json)
}

/// Writes a case under a temporary name and renames it: a case folder is whole.
fn write_case(args: &Args, case: u32, folder: &Path) -> Outcome {
    let about = || shown("--out", &args.out);
    let advice = "free some space, or choose a folder that you may write to";
    let part = args.out.join(format!(".case-{case:03}.part"));
    for leftover in [&part, &folder.to_owned()] {
        if leftover.exists() {
            std::fs::remove_dir_all(leftover).explain_with(about(), advice)?;
        }
    }
    let matrix = match args.matrix.as_str() {
        "128" => Matrix::M128,
        "256" => Matrix::M256,
        _ => Matrix::M512,
    };
    let options = PhantomOptions { seed: args.seed, case, age_years: args.age, matrix };
    let phantom = generate(&options);
    check_cancelled(case as usize - 1)?;
    let written = write_phantom(&part, &phantom, &options).explain(about());
    let result = written.and_then(|()| std::fs::rename(&part, folder).explain_with(about(), advice));
    if result.is_err() {
        // Best effort: the error that is reported is the first one.
        let _ = std::fs::remove_dir_all(&part);
    }
    result
}
