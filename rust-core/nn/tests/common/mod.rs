//! Networks set by hand, and volumes for them.
#![allow(dead_code, reason = "each test file uses a part")]

use std::path::Path;

use ndarray::Array3;
use tch::nn;
use tmli_core::{PointLps, SpacingMm, Volume, VolumeGeometry};
use tmli_nn::{
    Activation, Intensity, Manifest, NetworkConfig, Normalisation, UNet2dConfig, VNet3dConfig, build, save_model,
};

/// The window of [`thresholds`]: a HU is 1/500.
const WINDOW: Intensity = Intensity { window_hu: [-500.0, 500.0] };

/// A U-Net of one 1x1 convolution that lets the intensity through.
pub(crate) fn through_2d(outputs: usize) -> NetworkConfig {
    let mut config = UNet2dConfig::with_width(outputs, 1, 1, Normalisation::None);
    config.kernels = vec![[1, 1]];
    config.convolutions = 1;
    NetworkConfig::UNet2d(config)
}

/// A V-Net of one 1x1x1 convolution that lets the intensity through.
pub(crate) fn through_3d(outputs: usize) -> NetworkConfig {
    let mut config = VNet3dConfig::anisotropic(outputs, 1, 1, Normalisation::None);
    config.kernels = vec![[1, 1, 1]];
    config.activation = Activation::Relu;
    NetworkConfig::VNet3d(config)
}

/// A model folder whose n-th structure is everything above the n-th value in HU (which must be between whole numbers,
/// and spacing the CT's, for an exact result).
pub(crate) fn thresholds(
    dir: &Path,
    config: NetworkConfig,
    hu: &[f32],
    spacing_mm: [f64; 3],
    patch: [usize; 3],
) -> Manifest {
    let store = nn::VarStore::new(tch::Device::Cpu);
    build(&config, &store.root()).expect("a network");
    // In 2D the only layer gives relu(x + 1) = x + 1, in 3D the stage gives relu(x) + x: monotonous where x > 0 only,
    // so that its convolution is set to 0 and the residual sum to x.
    let (weight, bias, shift) = if config.dimensions() == 2 { (1.0, 1.0, 1.0) } else { (0.0, 0.0, 0.0) };
    tch::no_grad(|| {
        for (name, mut variable) in store.variables() {
            let cut = |n: usize| -1e5 * (f64::from(hu[n]) / 500.0 + shift);
            let filled = match name.as_str() {
                "head.weight" => variable.f_fill_(1e5),
                "head.bias" => {
                    let values: Vec<f32> = (0..hu.len()).map(|n| cut(n) as f32).collect();
                    variable.copy_(&tch::Tensor::from_slice(&values));
                    continue;
                }
                name if name.ends_with("weight") => variable.f_fill_(weight),
                _ => variable.f_fill_(bias),
            };
            let _filled = filled.expect("a number fits");
        }
    });
    let names = hu.iter().map(|hu| format!("above {hu}")).collect();
    let mut manifest = Manifest::new("thresholds", config, spacing_mm, patch, names);
    manifest.intensity = WINDOW;
    save_model(dir, manifest.clone(), &store).expect("a folder");
    manifest
}

/// A CT of a grid with 5 x 1 x 1 mm voxels.
pub(crate) fn ct(shape: [usize; 3], hu: impl Fn([usize; 3]) -> i16) -> Volume<i16> {
    ct_with_spacing(shape, [5.0, 1.0, 1.0], hu)
}

/// A CT of a grid with voxels of this size, `[k, j, i]` in mm.
pub(crate) fn ct_with_spacing(shape: [usize; 3], mm: [f64; 3], hu: impl Fn([usize; 3]) -> i16) -> Volume<i16> {
    let spacing = SpacingMm::new(mm[0], mm[1], mm[2]);
    let grid = VolumeGeometry::axial(shape, PointLps::new(-100.0, 50.0, 3.0), spacing).expect("a grid");
    Volume::new(grid, Array3::from_shape_fn(shape, |(k, j, i)| hu([k, j, i]))).expect("shapes agree")
}

/// A body of about 70 % of the slice in air, with organs of different density; whole numbers vary from voxel to voxel.
pub(crate) fn patient([k, j, i]: [usize; 3], [rows, columns]: [usize; 2]) -> i16 {
    let centre = |n: usize, size: usize| (n as f64 + 0.5) / size as f64 * 2.0 - 1.0;
    let (y, x) = (centre(j, rows), centre(i, columns));
    if (x / 0.85).powi(2) + (y / 0.7).powi(2) > 1.0 {
        return -1000;
    }
    let texture = ((k * 31 + j * 17 + i * 7) % 23) as i16;
    let wave = (k as f64 * 0.3).sin() * 0.1;
    if (x - 0.3).powi(2) + (y - wave).powi(2) < 0.06 {
        150 + texture
    } else if (x + 0.35).powi(2) + y.powi(2) < 0.04 {
        -800 + texture
    } else {
        20 + texture
    }
}
