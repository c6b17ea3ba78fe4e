//! What `tmli inspect` and `tmli compare` say about real, public data. Expected values are those of the data's publishers
//! (see `shared/data/README.md`) or were read from the files with pydicom.

use std::path::Path;

use tmli_tests::{args, compare, folder, run, shared_data};

/// What is said, or why it is refused.
#[track_caller]
fn inspect(data: &Path, set: &str, code: i32, words: &[&str]) {
    let run = run(args!["inspect", "--quiet", data.join(set)]);
    assert_eq!(run.code, Some(code), "{set}:\n{}\n{}", run.stdout, run.stderr);
    for word in words {
        assert!(run.stdout.contains(word), "{set}: \"{word}\" is not said:\n{}", run.stdout);
    }
}

#[test]
fn whole_series_are_told_with_their_geometry() {
    let Some(data) = shared_data() else { return };
    let words =
        ["20 slices of 512 rows x 512 columns, spacing 2.0000 x 0.9766", "SliceThickness is 3 mm", "HFS by tag"];
    inspect(&data, "totalseg_j2k", 0, &words);
    let words = ["51 slices of 512 rows x 512 columns, spacing 5.0000 x 0.8047", "patient position FFS by tag"];
    inspect(&data, "crlm_1006_ffs", 0, &words);
    inspect(
        &data,
        "rt_utils_refs/oriented_data",
        0,
        &["3 slices of 50 rows x 100 columns", "spacing 4.5000 x 3.5000 x 2.5000", "oblique"],
    );
}

#[test]
fn structure_sets_have_the_published_voxel_counts() {
    let Some(data) = shared_data() else { return };
    inspect(&data, "ibsi1_ct_phantom", 0, &["60 slices of 201 rows x 204 columns", "GTV-1", "125256"]);
    let words = [
        "59 slices of 202 rows x 198 columns",
        "48 slices of 143 rows x 161 columns",
        "117145",
        "17090",
        "refers to another series",
    ];
    inspect(&data, "sts", 0, &words);
}

#[test]
fn series_that_are_no_volume_are_refused_with_the_reason() {
    let Some(data) = shared_data() else { return };
    inspect(&data, "ct_tilt_ge", 1, &["REFUSED", "gantry was tilted", "18.5 degrees"]);
    inspect(
        &data,
        "ct_bad_series",
        1,
        &["gantry was tilted", "4 slices lie at the same position", "1 slice(s) are missing"],
    );
    inspect(&data, "rt_utils_refs/one_slice_data", 1, &["REFUSED", "one slice only"]);
    inspect(&data, "deepmind_masks", 1, &["No CT series", "Files that are no DICOM: 44"]);
}

#[test]
fn odd_references_and_other_objects_are_named() {
    let Some(data) = shared_data() else { return };
    let words =
        ["refers to no series", "3 RT Structure Sets", "coordinates don't fit this scan", "lies outside of the scan"];
    inspect(&data, "rt_utils_refs/mock_data", 0, &words);
    let words = [
        "6 CT series",
        // The enhanced multi-frame image.
        "2 slices of 512 rows x 512 columns, spacing 10.0000 x 0.3887 x 0.3887 mm",
        "Other DICOM objects",
        "RT Dose Storage",
        "Isocenter 1",
        "is damaged",
    ];
    inspect(&data, "transfer_syntaxes", 0, &words);
}

#[test]
fn inspect_says_the_same_as_json() {
    let Some(data) = shared_data() else { return };
    let run = run(args!["inspect", "--json", "--quiet", data.join("sts")]);
    let all: serde_json::Value = serde_json::from_str(run.succeeds()).expect("JSON");
    assert_eq!(all["cohort"], true);
    assert_eq!(all["patients"][0]["series"][0]["grid"]["shape"], serde_json::json!([59, 202, 198]));
    assert_eq!(all["patients"][1]["structure_sets"][0]["rois"][0]["voxels"], 17090);
    assert_eq!(all["trainable"], 0);
}

#[track_caller]
fn agrees_with_itself(ct: &Path, set: &Path, structures: usize) {
    let scores = compare(ct, set, set);
    assert_eq!(scores.len(), structures);
    for s in scores {
        assert_eq!((s.dsc, s.hd95_mm, s.asd_mm, s.state.as_str()), (1.0, 0.0, 0.0, "compared"), "{}", s.structure);
    }
}

#[test]
fn every_real_structure_set_agrees_with_itself() {
    let Some(data) = shared_data() else { return };
    agrees_with_itself(
        &data.join("ibsi1_ct_phantom/dicom/image"),
        &data.join("ibsi1_ct_phantom/dicom/mask/DCM_RS_00060.dcm"),
        1,
    );
    for patient in ["STS_001", "STS_002"] {
        let dicom = data.join("sts").join(patient).join("ct_dicom");
        agrees_with_itself(&dicom.join("image"), &dicom.join("mask/RS.dcm"), 1);
    }
    let mock = data.join("rt_utils_refs/mock_data");
    for set in ["non_existent_reference_rt.dcm", "invalid_reference_rt.dcm"] {
        agrees_with_itself(&mock, &mock.join(set), 4);
    }
}

#[test]
fn a_converted_label_map_agrees_with_itself_and_keeps_its_names() {
    let Some(data) = shared_data() else { return };
    let out = folder();
    let set = out.path().join("rtstruct.dcm");
    let set_of = data.join("totalseg_j2k");
    let labels = set_of.join("example_seg_dicom.nii.gz");
    let ct = set_of.join("example_ct_dicom");
    let map = "5=Liver,6=Stomach";
    run(args!["convert", "--ct", &ct, "--labels", labels, "--map", map, "--out", &set]).succeeds();
    agrees_with_itself(&ct, &set, 2);
    let names: Vec<String> = compare(&ct, &set, &set).into_iter().map(|s| s.structure).collect();
    assert_eq!(names, ["Liver", "Stomach"]);
}

#[test]
fn a_structure_set_of_another_frame_is_refused() {
    let Some(data) = shared_data() else { return };
    let mock = data.join("rt_utils_refs/mock_data");
    let wrong = mock.join("rt.dcm");
    run(args!["compare", "--ct", &mock, "--reference", mock.join("invalid_reference_rt.dcm"), "--prediction", wrong])
        .fails_saying(&["--prediction", "frame of reference", "choose the CT series"]);
}
