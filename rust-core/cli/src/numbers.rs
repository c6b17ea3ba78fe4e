//! The numbers of one comparison as JSON and CSV: what `tmli compare` writes and `tmli summarise` reads.

use serde::{Deserialize, Serialize};
use tmli_core::{DirectedDistances, StructureMetrics};
use tmli_terminal::failure::{Failure, Outcome};

use crate::evaluation::{Evaluation, Row, State};

/// Everything that was measured of one case.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CaseNumbers {
    /// Name and version of the program that measured.
    pub(crate) software: String,
    /// In the order of the table.
    pub(crate) structures: Vec<StructureNumbers>,
    /// Over structures that both sides hold.
    mean: Option<Means>,
    /// Contours that were moved, cut or left out.
    findings: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Means {
    dsc: f64,
    hd95_mm: f64,
    asd_mm: f64,
    structures: usize,
}

/// One structure. What has no finite value is null in JSON and nothing in CSV: `state` says why. Flat, so that a row of
/// CSV is the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StructureNumbers {
    pub(crate) structure: String,
    pub(crate) state: State,
    pub(crate) dsc: Option<f64>,
    pub(crate) hd95_mm: Option<f64>,
    pub(crate) asd_mm: Option<f64>,
    pub(crate) hd_mm: Option<f64>,
    pub(crate) reference_volume_ml: Option<f64>,
    pub(crate) prediction_volume_ml: Option<f64>,
    pub(crate) acceptance_dsc: f64,
    pub(crate) accepted: Option<bool>,
    pub(crate) surface_dice: Option<f64>,
    pub(crate) added_path_length_mm: Option<f64>,
    pub(crate) hd_percentile_mm: Option<f64>,
    pub(crate) pooled_percentile_mm: Option<f64>,
    pub(crate) centre_shift_k_mm: Option<f64>,
    pub(crate) centre_shift_j_mm: Option<f64>,
    pub(crate) centre_shift_i_mm: Option<f64>,
    pub(crate) reference_to_prediction_mean_mm: Option<f64>,
    pub(crate) reference_to_prediction_hd95_mm: Option<f64>,
    pub(crate) reference_to_prediction_percentile_mm: Option<f64>,
    pub(crate) reference_to_prediction_hd_mm: Option<f64>,
    pub(crate) prediction_to_reference_mean_mm: Option<f64>,
    pub(crate) prediction_to_reference_hd95_mm: Option<f64>,
    pub(crate) prediction_to_reference_percentile_mm: Option<f64>,
    pub(crate) prediction_to_reference_hd_mm: Option<f64>,
    pub(crate) below_resolution: bool,
    pub(crate) touches_border: bool,
    pub(crate) profile: String,
    pub(crate) percentile: f64,
    pub(crate) tolerance_mm: f64,
    pub(crate) path_tolerance_mm: f64,
}

impl StructureNumbers {
    fn of(row: &Row, evaluation: &Evaluation) -> Self {
        let options = &evaluation.options;
        let metrics = row.metrics.as_ref();
        let value = |f: fn(&StructureMetrics) -> f64| metrics.map(f).filter(|v| v.is_finite());
        let there =
            |f: fn(&DirectedDistances) -> f64| metrics.map(|m| f(&m.reference_to_prediction)).filter(|v| v.is_finite());
        let back =
            |f: fn(&DirectedDistances) -> f64| metrics.map(|m| f(&m.prediction_to_reference)).filter(|v| v.is_finite());
        Self {
            structure: row.name.clone(),
            state: row.state,
            dsc: value(|m| m.dsc),
            hd95_mm: value(|m| m.hd95_mm),
            asd_mm: value(|m| m.asd_mm),
            hd_mm: value(|m| m.hd_mm),
            reference_volume_ml: value(|m| m.reference_volume_ml),
            prediction_volume_ml: value(|m| m.prediction_volume_ml),
            acceptance_dsc: row.acceptance_dsc,
            accepted: row.accepted(),
            surface_dice: value(|m| m.surface_dice),
            added_path_length_mm: value(|m| m.added_path_length_mm),
            hd_percentile_mm: value(|m| m.hd_percentile_mm),
            pooled_percentile_mm: value(|m| m.pooled_percentile_mm),
            centre_shift_k_mm: value(|m| m.centre_shift_mm[0]),
            centre_shift_j_mm: value(|m| m.centre_shift_mm[1]),
            centre_shift_i_mm: value(|m| m.centre_shift_mm[2]),
            reference_to_prediction_mean_mm: there(|d| d.mean_mm),
            reference_to_prediction_hd95_mm: there(|d| d.percentile95_mm),
            reference_to_prediction_percentile_mm: there(|d| d.percentile_mm),
            reference_to_prediction_hd_mm: there(|d| d.max_mm),
            prediction_to_reference_mean_mm: back(|d| d.mean_mm),
            prediction_to_reference_hd95_mm: back(|d| d.percentile95_mm),
            prediction_to_reference_percentile_mm: back(|d| d.percentile_mm),
            prediction_to_reference_hd_mm: back(|d| d.max_mm),
            below_resolution: metrics.is_some_and(StructureMetrics::is_below_resolution),
            touches_border: metrics.is_some_and(StructureMetrics::touches_border),
            profile: options.profile.name().to_owned(),
            percentile: options.percentile,
            tolerance_mm: options.tolerance_mm,
            path_tolerance_mm: options.path_tolerance_mm,
        }
    }
}

impl CaseNumbers {
    /// What an evaluation found.
    pub(crate) fn of(evaluation: &Evaluation) -> Self {
        let means = evaluation.means();
        Self {
            software: format!("tmli {}", env!("CARGO_PKG_VERSION")),
            structures: evaluation.rows.iter().map(|row| StructureNumbers::of(row, evaluation)).collect(),
            mean: means.map(|(dsc, hd95_mm, asd_mm, structures)| Means { dsc, hd95_mm, asd_mm, structures }),
            findings: evaluation.findings.clone(),
        }
    }
}

/// As a JSON file.
pub(crate) fn json(what: &impl Serialize) -> Outcome<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(what).map_err(|e| Failure::new(format!("JSON: {e}")))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// As a CSV file, under a row of names.
pub(crate) fn csv(rows: &[impl Serialize]) -> Outcome<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(|e| Failure::new(format!("CSV: {e}")))?;
    }
    writer.into_inner().map_err(|e| Failure::new(format!("CSV: {e}")))
}

/// For a table: so many decimals, or a dash where there is no value.
pub(crate) fn number(value: f64, decimals: usize) -> String {
    if value.is_finite() { format!("{value:.decimals$}") } else { "-".into() }
}

#[cfg(test)]
mod tests {
    use tmli_core::{Mask, MetricOptions, Profile, SpacingMm, compare_masks_with};

    use super::*;

    fn evaluation() -> Evaluation {
        let options = MetricOptions { profile: Profile::Voxel, ..MetricOptions::default() };
        let row = |name: &str, voxels: usize| {
            let mask = |n: usize| Mask::from_fn([3, 9, 9], move |[k, j, i]| k == 1 && j == 4 && i < n);
            let metrics = compare_masks_with(&mask(8), &mask(voxels), SpacingMm::new(5.0, 1.0, 1.0), &options);
            Row {
                name: name.into(),
                group: None,
                colour: [0; 3],
                state: if voxels == 0 { State::PredictionEmpty } else { State::Compared },
                metrics: Some(metrics.expect("one grid")),
                acceptance_dsc: 0.7,
                network: None,
                reference: None,
                prediction: None,
            }
        };
        let missing = Row { state: State::MissingInPrediction, metrics: None, ..row("Heart", 1) };
        Evaluation { options, rows: vec![row("Liver", 4), row("Colon", 0), missing], findings: Vec::new() }
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let written = CaseNumbers::of(&evaluation());
        let read: CaseNumbers = serde_json::from_slice(&json(&written).expect("JSON")).expect("JSON");
        assert_eq!(read.structures, written.structures);
        let [liver, colon, heart] = &read.structures[..] else { panic!("three rows") };
        assert_eq!((liver.profile.as_str(), liver.hd_mm, liver.below_resolution), ("voxel", Some(4.0), true));
        assert_eq!(liver.reference_to_prediction_hd_mm, Some(4.0));
        assert_eq!(liver.prediction_to_reference_hd_mm, Some(0.0));
        assert_eq!((colon.dsc, colon.hd95_mm, colon.state), (Some(0.0), None, State::PredictionEmpty));
        assert_eq!((heart.dsc, heart.state), (None, State::MissingInPrediction));
    }

    #[test]
    fn a_row_of_csv_has_nothing_where_there_is_no_number() {
        let csv = String::from_utf8(csv(&CaseNumbers::of(&evaluation()).structures).expect("CSV")).expect("UTF-8");
        let lines: Vec<&str> = csv.lines().collect();
        assert!(lines[0].starts_with("structure,state,dsc,hd95_mm,asd_mm,hd_mm,reference_volume_ml,"), "{}", lines[0]);
        assert!(lines[3].starts_with("Heart,missing_in_prediction,,,,,,,0.7,,"), "{}", lines[3]);
        assert!(lines[3].ends_with(",voxel,95.0,2.0,0.0"), "{}", lines[3]);
    }
}
