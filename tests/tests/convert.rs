//! `tmli convert` between all kinds of files, as a user does it: no voxel is lost on any way.

use std::{fs, path::Path};

use tmli_tests::{args, child, compare, folder, run};

/// Every structure of the reference is there and is the same, voxel for voxel.
#[track_caller]
fn same(ct: &Path, reference: &Path, other: &Path, structures: usize) {
    let scores = compare(ct, reference, other);
    assert_eq!(scores.len(), structures, "{scores:?}");
    for s in scores {
        assert_eq!((s.dsc, s.hd95_mm, s.state.as_str()), (1.0, 0.0, "compared"), "{}", s.structure);
    }
}

#[test]
fn structures_survive_the_way_through_every_kind_of_file() {
    let (ct, truth, work) = (child(1).join("ct"), child(1).join("rtstruct.dcm"), folder());
    for (name, kind) in [("a.seg.nrrd", "nrrd"), ("seg.dcm", "seg")] {
        let (there, back) = (work.path().join(name), work.path().join(format!("{kind}.rtstruct.dcm")));
        run(args!["convert", "--ct", &ct, "--input", &truth, "--out", &there, "--as", kind]).succeeds();
        // The file itself is compared, and what comes back from it.
        same(&ct, &truth, &there, 25);
        run(args!["convert", "--ct", &ct, "--input", &there, "--out", &back]).succeeds();
        same(&ct, &truth, &back, 25);
    }
}

#[test]
fn contours_drawn_in_every_way_are_the_same_structures() {
    let (ct, truth, work) = (child(1).join("ct"), child(1).join("rtstruct.dcm"), folder());
    let mut files = Vec::new();
    for holes in ["loops", "xor", "keyhole"] {
        let out = work.path().join(format!("{holes}.dcm"));
        let words = args!["convert", "--ct", &ct, "--input", &truth, "--out", &out, "--smooth", "--holes", holes];
        run(words).succeeds();
        same(&ct, &truth, &out, 25);
        files.push(fs::read(out).expect("written"));
    }
    let holds = |file: &[u8], text: &[u8]| file.windows(text.len()).any(|bytes| bytes == text);
    let said: Vec<bool> = files.iter().map(|file| holds(file, b"CLOSEDPLANAR_XOR")).collect();
    assert_eq!(said, [false, true, false]);
}

#[test]
fn a_label_map_tells_its_numbers_and_what_it_cannot_hold() {
    let (ct, truth, work) = (child(1).join("ct"), child(1).join("rtstruct.dcm"), folder());
    let labels = work.path().join("labels.nii.gz");
    let written = run(args!["convert", "--ct", &ct, "--input", &truth, "--out", &labels]);
    let numbers = written.succeeds();
    assert!(numbers.contains("1=Brain"), "{numbers}");
    assert!(written.stderr.contains("belong to several structures"), "{}", written.stderr);

    let brain = work.path().join("brain.dcm");
    run(args!["convert", "--ct", &ct, "--input", &labels, "--out", &brain]).fails_with_usage(&["--map 5=Liver"]);
    run(args!["convert", "--ct", &ct, "--labels", &labels, "--map", "3=Cavity_Oral", "--out", &brain]).succeeds();
    let json = work.path().join("scores.json");
    let map = "3=Cavity_Oral";
    let words = args![
        "compare",
        "--ct",
        &ct,
        "--reference",
        &brain,
        "--prediction",
        &labels,
        "--prediction-map",
        map,
        "--json",
        &json
    ];
    run(words).succeeds();
    let scores: serde_json::Value = serde_json::from_str(&fs::read_to_string(json).expect("written")).expect("JSON");
    assert_eq!(scores["structures"][0]["dsc"], 1.0, "{scores}");
}

#[test]
fn what_makes_no_sense_is_refused_with_what_to_do() {
    let (ct, truth, work) = (child(1).join("ct"), child(1).join("rtstruct.dcm"), folder());
    let out = work.path().join("out.dcm");
    let slice = fs::read_dir(&ct).expect("slices").next().expect("a slice").expect("a slice").path();
    run(args!["convert", "--ct", &ct, "--input", &slice, "--out", &out])
        .fails_saying(&["a DICOM object of another kind", "an RT Structure Set"]);
    run(args!["convert", "--ct", &ct, "--input", &truth, "--map", "1=Brain", "--out", &out])
        .fails_with_usage(&["--map is for label maps", "leave --map out"]);
    let nrrd = work.path().join("a.nrrd");
    run(args!["convert", "--ct", &ct, "--input", &truth, "--smooth", "--out", &nrrd])
        .fails_with_usage(&["about contours"]);
    assert!(!out.exists() && !nrrd.exists());
}

#[test]
fn what_is_odd_about_contours_is_told_with_roi_and_slice() {
    let (ct, truth, work) = (child(1).join("ct"), child(1).join("rtstruct.dcm"), folder());
    let mut bytes = fs::read(&truth).expect("the structure set");
    let find = |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).position(|w| w == text).expect("in the file");
    // The second number of the first contour of the first ROI.
    let contour = find(&bytes, b"CLOSED_PLANAR");
    let number = contour + find(&bytes[contour..], b"\\") + 1;
    bytes[number..][..3].copy_from_slice(b"NaN");
    let (odd, out) = (work.path().join("odd.dcm"), work.path().join("out.dcm"));
    fs::write(&odd, &bytes).expect("written");
    for words in [
        args!["convert", "--ct", &ct, "--input", &odd, "--out", &out],
        args!["compare", "--ct", &ct, "--reference", &odd, "--prediction", &truth],
    ] {
        let done = run(words);
        done.succeeds();
        let told = done.stderr.lines().find(|line| line.contains("not a finite number; left out"));
        let told = told.unwrap_or_else(|| panic!("{}", done.stderr));
        assert!(told.contains("ROI 1, contour 1") && told.contains("slice at "), "{told}");
    }
}

#[test]
fn structures_of_another_patient_are_refused_unless_the_user_knows_better() {
    let (ct, truth, work) = (child(1).join("ct"), child(2).join("rtstruct.dcm"), folder());
    let out = work.path().join("out.dcm");
    let words = args!["convert", "--ct", &ct, "--input", &truth, "--out", &out];
    run(&words).fails_saying(&["belong to another patient", "PatientID"]);
    assert!(!out.exists());
    let taken = run(words.iter().chain(args!["--ignore-identity"].iter()));
    taken.succeeds();
    assert!(taken.stderr.contains("another patient"), "{}", taken.stderr);
    let words = args!["compare", "--ct", &ct, "--reference", &truth, "--prediction", &truth];
    run(&words).fails_saying(&["belong to another patient"]);
    run(words.iter().chain(args!["--ignore-identity"].iter())).succeeds();
}
