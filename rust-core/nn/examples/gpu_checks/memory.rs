//! What is done where the device's memory runs out, with memory that really is not there.

use std::ops::ControlFlow;

use ndarray::Array3;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tch::{Kind, Tensor, nn};
use tmli_core::{PointLps, SpacingMm, Volume, VolumeGeometry};
use tmli_nn::{
    Device, Manifest, Model, ModelOn, NetworkConfig, NnError, Normalisation, SegmentOptions, Segmented, VNet3dConfig,
    build, save_model, segment_within_memory,
};

use crate::{Outcome, say};

/// Bytes of a block that fills the GPU.
const BLOCK: i64 = 128 << 20;
/// What the process may take on a CPU, beyond what it has.
const ROOM: u64 = 200 << 20;

struct Models {
    folder: tempfile::TempDir,
    held: Option<(Device, Model)>,
}

impl Models {
    /// A network with windows so large that one takes more than [`BLOCK`].
    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        tch::manual_seed(3);
        let network = NetworkConfig::VNet3d(VNet3dConfig::anisotropic(2, 8, 3, Normalisation::Instance));
        let weights = nn::VarStore::new(Device::Cpu);
        build(&network, &weights.root())?;
        let names = vec!["One".to_owned(), "Two".to_owned()];
        let folder = tempfile::tempdir()?;
        let manifest = Manifest::new("large windows", network, [5.0, 1.0, 1.0], [16, 192, 224], names);
        save_model(&folder.path().join("model"), manifest, &weights)?;
        Ok(Self { folder, held: None })
    }

    fn run(&mut self, ct: &Volume<i16>, device: Device) -> Result<Segmented, NnError> {
        let options = SegmentOptions::default();
        segment_within_memory(self, device, ct.into(), &options, &mut |_| ControlFlow::Continue(()))
    }
}

impl ModelOn for Models {
    fn model_on(&mut self, device: Device) -> Result<&Model, NnError> {
        let (_, model) = match self.held.take() {
            Some(held) if held.0 == device => self.held.insert(held),
            _ => self.held.insert((device, Model::load(&self.folder.path().join("model"), device)?)),
        };
        Ok(model)
    }

    fn make_room(&mut self, _device: Device) {}
}

pub(crate) fn run(device: Device) -> Outcome {
    let shape = [24, 200, 240];
    let grid = VolumeGeometry::axial(shape, PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(5.0, 1.0, 1.0))?;
    let voxels = Array3::from_shape_fn(shape, |(k, j, i)| ((k * 31 + j * 17 + i * 7) % 300) as i16 - 100);
    let ct = Volume::new(grid, voxels)?;
    let mut models = Models::new()?;
    let notes = |done: &Segmented| if done.notes.is_empty() { "nothing".to_owned() } else { done.notes.join("; ") };
    if !device.is_cuda() {
        // First: what the allocator keeps of a run with enough memory would be there for this one.
        warm_up(&mut models)?;
        let unlimited = getrlimit(Resource::As);
        setrlimit(Resource::As, Rlimit { current: Some(mapped_bytes()? + ROOM), ..unlimited })?;
        let little = models.run(&ct, device);
        setrlimit(Resource::As, unlimited)?;
        let little = little?;
        say("200 MB left", &notes(&little), !little.notes.is_empty() && little.device == device);
    }
    let enough = models.run(&ct, device)?;
    say("enough memory", &notes(&enough), enough.notes.is_empty());
    if !device.is_cuda() {
        return Ok(());
    }
    let on_cpu = models.run(&ct, Device::Cpu)?;
    models.model_on(device)?;
    let mut blocks = Vec::new();
    while let Ok(block) = Tensor::f_zeros([BLOCK], (Kind::Uint8, device)) {
        blocks.push(block);
    }
    blocks.pop();
    let little = models.run(&ct, device)?;
    say("128 MB of the GPU left", &notes(&little), !little.notes.is_empty());
    let mut size = BLOCK;
    while size >= 1 << 20 {
        match Tensor::f_zeros([size], (Kind::Uint8, device)) {
            Ok(block) => blocks.push(block),
            Err(_) => size /= 2,
        }
    }
    let none = models.run(&ct, device)?;
    let same = none.segmentation == on_cpu.segmentation;
    let words = format!("{}; the CPU's masks: {}", notes(&none), if same { "yes" } else { "no" });
    say("nothing of the GPU left", &words, none.device == Device::Cpu && same);
    Ok(())
}

/// Threads and tables that a first use makes.
fn warm_up(models: &mut Models) -> Outcome {
    rayon::broadcast(|_| ());
    let small = Tensor::zeros([1, 1, 16, 16, 16], (Kind::Float, Device::Cpu));
    let _used = tch::no_grad(|| models.model_on(Device::Cpu)?.network().forward_t(&small, false))?;
    Ok(())
}

/// The process's address space.
fn mapped_bytes() -> Result<u64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:")).ok_or("the system tells no size")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}
