//! What goes wrong is said with what to do about it, and no half file is left.

use std::{fs, path::Path, process::Command};

use tmli_tests::{Run, args, child, copy_folder, finish, folder, model, names_in, run, tmli};

#[track_caller]
fn nothing_left(folder: &Path) {
    assert_eq!(names_in(folder), Vec::<String>::new(), "half a file was left");
}

fn segment(ct: &Path, out: &Path) -> Run {
    run(args!["segment", "--ct", ct, "--model", model(), "--out", out.join("rtstruct.dcm"), "--device", "cpu"])
}

#[test]
fn an_empty_folder() {
    let (empty, out) = (folder(), folder());
    segment(empty.path(), out.path()).fails_saying(&["--ct", "no file at all", "point to the folder"]);
    nothing_left(out.path());
    run(args!["inspect", empty.path()]).fails_saying(&["no file at all"]);
    run(args![
        "train",
        "--cohort",
        empty.path(),
        "--set",
        "oar1",
        "--network",
        "unet2d",
        "--out",
        out.path().join("m")
    ])
    .fails_saying(&["--cohort", "no case can be trained on", "give each case a sub-folder"]);
    nothing_left(out.path());
}

#[test]
fn a_folder_that_is_not_there() {
    let out = folder();
    segment(Path::new("/no/such/folder"), out.path()).fails_saying(&["--ct /no/such/folder", "check the spelling"]);
    nothing_left(out.path());
}

#[test]
fn a_folder_with_no_ct() {
    let (other, out) = (folder(), folder());
    fs::write(other.path().join("notes.txt"), "no image").expect("writable");
    fs::copy(child(1).join("rtstruct.dcm"), other.path().join("rs.dcm")).expect("copied");
    segment(other.path(), out.path()).fails_saying(&["holds no CT image", "point to the folder with the CT series"]);
    nothing_left(out.path());
}

#[test]
fn a_truncated_file() {
    let (ct, out) = (folder(), folder());
    copy_folder(&child(1).join("ct"), ct.path());
    let slice = ct.path().join(&names_in(ct.path())[30]);
    let bytes = fs::read(&slice).expect("readable");
    fs::write(&slice, &bytes[..bytes.len() / 2]).expect("writable");
    let run = segment(ct.path(), out.path());
    run.fails_saying(&["file 31 of", "again"]);
    nothing_left(out.path());
}

#[test]
fn a_structure_set_of_another_patient() {
    let own = child(1).join("rtstruct.dcm");
    let others = child(2).join("rtstruct.dcm");
    let out = folder();
    let html = out.path().join("report.html");
    let ct = child(1).join("ct");
    run(args!["compare", "--ct", ct, "--reference", own, "--prediction", others, "--html", html]).fails_saying(&[
        "--prediction",
        "another patient",
        "check that both are of the same patient",
    ]);
    nothing_left(out.path());
}

#[test]
fn a_case_with_a_structure_set_of_another_patient_is_left_out_of_training() {
    let (cohort, out) = (folder(), folder());
    copy_folder(&child(1), &cohort.path().join("case-1"));
    fs::copy(child(2).join("rtstruct.dcm"), cohort.path().join("case-1/rtstruct.dcm")).expect("copied");
    let run = run(args![
        "train",
        "--cohort",
        cohort.path(),
        "--set",
        "oar1",
        "--network",
        "unet2d",
        "--out",
        out.path().join("m")
    ]);
    run.fails_saying(&["case-1", "another patient", "no case can be trained on"]);
    nothing_left(out.path());
}

#[test]
fn a_model_with_a_flipped_byte() {
    for (file, place, word) in [("weights.safetensors", 0.9, "SHA-256"), ("model.json", 0.0, "model.json")] {
        let (damaged, out) = (folder(), folder());
        copy_folder(&model(), damaged.path());
        let path = damaged.path().join(file);
        let mut bytes = fs::read(&path).expect("readable");
        let at = (bytes.len() as f64 * place) as usize;
        bytes[at] ^= 1;
        fs::write(&path, bytes).expect("writable");
        let rtstruct = out.path().join("rtstruct.dcm");
        run(args!["segment", "--ct", child(1).join("ct"), "--model", damaged.path(), "--out", rtstruct])
            .fails_saying(&["--model", word, "model folder"]);
        nothing_left(out.path());
    }
}

#[test]
fn an_existing_file_is_not_overwritten() {
    let out = folder();
    fs::write(out.path().join("rtstruct.dcm"), "precious").expect("writable");
    segment(&child(1).join("ct"), out.path()).fails_saying(&["exists already", "--force"]);
    assert_eq!(fs::read(out.path().join("rtstruct.dcm")).expect("readable"), b"precious");
}

/// Runs `tmli` where every file is limited to so many KiB: as on a full disk, writing fails halfway. The signal that
/// comes with it is ignored, so that the program sees the error.
fn with_little_space(kib: u32, arguments: &[std::ffi::OsString]) -> Run {
    let script = format!("trap '' XFSZ; ulimit -f {kib}; exec \"$@\"");
    finish(Command::new("bash").args(["-c", &script, "limited"]).arg(tmli()).args(arguments))
}

#[test]
fn a_file_that_can_not_be_written_whole() {
    let out = folder();
    let ct = child(1).join("ct");
    let rtstruct = out.path().join("rtstruct.dcm");
    let set = child(1).join("rtstruct.dcm");
    // Not `segment`: memory that is shared with the worker counts as a file too. A full disk does that below.
    let ptv = args!["ptv", "--ct", &ct, "--structures", &set, "--ctv", "CTV1=5", "--out", &rtstruct];
    with_little_space(16, &ptv).fails_saying(&["--out", "can't be written", "nothing half-written"]);
    nothing_left(out.path());
    let html = out.path().join("report.html");
    with_little_space(16, &args!["compare", "--ct", &ct, "--reference", &set, "--prediction", &set, "--html", html])
        .fails_saying(&["--html", "can't be written"]);
    nothing_left(out.path());
}

#[test]
fn a_full_disk() {
    let allowed = Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|s| s.success());
    if !allowed {
        eprintln!("skipped: a small disk can't be mounted here; a_file_that_can_not_be_written_whole covers the rest");
        return;
    }
    // A disk of 8 KiB, less than the references to the slices alone take, seen by this process alone. What is left on
    // it is printed before it vanishes.
    let disk = folder();
    let script =
        "mount -t tmpfs -o size=8k none \"$1\" || exit 77; shift; \"$@\"; code=$?; ls -A \"$disk\"; exit $code";
    let arguments = args![
        "segment",
        "--quiet",
        "--ct",
        child(1).join("ct"),
        "--model",
        model(),
        "--out",
        disk.path().join("rtstruct.dcm"),
        "--device",
        "cpu"
    ];
    let mut command = Command::new("unshare");
    command.args(["-rm", "bash", "-c", script, "full"]).arg(disk.path()).arg(tmli()).args(arguments);
    let run = finish(command.env("disk", disk.path()));
    if run.code == Some(77) {
        eprintln!("skipped: a small disk can't be mounted here");
        return;
    }
    run.fails_saying(&["--out", "the disk is full", "free some space"]);
    assert_eq!(run.stdout, "", "half a file was left on the full disk");
}

#[test]
fn a_full_disk_while_training() {
    let out = folder();
    let words = "train --structures Liver --network unet2d --epochs 1 --iterations 1 --batch 1 --base-width 8 --levels 3 \
                 --patch 1,64,64 --spacing-mm 5,4,4 --device cpu";
    let paths = args!["--cohort", child(1), "--out", out.path().join("m")];
    let arguments: Vec<std::ffi::OsString> = words.split_whitespace().map(Into::into).chain(paths).collect();
    with_little_space(64, &arguments).fails_saying(&["--out", "free some space", "--resume"]);
    let left: Vec<String> = names_in(&out.path().join("m"))
        .into_iter()
        .chain(names_in(&out.path().join("m/training")))
        .filter(|n| n.contains("part") || n.contains("tmp"))
        .collect();
    assert!(left.is_empty(), "half files were left: {left:?}");
}
