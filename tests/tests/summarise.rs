//! From the comparisons of many cases to one table.

use std::{ffi::OsString, fs, path::Path};

use tmli_tests::{args, child, folder, run};

/// Compares three children with themselves into `folder/case-N.json`, and names the files.
fn compared(folder: &Path, profile: &str) -> Vec<OsString> {
    fs::create_dir_all(folder).expect("a folder");
    let mut files = Vec::new();
    for number in 1..=3 {
        let (ct, set) = (child(number).join("ct"), child(number).join("rtstruct.dcm"));
        let file = folder.join(format!("case-{number}.json"));
        let compare = args!["compare", "--quiet", "--ct", ct, "--reference", &set, "--prediction", &set];
        run(compare.into_iter().chain(args!["--profile", profile, "--json", &file])).succeeds();
        files.push(file.into());
    }
    files
}

fn summarise(files: &[OsString], more: &[OsString]) -> tmli_tests::Run {
    run(args!["summarise"].into_iter().chain(files.iter().cloned()).chain(more.iter().cloned()))
}

#[test]
fn cases_become_a_table_and_two_methods_their_difference() {
    let work = folder();
    let surfel = compared(&work.path().join("surfel"), "surfel");
    let json = work.path().join("tables.json");
    let csv = work.path().join("tables.csv");
    let one = summarise(&surfel, &args!["--json", &json, "--csv", &csv]);
    let said = one.succeeds();
    for words in ["DSC, 3 cases", "HD95 (mm), 3 cases", "1.000 ± 0.000", "profile surfel"] {
        assert!(said.contains(words), "{words} is not in\n{said}");
    }
    let all: serde_json::Value = serde_json::from_slice(&fs::read(&json).expect("written")).expect("JSON");
    let lines = all["summaries"].as_array().expect("summaries");
    assert_eq!(lines.len(), 3 * 25);
    let liver = lines.iter().find(|l| l["structure"] == "Liver" && l["measure"] == "asd_mm").expect("the liver");
    assert_eq!((liver["cases"].as_u64(), liver["mean"].as_f64()), (Some(3), Some(0.0)));
    assert_eq!(fs::read_to_string(&csv).expect("written").lines().count(), 1 + 3 * 25);
    summarise(&surfel, &args!["--json", &json]).fails_saying(&["exists already", "--force"]);

    let mut against = args!["--measures", "hd95", "--names", "U-Net,V-Net", "--against"].to_vec();
    against.extend(surfel[..2].iter().cloned());
    let two = summarise(&surfel, &against);
    let said = two.succeeds();
    let liver = said.lines().find(|line| line.starts_with("Liver")).expect("the liver");
    assert!(said.contains("U-Net: 3 cases, V-Net: 2 cases") && said.contains("better"), "{said}");
    assert_eq!(liver.split_whitespace().nth(7), Some("2"), "two pairs: {liver}");
    assert!(liver.ends_with('-'), "neither is better: {liver}");

    // Numbers of two conventions have no mean.
    let voxel = compared(&work.path().join("voxel"), "voxel");
    let mixed = [&surfel[..1], &voxel[1..]].concat();
    summarise(&mixed, &[]).fails_saying(&["different conventions", "surfel", "voxel", "--profile"]);
}

#[test]
fn other_files_are_refused_with_what_to_name() {
    let work = folder();
    let file = work.path().join("other.json");
    fs::write(&file, "{\"structures\": 3}").expect("written");
    summarise(&[file.into()], &[]).fails_saying(&["FILES", "tmli compare --json"]);
    summarise(&[work.path().join("none.json").into()], &[]).fails_saying(&["check that the file exists"]);
}
