//! Both networks reproduce PyTorch: names, shapes, logits, loss and gradients, with weights made by a formula.
//!
//! `golden/*.json` holds a few of the numbers that PyTorch 2.11.0 (float32, CPU) gave for the published architectures:
//! statistics of the logits, the loss and some gradient norms. All logits and all gradient norms are checked where the
//! shared folder `oracles/networks` is there.

#[path = "common/oracle.rs"]
mod oracle;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use oracle::{GRADIENT_TOLERANCE, Golden, LOGIT_TOLERANCE, LOSS_TOLERANCE, networks, numbers, worst};

/// Statistics over all logits average rounding out.
const STATISTIC_TOLERANCE: f64 = 1e-5;

/// `oracles/networks` of the shared folder beside the repository.
fn shared_oracles() -> Option<PathBuf> {
    let from_data = std::env::var_os("TMLI_SHARED_DATA").map(|data| PathBuf::from(data).join("../oracles/networks"));
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|d| d.join("shared/oracles/networks"));
    from_data.into_iter().chain(beside).find(|folder| folder.is_dir())
}

fn close(what: &str, got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance, "{what}: got {got}, expected {expected} within {tolerance}");
}

fn check(name: &str) {
    let all = networks();
    let (_, golden, config) = all.iter().find(|(of, ..)| *of == name).expect("a golden of this name");
    let golden: Golden = serde_json::from_str(golden).expect("a golden's JSON");
    let got = numbers(config, &golden, tch::Device::Cpu);
    close("mean of the logits", got.mean, golden.y_mean, STATISTIC_TOLERANCE);
    close("deviation of the logits", got.deviation, golden.y_std, STATISTIC_TOLERANCE);
    for (&logit, &expected) in got.logits.iter().zip(&golden.y_first) {
        close("a first logit", f64::from(logit), expected, LOGIT_TOLERANCE);
    }
    close("loss", got.loss, golden.train_dicece, LOSS_TOLERANCE);
    let check_gradients = |norms: &BTreeMap<String, f64>| {
        for (name, &expected) in norms {
            close(&format!("gradient of {name}"), got.gradients[name], expected, GRADIENT_TOLERANCE * expected);
        }
    };
    check_gradients(&golden.grad_norm);

    let Some(oracles) = shared_oracles() else {
        eprintln!("skipped: no shared data (the full logits and gradients of {name})");
        return;
    };
    let full = std::fs::read(oracles.join(format!("{name}.json"))).expect("readable");
    let full: Golden = serde_json::from_slice(&full).expect("an oracle's JSON");
    assert_eq!(full.grad_norm.len(), got.gradients.len(), "the oracle has a gradient norm for every tensor");
    check_gradients(&full.grad_norm);
    let expected: ndarray::ArrayD<f32> =
        ndarray_npy::read_npy(oracles.join(format!("{name}_y.npy"))).expect("the oracle's logits");
    let expected: Vec<f32> = expected.iter().copied().collect();
    let worst = worst(&got.logits, &expected);
    assert!(worst <= LOGIT_TOLERANCE, "a logit is off by {worst}");
}

#[test]
fn the_unet_of_the_paper_gives_pytorchs_numbers() {
    check("unet2d_2015");
}

#[test]
fn the_vnet_of_the_paper_gives_pytorchs_numbers() {
    check("vnet2016_3d");
}
