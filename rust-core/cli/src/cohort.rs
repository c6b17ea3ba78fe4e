//! The numbers of many cases, by structure and measure.

use std::{collections::BTreeSet, path::PathBuf};

use tmli_core::metrics::cohort::{Summary, summarise_numbers};
use tmli_terminal::{
    failure::{Explain as _, Failure, Outcome},
    files::{read_text, shown},
};

use crate::{
    evaluation::State,
    numbers::{CaseNumbers, StructureNumbers},
};

/// The confidence interval draws cases by this: the same files give the same table.
const SEED: u64 = 1;
const NOT_THERE: &str = "in neither file";
const INFINITE: &str = "no finite value";

/// What is summarised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Measure {
    /// Dice similarity coefficient
    Dsc,
    /// 95th percentile of the surface distances, mm
    Hd95,
    /// mean of the surface distances, mm
    Asd,
    /// largest surface distance, mm
    Hd,
    /// part of the surfaces within the tolerance
    SurfaceDice,
    /// length of contours that have to be drawn, mm
    AddedPathLength,
}

impl Measure {
    /// Name of its column in the files of `tmli compare`, which says the unit.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Dsc => "dsc",
            Self::Hd95 => "hd95_mm",
            Self::Asd => "asd_mm",
            Self::Hd => "hd_mm",
            Self::SurfaceDice => "surface_dice",
            Self::AddedPathLength => "added_path_length_mm",
        }
    }

    /// For a heading.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Dsc => "DSC",
            Self::Hd95 => "HD95 (mm)",
            Self::Asd => "ASD (mm)",
            Self::Hd => "HD (mm)",
            Self::SurfaceDice => "Surface Dice",
            Self::AddedPathLength => "Added path length (mm)",
        }
    }

    /// Digits after the point that mean something.
    pub(crate) const fn decimals(self) -> usize {
        match self {
            Self::Dsc | Self::SurfaceDice => 3,
            Self::Hd95 | Self::Asd | Self::Hd => 2,
            Self::AddedPathLength => 0,
        }
    }

    /// Whether a larger number is the better one.
    pub(crate) const fn more_is_better(self) -> bool {
        matches!(self, Self::Dsc | Self::SurfaceDice)
    }

    const fn of(self, numbers: &StructureNumbers) -> Option<f64> {
        match self {
            Self::Dsc => numbers.dsc,
            Self::Hd95 => numbers.hd95_mm,
            Self::Asd => numbers.asd_mm,
            Self::Hd => numbers.hd_mm,
            Self::SurfaceDice => numbers.surface_dice,
            Self::AddedPathLength => numbers.added_path_length_mm,
        }
    }
}

/// The cases of one method, e.g. of one network.
#[derive(Debug)]
pub(crate) struct Method {
    /// As tables call it.
    pub(crate) name: String,
    cases: Vec<(String, CaseNumbers)>,
}

impl Method {
    /// Reads the files of `tmli compare --json`, one for each case.
    pub(crate) fn read(name: String, files: &[PathBuf], argument: &str) -> Outcome<Self> {
        let mut cases = Vec::new();
        for (case, path) in case_names(files, argument)?.into_iter().zip(files) {
            let numbers: CaseNumbers = serde_json::from_str(&read_text(path, argument)?).explain_with(
                shown(argument, path),
                "name files that this version of `tmli compare --json` has written",
            )?;
            cases.push((case, numbers));
        }
        Ok(Self { name, cases })
    }

    /// How many cases there are.
    pub(crate) fn count(&self) -> usize {
        self.cases.len()
    }

    /// Names of all structures, in the order in which they come.
    fn structures(&self) -> impl Iterator<Item = &str> {
        self.cases.iter().flat_map(|(_, numbers)| numbers.structures.iter().map(|s| s.structure.as_str()))
    }

    fn find(&self, case: &str, structure: &str) -> Option<&StructureNumbers> {
        let (_, numbers) = self.cases.iter().find(|(name, _)| name == case)?;
        numbers.structures.iter().find(|s| s.structure == structure)
    }

    fn number(&self, case: &str, structure: &str, measure: Measure) -> Result<f64, &'static str> {
        let numbers = self.find(case, structure).ok_or(NOT_THERE)?;
        measure.of(numbers).ok_or(match numbers.state {
            State::Compared => INFINITE,
            state => state.words(),
        })
    }

    /// One measure of one structure over all cases.
    pub(crate) fn summary(&self, structure: &str, measure: Measure) -> Summary<&'static str> {
        let cases = self.cases.iter().map(|(case, _)| (case.as_str(), self.number(case, structure, measure)));
        summarise_numbers(cases, SEED)
    }

    /// By how much `other` is above this method, case by case; cases that only one of them has are left out.
    pub(crate) fn difference(&self, other: &Self, structure: &str, measure: Measure) -> Summary<&'static str> {
        let both = self.cases.iter().filter(|(case, _)| other.cases.iter().any(|(name, _)| name == case));
        let cases = both.map(|(case, _)| {
            let pair = [self, other].map(|method| method.number(case, structure, measure));
            let difference = match pair {
                [Ok(a), Ok(b)] => Ok(b - a),
                [Err(reason), _] | [_, Err(reason)] => Err(reason),
            };
            (case.as_str(), difference)
        });
        summarise_numbers(cases, SEED)
    }

    /// Whether both have a case in common.
    pub(crate) fn shares_cases_with(&self, other: &Self) -> bool {
        self.cases.iter().any(|(case, _)| other.cases.iter().any(|(name, _)| name == case))
    }
}

/// Structures of all methods, each once, in the order in which they come.
pub(crate) fn structures(methods: &[Method]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let all = methods.iter().flat_map(Method::structures);
    all.filter(|name| seen.insert((*name).to_owned())).map(str::to_owned).collect()
}

/// By which convention all were measured.
///
/// # Errors
/// When they were measured by different ones: their mean would mean nothing.
pub(crate) fn profile(methods: &[Method]) -> Outcome<String> {
    let all = methods.iter().flat_map(|method| &method.cases).flat_map(|(_, numbers)| &numbers.structures);
    let conventions: BTreeSet<String> = all
        .map(|s| {
            format!("{}, surface Dice at {} mm, path length at {} mm", s.profile, s.tolerance_mm, s.path_tolerance_mm)
        })
        .collect();
    if conventions.len() > 1 {
        let list = conventions.into_iter().collect::<Vec<_>>().join("; ");
        return Err(Failure::advise(
            format!("the files were measured by different conventions: {list}"),
            "measure all cases with the same --profile and tolerances of `tmli compare`",
        ));
    }
    conventions.into_iter().next().ok_or_else(|| Failure::new("the files hold no structure"))
}

/// What tells the files apart: their names without ending, or those of their folders.
fn case_names(files: &[PathBuf], argument: &str) -> Outcome<Vec<String>> {
    let stem = |path: &PathBuf| path.file_stem().map(|name| name.to_string_lossy().into_owned());
    let folder =
        |path: &PathBuf| path.parent().and_then(|p| p.file_name()).map(|name| name.to_string_lossy().into_owned());
    for names in [files.iter().map(stem).collect::<Vec<_>>(), files.iter().map(folder).collect()] {
        let named: Vec<String> = names.into_iter().flatten().collect();
        if named.len() == files.len() && named.iter().collect::<BTreeSet<_>>().len() == files.len() {
            return Ok(named);
        }
    }
    Err(Failure::usage(
        format!("{argument}: two of the files have the same name, in folders of the same name"),
        "name each case once; cases are told apart by the name of the file, or of its folder",
    ))
}

#[cfg(test)]
mod tests {
    use tmli_core::MetricOptions;

    use super::*;
    use crate::evaluation::{Evaluation, Row};

    /// A method whose cases have a Liver of these DSC, or none.
    fn method(name: &str, dsc: &[(&str, Option<f64>)]) -> Method {
        let numbers = |dsc: Option<f64>| {
            let row = Row {
                name: "Liver".into(),
                group: None,
                colour: [0; 3],
                state: State::MissingInPrediction,
                metrics: None,
                acceptance_dsc: 0.7,
                network: None,
                reference: None,
                prediction: None,
            };
            let options = MetricOptions::default();
            let mut case = CaseNumbers::of(&Evaluation { options, rows: vec![row], findings: Vec::new() });
            case.structures[0].dsc = dsc;
            case
        };
        let cases = dsc.iter().map(|&(case, dsc)| (case.to_owned(), numbers(dsc))).collect();
        Method { name: name.into(), cases }
    }

    #[test]
    fn a_difference_is_that_of_the_cases_that_both_methods_have() {
        let flat = method("2D", &[("01", Some(0.5)), ("02", Some(0.7)), ("03", None), ("04", Some(0.1))]);
        let deep = method("3D", &[("02", Some(0.8)), ("01", Some(0.7)), ("03", Some(0.9)), ("05", Some(0.9))]);
        let summary = flat.summary("Liver", Measure::Dsc);
        assert_eq!((summary.count, summary.excluded), (3, vec![("03".to_owned(), "missing in prediction")]));
        let difference = flat.difference(&deep, "Liver", Measure::Dsc);
        assert_eq!(difference.count, 2);
        assert!((difference.mean - 0.15).abs() < 1e-12, "{}", difference.mean);
        assert_eq!(difference.excluded, [("03".to_owned(), "missing in prediction")]);
        assert!(flat.shares_cases_with(&deep) && !flat.shares_cases_with(&method("other", &[("09", None)])));
        assert_eq!(flat.summary("Heart", Measure::Dsc).excluded[0].1, NOT_THERE);
    }

    #[test]
    fn numbers_of_different_conventions_are_not_summarised() {
        let mut one = method("2D", &[("01", Some(0.5)), ("02", Some(0.6))]);
        assert!(profile(std::slice::from_ref(&one)).expect("one convention").starts_with("surfel,"));
        one.cases[1].1.structures[0].profile = "voxel".into();
        let error = profile(&[one]).expect_err("two conventions").to_string();
        assert!(error.contains("surfel") && error.contains("voxel") && error.contains("--profile"), "{error}");
    }

    #[test]
    fn cases_are_named_by_their_file_or_else_by_its_folder() {
        let named = |files: &[&str]| {
            case_names(&files.iter().map(PathBuf::from).collect::<Vec<_>>(), "FILES").map_err(|e| e.to_string())
        };
        assert_eq!(named(&["2d/07.json", "2d/08.json"]).expect("names"), ["07", "08"]);
        assert_eq!(named(&["07/numbers.json", "08/numbers.json"]).expect("names"), ["07", "08"]);
        assert!(named(&["07/numbers.json", "07/numbers.json"]).expect_err("twice").contains("name each case once"));
    }
}
