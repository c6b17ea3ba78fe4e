//! Reading a model folder, with every check that a wrong or damaged one fails.

use std::{collections::BTreeMap, path::Path};

use safetensors::{Dtype, SafeTensors};
use sha2::{Digest, Sha256};
use tch::{Device, Kind, Tensor, nn};

use super::{FORMAT_VERSION, MANIFEST_FILE, Manifest, WEIGHTS_FILE};
use crate::{
    error::NnError,
    networks::{Network, build},
};

/// A manifest larger than this is not one.
const LARGEST_MANIFEST: u64 = 16 << 20;
/// How many tensors that don't fit are named in an error.
const NAMED: usize = 3;

/// A trained network, ready to run on its device.
pub struct Model {
    manifest: Manifest,
    network: Box<dyn Network>,
    // Owns the weights' names; the network holds the tensors.
    _store: nn::VarStore,
    device: Device,
}

impl Model {
    /// Reads a model folder. Refused, each with its own error: a missing file, another format version, a manifest that
    /// contradicts itself, weights with another hash, weights of another network.
    pub fn load(dir: &Path, device: Device) -> Result<Self, NnError> {
        let manifest = read_manifest(dir)?;
        let weights = read(dir, WEIGHTS_FILE, u64::MAX)?;
        let got = hex(&Sha256::digest(&weights));
        if got != manifest.weights_sha256.to_lowercase() {
            return Err(NnError::WeightsHash { expected: manifest.weights_sha256, got });
        }
        check_size(&manifest, &weights)?;
        let mut store = nn::VarStore::new(device);
        let network = build(&manifest.network, &store.root())?;
        load_weights(&store, &weights)?;
        store.freeze();
        Ok(Self { manifest, network, _store: store, device })
    }

    /// A model from its parts, e.g. a network that was just trained.
    pub fn from_parts(manifest: Manifest, network: Box<dyn Network>, store: nn::VarStore) -> Result<Self, NnError> {
        manifest.check()?;
        let device = store.device();
        Ok(Self { manifest, network, _store: store, device })
    }

    /// What `model.json` says.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The network.
    pub fn network(&self) -> &dyn Network {
        &*self.network
    }

    /// Where its weights are.
    pub const fn device(&self) -> Device {
        self.device
    }
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("manifest", &self.manifest).field("device", &self.device).finish_non_exhaustive()
    }
}

/// Compares counts before anything is built: a manifest can't make the program take memory for a network that the
/// weights don't hold.
fn check_size(manifest: &Manifest, weights: &[u8]) -> Result<(), NnError> {
    let held: u64 =
        parse(weights)?.tensors().iter().map(|(_, view)| view.shape().iter().product::<usize>() as u64).sum();
    let needed = manifest.network.stored_values();
    if held == needed {
        return Ok(());
    }
    Err(NnError::WeightsShape { reason: format!("the file holds {held} numbers, the network has {needed}") })
}

fn parse(weights: &[u8]) -> Result<SafeTensors<'_>, NnError> {
    SafeTensors::deserialize(weights).map_err(|e| NnError::WeightsSyntax { reason: e.to_string() })
}

fn read_manifest(dir: &Path) -> Result<Manifest, NnError> {
    let text = read(dir, MANIFEST_FILE, LARGEST_MANIFEST)?;
    let syntax = |error: serde_json::Error| NnError::ManifestSyntax { reason: error.to_string() };
    let value: serde_json::Value = serde_json::from_slice(&text).map_err(syntax)?;
    // The version first: another version's fields need not be known here.
    let version = value.get("format_version").and_then(serde_json::Value::as_u64);
    if let Some(version) = version.filter(|&v| v != u64::from(FORMAT_VERSION)) {
        let advice =
            if version > u64::from(FORMAT_VERSION) { "update this program" } else { "train or export the model again" };
        return Err(NnError::FormatVersion { got: u32::try_from(version).unwrap_or(u32::MAX), advice });
    }
    let manifest: Manifest = serde_json::from_value(value).map_err(syntax)?;
    manifest.check()?;
    Ok(manifest)
}

fn read(dir: &Path, file: &'static str, limit: u64) -> Result<Vec<u8>, NnError> {
    let path = dir.join(file);
    let size = match std::fs::metadata(&path) {
        Ok(data) => data.len(),
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Err(NnError::ModelFileMissing { dir: dir.to_owned(), file });
        }
        Err(e) => return Err(NnError::io("read", path)(e)),
    };
    if size > limit {
        return Err(NnError::ManifestSyntax { reason: format!("{size} bytes are too many for a manifest") });
    }
    std::fs::read(&path).map_err(NnError::io("read", path))
}

/// Copies the tensors of a safetensors file into the variables of the same names. All or nothing: names, shapes and
/// types are checked before the first is copied.
pub fn load_weights(store: &nn::VarStore, bytes: &[u8]) -> Result<(), NnError> {
    let file = parse(bytes)?;
    let variables: BTreeMap<String, Tensor> = store.variables().into_iter().collect();
    let mut wrong = Vec::new();
    for (name, variable) in &variables {
        let wanted: Vec<usize> = variable.size().iter().map(|&n| n as usize).collect();
        match file.tensor(name) {
            Err(_) => wrong.push(format!("{name} is missing")),
            Ok(view) if view.shape() != wanted => {
                wrong.push(format!("{name} has shape {:?}, expected {wanted:?}", view.shape()));
            }
            Ok(view) if view.dtype() != Dtype::F32 => {
                wrong.push(format!("{name} is of type {:?}, expected F32", view.dtype()));
            }
            Ok(_) => {}
        }
    }
    wrong.extend(file.names().into_iter().filter(|n| !variables.contains_key(*n)).map(|n| format!("{n} is unknown")));
    if !wrong.is_empty() {
        let more = wrong.len().saturating_sub(NAMED);
        wrong.truncate(NAMED);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        return Err(NnError::WeightsShape { reason: format!("{}{more}", wrong.join(", ")) });
    }
    tch::no_grad(|| {
        for (name, mut variable) in variables {
            let view = file.tensor(&name).map_err(|e| NnError::WeightsSyntax { reason: e.to_string() })?;
            Tensor::f_from_data_size(view.data(), &variable.size(), Kind::Float)
                .and_then(|values| variable.f_copy_(&values))
                .map_err(NnError::torch("copying weights"))?;
        }
        Ok(())
    })
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
