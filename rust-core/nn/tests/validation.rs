//! Validating a model folder again: what it learns about islands, and what it leaves alone.

use std::{fs, ops::ControlFlow, path::Path};

use ndarray::Array3;
use tch::Device;
use tmli_core::{Mask, PointLps, SpacingMm, Volume, VolumeGeometry};
use tmli_model::read_manifest;
use tmli_nn::{
    CaseRoles, CaseSource, Manifest, Model, NnError, SegmentOptions, TrainError, TrainingCase, segment, validate_again,
};

mod common;
use common::{thresholds, through_2d};

/// 60 slices of 5 mm.
const SHAPE: [usize; 3] = [60, 40, 40];
const SPACING: [f64; 3] = [5.0, 2.0, 2.0];

/// Children with an organ in two lobes which contours join. A knee is as bright as the organ.
struct Children;

fn lobes([k, j, i]: [usize; 3]) -> bool {
    (40..46).contains(&k) && (14..22).contains(&j) && ((8..16).contains(&i) || (20..28).contains(&i))
}

fn drawn([k, j, i]: [usize; 3]) -> bool {
    lobes([k, j, i]) || ((40..46).contains(&k) && j == 14 && (16..20).contains(&i))
}

fn knee([k, j, i]: [usize; 3]) -> bool {
    (5..9).contains(&k) && (16..24).contains(&j) && (16..24).contains(&i)
}

impl CaseSource for Children {
    fn load(&self, id: &str) -> Result<TrainingCase, Box<dyn std::error::Error + Send + Sync>> {
        let hu = |p: [usize; 3]| match () {
            () if lobes(p) || knee(p) => 200,
            () if (4..36).contains(&p[1]) && (4..36).contains(&p[2]) => 40,
            () => -1000,
        };
        let ct = Array3::from_shape_fn(SHAPE, |(k, j, i)| hu([k, j, i]));
        let [k, j, i] = SPACING;
        let geometry = VolumeGeometry::axial(SHAPE, PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(k, j, i))?;
        // The second structure is contoured nowhere.
        let masks = vec![Some(Mask::from_fn(SHAPE, drawn)), None];
        Ok(TrainingCase { id: id.to_owned(), ct: Volume::new(geometry, ct)?, masks })
    }
}

/// Everything above 100 HU, and above 150 HU.
fn model(dir: &Path) -> Manifest {
    thresholds(dir, through_2d(2), &[100.5, 150.5], SPACING, [1, 40, 40]);
    read_manifest(dir).expect("a model folder")
}

fn owned(ids: &[&str]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn go_on(_: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn a_model_learns_that_knees_are_no_part_of_the_organ_and_keeps_both_lobes() {
    let parent = tempfile::tempdir().expect("a folder");
    let dir = parent.path().join("model");
    let before = model(&dir);
    let weights = fs::read(dir.join("weights.safetensors")).expect("weights");
    let roles = CaseRoles { learned: owned(&["a", "b"]), validated: owned(&["c"]), left_out: owned(&["d"]) };
    let mut cases = Vec::new();
    let after = validate_again(&dir, &roles, &Children, Device::Cpu, &mut |n| {
        cases.push(n);
        ControlFlow::Continue(())
    })
    .expect("it validates");
    assert_eq!(cases, [0, 1, 2]);
    let [organ, bare] = [&before.structures[0], &before.structures[1]];
    let rule = after.post_processing.rule(organ);
    assert_eq!((rule.keep_largest, rule.largest_gap_mm), (None, Some(20.0)));
    let (dsc, hd95_mm) =
        (after.validation_dsc(organ).expect("a DSC"), after.validation_hd95_mm(organ).expect("a HD95"));
    assert!(dsc > 0.95 && hd95_mm < 10.0, "{dsc} {hd95_mm}");
    assert_eq!((after.validation_dsc(bare), after.validation.len()), (None, 1), "nobody contoured it");
    assert!(after.provenance.validated_again.is_some() && after.provenance.validation_cases == 1);

    assert_eq!(fs::read(dir.join("weights.safetensors")).expect("weights"), weights);
    let model = Model::load(&dir, Device::Cpu).expect("the folder is whole");
    assert_eq!(*model.manifest(), after, "the folder says what was returned");
    let case = Children.load("e").expect("a case");
    let found = segment(&model, &case.ct, &SegmentOptions::default(), &mut |_| ControlFlow::Continue(()));
    let segments = found.expect("masks").segments;
    assert_eq!(segments[0].mask, Mask::from_fn(SHAPE, lobes));
    assert_eq!(segments[1].mask, Mask::from_fn(SHAPE, |p| lobes(p) || knee(p)), "no rule for it");
}

#[test]
fn what_is_said_of_structures_that_no_case_has_stays() {
    let parent = tempfile::tempdir().expect("a folder");
    let dir = parent.path().join("model");
    let mut manifest = model(&dir);
    let bare = manifest.structures[1].clone();
    manifest.post_processing.keep_largest.insert(bare.clone(), 2);
    let score = tmli_nn::StructureScore { structure: bare.clone(), dsc: 0.8, hd95_mm: None, cases: 5 };
    manifest.validation = vec![score.clone()];
    fs::write(dir.join("model.json"), serde_json::to_vec(&manifest).expect("JSON")).expect("writable");
    let roles = CaseRoles { validated: owned(&["x"]), ..CaseRoles::default() };
    let after = validate_again(&dir, &roles, &Children, Device::Cpu, &mut go_on).expect("it validates");
    assert_eq!(after.post_processing.rule(&bare).keep_largest, Some(2));
    assert!(after.validation.contains(&score) && after.validation.len() == 2, "{:?}", after.validation);
}

#[test]
fn a_validation_that_is_cancelled_or_has_no_case_changes_nothing() {
    let parent = tempfile::tempdir().expect("a folder");
    let dir = parent.path().join("model");
    let before = model(&dir);
    let roles = CaseRoles { learned: owned(&["a"]), validated: owned(&["b"]), left_out: Vec::new() };
    let stopped = validate_again(&dir, &roles, &Children, Device::Cpu, &mut |n| {
        if n == 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(stopped, Err(NnError::Cancelled)));
    let none = CaseRoles { validated: Vec::new(), ..roles };
    let refused = validate_again(&dir, &none, &Children, Device::Cpu, &mut go_on);
    assert!(matches!(refused, Err(NnError::Train(TrainError::NothingToValidateOn { learned: 1 }))));
    assert_eq!(*Model::load(&dir, Device::Cpu).expect("whole").manifest(), before);
}

#[test]
fn no_model_is_validated_on_what_it_learned_from_nor_on_its_test_cases() {
    let parent = tempfile::tempdir().expect("a folder");
    let mut manifest = model(&parent.path().join("model"));
    // As training writes them: the first 8 bytes of the SHA-256 of "a", "b" and "c".
    manifest.provenance.training = serde_json::json!({"split": {
        "training": ["ca978112ca1bbdca", "3e23e8160039594a"],
        "validation": ["2e7d2c03a9507ae2"],
    }});
    let own = CaseRoles::of(&manifest, &owned(&["a", "b", "c", "d"]));
    assert_eq!((own.learned, own.validated, own.left_out), (owned(&["a", "b"]), owned(&["c"]), owned(&["d"])));
    let other = CaseRoles::of(&manifest, &owned(&["x", "y"]));
    assert_eq!((other.learned, other.validated, other.left_out), (owned(&[]), owned(&["x", "y"]), owned(&[])));
    let half = CaseRoles::of(&manifest, &owned(&["b", "x"]));
    assert_eq!((half.learned, half.validated), (owned(&["b"]), owned(&["x"])));
}
