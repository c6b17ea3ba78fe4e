//! `tmli summarise`: from the numbers of many cases to the tables of a study.

use std::path::PathBuf;

use serde::Serialize;
use tmli_core::metrics::cohort::Summary;
use tmli_terminal::{
    failure::{Failure, Outcome},
    files::{check_output, write_whole},
    output::{Table, print},
    progress::Verbosity,
};

use crate::{
    cohort::{Measure, Method, profile, structures},
    numbers::{self, number},
};

/// Make one table for each measure from the comparisons of many cases: mean, SD, median, quartiles, and a 95 %
/// confidence interval of the mean (bootstrap), for every structure. With --against, two methods side by side and their
/// difference, case by case.
///
/// What has no finite number is left out of the mean and listed with its case and the reason. A structure that was
/// missed counts with a DSC of 0 where its ROI is there and empty; where the prediction's file has no such ROI, it can't
/// be told from one that was not asked for, and is listed as missing.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Files of `tmli compare --json`, one for each case; cases are named by their file, or by its folder
    #[arg(value_name = "FILES", required = true)]
    files: Vec<PathBuf>,
    /// The same cases by another method
    #[arg(long, value_name = "FILES", num_args = 1..)]
    against: Vec<PathBuf>,
    /// What the tables call the two methods
    #[arg(long, value_name = "FIRST,SECOND", value_delimiter = ',', default_value = "first,second")]
    names: Vec<String>,
    /// Which tables to make
    #[arg(long, value_name = "MEASURE,...", value_enum, value_delimiter = ',', default_value = "dsc,hd95,asd")]
    measures: Vec<Measure>,
    /// Also write the summaries as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also write the summaries as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Overwrite files when they exist
    #[arg(long)]
    force: bool,
}

const EXAMPLES: &str = "\
Examples:
  tmli compare --ct PATIENTS/07 --reference manual-07.dcm --prediction auto-07.dcm --json 3d/07.json
  tmli summarise 3d/*.json
  tmli summarise 2d/*.json --against 3d/*.json --names \"U-Net,V-Net\" --csv tables.csv";

/// One line of the files.
#[derive(Serialize)]
struct Line<'a> {
    measure: &'static str,
    structure: &'a str,
    /// Name of the method, or `difference`.
    method: &'a str,
    cases: usize,
    mean: Option<f64>,
    sd: Option<f64>,
    median: Option<f64>,
    quartile_25: Option<f64>,
    quartile_75: Option<f64>,
    mean_ci95_low: Option<f64>,
    mean_ci95_high: Option<f64>,
    /// `case (reason); ...`.
    left_out: String,
}

impl<'a> Line<'a> {
    fn new(measure: Measure, structure: &'a str, method: &'a str, summary: &Summary<&str>) -> Self {
        let finite = |value: f64| value.is_finite().then_some(value);
        let left_out: Vec<String> =
            summary.excluded.iter().map(|(case, reason)| format!("{case} ({reason})")).collect();
        Self {
            measure: measure.key(),
            structure,
            method,
            cases: summary.count,
            mean: finite(summary.mean),
            sd: finite(summary.sd),
            median: finite(summary.median),
            quartile_25: finite(summary.quartiles[0]),
            quartile_75: finite(summary.quartiles[1]),
            mean_ci95_low: finite(summary.mean_ci95[0]),
            mean_ci95_high: finite(summary.mean_ci95[1]),
            left_out: left_out.join("; "),
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, verbosity: Verbosity) -> Outcome {
    for (argument, path) in [("--json", &args.json), ("--csv", &args.csv)] {
        path.as_ref().map_or(Ok(()), |p| check_output(p, argument, args.force))?;
    }
    let [first, second] = &args.names[..] else {
        return Err(Failure::usage("--names: two names are needed", "for example --names U-Net,V-Net"));
    };
    let mut methods = vec![Method::read(first.clone(), &args.files, "FILES")?];
    if !args.against.is_empty() {
        methods.push(Method::read(second.clone(), &args.against, "--against")?);
        if !methods[0].shares_cases_with(&methods[1]) {
            return Err(Failure::usage(
                "the two methods have no case in common: no file (or folder) of one has the name of one of the other",
                "give the files of a case the same name, e.g. 2d/07.json and 3d/07.json",
            ));
        }
    }
    let convention = profile(&methods)?;
    let structures = structures(&methods);
    let mut lines = Vec::new();
    for &measure in &args.measures {
        let (table, more) = match &methods[..] {
            [a, b] => side_by_side([a, b], &structures, measure),
            only => alone(&only[0], &structures, measure),
        };
        print(format_args!("{}, {}\n{table}\n", measure.title(), cases(&methods)))?;
        lines.extend(more);
    }
    for line in lines.iter().filter(|line| !line.left_out.is_empty() && line.method != DIFFERENCE) {
        let method = if methods.len() > 1 { format!(", {}", line.method) } else { String::new() };
        verbosity.note(format_args!("left out: {}, {}{method}: {}", line.measure, line.structure, line.left_out));
    }
    print(format_args!("Distances by the profile {convention}. For research; needs review."))?;
    if let Some(path) = &args.json {
        let all = serde_json::json!({
            "software": format!("tmli {}", env!("CARGO_PKG_VERSION")), "convention": convention, "summaries": lines,
        });
        write_whole(path, "--json", "the summaries", &numbers::json(&all)?)?;
    }
    if let Some(path) = &args.csv {
        write_whole(path, "--csv", "the summaries", &numbers::csv(&lines)?)?;
    }
    Ok(())
}

const DIFFERENCE: &str = "difference";

fn cases(methods: &[Method]) -> String {
    match methods {
        [only] => format!("{} cases", only.count()),
        _ => {
            let each: Vec<String> = methods.iter().map(|m| format!("{}: {} cases", m.name, m.count())).collect();
            each.join(", ")
        }
    }
}

/// One table of one method, and its lines in the files.
fn alone<'a>(method: &'a Method, structures: &'a [String], measure: Measure) -> (Table, Vec<Line<'a>>) {
    let (decimals, mut lines) = (measure.decimals(), Vec::new());
    let headings = ["structure", "n", "mean ± SD", "median", "quartiles", "95 % CI of the mean", "left out"];
    let mut table = Table::new(1, &headings);
    for name in structures {
        let summary = method.summary(name, measure);
        table.row(vec![
            name.clone(),
            summary.count.to_string(),
            spread(&summary, decimals),
            number(summary.median, decimals),
            interval(summary.quartiles, decimals),
            interval(summary.mean_ci95, decimals),
            Some(summary.excluded.len()).filter(|&n| n > 0).map_or(String::new(), |n| n.to_string()),
        ]);
        lines.push(Line::new(measure, name, &method.name, &summary));
    }
    (table, lines)
}

/// The same of two methods and their difference.
fn side_by_side<'a>([a, b]: [&'a Method; 2], structures: &'a [String], measure: Measure) -> (Table, Vec<Line<'a>>) {
    let (decimals, mut lines) = (measure.decimals(), Vec::new());
    let mut table = Table::new(1, &["structure", &a.name, &b.name, "pairs", "difference", "95 % CI", "better"]);
    for name in structures {
        let summaries = [a.summary(name, measure), b.summary(name, measure)];
        let difference = a.difference(b, name, measure);
        let better = match difference.mean {
            d if d.is_nan() || d == 0.0 => "-",
            d if (d > 0.0) == measure.more_is_better() => &b.name,
            _ => &a.name,
        };
        table.row(vec![
            name.clone(),
            spread(&summaries[0], decimals),
            spread(&summaries[1], decimals),
            difference.count.to_string(),
            spread(&difference, decimals),
            interval(difference.mean_ci95, decimals),
            better.to_owned(),
        ]);
        for (method, summary) in [a, b].into_iter().zip(&summaries) {
            lines.push(Line::new(measure, name, &method.name, summary));
        }
        lines.push(Line::new(measure, name, DIFFERENCE, &difference));
    }
    (table, lines)
}

fn spread(summary: &Summary<&str>, decimals: usize) -> String {
    match (summary.mean.is_finite(), summary.sd.is_finite()) {
        (true, true) => format!("{:.decimals$} ± {:.decimals$}", summary.mean, summary.sd),
        _ => number(summary.mean, decimals),
    }
}

fn interval([low, high]: [f64; 2], decimals: usize) -> String {
    if low.is_finite() && high.is_finite() { format!("{low:.decimals$} to {high:.decimals$}") } else { "-".into() }
}
