//! Checks of networks on a device, for `cargo xtask gpu-checks`: `gpu_checks PART DEVICE`, where PART is `networks`,
//! `training`, `speed` or `memory` and DEVICE `cpu` or `cuda`.
//!
//! Prints one JSON object a line: `what`, `got`, and for a check the `most` that `got` may be; or `said`, words. Ends
//! with 3 where the device is not there. `networks` reads all logits of PyTorch where the variable `TMLI_ORACLES` names
//! their folder.
#![allow(clippy::print_stdout)]

mod memory;
mod networks;
#[path = "../../tests/common/oracle.rs"]
mod oracle;
mod training;

use std::{error::Error, process::ExitCode};

use tmli_nn::{Device, DeviceRequest, choose_device};

type Outcome = Result<(), Box<dyn Error>>;

/// A figure that may be so large at most.
fn check(what: &str, got: f64, most: f64) {
    println!("{}", serde_json::json!({ "what": what, "got": got, "most": most }));
}

/// A figure.
fn figure(what: &str, got: f64, unit: &str) {
    println!("{}", serde_json::json!({ "what": what, "got": got, "unit": unit }));
}

/// Words, and whether they are the right ones.
fn say(what: &str, said: &str, right: bool) {
    println!("{}", serde_json::json!({ "what": what, "said": said, "right": right }));
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [part, device] = &words[..] else {
        eprintln!("gpu_checks networks|training|speed|memory cpu|cuda");
        return ExitCode::from(2);
    };
    let wanted = if device == "cuda" { DeviceRequest::Cuda(0) } else { DeviceRequest::Cpu };
    let (device, reason) = choose_device(wanted);
    if device == Device::Cpu && wanted != DeviceRequest::Cpu {
        eprintln!("no GPU: {reason}");
        return ExitCode::from(3);
    }
    let done = match part.as_str() {
        "networks" => networks::run(device),
        "training" => training::compare(device),
        "speed" => training::speed(device),
        "memory" => memory::run(device),
        other => Err(format!("{other} is no part").into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
