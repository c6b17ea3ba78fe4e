//! Where cases come from.

use tmli_core::{Mask, Volume};

/// One child: a CT and its reference masks.
pub struct TrainingCase {
    /// As in the split. May identify a patient: it is written to `training/split.json` alone, never to a log or a
    /// manifest.
    pub id: String,
    /// Hounsfield units.
    pub ct: Volume<i16>,
    /// On the CT's grid, in the order of the structures to train; `None` where the structure was not contoured in this
    /// case, which says nothing about its voxels and is left out of the loss. An empty mask says "there is none".
    pub masks: Vec<Option<Mask>>,
}

/// Gives cases by name, one at a time, so that a cohort never has to be in memory at full resolution.
pub trait CaseSource {
    /// Loads one case. An error ends the training; its text must not name the patient.
    fn load(&self, id: &str) -> Result<TrainingCase, Box<dyn std::error::Error + Send + Sync>>;
}

/// Which case is used for what.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseSplit {
    /// Of the random split.
    pub seed: u64,
    /// Cases whose masks the network learns from.
    pub training: Vec<String>,
    /// Cases that choose the best epoch; may be empty.
    pub validation: Vec<String>,
    /// Cases that training never loads.
    pub test: Vec<String>,
}
