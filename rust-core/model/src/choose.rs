//! Which model gives which structure, where several know it.

use std::borrow::Borrow;

use crate::{Manifest, ModelError, NEAR_DSC};

/// Which model gives a structure.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// TG-263 name.
    pub structure: String,
    /// Index of the model among those given.
    pub model: usize,
    /// Mean Dice similarity coefficient of that model's validation cases for the structure; `None` where none had it.
    pub validation_dsc: Option<f64>,
    /// Mean HD95 of the same cases, in mm; `None` where it was not measured.
    pub validation_hd95_mm: Option<f64>,
    /// Indices of the other models that know the structure.
    pub others: Vec<usize>,
}

/// For the user: of each model, what it gives and another model knows too. Nothing where there was nothing to choose.
/// `manifests` are those that [`choose_models`] was given.
pub fn describe_choices<M: Borrow<Manifest>>(choices: &[Choice], manifests: &[M]) -> Vec<String> {
    let given = |model: usize| {
        let contested = choices.iter().filter(|c| c.model == model && !c.others.is_empty());
        contested.map(|c| c.structure.as_str()).collect::<Vec<_>>().join(", ")
    };
    let told = manifests.iter().enumerate().map(|(m, manifest)| (m, &manifest.borrow().name, given(m)));
    told.filter(|(.., given)| !given.is_empty())
        .map(|(m, name, given)| format!("from model {} \"{name}\", by its scores in validation: {given}", m + 1))
        .collect()
}

/// For every structure that was asked for (all that the models know where `wanted` is empty) the model with the best
/// validation DSC. Of models whose DSC is within [`NEAR_DSC`] of the best the one with the smallest validation HD95,
/// where all of them have one; the first given where nothing tells them apart. In the order in which the models name
/// them.
///
/// ```
/// use tmli_model::{Manifest, NetworkConfig, Normalisation, StructureScore, UNet2dConfig, choose_models};
///
/// let model = |dsc: f64| {
///     let network = NetworkConfig::UNet2d(UNet2dConfig::with_width(1, 8, 3, Normalisation::Instance));
///     let mut manifest = Manifest::new("m", network, [5.0, 2.0, 2.0], [1, 64, 64], vec!["Liver".to_owned()]);
///     manifest.validation = vec![StructureScore { structure: "Liver".to_owned(), dsc, hd95_mm: None, cases: 4 }];
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
        let known: Vec<usize> =
            (0..manifests.len()).filter(|&m| manifests[m].borrow().structures.contains(structure)).collect();
        let model = best(manifests, structure, &known);
        let manifest = manifests[model].borrow();
        Choice {
            structure: structure.clone(),
            model,
            validation_dsc: manifest.validation_dsc(structure),
            validation_hd95_mm: manifest.validation_hd95_mm(structure),
            others: known.into_iter().filter(|&m| m != model).collect(),
        }
    });
    Ok(choices.collect())
}

/// Of these models, one at least.
fn best<M: Borrow<Manifest>>(manifests: &[M], structure: &str, known: &[usize]) -> usize {
    // A model that was not validated comes after all that were.
    let dsc = |m: usize| manifests[m].borrow().validation_dsc(structure).unwrap_or(-1.0);
    let best = known.iter().copied().fold(known[0], |best, m| if dsc(m) > dsc(best) { m } else { best });
    let hd95_mm = |m: usize| manifests[m].borrow().validation_hd95_mm(structure);
    let near: Vec<usize> = known.iter().copied().filter(|&m| dsc(m) >= dsc(best) - NEAR_DSC).collect();
    if near.iter().any(|&m| hd95_mm(m).is_none()) {
        return best;
    }
    near.into_iter().fold(best, |chosen, m| if hd95_mm(m) < hd95_mm(chosen) { m } else { chosen })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NetworkConfig, Normalisation, StructureScore, UNet2dConfig};

    fn manifest(name: &str, scores: &[(&str, f64, usize)]) -> Manifest {
        let network = NetworkConfig::UNet2d(UNet2dConfig::with_width(scores.len(), 4, 2, Normalisation::None));
        let structures = scores.iter().map(|(s, ..)| (*s).to_owned()).collect();
        let mut manifest = Manifest::new(name, network, [5.0, 2.0, 2.0], [1, 32, 32], structures);
        let score = |(s, dsc, cases): &(&str, f64, usize)| StructureScore {
            structure: (*s).into(),
            dsc: *dsc,
            hd95_mm: None,
            cases: *cases,
        };
        manifest.validation = scores.iter().map(score).collect();
        manifest
    }

    fn measured(name: &str, dsc: f64, hd95_mm: Option<f64>) -> Manifest {
        let mut manifest = manifest(name, &[("CTV1", dsc, 4)]);
        manifest.validation[0].hd95_mm = hd95_mm;
        manifest
    }

    #[test]
    fn of_models_that_are_as_good_by_dsc_the_one_with_the_smaller_distance_is_taken() {
        let chosen = |models: &[Manifest]| choose_models(models, &[]).expect("choices")[0].model;
        let far = measured("far", 0.874, Some(290.0));
        assert_eq!(chosen(&[far.clone(), measured("near", 0.870, Some(3.0))]), 1);
        assert_eq!(chosen(&[measured("near", 0.870, Some(3.0)), far.clone()]), 0);
        assert_eq!(chosen(&[far.clone(), measured("near", 0.868, Some(3.0))]), 0, "not as good");
        assert_eq!(chosen(&[measured("low", 0.872, Some(290.0)), far.clone()]), 1, "the same distance");
        assert_eq!(chosen(&[far.clone(), measured("old", 0.873, None)]), 0, "nothing to compare");
        let choice = &choose_models(&[far, measured("near", 0.870, Some(3.0))], &[]).expect("choices")[0];
        assert_eq!((choice.validation_dsc, choice.validation_hd95_mm), (Some(0.870), Some(3.0)));
    }

    #[test]
    fn the_better_validated_model_gives_the_structure_and_this_is_said() {
        let flat = manifest("flat", &[("Lens_L", 0.8, 4), ("Liver", 0.85, 4)]);
        let deep = manifest("deep", &[("Liver", 0.93, 4), ("Lens_L", 0.2, 4), ("CTV1", 0.9, 0)]);
        let manifests = [&flat, &deep];
        let choices = choose_models(&manifests, &[]).expect("choices");
        let chosen: Vec<_> = choices.iter().map(|c| (c.structure.as_str(), c.model, c.validation_dsc)).collect();
        assert_eq!(chosen, [("Lens_L", 0, Some(0.8)), ("Liver", 1, Some(0.93)), ("CTV1", 1, None)]);
        let told = describe_choices(&choices, &manifests);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("\"flat\"") && told[0].ends_with(": Lens_L"), "{told:?}");
        assert!(
            told[1].contains("\"deep\"") && told[1].ends_with(": Liver"),
            "only what was contested is told: {told:?}"
        );
        assert!(describe_choices(&choose_models(&[&flat], &[]).expect("choices"), &[&flat]).is_empty());
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
