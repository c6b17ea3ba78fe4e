//! Training on this device: the same losses as on the CPU, and how fast.

use std::{ops::ControlFlow, time::Instant};

use ndarray::Array3;
use tmli_core::{Mask, PointLps, SpacingMm, Volume, VolumeGeometry};
use tmli_nn::{
    CaseSource, CaseSplit, Device, NetworkConfig, Normalisation, TrainConfig, TrainEvent, TrainInputs, TrainingCase,
    UNet2dConfig, VNet3dConfig, train,
};

use crate::{Outcome, check, figure};

const STRUCTURES: usize = 8;
const STEPS: u64 = 20;
/// Before the first step the weights are equal. From there on rounding grows.
const FIRST_LOSS: f64 = 1e-4;
const LAST_LOSS: f64 = 2e-2;

/// A child of 1 m at 5 x 3 x 3 mm, as balls along the body.
struct Child;

impl CaseSource for Child {
    fn load(&self, id: &str) -> Result<TrainingCase, Box<dyn std::error::Error + Send + Sync>> {
        let shape = [160, 90, 130];
        let spacing = SpacingMm::new(5.0, 3.0, 3.0);
        let ct = Array3::from_shape_fn(shape, |(k, j, i)| {
            let inside = (j as f64 / 45.0 - 1.0).hypot(i as f64 / 65.0 - 1.0) < 0.95;
            if inside { ((k * 31 + j * 17 + i * 7) % 200) as i16 - 60 } else { -1000 }
        });
        let ball = |s: usize| {
            Mask::from_fn(shape, move |[k, j, i]| {
                let d = [(k as f64 - 15.0 - 18.0 * s as f64) * 5.0, j as f64 * 3.0 - 135.0, i as f64 * 3.0 - 195.0];
                d.iter().map(|x| x * x).sum::<f64>() < 40.0 * 40.0
            })
        };
        let geometry = VolumeGeometry::axial(shape, PointLps::new(0.0, 0.0, 0.0), spacing)?;
        let masks = (0..STRUCTURES).map(|s| Some(ball(s))).collect();
        Ok(TrainingCase { id: id.to_owned(), ct: Volume::new(geometry, ct)?, masks })
    }
}

/// Loss of each step, and seconds from the end of the first to the end of the last.
fn steps(config: &TrainConfig, device: Device) -> Result<(Vec<f64>, f64), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let split = CaseSplit { training: vec!["a".into(), "b".into()], ..CaseSplit::default() };
    let inputs = TrainInputs { config, split: &split, source: &Child, out: folder.path(), resume: false, device };
    let (mut losses, mut first, mut seconds) = (Vec::new(), None, 0.0);
    train(&inputs, &mut |event| {
        if let TrainEvent::Step { loss, .. } = event {
            losses.push(*loss);
            // The first step allocates, and starts the clock.
            seconds = first.get_or_insert_with(Instant::now).elapsed().as_secs_f64();
        }
        ControlFlow::Continue(())
    })?;
    Ok((losses, seconds))
}

fn names() -> Vec<String> {
    (0..STRUCTURES).map(|s| format!("Structure_{s}")).collect()
}

fn networks(width: usize) -> [(&'static str, NetworkConfig); 2] {
    [
        ("2D U-Net", NetworkConfig::UNet2d(UNet2dConfig::with_width(STRUCTURES, width, 5, Normalisation::Instance))),
        (
            "3D V-Net",
            NetworkConfig::VNet3d(VNet3dConfig::anisotropic(STRUCTURES, width / 2, 4, Normalisation::Instance)),
        ),
    ]
}

/// A few steps on the device and on the CPU, from the same weights with the same patches.
pub(crate) fn compare(device: Device) -> Outcome {
    for (name, network) in networks(12) {
        let mut config = TrainConfig::small("check", names(), network);
        (config.epochs, config.iterations_per_epoch) = (1, STEPS);
        let (got, _) = steps(&config, device)?;
        let (expected, _) = steps(&config, Device::Cpu)?;
        let off = |n: usize| (got[n] - expected[n]).abs() / expected[n];
        let last = got.len() - 1;
        check(&format!("{name}: first loss, off the CPU's by a share of"), off(0), FIRST_LOSS);
        check(&format!("{name}: loss after {STEPS} steps, off the CPU's by a share of"), off(last), LAST_LOSS);
        check(&format!("{name}: loss after {STEPS} steps, as a share of the first"), got[last] / got[0], 1.0);
    }
    Ok(())
}

/// Steps of the sizes that are usual: those of the demo on a CPU, those for a whole child on a GPU.
pub(crate) fn speed(device: Device) -> Outcome {
    for (name, network) in networks(if device.is_cuda() { 32 } else { 12 }) {
        let mut config = TrainConfig::small("speed", names(), network.clone());
        if device.is_cuda() {
            config = TrainConfig { spacing_mm: config.spacing_mm, ..TrainConfig::new("speed", names(), network) };
        }
        (config.epochs, config.iterations_per_epoch) = (1, STEPS);
        let (losses, seconds) = steps(&config, device)?;
        let (batch, [k, j, i]) = (config.batch_size(), config.patch);
        let what = format!("{name}: a step of training, {batch} x {k} x {j} x {i} voxels");
        figure(&what, 1e3 * seconds / (losses.len() - 1) as f64, "ms");
    }
    Ok(())
}
