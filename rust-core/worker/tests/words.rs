//! Words that make no sense, said to a real worker: each gets an answer, and the worker lives on.

mod common;

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use common::{threshold_model, worker};
use serde_json::{Value, json};
use tempfile::TempDir;
use tmli_engine::{
    channel::{self, Received, Receiver, Sender},
    memory::SharedMemory,
};

/// A worker without the library between.
struct Bare {
    process: Child,
    sender: Sender,
    receiver: Receiver,
    folder: TempDir,
}

impl Bare {
    fn start(hello: &Value) -> Self {
        let (ours, theirs) = channel::pair().expect("a pair");
        let process =
            Command::new(worker()).arg("serve").stdin(theirs).stderr(Stdio::null()).spawn().expect("a worker");
        let (sender, receiver) = channel::open(ours);
        let folder = tempfile::tempdir().expect("a folder");
        threshold_model(&folder.path().join("model"), &[10.5]);
        let mut this = Self { process, sender, receiver, folder };
        this.say(&hello.to_string(), None);
        this
    }

    fn ready() -> Self {
        let mut this = Self::start(&json!({"type": "hello", "protocol": 1, "host": "test"}));
        assert_eq!(this.hear()["type"], "ready");
        this
    }

    fn say(&mut self, line: &str, memory: Option<&SharedMemory>) {
        self.sender.send(line, memory.map(SharedMemory::handle), Duration::from_secs(60)).expect("the worker reads");
    }

    /// The next words that are not about progress.
    fn hear(&mut self) -> Value {
        loop {
            let received = self.receiver.receive(Some(common::LONG)).expect("words");
            let Received::Line(line, _) = received else { panic!("{received:?}") };
            let words: Value = serde_json::from_str(&line).expect("JSON");
            if words["type"] != "progress" && words["type"] != "started" {
                return words;
            }
        }
    }

    /// A job of 2 x 64 x 64 voxels.
    fn job(&self) -> Value {
        json!({
            "type": "segment", "job": 5, "models": [self.folder.path().join("model")], "structures": [],
            "device": "cpu", "overlap": 0.5, "region": null,
            "ct": {"shape": [2, 64, 64], "spacing_mm": [5.0, 1.0, 1.0], "origin_lps_mm": [0.0, 0.0, 0.0],
                   "axes_lps": [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]}
        })
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.process.kill().expect("it was there");
        self.process.wait().expect("it is gone");
    }
}

const BYTES: usize = 2 * 64 * 64 * 2;

#[test]
fn volumes_that_are_none_are_refused_one_by_one_and_a_good_one_is_segmented_after_all() {
    let mut worker = Bare::ready();
    let voxels = SharedMemory::new(BYTES).expect("memory");
    let with = |worker: &Bare, path: &str, value: Value| {
        let mut words = worker.job();
        *words.pointer_mut(path).expect("a field") = value;
        words
    };
    let odd: [(&str, Value, &str, &str); 9] = [
        // NaN is null in JSON.
        ("/ct/spacing_mm/0", Value::Null, "request", "null"),
        ("/ct/spacing_mm/1", json!(0.0), "volume", "positive"),
        ("/ct/shape", json!([0, 64, 64]), "volume", "at least one voxel"),
        ("/ct/shape", json!([2, 64, 65]), "volume", "16384 bytes, 16640 are needed"),
        ("/ct/shape", json!([u32::MAX, u32::MAX, u32::MAX]), "volume", "fits no memory"),
        ("/ct/axes_lps", json!([[0, 0, 1], [0, 0, 1], [1, 0, 0]]), "volume", "right angles"),
        ("/overlap", json!(1.5), "request", "overlap"),
        ("/models", json!([]), "request", "model"),
        ("/device", json!("abacus"), "request", "abacus"),
    ];
    for (path, value, class, said) in odd {
        let words = with(&worker, path, value);
        worker.say(&words.to_string(), Some(&voxels));
        let answer = worker.hear();
        assert_eq!((&answer["type"], &answer["job"], &answer["class"]), (&json!("failed"), &json!(5), &json!(class)));
        assert!(answer["message"].as_str().expect("text").contains(said), "{path}: {answer}");
        assert!(!answer["hint"].as_str().expect("text").is_empty());
    }
    let words = worker.job().to_string();
    worker.say(&words, None);
    assert!(worker.hear()["message"].as_str().expect("text").contains("no voxels"));
    worker.say(&words, Some(&voxels));
    assert_eq!(worker.hear()["type"], "done");
}

#[test]
fn nonsense_is_answered_and_a_cancel_of_nothing_is_passed_over() {
    let mut worker = Bare::ready();
    for nonsense in [" ", "no JSON", "[1, 2]", "{\"type\": \"dance\"}"] {
        worker.say(nonsense, None);
        let answer = worker.hear();
        assert_eq!(
            (&answer["type"], &answer["job"], &answer["class"]),
            (&json!("failed"), &Value::Null, &json!("request"))
        );
    }
    worker.say(&json!({"type": "cancel", "job": 77}).to_string(), None);
    worker.say(&json!({"type": "describe"}).to_string(), None);
    assert_eq!(worker.hear()["type"], "description");
}

#[test]
fn a_host_of_another_version_is_refused_with_both_versions() {
    let mut worker = Bare::start(&json!({"type": "hello", "protocol": 2, "host": "9.9.9"}));
    let answer = worker.hear();
    assert_eq!(answer["type"], "refused");
    let reason = answer["reason"].as_str().expect("text");
    assert!(reason.contains("9.9.9") && reason.contains("version 2") && reason.contains("version 1"), "{reason}");
    assert!(matches!(worker.receiver.receive(Some(common::LONG)), Ok(Received::End)));
}

#[test]
fn started_by_hand_it_says_what_it_is_for() {
    let output = Command::new(worker()).arg("serve").stdin(Stdio::null()).output().expect("it runs");
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("TMLI's library starts this command"), "{text}");
}
