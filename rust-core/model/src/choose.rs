//! Which model gives which structure, where several know it.

use std::borrow::Borrow;

use crate::{Manifest, ModelError};

/// Which model gives a structure.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// TG-263 name.
    pub structure: String,
    /// Index of the model among those given.
    pub model: usize,
    /// Mean Dice similarity coefficient of that model's validation cases for the structure; `None` where none had it.
    pub validation_dsc: Option<f64>,
    /// Indices of the other models that know the structure.
    pub others: Vec<usize>,
}

impl Choice {
    /// Why this model and not another, for the user; `None` where there was nothing to choose. `manifests` are those
    /// that [`choose_models`] was given.
    pub fn describe<M: Borrow<Manifest>>(&self, manifests: &[M]) -> Option<String> {
        let told = |m: usize| {
            let manifest = manifests.get(m)?.borrow();
            let dsc = manifest
                .validation_dsc(&self.structure)
                .map_or("not validated".to_owned(), |d| format!("validation DSC {d:.3}"));
            Some(format!("model {} \"{}\" ({dsc})", m + 1, manifest.name))
        };
        let others: Vec<String> = self.others.iter().filter_map(|&m| told(m)).collect();
        if others.is_empty() {
            return None;
        }
        Some(format!("{}: from {}, not from {}", self.structure, told(self.model)?, others.join(", ")))
    }
}

/// For every structure that was asked for (all that the models know where `wanted` is empty) the model with the best
/// validation DSC; the first given where nothing tells them apart. In the order in which the models name them.
///
/// ```
/// use tmli_model::{Manifest, NetworkConfig, Normalisation, StructureScore, UNet2dConfig, choose_models};
///
/// let model = |dsc: f64| {
///     let network = NetworkConfig::UNet2d(UNet2dConfig::with_width(1, 8, 3, Normalisation::Instance));
///     let mut manifest = Manifest::new("m", network, [5.0, 2.0, 2.0], [1, 64, 64], vec!["Liver".to_owned()]);
///     manifest.validation = vec![StructureScore { structure: "Liver".to_owned(), dsc, cases: 4 }];
///     manifest
/// };
/// let choices = choose_models(&[model(0.91), model(0.94)], &[])?;
/// assert_eq!((choices[0].model, choices[0].validation_dsc), (1, Some(0.94)));
/// # Ok::<(), tmli_model::ModelError>(())
/// ```
///
/// # Errors
/// [`ModelError::UnknownStructure`] where no model knows a structure that was asked for.
pub fn choose_models<M: Borrow<Manifest>>(manifests: &[M], wanted: &[String]) -> Result<Vec<Choice>, ModelError> {
    let mut structures: Vec<&String> = Vec::new();
    for name in manifests.iter().flat_map(|m| &m.borrow().structures) {
        if !structures.contains(&name) {
            structures.push(name);
        }
    }
    if let Some(unknown) = wanted.iter().find(|w| !structures.contains(w)) {
        let known = structures.into_iter().cloned().collect();
        return Err(ModelError::UnknownStructure { name: unknown.clone(), known });
    }
    structures.retain(|s| wanted.is_empty() || wanted.contains(s));
    let choices = structures.into_iter().map(|structure| {
        let dsc = |m: usize| manifests[m].borrow().validation_dsc(structure);
        let known: Vec<usize> =
            (0..manifests.len()).filter(|&m| manifests[m].borrow().structures.contains(structure)).collect();
        // A model that was not validated comes after all that were.
        let value = |m: usize| dsc(m).unwrap_or(-1.0);
        let best = known.iter().copied().fold(known[0], |best, m| if value(m) > value(best) { m } else { best });
        let others = known.into_iter().filter(|&m| m != best).collect();
        Choice { structure: structure.clone(), model: best, validation_dsc: dsc(best), others }
    });
    Ok(choices.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NetworkConfig, Normalisation, StructureScore, UNet2dConfig};

    fn manifest(name: &str, scores: &[(&str, f64, usize)]) -> Manifest {
        let network = NetworkConfig::UNet2d(UNet2dConfig::with_width(scores.len(), 4, 2, Normalisation::None));
        let structures = scores.iter().map(|(s, ..)| (*s).to_owned()).collect();
        let mut manifest = Manifest::new(name, network, [5.0, 2.0, 2.0], [1, 32, 32], structures);
        let score =
            |(s, dsc, cases): &(&str, f64, usize)| StructureScore { structure: (*s).into(), dsc: *dsc, cases: *cases };
        manifest.validation = scores.iter().map(score).collect();
        manifest
    }

    #[test]
    fn the_better_validated_model_gives_the_structure_and_this_is_said() {
        let flat = manifest("flat", &[("Lens_L", 0.8, 4), ("Liver", 0.85, 4)]);
        let deep = manifest("deep", &[("Liver", 0.93, 4), ("Lens_L", 0.2, 4), ("CTV1", 0.9, 0)]);
        let manifests = [&flat, &deep];
        let choices = choose_models(&manifests, &[]).expect("choices");
        let chosen: Vec<_> = choices.iter().map(|c| (c.structure.as_str(), c.model, c.validation_dsc)).collect();
        assert_eq!(chosen, [("Lens_L", 0, Some(0.8)), ("Liver", 1, Some(0.93)), ("CTV1", 1, None)]);
        let told: Vec<_> = choices.iter().filter_map(|c| c.describe(&manifests)).collect();
        assert!(told[0].contains("Lens_L: from model 1") && told[0].contains("0.800"), "{told:?}");
        assert_eq!(told.len(), 2, "only what was contested is told");
    }

    #[test]
    fn a_model_without_validation_loses_and_order_breaks_ties() {
        let none = manifest("none", &[("Liver", 0.99, 0)]);
        let some = manifest("some", &[("Liver", 0.1, 2)]);
        assert_eq!(choose_models(&[&none, &some], &[]).expect("choices")[0].model, 1);
        assert_eq!(choose_models(&[&none, &none], &[]).expect("choices")[0].model, 0);
    }

    #[test]
    fn an_unknown_structure_is_refused_with_those_that_there_are() {
        let one = manifest("one", &[("Liver", 0.9, 2), ("Heart", 0.9, 2)]);
        let error = choose_models(&[&one], &["Hart".into()]).expect_err("nobody knows it").to_string();
        assert!(error.contains("Hart") && error.contains("Liver, Heart"), "{error}");
        let only = choose_models(&[&one], &["Heart".into()]).expect("a choice");
        assert_eq!(only.len(), 1);
    }
}
