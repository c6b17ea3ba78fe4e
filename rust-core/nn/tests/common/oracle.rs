//! Networks with weights made by a formula, and what they give for an input made by another.
#![allow(dead_code, reason = "each program uses a part")]

use std::collections::BTreeMap;

use serde::Deserialize;
use tch::{Device, Kind, Tensor, nn};
use tmli_nn::{NetworkConfig, UNet2dConfig, VNet3dConfig, build};

/// PyTorch's and our order of additions differ by machine and thread count.
pub(crate) const LOGIT_TOLERANCE: f64 = 1e-4;
pub(crate) const LOSS_TOLERANCE: f64 = 1e-5;
/// Relative.
pub(crate) const GRADIENT_TOLERANCE: f64 = 1e-3;

/// What PyTorch 2.11.0 (float32, CPU) gave.
#[derive(Deserialize)]
pub(crate) struct Golden {
    pub(crate) input: Vec<i64>,
    pub(crate) classes: i64,
    pub(crate) y_mean: f64,
    pub(crate) y_std: f64,
    pub(crate) y_first: Vec<f64>,
    pub(crate) train_dicece: f64,
    pub(crate) grad_norm: BTreeMap<String, f64>,
    /// Name, shape, kind, fan-in, in the order that numbers them.
    tensors: Vec<(String, Vec<i64>, String, f64)>,
}

/// What our network gives.
pub(crate) struct Numbers {
    /// In C order.
    pub(crate) logits: Vec<f32>,
    pub(crate) mean: f64,
    pub(crate) deviation: f64,
    pub(crate) loss: f64,
    /// Norm by tensor.
    pub(crate) gradients: BTreeMap<String, f64>,
}

/// Names of the goldens, and their networks.
pub(crate) fn networks() -> [(&'static str, &'static str, NetworkConfig); 2] {
    [
        ("unet2d_2015", include_str!("../golden/unet2d_2015.json"), NetworkConfig::UNet2d(UNet2dConfig::paper(26))),
        ("vnet2016_3d", include_str!("../golden/vnet2016_3d.json"), NetworkConfig::VNet3d(VNet3dConfig::paper(26))),
    ]
}

/// Runs the network forwards, in evaluation, and backwards, in training.
pub(crate) fn numbers(config: &NetworkConfig, golden: &Golden, device: Device) -> Numbers {
    let store = nn::VarStore::new(device);
    let network = build(config, &store.root()).expect("a network");
    let variables = store.variables();
    let mut names: Vec<&String> = golden.tensors.iter().map(|(name, ..)| name).collect();
    names.sort();
    let mut ours: Vec<&String> = variables.keys().collect();
    ours.sort();
    assert_eq!(ours, names, "tensor names");
    tch::no_grad(|| {
        for (t, (name, shape, kind, fan_in)) in golden.tensors.iter().enumerate() {
            let mut variable = variables[name].shallow_clone();
            assert_eq!(&variable.size(), shape, "{name}");
            let values = formula(t, kind, *fan_in, variable.numel());
            variable.copy_(&Tensor::from_slice(&values).reshape(shape.as_slice()));
        }
    });
    let voxels = golden.input.iter().product::<i64>();
    let input = |i: i64| ((0.01 * i as f64).sin() + 0.5 * (0.0007 * i as f64).cos()) as f32;
    let x = Tensor::from_slice(&(0..voxels).map(input).collect::<Vec<_>>()).reshape(golden.input.as_slice());
    let x = x.to_device(device);
    let mut label_shape = golden.input.clone();
    label_shape.remove(1);
    let labels: Vec<i64> = (0..voxels).map(|i| (i / 97) % golden.classes).collect();
    let labels = Tensor::from_slice(&labels).reshape(label_shape.as_slice()).to_device(device);

    let y = tch::no_grad(|| network.forward_t(&x, false)).expect("logits").to_device(Device::Cpu);
    let mut size = golden.input.clone();
    size[1] = golden.classes;
    assert_eq!(y.size(), size);
    let loss = dice_and_cross_entropy(&network.forward_t(&x, true).expect("logits"), &labels, golden.classes);
    loss.backward();
    Numbers {
        mean: y.mean(Kind::Double).double_value(&[]),
        deviation: y.std(true).double_value(&[]),
        logits: Vec::try_from(&y.reshape([-1])).expect("floats"),
        loss: loss.double_value(&[]),
        gradients: variables.iter().map(|(name, v)| (name.clone(), v.grad().norm().double_value(&[]))).collect(),
    }
}

/// Element `i` of tensor `t`: a hash mapped to [-1, 1), then scaled by kind.
fn formula(t: usize, kind: &str, fan_in: f64, count: usize) -> Vec<f32> {
    let make = |i: usize| {
        let hash =
            (i as u64 + 1).wrapping_mul(2_654_435_761).wrapping_add((t as u64 + 1) * 2_246_822_519) & 0xffff_ffff;
        let r = hash as f64 / 4_294_967_296.0 * 2.0 - 1.0;
        let value = match kind {
            "conv" => r * (3.0 / fan_in).sqrt(),
            "bias" => 0.1 * r,
            "norm" => 1.0 + 0.1 * r,
            "prelu" => 0.25 + 0.05 * r,
            other => panic!("kind {other}"),
        };
        value as f32
    };
    (0..count).map(make).collect()
}

/// Softmax Dice (mean over classes, background included, smoothing 1e-5 above and below) + mean cross-entropy.
fn dice_and_cross_entropy(logits: &Tensor, labels: &Tensor, classes: i64) -> Tensor {
    let axes = (2..logits.dim() as i64).collect::<Vec<_>>();
    let probabilities = logits.softmax(1, Kind::Float);
    let mut order = vec![0, logits.dim() as i64 - 1];
    order.extend(1..logits.dim() as i64 - 1);
    let truth = labels.one_hot(classes).permute(order).to_kind(Kind::Float);
    let sum = |t: Tensor| t.sum_dim_intlist(axes.as_slice(), false, Kind::Float);
    let shared = sum(&probabilities * &truth);
    let both = sum(probabilities) + sum(truth);
    let dice = (shared * 2.0 + 1e-5) / (both + 1e-5);
    (Tensor::from(1.0_f32) - dice).mean(Kind::Float) + logits.cross_entropy_for_logits_nd(labels)
}

trait CrossEntropy {
    fn cross_entropy_for_logits_nd(&self, labels: &Tensor) -> Tensor;
}

impl CrossEntropy for Tensor {
    fn cross_entropy_for_logits_nd(&self, labels: &Tensor) -> Tensor {
        let log = self.log_softmax(1, Kind::Float);
        -log.gather(1, &labels.unsqueeze(1), false).mean(Kind::Float)
    }
}

/// The largest difference.
pub(crate) fn worst(got: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(got.len(), expected.len());
    got.iter().zip(expected).map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max)
}
