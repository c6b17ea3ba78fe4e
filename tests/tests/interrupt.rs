//! Ctrl-C and kill: no half file, and a training that goes on as if nothing had happened.

use std::{
    ffi::OsString,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tmli_tests::{args, child, copy_folder, folder, model, names_in, one_at_a_time, run, tmli};

fn start(arguments: &[OsString]) -> Child {
    Command::new(tmli())
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts")
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill is there");
    assert!(sent.success(), "the program had ended already");
}

/// Reads standard error until a line holds the word.
fn wait_for(word: &str, stderr: &mut impl BufRead) {
    let mut all = String::new();
    while !all.lines().last().is_some_and(|l| l.contains(word)) {
        let read = stderr.read_line(&mut all).expect("readable");
        assert!(read > 0, "it ended before it said \"{word}\":\n{all}");
    }
}

#[test]
fn ctrl_c_while_segmenting_leaves_no_half_file() {
    let _turn = one_at_a_time();
    let out = folder();
    let rtstruct = out.path().join("rtstruct.dcm");
    let ct = child(1).join("ct");
    // Nine tenths of overlap: long enough to be interrupted.
    let mut running = start(&args![
        "segment",
        "--ct",
        ct,
        "--model",
        model(),
        "--out",
        &rtstruct,
        "--device",
        "cpu",
        "--overlap",
        "0.9"
    ]);
    let mut stderr = BufReader::new(running.stderr.take().expect("piped"));
    wait_for("segmenting", &mut stderr);
    send("-INT", &running);
    let ended = running.wait().expect("it ends");
    assert_eq!(ended.code(), Some(130), "Ctrl-C ends with 130");
    let said: Vec<String> = stderr.lines().map_while(Result::ok).collect();
    assert!(said.iter().any(|l| l.contains("nothing was written")), "{said:?}");
    assert_eq!(names_in(out.path()), Vec::<String>::new());
}

const TRAINING: &str = "train --structures Liver,Lungs --network vnet3d --epochs 3 --iterations 20 --batch 1 --base-width 4 \
                        --levels 3 --patch 8,32,32 --spacing-mm 5,5,5 --device cpu";

/// A training of 60 steps with a checkpoint after every fifth.
fn training(cohort: &Path, config: &Path, out: &Path, resume: bool) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = TRAINING.split_whitespace().map(Into::into).collect();
    arguments.extend(args!["--cohort", cohort, "--config", config, "--out", out]);
    arguments.extend(resume.then(|| "--resume".into()));
    arguments
}

/// Waits until the log tells of this step.
fn wait_for_step(step: u64, out: &Path, running: &mut Child) {
    let start = Instant::now();
    let wanted = format!("\"step\":{step},");
    while !fs::read_to_string(out.join("training/log.jsonl")).is_ok_and(|log| log.contains(&wanted)) {
        assert!(start.elapsed() < Duration::from_secs(180), "step {step} was not reached");
        assert!(running.try_wait().expect("it runs").is_none(), "it ended before step {step}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_training_that_was_killed_or_cancelled_ends_with_the_same_weights() {
    let _turn = one_at_a_time();
    let work = folder();
    let cohort = work.path().join("cohort");
    copy_folder(&child(1), &cohort.join("a"));
    let config = work.path().join("settings.toml");
    fs::write(&config, "checkpoint_every_steps = 5\n").expect("writable");
    let weights = |name: &str| fs::read(work.path().join(name).join("weights.safetensors")).expect("weights");

    run(training(&cohort, &config, &work.path().join("whole"), false)).succeeds();

    let killed = work.path().join("killed");
    for (resume, step) in [(false, 8), (true, 33)] {
        let mut running = start(&training(&cohort, &config, &killed, resume));
        wait_for_step(step, &killed, &mut running);
        send("-KILL", &running);
        assert_eq!(running.wait().expect("it ends").code(), None);
    }
    run(training(&cohort, &config, &killed, true)).succeeds();
    assert!(weights("whole") == weights("killed"), "weights differ after SIGKILL");

    let cancelled = work.path().join("cancelled");
    let mut running = start(&training(&cohort, &config, &cancelled, false));
    wait_for_step(12, &cancelled, &mut running);
    send("-INT", &running);
    let output = running.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("checkpoint was written") && said.contains("--resume"), "{said}");
    // Without --resume nothing is overwritten.
    run(training(&cohort, &config, &cancelled, false)).fails_saying(&["already holds a training", "--resume"]);
    run(training(&cohort, &config, &cancelled, true)).succeeds();
    assert!(weights("whole") == weights("cancelled"), "weights differ after Ctrl-C");
}

#[test]
fn half_a_phantom_is_made_again_and_a_whole_one_is_kept() {
    let out = folder();
    let phantom = |cases: &str| {
        let words = format!("phantom --seed 5 --age 2 --matrix 128 --cases {cases} --out");
        run(words.split_whitespace().map(OsString::from).chain([out.path().into()])).succeeds().to_owned()
    };
    assert!(phantom("2").contains("made 2 of 2"));
    let set = out.path().join("case-002/rtstruct.dcm");
    let before = fs::read(&set).expect("readable");
    fs::remove_file(&set).expect("removed");
    assert!(phantom("2").contains("made 1 of 2"), "the half case is made again, the whole one is kept");
    assert_eq!(fs::read(&set).expect("readable"), before, "the same seed makes the same case");
    let other = args!["phantom", "--seed", "6", "--out", out.path()];
    run(other).fails_saying(&["another --seed", "choose another folder"]);
}
