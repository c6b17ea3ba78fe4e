//! `tmli ptv` on a synthetic child: what is written is what the library computes, and the rest of the file is kept.

use std::{
    ffi::OsStr,
    path::Path,
    process::{Command, Output},
};

use tmli_core::{MarginMm, Mask, PtvRequest, body_mask, ptv, rasterise};
use tmli_io::{CtSeries, StructureSetFile, read_ct_folder, read_structure_set};

fn tmli<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tmli")).args(arguments).output().expect("the program starts")
}

fn on_child(case: &Path, out: &Path, words: &[&str]) -> (Option<i32>, String) {
    let paths = ["--ct".into(), case.join("ct"), "--structures".into(), case.join("rtstruct.dcm"), "--out".into()];
    let arguments = [OsStr::new("ptv")].into_iter().chain(paths.iter().map(|p: &std::path::PathBuf| p.as_os_str()));
    let output = tmli(arguments.chain([out.as_os_str()]).chain(words.iter().map(OsStr::new)));
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

fn mask(file: &StructureSetFile, name: &str, ct: &CtSeries) -> Mask {
    let roi = file.structure_set.rois.iter().find(|roi| roi.name == name).expect("the ROI is there");
    rasterise(&roi.contours, ct.volume.geometry()).mask
}

#[test]
fn the_ptv_of_a_child_is_added_to_a_copy_of_its_structure_set() {
    let temp = tempfile::tempdir().expect("a temporary folder");
    let made = tmli(
        ["phantom", "--quiet", "--matrix", "128", "--age", "5", "--out"]
            .map(OsStr::new)
            .into_iter()
            .chain([temp.path().as_os_str()]),
    );
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let case = temp.path().join("case-001");
    let out = temp.path().join("with-ptv.dcm");
    let words = ["--ctv", "CTV1=5", "--ctv", "CTV2=3,3,4,4,10,5", "--body", "Lungs", "--crop", "Heart=12.5"];
    let (code, said) = on_child(&case, &out, &words);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("L 3, R 3, A 4, P 4, S 10, I 5 mm") && said.contains("outside of the PTV"), "{said}");

    let ct = read_ct_folder(&case.join("ct"), None).expect("a CT series");
    let (old, new) = (case.join("rtstruct.dcm"), out.clone());
    let [old, new] = [old, new].map(|path| read_structure_set(&path).expect("a structure set"));
    let [ctv1, ctv2, body, heart] = ["CTV1", "CTV2", "Lungs", "Heart"].map(|name| mask(&old, name, &ct));
    let six = MarginMm { left: 3.0, right: 3.0, anterior: 4.0, posterior: 4.0, superior: 10.0, inferior: 5.0 };
    let request = PtvRequest {
        ctvs: vec![(&ctv1, MarginMm::uniform(5.0)), (&ctv2, six)],
        body: Some(&body),
        crop: vec![(&heart, 12.5)],
    };
    let expected = ptv(ct.volume.geometry(), &request).expect("valid");
    assert!(expected.count() > 100 && mask(&new, "PTV", &ct) == expected);

    let (added, kept) = new.structure_set.rois.split_last().expect("ROIs");
    assert_eq!(kept, old.structure_set.rois, "the other ROIs are as they were");
    assert_eq!((added.interpreted_type.as_deref(), added.colour), (Some("PTV"), Some([0, 0, 255])));

    // The body as it is found in the CT, where nothing else was said; and none.
    let found = body_mask(ct.volume.data().view(), ct.volume.geometry()).expect("a body");
    let of_ctv2 = |file: &str, words: &[&str], body: Option<&Mask>, told: &str| {
        let out = temp.path().join(file);
        let (code, said) = on_child(&case, &out, &[&["--ctv", "CTV2=15"], words].concat());
        assert!(code == Some(0) && said.contains(told), "{said}");
        let request = PtvRequest { ctvs: vec![(&ctv2, MarginMm::uniform(15.0))], body, crop: Vec::new() };
        let expected = ptv(ct.volume.geometry(), &request).expect("valid");
        assert!(mask(&read_structure_set(&out).expect("a structure set"), "PTV", &ct) == expected, "{words:?}");
        expected.count()
    };
    let cut = of_ctv2("cut.dcm", &[], Some(&found), "Cut to the body found in the CT.");
    let whole = of_ctv2("whole.dcm", &["--no-body"], None, "Not cut to the body.");
    assert!(ctv2.count() < cut && cut < whole, "{cut} of {whole} voxels lie in the body");

    // Not over an existing file, not over a CTV, and not without one.
    let (code, said) = on_child(&case, &out, &words);
    assert!(code == Some(1) && said.contains("--force"), "{said}");
    let elsewhere = temp.path().join("other.dcm");
    for (words, expected_code, message) in [
        (vec!["--ctv", "CTV1=5", "--name", "CTV1"], 2, "choose another --name"),
        (vec!["--ctv", "Spleen=5"], 1, "name one of: Brain,"),
        (vec!["--ctv", "CTV1=-5"], 2, "a number from 0 to 100 mm"),
        (vec!["--ctv", "Lens_L=0", "--body", "Bladder"], 1, "the PTV is empty"),
        (vec!["--ctv", "CTV1=5", "--body", "Bladder", "--no-body"], 2, "cannot be used with"),
    ] {
        let (code, said) = on_child(&case, &elsewhere, &words);
        assert!(code == Some(expected_code) && said.contains(message), "{words:?}: {said}");
    }
    assert!(!elsewhere.exists());
}
