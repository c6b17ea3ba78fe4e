//! The cohort folder as cases to train on.

use std::path::{Path, PathBuf};

use tmli_io::{SeriesEntry, read_ct_series, read_structure_set};
use tmli_nn::{CaseSource, TrainingCase};
use tmli_terminal::{
    assess::assess,
    cancel,
    case::{drawn_on, match_set, structure_mask},
    failure::{Failure, Outcome},
    files::{Names, shown},
    inventory::{Patient, take_inventory},
    progress::{Progress, Verbosity},
};

/// A case that can be trained on.
struct Case {
    id: String,
    series: SeriesEntry,
    structure_set: PathBuf,
}

/// The usable cases of a cohort folder.
pub(crate) struct Cohort {
    cases: Vec<Case>,
    names: Names,
    structures: Vec<String>,
}

impl Cohort {
    /// Looks at every patient of the folder; those that can't be used are told with the reason and left out.
    pub(crate) fn open(dir: &Path, names: Names, structures: &[String], verbosity: Verbosity) -> Outcome<Self> {
        let inventory = take_inventory(dir, "--cohort", verbosity)?;
        let total = inventory.patients.len();
        let mut progress = Progress::new(verbosity, "checking the cohort", total);
        let mut cases = Vec::new();
        let mut left_out = 0;
        for (n, patient) in inventory.patients.into_iter().enumerate() {
            cancel::check()?;
            match usable(&patient, &names, structures) {
                Ok((case, doubts)) => {
                    for doubt in doubts {
                        progress.line(format_args!("look at {}: {doubt}", patient.id));
                    }
                    cases.push(case);
                }
                Err(reason) => {
                    left_out += 1;
                    progress.line(format_args!("left out {}: {reason}", patient.id));
                    if total == 1 {
                        return Err(no_case(dir, &reason));
                    }
                }
            }
            progress.set(n + 1, total, "");
        }
        progress.clear();
        if cases.is_empty() {
            return Err(no_case(dir, &format!("all {left_out} folders were left out, see above")));
        }
        Ok(Self { cases, names, structures: structures.to_vec() })
    }

    /// Names of the cases.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.cases.iter().map(|c| c.id.clone()).collect()
    }
}

fn no_case(dir: &Path, reason: &str) -> Failure {
    Failure::advise(
        format!("{}: no case can be trained on ({reason})", shown("--cohort", dir)),
        "give each case a sub-folder with one CT series and one RT Structure Set; `tmli inspect` tells more",
    )
}

/// The case of a patient's folder with what a person should look at, or why it can't be used.
fn usable(patient: &Patient, names: &Names, structures: &[String]) -> Result<(Case, Vec<String>), String> {
    let report = assess(patient, names);
    if !report.problems.is_empty() {
        return Err(report.problems.join("; "));
    }
    let scan = patient.scan.as_ref().map_err(ToString::to_string)?;
    let [set] = scan.structure_sets.as_slice() else { return Err("one RT Structure Set is needed".into()) };
    let series = drawn_on(set, scan)?.series;
    let has = |name: &String| {
        let rois = report.structure_sets.iter().flat_map(|s| &s.rois);
        rois.filter(|r| r.structure.as_ref() == Some(name)).any(|r| r.voxels.is_some_and(|v| v > 0))
    };
    let missing: Vec<&str> = structures.iter().filter(|s| !has(s)).map(String::as_str).collect();
    if missing.len() == structures.len() {
        return Err(format!("none of {} is contoured", structures.join(", ")));
    }
    let mut doubts = report.doubts;
    // Names that are not recognised matter only where something is missing.
    doubts.retain(|d| !missing.is_empty() || !d.starts_with("names not recognised"));
    if !missing.is_empty() {
        doubts.insert(0, format!("{} not contoured; left out of the loss for this case", missing.join(", ")));
    }
    Ok((Case { id: patient.id.clone(), series: series.clone(), structure_set: set.path.clone() }, doubts))
}

impl CaseSource for Cohort {
    fn load(&self, id: &str) -> Result<TrainingCase, Box<dyn std::error::Error + Send + Sync>> {
        let case = self.cases.iter().find(|c| c.id == id).ok_or("the case is not in the cohort folder any more")?;
        let ct = read_ct_series(&case.series)?;
        let set = read_structure_set(&case.structure_set)?.structure_set;
        let matching = match_set(&set, &self.names);
        let geometry = ct.volume.geometry();
        let masks = self.structures.iter().map(|s| structure_mask(&set, &matching, s, geometry)).collect();
        Ok(TrainingCase { id: case.id.clone(), ct: ct.volume, masks })
    }
}
