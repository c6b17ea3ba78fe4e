//! `tmli compare`: DSC, HD95 and ASD of the structures of two files on one CT series.

use std::path::PathBuf;

use serde::Serialize;
use tmli_core::{StructureMetrics, StructureSet};
use tmli_terminal::{
    cancel,
    ct_args::CtArgs,
    failure::{Failure, Outcome},
    files::{NamesArgs, check_output, write_whole},
    output::{Table, print},
    progress::Verbosity,
};

use crate::{
    evaluation::{Evaluation, Row, State, evaluate},
    report,
    source::{Place, parse_label},
};

/// Compare the structures of two files on the grid of their CT series: DSC, HD95, ASD, HD and volumes per structure.
///
/// All distances are in mm, in 3D, between the surfaces of the voxels that the contours enclose. HD95 is the larger of
/// the two directed 95th percentiles; ASD is the sum of the distances from both surfaces, divided by the area of both.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    ct: CtArgs,
    /// Structures taken as true: RT Structure Set, DICOM Segmentation, NIfTI or NRRD
    #[arg(long, value_name = "FILE")]
    reference: PathBuf,
    /// Structures to judge: RT Structure Set, DICOM Segmentation, NIfTI or NRRD
    #[arg(long, value_name = "FILE")]
    prediction: PathBuf,
    /// Which label is which structure, when the reference is a label map
    #[arg(long, value_name = "LABEL=NAME,...", value_delimiter = ',', value_parser = parse_label)]
    reference_map: Vec<(u32, String)>,
    /// Which label is which structure, when the prediction is a label map
    #[arg(long, value_name = "LABEL=NAME,...", value_delimiter = ',', value_parser = parse_label)]
    prediction_map: Vec<(u32, String)>,
    /// Take DICOM structures of another patient or frame of reference too, e.g. copies made anonymous in another way
    #[arg(long)]
    ignore_identity: bool,
    /// Also write the numbers as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also write the numbers as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Also write a report with pictures: one HTML file that needs nothing else, without patient name or number
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Overwrite files when they exist
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    names: NamesArgs,
}

const EXAMPLES: &str = "\
Examples:
  tmli compare --ct PATIENT/CT --reference manual.dcm --prediction auto.dcm
  tmli compare --ct PATIENT/CT --reference manual.dcm --prediction auto.dcm --html report.html --csv numbers.csv
  tmli compare --ct PATIENT/CT --reference manual.dcm --prediction total.nii.gz --prediction-map 5=Liver,6=Stomach";

/// Runs the command.
pub(crate) fn run(args: &Args, verbosity: Verbosity) -> Outcome {
    let names = args.names.load()?;
    let outputs = [("--json", &args.json), ("--csv", &args.csv), ("--html", &args.html)];
    for (argument, path) in outputs {
        path.as_ref().map_or(Ok(()), |p| check_output(p, argument, args.force))?;
    }
    args.ct.require()?;
    let ct = args.ct.read()?;
    let ignore_identity = args.ignore_identity;
    let read = |argument, path, map_argument, map| {
        let (set, findings) = Place { argument, path, map_argument, map, ignore_identity }.read_as_set(&ct)?;
        findings.iter().take(20).for_each(|finding| verbosity.note(format_args!("note: {argument}: {finding}")));
        if findings.len() > 20 {
            verbosity.note(format_args!("note: {argument}: {} more oddities", findings.len() - 20));
        }
        Ok(set)
    };
    let reference: StructureSet = read("--reference", &args.reference, "--reference-map", &args.reference_map)?;
    let prediction = read("--prediction", &args.prediction, "--prediction-map", &args.prediction_map)?;
    let (a, b, geometry) = (&reference, &prediction, ct.volume.geometry());
    let evaluation = evaluate(a, b, geometry, &names, verbosity)?;
    for finding in evaluation.findings.iter().take(20) {
        verbosity.note(format_args!("note: {finding}"));
    }
    if evaluation.findings.len() > 20 {
        verbosity.note(format_args!("note: {} more contours were odd", evaluation.findings.len() - 20));
    }
    print(table(&evaluation))?;
    cancel::check()?;
    if let Some(path) = &args.json {
        write_whole(path, "--json", "the numbers", &json(&evaluation)?)?;
    }
    if let Some(path) = &args.csv {
        write_whole(path, "--csv", "the numbers", &csv(&evaluation)?)?;
    }
    if let Some(path) = &args.html {
        let html = report::render(&ct.volume, &ct.identity.patient_position, &evaluation, &names.protocol)?;
        write_whole(path, "--html", "the report", html.as_bytes())?;
    }
    Ok(())
}

/// Three decimals, or a dash where there is no value.
fn number(value: f64, decimals: usize) -> String {
    if value.is_finite() { format!("{value:.decimals$}") } else { "-".into() }
}

/// The table as it is printed.
fn table(evaluation: &Evaluation) -> String {
    let headings = ["structure", "DSC", "HD95 mm", "ASD mm", "HD mm", "reference ml", "prediction ml", "accepted", ""];
    let mut table = Table::new(1, &headings);
    for row in &evaluation.rows {
        let value =
            |f: fn(&StructureMetrics) -> f64, d: usize| row.metrics.as_ref().map_or("-".into(), |m| number(f(m), d));
        let mark = row.accepted().map_or("-", |yes| if yes { "yes" } else { "no" });
        table.row(vec![
            row.name.clone(),
            value(|m| m.dsc, 3),
            value(|m| m.hd95_mm, 2),
            value(|m| m.asd_mm, 2),
            value(|m| m.hd_mm, 2),
            value(|m| m.reference_volume_ml, 2),
            value(|m| m.prediction_volume_ml, 2),
            mark.into(),
            row.state.words().into(),
        ]);
    }
    if let Some((dsc, hd95, asd, n)) = evaluation.means() {
        let mut row = vec![format!("mean of {n}"), number(dsc, 3), number(hd95, 2), number(asd, 2)];
        row.resize(headings.len(), String::new());
        table.row(row);
    }
    format!(
        "{table}\naccepted: DSC above the protocol's limit (0.70 unless it says otherwise). For research; needs review."
    )
}

#[derive(Serialize)]
struct JsonRow<'a> {
    structure: &'a str,
    state: State,
    dsc: Option<f64>,
    hd95_mm: Option<f64>,
    asd_mm: Option<f64>,
    hd_mm: Option<f64>,
    reference_volume_ml: Option<f64>,
    prediction_volume_ml: Option<f64>,
    acceptance_dsc: f64,
    accepted: Option<bool>,
}

impl<'a> JsonRow<'a> {
    /// Values that are no finite number become null: JSON has no word for them, `state` says why.
    fn new(row: &'a Row) -> Self {
        let value = |f: fn(&StructureMetrics) -> f64| row.metrics.as_ref().map(f).filter(|v| v.is_finite());
        Self {
            structure: &row.name,
            state: row.state,
            dsc: value(|m| m.dsc),
            hd95_mm: value(|m| m.hd95_mm),
            asd_mm: value(|m| m.asd_mm),
            hd_mm: value(|m| m.hd_mm),
            reference_volume_ml: value(|m| m.reference_volume_ml),
            prediction_volume_ml: value(|m| m.prediction_volume_ml),
            acceptance_dsc: row.acceptance_dsc,
            accepted: row.accepted(),
        }
    }
}

fn json(evaluation: &Evaluation) -> Outcome<Vec<u8>> {
    let rows: Vec<JsonRow<'_>> = evaluation.rows.iter().map(JsonRow::new).collect();
    let means = evaluation
        .means()
        .map(|(dsc, hd95, asd, n)| serde_json::json!({"dsc": dsc, "hd95_mm": hd95, "asd_mm": asd, "structures": n}));
    let all = serde_json::json!({
        "software": format!("tmli {}", env!("CARGO_PKG_VERSION")),
        "structures": rows,
        "mean": means,
        "findings": evaluation.findings,
    });
    let mut bytes = serde_json::to_vec_pretty(&all).map_err(|e| Failure::new(format!("JSON: {e}")))?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn csv(evaluation: &Evaluation) -> Outcome<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in &evaluation.rows {
        writer.serialize(JsonRow::new(row)).map_err(|e| Failure::new(format!("CSV: {e}")))?;
    }
    writer.into_inner().map_err(|e| Failure::new(format!("CSV: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_structure_is_named_and_has_no_numbers() {
        let row = Row {
            name: "Liver".into(),
            group: None,
            colour: [0; 3],
            state: State::MissingInPrediction,
            metrics: None,
            acceptance_dsc: 0.7,
            reference: None,
            prediction: None,
        };
        let evaluation = Evaluation { rows: vec![row], findings: Vec::new() };
        assert!(table(&evaluation).contains("missing in prediction"));
        let json = String::from_utf8(json(&evaluation).expect("JSON")).expect("UTF-8");
        assert!(json.contains("\"missing_in_prediction\"") && json.contains("\"dsc\": null"), "{json}");
        let csv = String::from_utf8(csv(&evaluation).expect("CSV")).expect("UTF-8");
        assert_eq!(csv.lines().nth(1), Some("Liver,missing_in_prediction,,,,,,,0.7,"));
    }
}
