//! Two structure sets on one CT, structure by structure: masks, metrics, and what is missing.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tmli_api::UNKNOWN_COLOUR;
use tmli_core::{
    Mask, MetricOptions, Roi, StructureMetrics, StructureSet, Undefined, VolumeGeometry, compare_masks_with,
};
use tmli_terminal::{
    cancel,
    case::{NamedRois, mask_of, match_set, named_rois},
    failure::{Failure, Outcome},
    files::Names,
    progress::{Progress, Verbosity},
};

/// A DSC above this counts as acceptable where the protocol says nothing else.
pub(crate) const ACCEPTABLE_DSC: f64 = 0.70;

/// Why a structure has no distances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// Both are there and hold voxels.
    Compared,
    /// No such ROI.
    MissingInReference,
    /// No such ROI.
    MissingInPrediction,
    /// The ROI is there but encloses no voxel.
    ReferenceEmpty,
    /// The ROI is there but encloses no voxel.
    PredictionEmpty,
    /// Both ROIs are there and enclose no voxel.
    BothEmpty,
}

impl State {
    /// In words; nothing when all is well.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Compared => "",
            Self::MissingInReference => "missing in reference",
            Self::MissingInPrediction => "missing in prediction",
            Self::ReferenceEmpty => "reference is empty",
            Self::PredictionEmpty => "prediction is empty",
            Self::BothEmpty => "both are empty",
        }
    }
}

/// One structure of the comparison.
pub(crate) struct Row {
    /// TG-263 name where known, else the ROI's name.
    pub(crate) name: String,
    /// Group of the protocol, e.g. `oar1`; none for ROIs that it does not have.
    pub(crate) group: Option<String>,
    /// For pictures.
    pub(crate) colour: [u8; 3],
    /// What could be compared.
    pub(crate) state: State,
    /// Set when both ROIs are there.
    pub(crate) metrics: Option<StructureMetrics>,
    /// Limit for the mark.
    pub(crate) acceptance_dsc: f64,
    /// The network that made the prediction, where TMLI wrote it and says so.
    pub(crate) network: Option<&'static str>,
    /// The reference's voxels, where it is there.
    pub(crate) reference: Option<Mask>,
    /// The prediction's voxels, where it is there.
    pub(crate) prediction: Option<Mask>,
}

impl Row {
    /// Whether DSC is above the limit; nothing to say where a ROI is missing.
    pub(crate) fn accepted(&self) -> Option<bool> {
        let dsc = self.metrics.as_ref()?.dsc;
        (!dsc.is_nan()).then_some(dsc > self.acceptance_dsc)
    }
}

/// All structures of either set.
pub(crate) struct Evaluation {
    /// By whose convention, and with which percentile and tolerances.
    pub(crate) options: MetricOptions,
    /// In the protocol's order, then others as in the files.
    pub(crate) rows: Vec<Row>,
    /// Contours that were moved, cut or left out.
    pub(crate) findings: Vec<String>,
}

impl Evaluation {
    /// Mean DSC, HD95 and ASD over structures that both sets hold, and their number.
    pub(crate) fn means(&self) -> Option<(f64, f64, f64, usize)> {
        let both: Vec<&StructureMetrics> =
            self.rows.iter().filter(|r| r.state == State::Compared).filter_map(|r| r.metrics.as_ref()).collect();
        let n = both.len();
        let mean = |f: fn(&StructureMetrics) -> f64| both.iter().map(|m| f(m)).sum::<f64>() / n as f64;
        (n > 0).then(|| (mean(|m| m.dsc), mean(|m| m.hd95_mm), mean(|m| m.asd_mm), n))
    }
}

/// Compares every structure that either set has, in parallel.
pub(crate) fn evaluate(
    reference: &StructureSet,
    prediction: &StructureSet,
    geometry: &VolumeGeometry,
    names: &Names,
    options: &MetricOptions,
    verbosity: Verbosity,
) -> Outcome<Evaluation> {
    let sides = [reference, prediction].map(|set| named_rois(set, &match_set(set, names)));
    let wanted = order(&sides, names);
    let progress = std::sync::Mutex::new((Progress::new(verbosity, "comparing", wanted.len()), 0usize));
    let rows: Vec<Outcome<(Row, Vec<String>)>> = wanted
        .par_iter()
        .map(|name| {
            cancel::check()?;
            let row = compare_one(name, [reference, prediction], &sides, geometry, names, options);
            if let Ok(mut p) = progress.lock() {
                p.1 += 1;
                let done = p.1;
                p.0.set(done, wanted.len(), name);
            }
            row
        })
        .collect();
    if let Ok((progress, _)) = progress.into_inner() {
        progress.clear();
    }
    let mut evaluation = Evaluation { options: *options, rows: Vec::new(), findings: Vec::new() };
    for row in rows {
        let (row, findings) = row?;
        evaluation.rows.push(row);
        evaluation.findings.extend(findings);
    }
    Ok(evaluation)
}

/// Names of both sides: the protocol's in its order, then the others.
fn order(sides: &[Vec<NamedRois>; 2], names: &Names) -> Vec<String> {
    let mut wanted: Vec<String> = Vec::new();
    let present = |name: &str| sides.iter().flatten().any(|n| n.name == name);
    wanted.extend(names.protocol.structures.iter().map(|s| s.name.clone()).filter(|n| present(n)));
    for named in sides.iter().flatten() {
        if !wanted.contains(&named.name) {
            wanted.push(named.name.clone());
        }
    }
    wanted
}

fn compare_one(
    name: &str,
    sets: [&StructureSet; 2],
    sides: &[Vec<NamedRois>; 2],
    geometry: &VolumeGeometry,
    names: &Names,
    options: &MetricOptions,
) -> Outcome<(Row, Vec<String>)> {
    let mut findings = Vec::new();
    let mut mask = |side: usize| {
        let named = sides[side].iter().find(|n| n.name == name)?;
        let (mask, found) = mask_of(sets[side], &named.rois, geometry);
        let which = ["reference", "prediction"][side];
        findings.extend(found.into_iter().map(|f| format!("{which}, {name}: {f}")));
        Some(mask)
    };
    let (reference, prediction) = (mask(0), mask(1));
    let metrics = match (&reference, &prediction) {
        (Some(r), Some(p)) => Some(
            compare_masks_with(r, p, geometry.spacing_mm(), options)
                .map_err(|e| Failure::new(format!("comparing {name}: {e}")))?,
        ),
        _ => None,
    };
    let state = match (&metrics, &reference) {
        (None, None) => State::MissingInReference,
        (None, Some(_)) => State::MissingInPrediction,
        (Some(m), _) => match m.undefined {
            None => State::Compared,
            Some(Undefined::BothEmpty) => State::BothEmpty,
            Some(Undefined::ReferenceEmpty) => State::ReferenceEmpty,
            Some(Undefined::PredictionEmpty) => State::PredictionEmpty,
        },
    };
    let structure = names.protocol.structure(name);
    let file_colour = sides.iter().zip(sets).find_map(|(side, set)| {
        side.iter().find(|n| n.name == name).and_then(|n| set.rois.get(*n.rois.first()?)).and_then(|r| r.colour)
    });
    let row = Row {
        name: name.to_owned(),
        group: structure.map(|s| s.group.clone()),
        colour: structure.map(|s| s.colour).or(file_colour).unwrap_or(UNKNOWN_COLOUR),
        state,
        metrics,
        acceptance_dsc: structure.map_or(ACCEPTABLE_DSC, |s| s.acceptance_dsc),
        network: sides[1].iter().find(|n| n.name == name).and_then(|n| network_of(sets[1].rois.get(*n.rois.first()?)?)),
        reference,
        prediction,
    };
    Ok((row, findings))
}

/// In words, from the description that `tmli segment` gives its ROIs. What other programs write there is not shown: it may
/// be about a person.
fn network_of(roi: &Roi) -> Option<&'static str> {
    let mut words = roi.generation_description.as_deref()?.split_whitespace();
    match (words.next()?, words.nth(1)?) {
        ("TMLI", "unet2d") => Some("2D U-Net"),
        ("TMLI", "vnet3d") => Some("3D V-Net"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tmli_core::RoiNumber;

    use super::*;

    #[test]
    fn the_network_of_a_roi_is_known_where_tmli_wrote_it() {
        let roi = |description: Option<&str>| Roi {
            number: RoiNumber(1),
            name: "Liver".into(),
            interpreted_type: None,
            colour: None,
            generation_description: description.map(str::to_owned),
            contours: Vec::new(),
        };
        assert_eq!(network_of(&roi(Some("TMLI 0.1.0 vnet3d 5d38481c"))), Some("3D V-Net"));
        assert_eq!(network_of(&roi(Some("TMLI 0.1.0 unet2d 5d38481c"))), Some("2D U-Net"));
        for other in [None, Some(""), Some("TMLI 0.1.0"), Some("drawn by MUSTERMANN vnet3d")] {
            assert_eq!(network_of(&roi(other)), None, "{other:?}");
        }
    }
}
