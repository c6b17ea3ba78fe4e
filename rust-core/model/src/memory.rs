//! How much memory a segmentation will take, told before anything is loaded.

use tmli_core::{SpacingMm, VoxelBox};

use crate::{Manifest, ModelError, ModelGrid, WindowPlan};

/// Of a process with libtorch in it, before any model.
const PROGRAM_BYTES: u64 = 200 << 20;
/// What an allocator keeps of freed blocks for later, as a multiple of what is alive: up to 2.1 was measured with glibc,
/// where a network's images are smaller than the 32 MB from which blocks are given back at once.
const KEPT_BY_ALLOCATOR: u64 = 2;
/// The driver's and libtorch's share of a GPU's memory, and what their libraries take of the host.
const GPU_CONTEXT_BYTES: u64 = 600 << 20;
const GPU_HOST_BYTES: u64 = 3 << 30;
/// The overlap that windows have unless the user says otherwise.
const USUAL_OVERLAP: f64 = 0.5;
const F32: u64 = size_of::<f32>() as u64;

/// The most memory that segmenting a CT with one model takes at once.
///
/// An upper bound for the usual case: the patient is taken to fill the whole scan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExpectedMemory {
    /// Of the process that runs the network: libtorch, CT, masks, planes in flight and, on the CPU, the network.
    pub host_bytes: u64,
    /// Of the GPU: its context, weights and one batch; 0 on the CPU.
    pub device_bytes: u64,
    /// The part of `host_bytes` that planes in flight take: what `SegmentStatistics::peak_buffer_bytes` of `tmli-nn`
    /// tells after a run.
    pub buffer_bytes: u64,
}

/// The memory that segmenting a CT of `ct_shape` (`[k, j, i]`, k along the patient) and `ct_spacing_mm` takes. Models
/// of one job run one after the other: a job takes as much as its largest.
///
/// ```
/// use tmli_model::{Manifest, NetworkConfig, Normalisation, UNet2dConfig, expected_memory};
///
/// let network = NetworkConfig::UNet2d(UNet2dConfig::with_width(8, 32, 5, Normalisation::Instance));
/// let names = (0..8).map(|n| format!("structure {n}")).collect();
/// let manifest = Manifest::new("oar1 unet2d", network, [5.0, 1.5, 1.5], [1, 256, 256], names);
/// let expected = expected_memory(&manifest, [250, 512, 512], [5.0, 1.0, 1.0], false)?;
/// assert!(expected.host_bytes < 2 << 30, "a whole child fits into 2 GB: {expected:?}");
/// # Ok::<(), tmli_model::ModelError>(())
/// ```
///
/// # Errors
/// A manifest that contradicts itself, an empty CT, a spacing that is no length.
pub fn expected_memory(
    manifest: &Manifest,
    ct_shape: [usize; 3],
    ct_spacing_mm: [f64; 3],
    on_gpu: bool,
) -> Result<ExpectedMemory, ModelError> {
    manifest.check()?;
    if ct_spacing_mm.iter().any(|s| !(s.is_finite() && *s > 0.0)) {
        return Err(ModelError::Setting {
            what: "the CT's spacing",
            got: format!("{ct_spacing_mm:?} mm"),
            expected: "three positive numbers".to_owned(),
        });
    }
    let spacing = SpacingMm::new(ct_spacing_mm[0], ct_spacing_mm[1], ct_spacing_mm[2]);
    let whole = VoxelBox { min: [0; 3], max: ct_shape };
    let dimensions = manifest.network.dimensions();
    let grid = ModelGrid::for_network(spacing, whole, manifest.spacing_mm, dimensions)?;
    let plan = WindowPlan::new(grid.shape(), manifest.patch, dimensions, USUAL_OVERLAP, 0, on_gpu);
    let structures = manifest.structures.len() as u64;

    let [slices, rows, columns] = ct_shape.map(|n| n as u64);
    let ct = slices * rows * columns * size_of::<i16>() as u64;
    let masks = structures * slices * rows * columns.div_ceil(64) * size_of::<u64>() as u64;
    let buffers = buffer_bytes(&grid, &plan, structures);

    let window = plan.patch.iter().product::<usize>() as u64;
    let batch = plan.batch.min(plan.windows()) as u64;
    let weights = manifest.network.stored_values() * F32;
    let network = weights + KEPT_BY_ALLOCATOR * batch * manifest.network.activations(window) * F32;
    // In host memory in any case: the batch's input, and its probabilities as a tensor and as numbers.
    let exchange = batch * window * F32 * (1 + 2 * structures);
    // While a model is loaded its file and its tensors are there together.
    let loading = 2 * weights;
    let host = ct + masks + buffers + PROGRAM_BYTES;
    Ok(if on_gpu {
        ExpectedMemory {
            host_bytes: host + GPU_HOST_BYTES + exchange.max(loading),
            device_bytes: GPU_CONTEXT_BYTES + network + batch * window * F32 * structures,
            buffer_bytes: buffers,
        }
    } else {
        ExpectedMemory { host_bytes: host + (network + exchange).max(loading), device_bytes: 0, buffer_bytes: buffers }
    })
}

/// Intensities of the planes that windows see, with a byte each for where the body is; sums of probabilities for every
/// structure; CT slices on their way in (as many as a filter reaches over) and probabilities on their way back (the
/// planes that a CT slice lies between, and the one that comes).
fn buffer_bytes(grid: &ModelGrid, plan: &WindowPlan, structures: u64) -> u64 {
    let [depth, rows, columns] = grid.shape();
    let plane = (rows * columns) as u64;
    // Slices of a 2D network are run together until their windows fill a batch: the smaller the patient, the more.
    let in_flight = if plan.patch[0] == 1 {
        (plane + (plan.batch * plan.patch[1] * plan.patch[2]) as u64).min(plane * depth as u64)
    } else {
        plane * plan.patch[0].min(depth) as u64
    };
    let inward = (2.0 * grid.step()[0].max(1.0)).floor() as u64 + 1;
    // One where CT slices and model planes are the same.
    let back = if grid.step()[0] == 1.0 { 1 } else { 3 };
    in_flight * (F32 + 1 + structures * F32) + plane * (inward * F32 + back * structures * F32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NetworkConfig, Normalisation, VNet3dConfig};

    fn vnet() -> Manifest {
        let network = NetworkConfig::VNet3d(VNet3dConfig::anisotropic(4, 16, 4, Normalisation::Instance));
        let names = ["A", "B", "C", "D"].map(str::to_owned).to_vec();
        Manifest::new("deep", network, [5.0, 1.5, 1.5], [32, 96, 96], names)
    }

    #[test]
    fn a_longer_scan_takes_its_own_voxels_more_and_nothing_else() {
        let of = |slices| expected_memory(&vnet(), [slices, 512, 512], [5.0, 1.0, 1.0], false).expect("a figure");
        let (short, long) = (of(200), of(300));
        assert_eq!(short.buffer_bytes, long.buffer_bytes);
        assert_eq!(long.host_bytes - short.host_bytes, 100 * 512 * (512 * 2 + 4 * 64));
    }

    #[test]
    fn on_a_gpu_the_network_is_in_the_gpus_memory() {
        let of = |on_gpu| expected_memory(&vnet(), [100, 512, 512], [5.0, 1.0, 1.0], on_gpu).expect("a figure");
        assert_eq!(of(false).device_bytes, 0);
        assert!(of(true).device_bytes > GPU_CONTEXT_BYTES);
    }

    #[test]
    fn a_ct_that_is_none_is_refused() {
        assert!(expected_memory(&vnet(), [0, 512, 512], [5.0, 1.0, 1.0], false).is_err());
        assert!(expected_memory(&vnet(), [9, 512, 512], [5.0, f64::NAN, 1.0], false).is_err());
    }
}
