//! From CT and contours to a trained network, an RT Structure Set and its scores.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use tmli_tests::{Score, args, child, compare, copy_folder, folder, one_at_a_time, run, shared_data};

/// Trains a network, and returns what it printed.
fn train(cohort: &Path, out: &Path, words: &str) -> String {
    let paths = args!["--cohort", cohort, "--out", out];
    let words = format!("train --quiet --device cpu {words}");
    run(words.split_whitespace().map(OsString::from).chain(paths)).succeeds().to_owned()
}

/// Segments a CT with models and scores the result.
fn segment_and_compare(ct: &Path, models: &[PathBuf], reference: &Path, out: &Path) -> Vec<Score> {
    let mut arguments = args!["segment", "--quiet", "--device", "cpu", "--ct", ct, "--out", out, "--model"].to_vec();
    arguments.extend(models.iter().map(OsString::from));
    run(arguments).succeeds();
    compare(ct, reference, out)
}

#[track_caller]
fn all_reach(limit: f64, scores: &[Score], structures: &[&str], what: &str) {
    for name in structures {
        let dsc = scores.iter().find(|s| s.structure == *name).map_or(f64::NAN, |s| s.dsc);
        eprintln!("{what}: {name} DSC {dsc:.3}");
        assert!(dsc >= limit, "{what}: {name} reaches a DSC of {dsc:.3} only");
    }
}

/// The real CT of 20 slices with liver and stomach: both networks learn it, and their contours come back on it.
#[test]
fn both_networks_learn_liver_and_stomach_of_a_real_ct() {
    let Some(data) = shared_data() else { return };
    let _turn = one_at_a_time();
    let work = folder();
    let case = work.path().join("cohort/case-1");
    let ct = case.join("ct");
    copy_folder(&data.join("totalseg_j2k/example_ct_dicom"), &ct);
    let reference = case.join("rtstruct.dcm");
    let labels = data.join("totalseg_j2k/example_seg_dicom.nii.gz");
    run(args!["convert", "--ct", &ct, "--labels", labels, "--map", "5=Liver,6=Stomach", "--out", &reference])
        .succeeds();
    let networks = [
        (
            "unet2d",
            "--network unet2d --iterations 100 --patch 1,96,96 --batch 3 --base-width 8 --levels 4 --spacing-mm 2,4,4",
        ),
        (
            "vnet3d",
            "--network vnet3d --iterations 80 --patch 16,64,64 --batch 1 --base-width 6 --levels 3 --spacing-mm 2,4,4",
        ),
    ];
    for (name, shape) in networks {
        let model = work.path().join(name);
        let words = format!("--structures Liver,Stomach --epochs 2 --learning-rate 0.004 {shape}");
        train(&work.path().join("cohort"), &model, &words);
        let scores = segment_and_compare(&ct, &[model], &reference, &work.path().join(format!("{name}.dcm")));
        all_reach(0.8, &scores, &["Liver", "Stomach"], name);
    }
}

/// The same on a synthetic child: two models with a structure in common, merged into one set.
#[test]
fn two_models_of_a_synthetic_child_become_one_structure_set() {
    let _turn = one_at_a_time();
    let work = folder();
    let cohort = work.path().join("cohort");
    copy_folder(&child(1), &cohort.join("case-001"));
    let ct = cohort.join("case-001/ct");
    let reference = cohort.join("case-001/rtstruct.dcm");
    let flat = work.path().join("flat");
    let flat_words = "--network unet2d --structures Lungs,Liver --epochs 1 --iterations 300 --patch 1,64,64 --batch 8 \
                      --learning-rate 0.004 --base-width 8 --levels 4 --spacing-mm 5,5,5";
    let said = train(&cohort, &flat, flat_words);
    assert!(said.contains("training     1  case-001") && said.contains("weights sha256"), "{said}");
    let deep = work.path().join("deep");
    let deep_words = "--network vnet3d --structures Brain,Lungs --epochs 1 --iterations 150 --patch 16,32,32 --batch 2 \
                      --learning-rate 0.006 --base-width 8 --levels 3 --spacing-mm 10,10,10";
    train(&cohort, &deep, deep_words);

    let out = work.path().join("auto.dcm");
    let scores = segment_and_compare(&ct, &[flat.clone(), deep.clone()], &reference, &out);
    all_reach(0.8, &scores, &["Lungs", "Liver", "Brain"], "merged");
    assert!(scores.iter().any(|s| s.structure == "Rectum" && s.state == "missing_in_prediction"), "{scores:?}");

    // The set is on the CT: inspect finds its series by reference, without a note.
    fs::copy(&out, cohort.join("case-001/rtstruct.dcm")).expect("copied");
    let run_inspect = run(args!["inspect", "--json", "--quiet", cohort.join("case-001")]);
    let all: serde_json::Value = serde_json::from_str(run_inspect.succeeds()).expect("JSON");
    let set = &all["patients"][0]["structure_sets"][0];
    assert_eq!((set["series"].as_u64(), set["findings"].as_array().map(Vec::len)), (Some(1), Some(0)), "{set}");
    let names: Vec<&str> =
        set["rois"].as_array().expect("ROIs").iter().filter_map(|r| r["structure"].as_str()).collect();
    assert_eq!(names, ["Brain", "Lungs", "Liver"], "in the protocol's order");

    // A part of what the models know, and what none knows.
    let part = work.path().join("part.dcm");
    let segment = |structure: &str, out: &Path| {
        run(args!["segment", "--quiet", "--ct", &ct, "--model", &flat, &deep, "--structures", structure, "--out", out])
    };
    assert!(segment("Liver", &part).succeeds().contains("wrote 1 structures"));
    let unknown = segment("Heart", &work.path().join("no.dcm"));
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.contains("choose from Lungs, Liver, Brain"), "{}", unknown.stderr);
}

/// What a model folder and its log tell: no patient, no path.
#[test]
fn a_model_names_no_patient() {
    let _turn = one_at_a_time();
    let work = folder();
    let cohort = work.path().join("cohort");
    copy_folder(&child(1), &cohort.join("Doe^Jane"));
    let model = work.path().join("model");
    let words = "--network unet2d --structures Liver --epochs 1 --iterations 2 --batch 1 --base-width 4 --levels 3 \
                 --patch 1,64,64 --spacing-mm 5,5,5";
    train(&cohort, &model, words);
    for file in ["model.json", "weights.safetensors", "training/log.jsonl", "training/config.json"] {
        let bytes = fs::read(model.join(file)).expect("it was written");
        let text = String::from_utf8_lossy(&bytes);
        for word in ["Doe", "Phantom^", "PHANTOM-", &work.path().to_string_lossy()] {
            assert!(!text.contains(word), "{file} names {word}");
        }
    }
}

#[test]
fn a_report_is_one_file_without_a_patient() {
    let work = folder();
    let html = work.path().join("report.html");
    let set = child(1).join("rtstruct.dcm");
    run(args![
        "compare",
        "--quiet",
        "--ct",
        child(1).join("ct"),
        "--reference",
        &set,
        "--prediction",
        &set,
        "--html",
        &html
    ])
    .succeeds();
    let text = fs::read_to_string(&html).expect("written");
    for there in ["research use", "Glnd_Thyroid", "data:image/png;base64,", "<svg"] {
        assert!(text.contains(there), "{there}");
    }
    for absent in ["Phantom^", "PHANTOM-", "http://", "https://", "<script", "src="] {
        assert!(!text.contains(absent), "{absent}");
    }
}
