//! A model folder as a network that runs.

use std::{collections::BTreeMap, path::Path};

use safetensors::Dtype;
use tch::{Device, Kind, Tensor, nn};
use tmli_model::{Manifest, ModelError, ModelFolder, parse_weights, read_model_folder};

use crate::{
    error::NnError,
    networks::{Network, build},
};

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
        let ModelFolder { manifest, weights } = read_model_folder(dir)?;
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

/// Copies the tensors of a safetensors file into the variables of the same names. All or nothing: names, shapes and
/// types are checked before the first is copied.
pub fn load_weights(store: &nn::VarStore, bytes: &[u8]) -> Result<(), NnError> {
    let file = parse_weights(bytes)?;
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
        return Err(ModelError::WeightsShape { reason: format!("{}{more}", wrong.join(", ")) }.into());
    }
    tch::no_grad(|| {
        for (name, mut variable) in variables {
            let view = file.tensor(&name).map_err(|e| ModelError::WeightsSyntax { reason: e.to_string() })?;
            Tensor::f_from_data_size(view.data(), &variable.size(), Kind::Float)
                .and_then(|values| variable.f_copy_(&values))
                .map_err(NnError::torch("copying weights"))?;
        }
        Ok(())
    })
}
