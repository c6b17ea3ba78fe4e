//! Validating a model folder again: other cases, or rules of post-processing that this program knows and the one that
//! trained it did not. The weights stay as they are.

use std::{ops::ControlFlow, path::Path};

use tch::Device;
use tmli_model::{Manifest, Provenance, SeenPieces};

use super::{
    CaseSource, TrainError,
    checkpoint::short_hash,
    data::{Wanted, load_case},
    files,
    validate::{Judge, find, learn_pieces},
};
use crate::{
    NnError,
    model_folder::{Model, save_manifest},
};

/// Share of a window that its neighbour covers where the manifest does not tell what it was in training.
const OVERLAP: f64 = 0.25;

/// What each case of a cohort is to a model, by the hashes of the case ids that its manifest keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseRoles {
    /// The model learned from these: they tell how structures fall into pieces, nothing else.
    pub learned: Vec<String>,
    /// The model is validated on these.
    pub validated: Vec<String>,
    /// Kept for the test: neither.
    pub left_out: Vec<String>,
}

impl CaseRoles {
    /// No model is validated on cases that it learned from. In the cohort that it was trained on its own validation
    /// cases are taken and its test cases left alone; in another cohort all cases are.
    pub fn of(manifest: &Manifest, cases: &[String]) -> Self {
        let split = &manifest.provenance.training["split"];
        let listed = |part: &str, id: &str| {
            let hash = short_hash(id);
            split[part].as_array().is_some_and(|ids| ids.iter().any(|known| *known == hash))
        };
        let (learned, others): (Vec<String>, Vec<String>) =
            cases.iter().cloned().partition(|id| listed("training", id));
        let (own, rest): (Vec<String>, Vec<String>) = others.into_iter().partition(|id| listed("validation", id));
        if own.is_empty() {
            Self { learned, validated: rest, left_out: Vec::new() }
        } else {
            Self { learned, validated: own, left_out: rest }
        }
    }
}

/// Validates the model in `dir` on cases that it has not learned from, and writes scores and post-processing into its
/// `model.json`, in one rename. What that says of structures that no case has stays.
///
/// `before` is told the number (from 0) of the case that comes next, of all that are learned from or validated on;
/// [`ControlFlow::Break`] ends with [`NnError::Cancelled`] and changes nothing.
///
/// # Errors
/// [`TrainError::NothingToValidateOn`] without a case to validate on; a case that can't be loaded; a folder that is no
/// model or can't be written.
pub fn validate_again(
    dir: &Path,
    roles: &CaseRoles,
    source: &dyn CaseSource,
    device: Device,
    before: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Manifest, NnError> {
    if roles.validated.is_empty() {
        return Err(TrainError::NothingToValidateOn { learned: roles.learned.len() }.into());
    }
    let model = Model::load(dir, device)?;
    let mut manifest = model.manifest().clone();
    let wanted = Wanted::from(&manifest);
    let mut go_on = |n: usize| match before(n) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(NnError::Cancelled),
    };
    let mut seen = vec![SeenPieces::default(); manifest.structures.len()];
    // Where the model learned elsewhere, the cases it is validated on must tell both.
    let teachers = if roles.learned.is_empty() { &roles.validated } else { &roles.learned };
    for (n, id) in teachers.iter().enumerate() {
        go_on(n)?;
        let case = load_case(id, (n + 1, teachers.len(), "training"), source, wanted)?;
        seen = learn_pieces(seen, &case);
    }
    let mut judge = Judge::new(&seen);
    let overlap = manifest.provenance.training["config"]["validation_overlap"].as_f64().unwrap_or(OVERLAP);
    for (n, id) in roles.validated.iter().enumerate() {
        go_on(teachers.len() + n)?;
        let case = load_case(id, (n + 1, roles.validated.len(), "validation"), source, wanted)?;
        judge.hear(&case, &find(model.network(), &manifest, overlap, device, &case)?)?;
    }
    judge.decide(&mut manifest);
    manifest.provenance = Provenance {
        validation_cases: roles.validated.len(),
        validated_again: Some(files::utc_now()),
        ..manifest.provenance
    };
    save_manifest(dir, &manifest)?;
    Ok(manifest)
}
