//! How good the network is on cases it does not learn from, by the sliding window that segmentation uses.

use std::ops::ControlFlow;

use tch::Device;
use tmli_core::{Mask, components::keep_largest};
use tmli_model::Manifest;

use super::{config::TrainConfig, data::PreparedCase};
use crate::{
    NnError,
    networks::Network,
    segment::{SegmentOptions, segment_with},
};

/// One structure over the validation cases.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ValidationScore {
    /// TG-263 name.
    pub structure: String,
    /// Mean Dice over the cases that have the structure, at the model's spacing.
    pub dice: f64,
    /// Their number.
    pub cases: usize,
    /// Whether to keep the largest connected piece only lowers Dice in none of the cases and raises it in one.
    pub largest_piece_is_better: bool,
}

/// Segments all cases. Structures that no case has are left out. `before` is told the number (from 0) of the next case.
pub(super) fn validate(
    network: &dyn Network,
    cases: &[PreparedCase],
    config: &TrainConfig,
    device: Device,
    before: &mut dyn FnMut(usize) -> Result<(), NnError>,
) -> Result<Vec<ValidationScore>, NnError> {
    let mut manifest = Manifest::new(
        config.name.clone(),
        config.network.clone(),
        config.spacing_mm,
        config.patch,
        config.structures.clone(),
    );
    manifest.intensity = config.intensity;
    let options =
        SegmentOptions { overlap: config.validation_overlap, post_process: false, ..SegmentOptions::default() };
    let mut dice: Vec<Vec<[f64; 2]>> = vec![Vec::new(); config.structures.len()];
    for (n, case) in cases.iter().enumerate() {
        before(n)?;
        let go_on = &mut |_| ControlFlow::Continue(());
        let (found, _) = segment_with(network, &manifest, device, &case.ct, &options, go_on)?;
        for (s, prediction) in found.segments.iter().enumerate() {
            if let Some(reference) = case.masks[s].as_ref().filter(|m| !m.is_empty()) {
                let all = dice_of(reference, &prediction.mask);
                dice[s].push([all, dice_of(reference, &keep_largest(&prediction.mask, 1))]);
            }
        }
    }
    let scores = config.structures.iter().zip(dice).filter(|(_, dice)| !dice.is_empty());
    Ok(scores
        .map(|(structure, dice)| ValidationScore {
            structure: structure.clone(),
            dice: dice.iter().map(|d| d[0]).sum::<f64>() / dice.len() as f64,
            cases: dice.len(),
            largest_piece_is_better: dice.iter().all(|d| d[1] >= d[0]) && dice.iter().any(|d| d[1] > d[0]),
        })
        .collect())
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
