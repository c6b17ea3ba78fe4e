//! Runs with networks that no folder holds.

use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::Array3;
use tch::nn;
use tmli_core::{PointLps, SpacingMm, Volume, VolumeGeometry};
use tmli_model::{NetworkConfig, Normalisation, UNet2dConfig, VNet3dConfig};

use super::*;
use crate::networks::build;

fn ct(shape: [usize; 3]) -> Volume<i16> {
    let grid = VolumeGeometry::axial(shape, PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(5.0, 1.0, 1.0));
    let data = Array3::from_shape_fn(shape, |(k, j, i)| ((k * 7919 + j * 104_729 + i * 1299) % 400) as i16 - 100);
    Volume::new(grid.expect("a grid"), data).expect("shapes agree")
}

fn vnet() -> NetworkConfig {
    NetworkConfig::VNet3d(VNet3dConfig::anisotropic(2, 4, 2, Normalisation::Instance))
}

fn manifest(network: NetworkConfig, patch: [usize; 3]) -> Manifest {
    Manifest::new("test", network, [5.0, 1.0, 1.0], patch, vec!["A".to_owned(), "B".to_owned()])
}

fn go(_: SegmentProgress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn the_order_of_windows_does_not_matter() {
    tch::manual_seed(5);
    let ct = ct([14, 60, 70]);
    let flat = NetworkConfig::UNet2d(UNet2dConfig::with_width(2, 4, 2, Normalisation::Instance));
    for (network, patch) in [(vnet(), [8, 32, 32]), (flat, [1, 32, 32])] {
        let store = nn::VarStore::new(Device::Cpu);
        let built = build(&network, &store.root()).expect("a network");
        // Where no ReLU lets anything through, an untrained head says exactly one half, and rounding would decide.
        let mut bias = store.variables().remove("head.bias").expect("a head");
        let _shifted = tch::no_grad(|| bias.f_fill_(0.02)).expect("a number fits");
        let manifest = manifest(network, patch);
        let results = [(false, 1), (true, 1), (true, 5)].map(|(backwards, batch)| {
            let options = SegmentOptions { batch, ..SegmentOptions::default() };
            let job = Job { network: &*built, manifest: &manifest, device: Device::Cpu, options: &options, backwards };
            run(&job, (&ct).into(), &mut go).expect("masks").0
        });
        let filled = results[0].segments.iter().map(|s| s.mask.count()).sum::<usize>();
        assert!(filled > 1000, "the network finds something: {filled}");
        for other in &results[1..] {
            for (a, b) in results[0].segments.iter().zip(&other.segments) {
                // Sums in another order may differ in their last bit, where a probability is at the threshold.
                let same = a.mask.count_and(&b.mask);
                let differ = a.mask.count() + b.mask.count() - 2 * same;
                assert!(differ <= 2, "{differ} voxels differ");
            }
        }
    }
}

/// Says "A" everywhere and "B" nowhere, fails where told, and counts.
struct Stub {
    limit: i64,
    nan: bool,
    calls: AtomicUsize,
}

impl Network for Stub {
    fn forward_t(&self, x: &Tensor, train: bool) -> Result<Tensor, NnError> {
        assert!(!train, "segmentation is evaluation");
        self.calls.fetch_add(1, Ordering::Relaxed);
        if x.size()[0] > self.limit {
            let message = "CUDA out of memory. Tried to allocate 1 GiB".to_owned();
            return Err(NnError::Torch { doing: "convolving", message });
        }
        let sign = if self.nan { f64::NAN } else { 5.0 };
        Ok(Tensor::cat(&[x.zeros_like() + sign, x.zeros_like() - 5.0], 1))
    }

    fn dimensions(&self) -> usize {
        3
    }

    fn outputs(&self) -> usize {
        2
    }

    fn size_multiple(&self) -> [i64; 3] {
        [1, 1, 1]
    }
}

fn run_stub(stub: &Stub) -> Result<Segmentation, NnError> {
    let (ct, manifest) = (ct([14, 60, 70]), manifest(vnet(), [8, 32, 32]));
    let options = SegmentOptions { batch: 8, ..SegmentOptions::default() };
    let job = Job { network: stub, manifest: &manifest, device: Device::Cpu, options: &options, backwards: false };
    run(&job, (&ct).into(), &mut go).map(|(masks, _)| masks)
}

#[test]
fn every_voxel_is_covered_and_structures_do_not_mix() {
    let found = run_stub(&Stub { limit: 99, nan: false, calls: AtomicUsize::new(0) }).expect("masks");
    assert_eq!(found.segments[0].mask.count(), 14 * 60 * 70);
    assert!(found.segments[1].mask.is_empty());
}

#[test]
fn a_batch_that_is_too_large_for_the_device_is_halved() {
    let stub = Stub { limit: 2, nan: false, calls: AtomicUsize::new(0) };
    let found = run_stub(&stub).expect("masks");
    assert_eq!(found.segments[0].mask.count(), 14 * 60 * 70);
    let none = Stub { limit: 0, nan: false, calls: AtomicUsize::new(0) };
    assert!(matches!(run_stub(&none), Err(NnError::OutOfMemory { .. })));
    assert!(none.calls.load(Ordering::Relaxed) <= 5, "it gives up");
}

#[test]
fn a_network_that_gives_no_numbers_is_refused() {
    let result = run_stub(&Stub { limit: 99, nan: true, calls: AtomicUsize::new(0) });
    assert!(matches!(result, Err(NnError::NotFinite)), "{result:?}");
}
