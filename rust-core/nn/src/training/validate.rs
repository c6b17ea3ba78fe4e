//! How good the network is on cases it does not learn from, by the sliding window that segmentation uses.

use std::ops::ControlFlow;

use rayon::prelude::*;
use tch::Device;
use tmli_core::{Mask, MetricsError};
use tmli_model::{Manifest, ModelError, RuleTrials, SeenPieces};

use super::data::PreparedCase;
use crate::{
    NnError,
    networks::Network,
    segment::{SegmentOptions, segment_with},
};

/// One structure over the validation cases, before post-processing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ValidationScore {
    /// TG-263 name.
    pub structure: String,
    /// Mean Dice over the cases that have the structure, at the model's spacing.
    pub dice: f64,
    /// Their number.
    pub cases: usize,
}

/// Masks of one case, in the order of the model's structures, before post-processing.
pub(super) type Found = Vec<Mask>;

/// Segments one case.
pub(super) fn find(
    network: &dyn Network,
    manifest: &Manifest,
    overlap: f64,
    device: Device,
    case: &PreparedCase,
) -> Result<Found, NnError> {
    let options = SegmentOptions { overlap, post_process: false, ..SegmentOptions::default() };
    let go_on = &mut |_| ControlFlow::Continue(());
    let (found, _) = segment_with(network, manifest, device, &case.ct, &options, go_on)?;
    Ok(found.segments.into_iter().map(|segment| segment.mask).collect())
}

/// Structures that no case has are left out.
pub(super) fn score(structures: &[String], cases: &[PreparedCase], found: &[Found]) -> Vec<ValidationScore> {
    let mut dice: Vec<Vec<f64>> = vec![Vec::new(); structures.len()];
    for (case, found) in cases.iter().zip(found) {
        for (s, prediction) in found.iter().enumerate() {
            if let Some(reference) = case.masks[s].as_ref().filter(|m| !m.is_empty()) {
                dice[s].push(dice_of(reference, prediction));
            }
        }
    }
    let scores = structures.iter().zip(dice).filter(|(_, dice)| !dice.is_empty());
    scores
        .map(|(structure, dice)| ValidationScore {
            structure: structure.clone(),
            dice: dice.iter().sum::<f64>() / dice.len() as f64,
            cases: dice.len(),
        })
        .collect()
}

/// `2 |A and B| / (|A| + |B|)`; the reference is not empty.
fn dice_of(reference: &Mask, prediction: &Mask) -> f64 {
    let sum = reference.count() + prediction.count();
    if sum == 0 { 1.0 } else { 2.0 * reference.count_and(prediction) as f64 / sum as f64 }
}

/// Mean Dice over the structures; `None` where nothing was validated.
pub(super) fn mean(scores: &[ValidationScore]) -> Option<f64> {
    (!scores.is_empty()).then(|| scores.iter().map(|s| s.dice).sum::<f64>() / scores.len() as f64)
}

/// Structures and their Dice.
pub(super) fn pairs(scores: &[ValidationScore]) -> Vec<(String, f64)> {
    scores.iter().map(|s| (s.structure.clone(), s.dice)).collect()
}

/// What is known of how every structure falls into pieces, with the contours of one more case.
pub(super) fn learn_pieces(seen: Vec<SeenPieces>, case: &PreparedCase) -> Vec<SeenPieces> {
    seen.into_iter().zip(&case.pieces).map(|(seen, here)| seen.and(*here)).collect()
}

/// Chooses every structure's post-processing, case by case.
pub(super) struct Judge(Vec<RuleTrials>);

impl Judge {
    /// Of structures that fall into pieces as was seen.
    pub(super) fn new(seen: &[SeenPieces]) -> Self {
        Self(seen.iter().map(RuleTrials::new).collect())
    }

    /// Tries all rules on a case.
    pub(super) fn hear(&mut self, case: &PreparedCase, found: &Found) -> Result<(), NnError> {
        let spacing = case.ct.geometry().spacing_mm();
        let unsuitable = |e: MetricsError| ModelError::Unsuitable { reason: e.to_string() };
        let pairs = self.0.par_iter_mut().zip(&case.masks).zip(found);
        pairs
            .try_for_each(|((trials, reference), prediction)| {
                reference.as_ref().map_or(Ok(()), |reference| trials.add(reference, prediction, spacing))
            })
            .map_err(|e| unsuitable(e).into())
    }

    /// Writes the rules, and how good the network is with them, into a manifest. What it says of structures that no case
    /// has stays.
    pub(super) fn decide(&self, manifest: &mut Manifest) {
        for (trials, name) in self.0.iter().zip(&manifest.structures) {
            let Some((rule, score)) = trials.choose(name) else { continue };
            manifest.post_processing.set_rule(name, rule);
            match manifest.validation.iter_mut().find(|old| old.structure == *name) {
                Some(old) => *old = score,
                None => manifest.validation.push(score),
            }
        }
    }
}
