//! `tmli inspect`: what is in a folder, and what is missing or doubtful for training.

use std::{fmt::Write, path::PathBuf};

use serde::Serialize;
use tmli_terminal::{
    assess::{GridReport, PatientReport, SeriesReport, SetReport, assess},
    cancel,
    failure::{Failure, Outcome},
    files::{NamesArgs, shown},
    inventory::take_inventory,
    output::{Table, print},
    progress::{Progress, Verbosity},
};

/// List what is in a folder, and what is missing or doubtful for training.
///
/// CT series with geometry and orientation, RT Structure Sets, and which ROI is which structure. The folder may be one
/// patient or a cohort of many.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Folder of one patient, or of many with a sub-folder each; files may have any names
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Print JSON in place of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    names: NamesArgs,
}

const EXAMPLES: &str = "\
Examples:
  tmli inspect PATIENT
  tmli inspect PATIENTS --aliases our-names.toml
  tmli inspect PATIENTS --json > cohort.json

The output shows names that your hospital chose for folders, series and ROIs: keep it as you keep the data.
Ends with an error when nothing in the folder can be used.";

#[derive(Serialize)]
struct FolderReport {
    cohort: bool,
    trainable: usize,
    patients: Vec<PatientReport>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, verbosity: Verbosity) -> Outcome {
    let names = args.names.load()?;
    let inventory = take_inventory(&args.dir, "DIR", verbosity)?;
    if let [only] = inventory.patients.as_slice()
        && let Err(e) = &only.scan
    {
        return Err(Failure::new(format!("{}: {e}", shown("DIR", &args.dir))));
    }
    let mut progress = Progress::new(verbosity, "reading patients", inventory.patients.len());
    let mut patients = Vec::new();
    for patient in &inventory.patients {
        cancel::check()?;
        patients.push(assess(patient, &names));
        progress.set(patients.len(), inventory.patients.len(), "");
    }
    progress.clear();
    let trainable = patients.iter().filter(|p| p.problems.is_empty()).count();
    let report = FolderReport { cohort: inventory.is_cohort, trainable, patients };
    if args.json {
        let json = serde_json::to_string_pretty(&report).map_err(|e| Failure::new(format!("JSON: {e}")))?;
        print(json)?;
    } else {
        let mut text = String::new();
        for patient in &report.patients {
            text.push_str(&describe(patient, report.cohort));
        }
        if report.cohort {
            let n = report.patients.len();
            let _ = writeln!(text, "{trainable} of {n} folders can be trained on");
        }
        print(text.trim_end())?;
    }
    let nothing =
        report.patients.iter().all(|p| p.series.iter().all(|s| s.grid.is_none()) && p.structure_sets.is_empty());
    if nothing {
        let why = report
            .patients
            .iter()
            .flat_map(|p| p.series.iter().filter_map(|s| s.refused.clone()).chain(p.problems.iter().cloned()));
        let why = why.take(1).collect::<String>();
        return Err(Failure::advise(
            format!("{}: nothing here can be used ({why})", shown("DIR", &args.dir)),
            "see the reasons above; choose the folder with a whole, axial CT series",
        ));
    }
    Ok(())
}

/// Writing to a `String` never fails, so results of `writeln!` are dropped below.
fn describe(patient: &PatientReport, with_name: bool) -> String {
    let mut text = String::new();
    if with_name {
        let _ = writeln!(text, "== {}", patient.id);
    }
    if patient.series.is_empty() {
        let _ = writeln!(text, "No CT series.");
    }
    for series in &patient.series {
        describe_series(&mut text, series);
    }
    for set in &patient.structure_sets {
        describe_set(&mut text, set);
    }
    if !patient.other.is_empty() {
        let _ = writeln!(text, "Other DICOM objects: {}", patient.other.join("; "));
    }
    if patient.not_dicom > 0 {
        let _ = writeln!(text, "Files that are no DICOM: {}", patient.not_dicom);
    }
    let verdict = if patient.problems.is_empty() { "can be trained on" } else { "can't be trained on" };
    let _ = writeln!(text, "For training: {verdict}");
    for problem in &patient.problems {
        let _ = writeln!(text, "  problem: {problem}");
    }
    for doubt in &patient.doubts {
        let _ = writeln!(text, "  look at: {doubt}");
    }
    text.push('\n');
    text
}

fn describe_series(text: &mut String, series: &SeriesReport) {
    let name = if series.description.is_empty() { "no description" } else { &series.description };
    let uid = if series.uid.is_empty() { "missing" } else { &series.uid };
    let _ = writeln!(text, "CT series {} ({name}), {} images, UID {uid}", series.number, series.images);
    if series.localizer {
        let _ = writeln!(text, "  a scout image, not a volume");
    }
    if let Some(reason) = &series.refused {
        let _ = writeln!(text, "  REFUSED: {reason}");
    }
    if let Some(grid) = &series.grid {
        describe_grid(text, grid, &series.patient_position);
    }
    for finding in &series.findings {
        let _ = writeln!(text, "  note: {finding}");
    }
}

fn describe_grid(text: &mut String, grid: &GridReport, tag: &str) {
    let [k, j, i] = grid.shape;
    let [sk, sj, si] = grid.spacing_mm;
    let _ = writeln!(text, "  {k} slices of {j} rows x {i} columns, spacing {sk:.4} x {sj:.4} x {si:.4} mm (k, j, i)");
    let _ = writeln!(text, "  z from {:.2} to {:.2} mm; {}", grid.z_mm[0], grid.z_mm[1], grid.axes);
    let tag = if tag.is_empty() { "missing" } else { tag };
    let by_axes = grid.position_by_axes.map_or("oblique".to_owned(), |p| format!("as {p}"));
    let _ = write!(text, "  orientation: patient position {tag} by tag, image axes {by_axes}");
    let _ = match grid.position_by_axes {
        Some(p) if tag != "missing" && p != tag => {
            writeln!(text, " (the images were turned; positions are in patient coordinates and stay right)")
        }
        _ => writeln!(text),
    };
}

fn describe_set(text: &mut String, set: &SetReport) {
    let label = if set.label.is_empty() { "no label" } else { &set.label };
    let on = set.series.map_or("no CT series here".to_owned(), |n| format!("CT series {n}"));
    let _ = writeln!(text, "RT Structure Set ({label}), {} structures, drawn on {on}", set.rois.len());
    if !set.rois.is_empty() {
        let mut table = Table::new(2, &["ROI", "structure", "contours", "voxels", "ml"]);
        for roi in &set.rois {
            let structure = match &roi.structure {
                None => "not recognised".to_owned(),
                Some(name) if roi.in_protocol => name.clone(),
                Some(name) => format!("{name} (not in the protocol)"),
            };
            let dash = || "-".to_owned();
            table.row(vec![
                roi.names.join(" + "),
                structure,
                roi.contours.to_string(),
                roi.voxels.map_or_else(dash, |v| v.to_string()),
                roi.volume_ml.map_or_else(dash, |v| format!("{v:.2}")),
            ]);
        }
        for line in table.to_string().lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    for ambiguous in &set.ambiguous {
        let _ = writeln!(text, "  several ROIs for one structure, none taken: {ambiguous}");
    }
    for set in &set.missing {
        let list = if set.all { "all".to_owned() } else { set.structures.join(", ") };
        let _ = writeln!(text, "  missing for {}: {list}", set.set);
    }
    for problem in &set.problems {
        let _ = writeln!(text, "  problem: {problem}");
    }
    const SHOWN: usize = 8;
    for finding in set.findings.iter().take(SHOWN) {
        let _ = writeln!(text, "  note: {finding}");
    }
    if set.findings.len() > SHOWN {
        let _ = writeln!(text, "  note: {} more (see --json)", set.findings.len() - SHOWN);
    }
}
