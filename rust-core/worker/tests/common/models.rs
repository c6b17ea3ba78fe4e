//! Model folders set by hand, tensor by tensor.
#![allow(dead_code, reason = "each program uses a part")]

use std::{collections::BTreeMap, fs, path::Path};

use safetensors::{Dtype, tensor::TensorView};
use sha2::{Digest, Sha256};
use tmli_model::{Intensity, Manifest, NetworkConfig, Normalisation, UNet2dConfig, hex};

/// A model folder whose n-th structure is everything above the n-th value in HU (between whole numbers), exactly, on
/// CTs of 5 x 1 x 1 mm: one 1x1 convolution that lets the intensity through, and a steep head.
pub(crate) fn threshold_model(dir: &Path, hu: &[f32]) -> Manifest {
    let mut network = UNet2dConfig::with_width(hu.len(), 1, 1, Normalisation::None);
    (network.kernels, network.convolutions) = (vec![[1, 1]], 1);
    // The window is -500 to 500 HU: an intensity is HU / 500. The convolution adds 1, so that its ReLU cuts nothing.
    let biases: Vec<f32> = hu.iter().map(|hu| -1e5 * (hu / 500.0 + 1.0)).collect();
    let tensors = [
        ("enc.0.0.weight", vec![1, 1, 1, 1], vec![1.0]),
        ("enc.0.0.bias", vec![1], vec![1.0]),
        ("head.weight", vec![hu.len(), 1, 1, 1], vec![1e5; hu.len()]),
        ("head.bias", vec![hu.len()], biases),
    ];
    let names = hu.iter().map(|hu| format!("above {hu}")).collect();
    write_model(dir, "thresholds", NetworkConfig::UNet2d(network), names, &tensors)
}

/// A model folder that keeps a CPU busy for minutes: much arithmetic, and nothing found. One pass through it may take a
/// second.
pub(crate) fn slow_model(dir: &Path) -> Manifest {
    arithmetic(dir, 64)
}

/// As [`slow_model`] in passes of a few hundredths of a second: minutes with the largest overlap.
pub(crate) fn patient_model(dir: &Path) -> Manifest {
    arithmetic(dir, 16)
}

fn arithmetic(dir: &Path, width: usize) -> Manifest {
    let mut network = UNet2dConfig::with_width(1, width, 1, Normalisation::None);
    (network.kernels, network.convolutions) = (vec![[5, 5]], 2);
    let tensors = [
        ("enc.0.0.weight", vec![width, 1, 5, 5], vec![0.0; width * 25]),
        ("enc.0.0.bias", vec![width], vec![0.0; width]),
        ("enc.0.2.weight", vec![width, width, 5, 5], vec![0.0; width * width * 25]),
        ("enc.0.2.bias", vec![width], vec![0.0; width]),
        ("head.weight", vec![1, width, 1, 1], vec![0.0; width]),
        ("head.bias", vec![1], vec![-1.0]),
    ];
    write_model(dir, "slow", NetworkConfig::UNet2d(network), vec!["Nothing".to_owned()], &tensors)
}

/// A model folder whose windows are so large and have so many channels that one takes half a gigabyte.
pub(crate) fn wide_model(dir: &Path) -> Manifest {
    const WIDTH: usize = 128;
    let mut network = UNet2dConfig::with_width(1, WIDTH, 1, Normalisation::None);
    (network.kernels, network.convolutions) = (vec![[1, 1]], 1);
    let tensors = [
        ("enc.0.0.weight", vec![WIDTH, 1, 1, 1], vec![0.0; WIDTH]),
        ("enc.0.0.bias", vec![WIDTH], vec![0.0; WIDTH]),
        ("head.weight", vec![1, WIDTH, 1, 1], vec![0.0; WIDTH]),
        ("head.bias", vec![1], vec![-1.0]),
    ];
    let mut manifest = write_model(dir, "wide", NetworkConfig::UNet2d(network), vec!["Nothing".to_owned()], &tensors);
    manifest.patch = [1, 1024, 1024];
    fs::write(dir.join("model.json"), serde_json::to_vec_pretty(&manifest).expect("JSON")).expect("written");
    manifest
}

fn write_model(
    dir: &Path,
    name: &str,
    network: NetworkConfig,
    structures: Vec<String>,
    tensors: &[(&str, Vec<usize>, Vec<f32>)],
) -> Manifest {
    let bytes: Vec<Vec<u8>> = tensors.iter().map(|t| t.2.iter().flat_map(|x| x.to_le_bytes()).collect()).collect();
    let views: BTreeMap<_, _> = tensors
        .iter()
        .zip(&bytes)
        .map(|((name, shape, _), bytes)| (*name, TensorView::new(Dtype::F32, shape.clone(), bytes).expect("a tensor")))
        .collect();
    let weights = safetensors::serialize(views, None).expect("bytes");
    let mut manifest = Manifest::new(name, network, [5.0, 1.0, 1.0], [1, 64, 64], structures);
    manifest.intensity = Intensity { window_hu: [-500.0, 500.0] };
    manifest.weights_sha256 = hex(&Sha256::digest(&weights));
    fs::create_dir_all(dir).expect("a folder");
    fs::write(dir.join("weights.safetensors"), weights).expect("written");
    fs::write(dir.join("model.json"), serde_json::to_vec_pretty(&manifest).expect("JSON")).expect("written");
    manifest
}
