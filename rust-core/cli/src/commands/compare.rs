//! `tmli compare`: DSC, HD95 and ASD of the structures of two files on one CT series.

use std::path::PathBuf;

use tmli_core::{MetricOptions, Profile, StructureMetrics, StructureSet};
use tmli_terminal::{
    cancel,
    ct_args::CtArgs,
    failure::{Explain as _, Outcome},
    files::{NamesArgs, check_output, write_whole},
    output::{Table, print},
    progress::Verbosity,
};

use crate::{
    evaluation::{Evaluation, Row, evaluate},
    numbers::{self, CaseNumbers, number},
    report,
    source::{Place, parse_label},
};

/// Compare the structures of two files on the grid of their CT series: DSC, HD95, ASD, HD and volumes per structure.
///
/// All distances are in mm, in 3D, between the surfaces of the voxels that the contours enclose. HD95 is the larger of
/// the two directed 95th percentiles; ASD is the sum of the distances from both surfaces, divided by the area of both.
/// Other tools have other conventions: --profile takes theirs. JSON and CSV hold more: surface Dice, added path length,
/// shift of the centre, and both directions of every distance. `tmli summarise` makes one table of many such JSON files.
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
    #[command(flatten)]
    metrics: MetricArgs,
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

/// By whose convention distances are measured.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Distances")]
struct MetricArgs {
    /// Convention of the distances
    #[arg(long, value_enum, default_value = "surfel")]
    profile: ProfileName,
    /// Percentile of the distances to give beside HD95
    #[arg(long, value_name = "PERCENT", default_value_t = 95.0)]
    percentile: f64,
    /// Tolerance of the surface Dice
    #[arg(long, value_name = "MM", default_value_t = 2.0)]
    tolerance_mm: f64,
    /// Contours closer to each other than this add nothing to the added path length
    #[arg(long, value_name = "MM", default_value_t = 0.0)]
    path_tolerance_mm: f64,
}

/// [`Profile`] with a line of help for each.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum ProfileName {
    /// surface elements weighted by area, as in the literature (Nikolov et al., DeepMind's surface-distance)
    Surfel,
    /// relaxed surface nets: nearest to the truth, above all between thick slices; slower
    Net,
    /// border voxels, as MONAI and medpy count them
    Voxel,
    /// border voxels, means of both directions: the numbers of SlicerRT's Segment Comparison
    SlicerRt,
}

impl MetricArgs {
    fn options(&self) -> MetricOptions {
        let profile = match self.profile {
            ProfileName::Surfel => Profile::Surfel,
            ProfileName::Net => Profile::Net,
            ProfileName::Voxel => Profile::Voxel,
            ProfileName::SlicerRt => Profile::SlicerRt,
        };
        let Self { percentile, tolerance_mm, path_tolerance_mm, .. } = *self;
        MetricOptions { profile, percentile, tolerance_mm, path_tolerance_mm }
    }
}

const EXAMPLES: &str = "\
Examples:
  tmli compare --ct PATIENT/CT --reference manual.dcm --prediction auto.dcm
  tmli compare --ct PATIENT/CT --reference manual.dcm --prediction auto.dcm --html report.html --csv numbers.csv
  tmli compare --ct PATIENT/CT --reference manual.dcm --prediction total.nii.gz --prediction-map 5=Liver,6=Stomach
  tmli compare --ct PATIENT/CT --reference manual.dcm --prediction auto.dcm --profile slicer-rt";

/// Runs the command.
pub(crate) fn run(args: &Args, verbosity: Verbosity) -> Outcome {
    let names = args.names.load()?;
    let options = args.metrics.options();
    options.check().explain("the distances")?;
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
    let evaluation = evaluate(a, b, geometry, &names, &options, verbosity)?;
    for finding in evaluation.findings.iter().take(20) {
        verbosity.note(format_args!("note: {finding}"));
    }
    if evaluation.findings.len() > 20 {
        verbosity.note(format_args!("note: {} more contours were odd", evaluation.findings.len() - 20));
    }
    print(table(&evaluation))?;
    cancel::check()?;
    if let Some(path) = &args.json {
        write_whole(path, "--json", "the numbers", &numbers::json(&CaseNumbers::of(&evaluation))?)?;
    }
    if let Some(path) = &args.csv {
        write_whole(path, "--csv", "the numbers", &numbers::csv(&CaseNumbers::of(&evaluation).structures)?)?;
    }
    if let Some(path) = &args.html {
        let html = report::render(&ct.volume, &ct.identity.patient_position, &evaluation, &names.protocol)?;
        write_whole(path, "--html", "the report", html.as_bytes())?;
    }
    Ok(())
}

/// The table as it is printed.
fn table(evaluation: &Evaluation) -> String {
    let options = &evaluation.options;
    let extra = (options.percentile != 95.0).then(|| format!("HD{} mm", options.percentile));
    let mut headings = vec!["structure", "DSC", "HD95 mm"];
    headings.extend(extra.as_deref());
    headings.extend(["ASD mm", "HD mm", "reference ml", "prediction ml", "accepted", ""]);
    let mut table = Table::new(1, &headings);
    for row in &evaluation.rows {
        let value =
            |f: fn(&StructureMetrics) -> f64, d: usize| row.metrics.as_ref().map_or("-".into(), |m| number(f(m), d));
        let mark = row.accepted().map_or("-", |yes| if yes { "yes" } else { "no" });
        let mut cells = vec![row.name.clone(), value(|m| m.dsc, 3), value(|m| m.hd95_mm, 2)];
        cells.extend(extra.is_some().then(|| value(|m| m.hd_percentile_mm, 2)));
        cells.extend([
            value(|m| m.asd_mm, 2),
            value(|m| m.hd_mm, 2),
            value(|m| m.reference_volume_ml, 2),
            value(|m| m.prediction_volume_ml, 2),
            mark.into(),
            remarks(row),
        ]);
        table.row(cells);
    }
    if let Some((dsc, hd95, asd, n)) = evaluation.means() {
        let mut row = vec![format!("mean of {n}"), number(dsc, 3), number(hd95, 2)];
        row.extend(extra.is_some().then(String::new));
        row.push(number(asd, 2));
        row.resize(headings.len(), String::new());
        table.row(row);
    }
    format!(
        "{table}\naccepted: DSC above the protocol's limit (0.70 unless it says otherwise). Distances by the profile {}. \
         For research; needs review.",
        options.profile
    )
}

/// Why there is no number, or what limits its meaning.
fn remarks(row: &Row) -> String {
    let limits = row.metrics.as_ref().map_or([false; 2], |m| [m.is_below_resolution(), m.touches_border()]);
    let limits = ["below resolution", "touches the border of the scan"].into_iter().zip(limits);
    let limits = limits.filter(|(_, said)| *said).map(|(words, _)| words);
    Some(row.state.words()).filter(|words| !words.is_empty()).into_iter().chain(limits).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use tmli_core::{Mask, SpacingMm, compare_masks_with};

    use super::*;
    use crate::evaluation::State;

    fn evaluation(options: MetricOptions, voxels: Option<usize>) -> Evaluation {
        let mask = |n: usize| Mask::from_fn([3, 9, 9], move |[k, j, i]| k == 1 && j == 4 && (1..=n).contains(&i));
        let metrics = voxels.map(|n| compare_masks_with(&mask(7), &mask(n), SpacingMm::new(5.0, 1.0, 1.0), &options));
        let row = Row {
            name: "Liver".into(),
            group: None,
            colour: [0; 3],
            state: if voxels.is_some() { State::Compared } else { State::MissingInPrediction },
            metrics: metrics.map(|m| m.expect("one grid")),
            acceptance_dsc: 0.7,
            network: None,
            reference: None,
            prediction: None,
        };
        Evaluation { options, rows: vec![row], findings: Vec::new() }
    }

    #[test]
    fn a_missing_structure_is_named_and_has_no_numbers() {
        let table = table(&evaluation(MetricOptions::default(), None));
        assert!(table.contains("missing in prediction") && !table.contains("0.000"), "{table}");
    }

    #[test]
    fn profile_percentile_and_what_limits_the_numbers_are_said() {
        let options = MetricOptions { profile: Profile::SlicerRt, percentile: 90.0, ..MetricOptions::default() };
        let table = table(&evaluation(options, Some(3)));
        for words in ["HD90 mm", "below resolution", "profile slicer-rt"] {
            assert!(table.contains(words), "{words} is not in\n{table}");
        }
        assert!(!table.contains("touches the border"), "{table}");
    }
}
