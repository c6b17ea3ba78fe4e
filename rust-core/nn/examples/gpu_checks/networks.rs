//! The networks of the papers give PyTorch's numbers on this device.

use std::path::Path;

use tmli_nn::Device;

use crate::{
    Outcome, check,
    oracle::{GRADIENT_TOLERANCE, Golden, LOGIT_TOLERANCE, LOSS_TOLERANCE, networks, numbers, worst},
};

pub(crate) fn run(device: Device) -> Outcome {
    let oracles = std::env::var_os("TMLI_ORACLES");
    for (name, golden, config) in networks() {
        let golden: Golden = serde_json::from_str(golden)?;
        let got = numbers(&config, &golden, device);
        check(&format!("{name}: loss, off PyTorch's by"), (got.loss - golden.train_dicece).abs(), LOSS_TOLERANCE);
        let on_cpu = numbers(&config, &golden, Device::Cpu);
        let off = worst(&got.logits, &on_cpu.logits);
        check(&format!("{name}: logits, off the CPU's by at most"), off, LOGIT_TOLERANCE);
        let mut norms = golden.grad_norm;
        if let Some(folder) = oracles.as_deref().map(Path::new) {
            let expected: ndarray::ArrayD<f32> = ndarray_npy::read_npy(folder.join(format!("{name}_y.npy")))?;
            let expected: Vec<f32> = expected.iter().copied().collect();
            let off = worst(&got.logits, &expected);
            check(&format!("{name}: all logits, off PyTorch's by at most"), off, LOGIT_TOLERANCE);
            let full: Golden = serde_json::from_slice(&std::fs::read(folder.join(format!("{name}.json")))?)?;
            norms = full.grad_norm;
        }
        let relative = |(name, expected): (&String, &f64)| (got.gradients[name] - expected).abs() / expected;
        let off = norms.iter().map(relative).fold(0.0, f64::max);
        let what = format!("{name}: {} gradients, off PyTorch's by a share of", norms.len());
        check(&what, off, GRADIENT_TOLERANCE);
    }
    Ok(())
}
