//! The built program answers before it has anything to work on.

use std::process::{Command, Output};

fn tmli(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tmli")).args(arguments).output().expect("the program starts")
}

#[test]
fn every_command_explains_itself() {
    for command in ["phantom", "inspect", "doctor", "train", "segment", "compare", "summarise", "ptv", "convert"] {
        let output = tmli(&[command, "--help"]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && text.contains("Example"), "{command}:\n{text}");
    }
}

#[test]
fn a_wrong_command_line_ends_with_code_2() {
    assert_eq!(tmli(&["segment"]).status.code(), Some(2));
    assert_eq!(tmli(&["train", "--network", "resnet"]).status.code(), Some(2));
}
