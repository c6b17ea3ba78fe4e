//! Both networks reproduce PyTorch: names, shapes, logits, loss and gradients, with weights made by a formula.
//!
//! `golden/*.json` holds a few of the numbers that PyTorch 2.11.0 (float32, CPU) gave for the published architectures:
//! statistics of the logits, the loss and some gradient norms. All logits and all gradient norms are checked where the
//! shared folder `oracles/networks` is there.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use tch::{Kind, Tensor, nn};
use tmli_nn::{NetworkConfig, UNet2dConfig, VNet3dConfig, build};

/// PyTorch's and our order of additions differ by machine and thread count.
const LOGIT_TOLERANCE: f64 = 1e-4;
const LOSS_TOLERANCE: f64 = 1e-5;
const GRADIENT_TOLERANCE: f64 = 1e-3;
/// Statistics over all logits average rounding out.
const STATISTIC_TOLERANCE: f64 = 1e-5;

#[derive(Deserialize)]
struct Golden {
    input: Vec<i64>,
    classes: i64,
    y_mean: f64,
    y_std: f64,
    y_first: Vec<f64>,
    train_dicece: f64,
    grad_norm: BTreeMap<String, f64>,
    /// Name, shape, kind, fan-in, in the order that numbers them.
    tensors: Vec<(String, Vec<i64>, String, f64)>,
}

/// `oracles/networks` of the shared folder beside the repository.
fn shared_oracles() -> Option<PathBuf> {
    let from_data = std::env::var_os("TMLI_SHARED_DATA").map(|data| PathBuf::from(data).join("../oracles/networks"));
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|d| d.join("shared/oracles/networks"));
    from_data.into_iter().chain(beside).find(|folder| folder.is_dir())
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

fn close(what: &str, got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance, "{what}: got {got}, expected {expected} within {tolerance}");
}

fn read(path: &Path) -> Golden {
    serde_json::from_slice(&std::fs::read(path).expect("readable")).expect("an oracle's JSON")
}

fn check(name: &str, config: NetworkConfig) {
    let golden = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.json")));
    let store = nn::VarStore::new(tch::Device::Cpu);
    let network = build(&config, &store.root()).expect("a network");

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
    let mut label_shape = golden.input.clone();
    label_shape.remove(1);
    let labels: Vec<i64> = (0..voxels).map(|i| (i / 97) % golden.classes).collect();
    let labels = Tensor::from_slice(&labels).reshape(label_shape.as_slice());

    let y = tch::no_grad(|| network.forward_t(&x, false)).expect("logits");
    let mut size = golden.input.clone();
    size[1] = golden.classes;
    assert_eq!(y.size(), size);
    close("mean of the logits", y.mean(Kind::Double).double_value(&[]), golden.y_mean, STATISTIC_TOLERANCE);
    close("deviation of the logits", y.std(true).double_value(&[]), golden.y_std, STATISTIC_TOLERANCE);
    let flat = y.reshape([-1]);
    for (n, &expected) in golden.y_first.iter().enumerate() {
        close("a first logit", flat.double_value(&[n as i64]), expected, LOGIT_TOLERANCE);
    }

    let loss = dice_and_cross_entropy(&network.forward_t(&x, true).expect("logits"), &labels, golden.classes);
    close("loss", loss.double_value(&[]), golden.train_dicece, LOSS_TOLERANCE);
    loss.backward();
    let check_gradients = |norms: &BTreeMap<String, f64>| {
        for (name, &expected) in norms {
            let got = variables[name].grad().norm().double_value(&[]);
            close(&format!("gradient of {name}"), got, expected, GRADIENT_TOLERANCE * expected);
        }
    };
    check_gradients(&golden.grad_norm);

    let Some(oracles) = shared_oracles() else {
        eprintln!("skipped: no shared data (the full logits and gradients of {name})");
        return;
    };
    let full = read(&oracles.join(format!("{name}.json")));
    assert_eq!(full.grad_norm.len(), variables.len(), "the oracle has a gradient norm for every tensor");
    check_gradients(&full.grad_norm);
    let expected: ndarray::ArrayD<f32> =
        ndarray_npy::read_npy(oracles.join(format!("{name}_y.npy"))).expect("the oracle's logits");
    let expected: Vec<f32> = expected.iter().copied().collect();
    let got = Vec::<f32>::try_from(&flat).expect("floats");
    assert_eq!(got.len(), expected.len());
    let worst = got.iter().zip(&expected).map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max);
    assert!(worst <= LOGIT_TOLERANCE, "a logit is off by {worst}");
}

#[test]
fn the_unet_of_the_paper_gives_pytorchs_numbers() {
    check("unet2d_2015", NetworkConfig::UNet2d(UNet2dConfig::paper(26)));
}

#[test]
fn the_vnet_of_the_paper_gives_pytorchs_numbers() {
    check("vnet2016_3d", NetworkConfig::VNet3d(VNet3dConfig::paper(26)));
}
