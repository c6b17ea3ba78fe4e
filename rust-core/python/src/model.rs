//! Model folders.

use std::{collections::BTreeMap, path::PathBuf};

use pyo3::prelude::*;
use tmli_api::ErrorNumber;
use tmli_model::{Choice, ModelError, NetworkConfig};

use crate::{
    engine::StructureSource,
    error::{detached, input},
    geometry::Geometry,
};

/// What a model folder says of its network.
#[pyclass(module = "tmli", frozen, get_all)]
#[derive(Debug)]
pub(crate) struct Manifest {
    /// For people, e.g. "oar1 vnet3d".
    name: String,
    /// "unet2d" or "vnet3d".
    network: &'static str,
    /// Training set of the protocol, e.g. oar1.
    set: String,
    /// TG-263 names, in the order of the network's outputs.
    structures: Vec<String>,
    /// Mean DSC of the validation cases by structure; those that were never validated are not in it.
    validation: BTreeMap<String, f64>,
    /// Mean HD95 of the same cases in mm; structures without a distance are not in it.
    validation_hd95_mm: BTreeMap<String, f64>,
    /// Voxel spacing that the network was trained at, mm (k, j, i).
    spacing_mm: (f64, f64, f64),
    /// Window of the network in voxels of that spacing (k, j, i); k is 1 in 2D.
    patch: (usize, usize, usize),
    /// When it was made, ISO 8601, or None.
    created: Option<String>,
    /// Program and version that made it.
    software: String,
    /// Number of cases it was trained on.
    training_cases: usize,
    /// SHA-256 of its weights.
    weights_sha256: String,
}

#[pymethods]
impl Manifest {
    fn __repr__(&self) -> String {
        format!("<tmli.Manifest {:?}, {}, {} structures>", self.name, self.network, self.structures.len())
    }
}

impl From<tmli_model::Manifest> for Manifest {
    fn from(manifest: tmli_model::Manifest) -> Self {
        let score = |name: &String| Some((name.clone(), manifest.validation_dsc(name)?));
        let distance = |name: &String| Some((name.clone(), manifest.validation_hd95_mm(name)?));
        Self {
            validation: manifest.structures.iter().filter_map(score).collect(),
            validation_hd95_mm: manifest.structures.iter().filter_map(distance).collect(),
            network: match manifest.network {
                NetworkConfig::UNet2d(_) => "unet2d",
                NetworkConfig::VNet3d(_) => "vnet3d",
            },
            name: manifest.name,
            set: manifest.set,
            structures: manifest.structures,
            spacing_mm: manifest.spacing_mm.into(),
            patch: manifest.patch.into(),
            created: manifest.provenance.created,
            software: manifest.provenance.software,
            training_cases: manifest.provenance.training_cases,
            weights_sha256: manifest.weights_sha256,
        }
    }
}

/// Reads what a model folder says of itself: milliseconds, for lists of models. ``check`` reads the weights too and
/// compares their hash.
///
/// Raises ModelError when a file is missing, of another version, contradicts itself or is damaged.
#[pyfunction]
#[pyo3(signature = (folder, check=false))]
pub(crate) fn read_manifest(py: Python<'_>, folder: PathBuf, check: bool) -> PyResult<Manifest> {
    let read = || match check {
        true => tmli_model::check_model_folder(&folder),
        false => tmli_model::read_manifest(&folder),
    };
    detached(py, read).map(Manifest::from)
}

/// Which of these model folders gives which structure in a job, with its scores in validation: what
/// ``SegmentResult.sources`` will say. ``structures`` are names, None for all that the models know.
///
/// Of the models that know a structure, the one with the best validation DSC; of those within 0.005 of the best, the one
/// with the smallest HD95.
///
/// Raises ModelError as ``read_manifest``, and where no model knows a structure that was asked for.
#[pyfunction]
#[pyo3(signature = (models, structures=None))]
pub(crate) fn choose_models(
    py: Python<'_>,
    models: Vec<PathBuf>,
    structures: Option<Vec<String>>,
) -> PyResult<Vec<StructureSource>> {
    detached(py, || {
        let manifests = models.iter().map(|folder| tmli_model::read_manifest(folder)).collect::<Result<Vec<_>, _>>()?;
        let choices = tmli_model::choose_models(&manifests, &structures.unwrap_or_default())?;
        let source = |choice: &Choice| tmli_engine::StructureSource::new(choice, &manifests[choice.model]).into();
        Ok::<_, ModelError>(choices.iter().map(source).collect())
    })
}

/// What a job takes at most, in the usual case.
#[pyclass(module = "tmli", frozen, get_all)]
#[derive(Debug)]
pub(crate) struct ExpectedMemory {
    /// Memory of the machine that the worker takes.
    host_bytes: u64,
    /// Memory of the GPU; 0 on the CPU.
    device_bytes: u64,
}

#[pymethods]
impl ExpectedMemory {
    fn __repr__(&self) -> String {
        let gigabytes = |bytes: u64| bytes as f64 / 1e9;
        format!(
            "<tmli.ExpectedMemory {:.1} GB, GPU {:.1} GB>",
            gigabytes(self.host_bytes),
            gigabytes(self.device_bytes)
        )
    }
}

/// The memory that a job with these model folders on a CT of this grid takes. Models run one after the other, so it is
/// that of the largest. ``device`` is "cpu" or "cuda".
///
/// Raises ModelError as ``read_manifest``, InputError for another device.
#[pyfunction]
#[pyo3(signature = (models, geometry, device="cpu"))]
pub(crate) fn expected_memory(
    py: Python<'_>,
    models: Vec<PathBuf>,
    geometry: &Bound<'_, Geometry>,
    device: &str,
) -> PyResult<ExpectedMemory> {
    let on_gpu = match device.split(':').next() {
        Some("cpu") => false,
        Some("cuda") => true,
        _ => return Err(input(py, ErrorNumber::Option, format!("device must be cpu or cuda, got {device:?}"))),
    };
    let (shape, spacing) = (geometry.get().inner.shape(), geometry.get().inner.spacing_mm().to_array());
    detached(py, || {
        let mut largest = ExpectedMemory { host_bytes: 0, device_bytes: 0 };
        for folder in &models {
            let manifest = tmli_model::read_manifest(folder)?;
            let one = tmli_model::expected_memory(&manifest, shape, spacing, on_gpu)?;
            largest.host_bytes = largest.host_bytes.max(one.host_bytes);
            largest.device_bytes = largest.device_bytes.max(one.device_bytes);
        }
        Ok::<_, ModelError>(largest)
    })
}
