//! How fast training is on this machine. Not a test of behaviour: run it with
//! `cargo test --release -p tmli-nn --test training_speed -- --ignored --nocapture`.

use std::{ops::ControlFlow, time::Instant};

use ndarray::Array3;
use tch::Device;
use tmli_core::{Mask, PointLps, SpacingMm, Volume, VolumeGeometry};
use tmli_nn::{
    CaseSource, CaseSplit, NetworkConfig, Normalisation, TrainConfig, TrainEvent, TrainInputs, TrainingCase,
    UNet2dConfig, VNet3dConfig, train,
};

const STRUCTURES: usize = 8;

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

fn measure(what: &str, network: NetworkConfig, steps: u64) {
    let folder = tempfile::tempdir().expect("a folder");
    let names = (0..STRUCTURES).map(|s| format!("Structure_{s}")).collect();
    let mut config = TrainConfig::small("speed", names, network);
    config.epochs = 1;
    config.iterations_per_epoch = steps;
    let split = CaseSplit { training: vec!["a".into(), "b".into()], ..CaseSplit::default() };
    let mut first = None;
    let (mut seconds, mut count) = (0.0, 0);
    let inputs = TrainInputs {
        config: &config,
        split: &split,
        source: &Child,
        out: folder.path(),
        resume: false,
        device: Device::cuda_if_available(),
    };
    train(&inputs, &mut |event| {
        if let TrainEvent::Step { .. } = event {
            let start = *first.get_or_insert_with(Instant::now);
            // The first step allocates, and starts the clock.
            (seconds, count) = (start.elapsed().as_secs_f64(), count + 1);
        }
        ControlFlow::Continue(())
    })
    .expect("training works");
    let rate = f64::from(count - 1) / seconds;
    let (patch, batch, threads) = (config.patch, config.batch_size(), tch::get_num_threads());
    eprintln!(
        "{what}: {rate:.2} steps/s with batches of {batch} x {patch:?} on {:?}, {threads} threads",
        inputs.device
    );
}

#[test]
#[ignore = "a measurement"]
fn steps_per_second() {
    if let Some(threads) = std::env::var("TMLI_TEST_THREADS").ok().and_then(|n| n.parse().ok()) {
        tch::set_num_threads(threads);
    }
    for (width, normalisation) in [(12, Normalisation::None), (12, Normalisation::Instance), (16, Normalisation::Batch)]
    {
        let network = UNet2dConfig::with_width(STRUCTURES, width, 5, normalisation);
        measure(&format!("2D U-Net {width} wide, {normalisation:?}"), NetworkConfig::UNet2d(network), 30);
    }
    let network = VNet3dConfig::anisotropic(STRUCTURES, 8, 4, Normalisation::Instance);
    measure("3D V-Net 8 wide, anisotropic", NetworkConfig::VNet3d(network), 15);
}
