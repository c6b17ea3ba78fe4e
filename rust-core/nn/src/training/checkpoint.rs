//! Where a training stands, in one file that is replaced in one rename.
//!
//! The file is safetensors: weights and buffers as `network.<name>`, the optimiser's memory as
//! `optimiser.<name>.moment<n>`, and everything else as JSON in the header's metadata. One file, because of two a kill
//! could leave one from now and one from before. The metadata also holds a SHA-256 over the JSON and all tensors.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use safetensors::{Dtype, SafeTensors, View};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tch::{Kind, Tensor};
use tmli_model::hex;

use super::{
    case::CaseSplit,
    config::TrainConfig,
    error::{TorchContext, TrainError},
    files::write_whole,
};

/// Of the checkpoint's layout.
const FORMAT_VERSION: u32 = 1;
/// Key in the metadata of the hash, a space and the state's JSON. One key, because the order of several would differ
/// from file to file, and the same state gives the same bytes.
const STATE_KEY: &str = "tmli_training_state";

/// Everything that is not a tensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct TrainState {
    /// Layout of the file.
    pub format_version: u32,
    /// Steps done. All randomness of the coming steps follows from it and the seed.
    pub step: u64,
    /// What must be the same when resumed: settings, split, data.
    pub identity: Value,
    /// What should be the same: program, device, threads.
    pub surroundings: BTreeMap<String, String>,
    /// Sum of the losses of the current epoch's steps, and their number.
    pub epoch_loss: (f64, u64),
    /// Best validation so far.
    pub best: Option<Best>,
}

/// The network that is in the model folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Best {
    /// From 1.
    pub epoch: u64,
    /// Bits of the mean Dice: JSON numbers may lose the last one. `None` without validation cases.
    pub mean_dice_bits: Option<u64>,
    /// Of the model folder's weights.
    pub weights_sha256: String,
}

impl Best {
    /// Mean Dice over structures.
    pub(super) fn mean_dice(&self) -> Option<f64> {
        self.mean_dice_bits.map(f64::from_bits)
    }
}

/// What a training is defined by. `data` is the fingerprint of all prepared cases.
pub(super) fn identity(config: &TrainConfig, split: &CaseSplit, data: &str) -> Value {
    let list = |ids: &[String]| {
        let short: Vec<String> = ids.iter().map(|id| short_hash(id)).collect();
        Value::from(short)
    };
    let mut config = serde_json::to_value(config).unwrap_or(Value::Null);
    if let Some(map) = config.as_object_mut() {
        // Neither changes a weight.
        map.remove("name");
        map.remove("checkpoint_every_steps");
    }
    serde_json::json!({
        "config": config,
        "split": { "training": list(&split.training), "validation": list(&split.validation) },
        "data": data,
    })
}

/// What is kept of a case's identifier; itself it stays in split.json.
pub(super) fn short_hash(id: &str) -> String {
    hex(&Sha256::digest(id)[..8])
}

/// Names what differs between two identities, or `None`.
pub(super) fn differences(was: &Value, is: &Value) -> Option<String> {
    let mut found = Vec::new();
    compare("", was, is, &mut found);
    (!found.is_empty()).then(|| found.join("; "))
}

fn compare(name: &str, was: &Value, is: &Value, found: &mut Vec<String>) {
    match (was, is) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let inner = if name.is_empty() || name == "config" { key.clone() } else { format!("{name}.{key}") };
                compare(&inner, a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null), found);
            }
        }
        _ if was == is => {}
        (Value::Array(a), Value::Array(b)) if name.starts_with("split.") => {
            let gone = a.iter().filter(|x| !b.contains(x)).count();
            let new = b.iter().filter(|x| !a.contains(x)).count();
            found.push(format!(
                "{name}: {gone} of {} cases are gone and {new} are new, or their order changed",
                a.len()
            ));
        }
        _ if name == "data" => found.push("the cases' voxels or contours have changed".to_owned()),
        _ => found.push(format!("{name}: was {was}, is {is}")),
    }
}

struct Bytes {
    dtype: Dtype,
    shape: Vec<usize>,
    data: Vec<u8>,
}

impl View for &Bytes {
    fn dtype(&self) -> Dtype {
        self.dtype
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.data)
    }
    fn data_len(&self) -> usize {
        self.data.len()
    }
}

fn to_bytes(tensor: &Tensor) -> Result<Bytes, TrainError> {
    let dtype = match tensor.kind() {
        Kind::Float => Dtype::F32,
        Kind::Double => Dtype::F64,
        Kind::Int64 => Dtype::I64,
        other => {
            let source = tch::TchError::Kind(format!("{other:?} in a checkpoint"));
            return Err(TrainError::Torch { operation: "writing a checkpoint", source });
        }
    };
    let count = tensor.numel();
    let mut data = vec![0; count * tensor.kind().elt_size_in_bytes()];
    let on_cpu = tensor.f_detach().and_then(|t| t.f_to_device(tch::Device::Cpu)?.f_contiguous());
    let on_cpu = on_cpu.during("reading weights")?;
    on_cpu.f_copy_data_u8(&mut data, count).during("reading weights")?;
    Ok(Bytes { dtype, shape: tensor.size().iter().map(|&n| n as usize).collect(), data })
}

fn hash(state: &str, tensors: &[(String, impl View)]) -> String {
    let mut hash = Sha256::new();
    hash.update(state);
    for (name, view) in tensors {
        hash.update(format!("\0{name}\0{:?}{:?}", view.dtype(), view.shape()));
        hash.update(view.data());
    }
    hex(&hash.finalize())
}

/// Writes a checkpoint whole or not at all: when this returns it is on the disk.
pub(super) fn write(path: &Path, state: &TrainState, tensors: Vec<(String, Tensor)>) -> Result<(), TrainError> {
    let sorted: BTreeMap<String, Tensor> = tensors.into_iter().collect();
    let mut owned = Vec::with_capacity(sorted.len());
    for (name, tensor) in &sorted {
        owned.push((name.clone(), to_bytes(tensor)?));
    }
    let views: Vec<(String, &Bytes)> = owned.iter().map(|(name, bytes)| (name.clone(), bytes)).collect();
    let unusable = |what: String| TrainError::Checkpoint { path: path.to_owned(), what };
    let state = serde_json::to_string(state).map_err(|e| unusable(e.to_string()))?;
    let metadata = HashMap::from([(STATE_KEY.to_owned(), format!("{} {state}", hash(&state, &views)))]);
    let bytes = safetensors::serialize(views, Some(metadata)).map_err(|e| unusable(e.to_string()))?;
    write_whole(path, &bytes)
}

/// A checkpoint read back.
#[derive(Debug)]
pub(super) struct Checkpoint {
    /// Everything that is not a tensor.
    pub state: TrainState,
    path: PathBuf,
    tensors: HashMap<String, Tensor>,
}

impl Checkpoint {
    /// `None` when there is no such file. Refuses a damaged one.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, TrainError> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(TrainError::File { operation: "read", path: path.to_owned(), source }),
        };
        let advice = "restore it from a backup, or delete it to start anew";
        let refuse = |what: String| TrainError::Checkpoint { path: path.to_owned(), what: format!("{what}; {advice}") };
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| refuse(format!("it is damaged ({e})")))?;
        let file = SafeTensors::deserialize(&bytes).map_err(|e| refuse(format!("it is damaged ({e})")))?;
        let metadata = header.metadata().as_ref();
        let entry = metadata.and_then(|m| m.get(STATE_KEY)).and_then(|value| value.split_once(' '));
        let Some((expected, state)) = entry else { return Err(refuse(format!("it has no {STATE_KEY}"))) };
        let mut views: Vec<_> = file.tensors();
        views.sort_by(|a, b| a.0.cmp(&b.0));
        if hash(state, &views) != expected {
            return Err(refuse("it is damaged: its contents do not fit its SHA-256".to_owned()));
        }
        let state: TrainState =
            serde_json::from_str(state).map_err(|e| refuse(format!("its state can't be understood ({e})")))?;
        if state.format_version != FORMAT_VERSION {
            let version = state.format_version;
            return Err(refuse(format!("it has version {version}, this program writes version {FORMAT_VERSION}")));
        }
        let mut tensors = HashMap::with_capacity(views.len());
        for (name, view) in views {
            let kind = match view.dtype() {
                Dtype::F32 => Kind::Float,
                Dtype::F64 => Kind::Double,
                Dtype::I64 => Kind::Int64,
                other => return Err(refuse(format!("the tensor {name} is of type {other:?}"))),
            };
            let shape: Vec<i64> = view.shape().iter().map(|&n| n as i64).collect();
            let tensor = Tensor::f_from_data_size(view.data(), &shape, kind).during("reading a checkpoint")?;
            tensors.insert(name, tensor);
        }
        Ok(Some(Self { state, path: path.to_owned(), tensors }))
    }

    /// A tensor of that name and shape.
    pub(super) fn tensor(&self, name: &str, shape: &[i64]) -> Result<Tensor, TrainError> {
        let refuse = |what: String| TrainError::Checkpoint { path: self.path.clone(), what };
        let tensor = self.tensors.get(name).ok_or_else(|| refuse(format!("it has no tensor {name}")))?;
        if tensor.size() != shape {
            return Err(refuse(format!("the tensor {name} is {:?}, the network needs {shape:?}", tensor.size())));
        }
        Ok(tensor.shallow_clone())
    }
}

impl TrainState {
    /// Before the first step.
    pub(super) fn new(identity: Value, surroundings: BTreeMap<String, String>) -> Self {
        let format_version = FORMAT_VERSION;
        Self { format_version, step: 0, identity, surroundings, epoch_loss: (0.0, 0), best: None }
    }
}
