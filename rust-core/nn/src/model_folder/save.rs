//! Writing a model folder, whole or not at all.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
};

use safetensors::{Dtype, View};
use sha2::{Digest, Sha256};
use tch::{Kind, nn};
use tmli_model::{MANIFEST_FILE, Manifest, ModelError, WEIGHTS_FILE, hex};

use crate::error::NnError;

/// Writes `model.json` and `weights.safetensors` to `dir`, whose parent must exist.
///
/// A new folder is written under a temporary name and renamed. In an existing folder (a training keeps its own files
/// there) the two files are replaced one after the other by renames, weights first: between the two renames the folder
/// is refused for its hash, it never passes for another model. On failure nothing temporary is left.
pub fn save_model(dir: &Path, mut manifest: Manifest, vs: &nn::VarStore) -> Result<(), NnError> {
    let weights = serialise_weights(vs)?;
    manifest.weights_sha256 = hex(&Sha256::digest(&weights));
    let json = to_json(&manifest)?;
    if dir.is_dir() {
        write_atomically(&dir.join(WEIGHTS_FILE), &weights)?;
        return write_atomically(&dir.join(MANIFEST_FILE), &json);
    }
    let temporary = temporary_name(dir);
    let written = (|| {
        fs::create_dir(&temporary).map_err(NnError::io("create the folder", &temporary))?;
        write_and_sync(&temporary.join(WEIGHTS_FILE), &weights)?;
        write_and_sync(&temporary.join(MANIFEST_FILE), &json)?;
        sync_folder(&temporary);
        fs::rename(&temporary, dir).map_err(NnError::io("create the folder", dir))
    })();
    if written.is_err() {
        let _ = fs::remove_dir_all(&temporary);
    } else if let Some(parent) = dir.parent() {
        sync_folder(parent);
    }
    written
}

/// Replaces `model.json` of a model folder in one rename; the weights must be those that the manifest's hash tells.
pub(crate) fn save_manifest(dir: &Path, manifest: &Manifest) -> Result<(), NnError> {
    write_atomically(&dir.join(MANIFEST_FILE), &to_json(manifest)?)
}

/// After [`Manifest::check`].
fn to_json(manifest: &Manifest) -> Result<Vec<u8>, NnError> {
    manifest.check()?;
    let mut json =
        serde_json::to_vec_pretty(manifest).map_err(|e| ModelError::ManifestContents { reason: e.to_string() })?;
    json.push(b'\n');
    Ok(json)
}

/// The variables of a store as a safetensors file, in order of their names: the same weights give the same bytes.
pub fn serialise_weights(vs: &nn::VarStore) -> Result<Vec<u8>, NnError> {
    let mut tensors = BTreeMap::new();
    for (name, tensor) in vs.variables() {
        let cpu = tensor
            .f_detach()
            .and_then(|t| t.f_to_device(tch::Device::Cpu))
            .and_then(|t| t.f_to_kind(Kind::Float))
            .and_then(|t| t.f_contiguous())
            .map_err(NnError::torch("copying weights"))?;
        let mut values = vec![0_f32; cpu.numel()];
        let count = values.len();
        cpu.f_copy_data(&mut values, count).map_err(NnError::torch("copying weights"))?;
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        tensors.insert(name, Weights { shape: cpu.size().iter().map(|&n| n as usize).collect(), bytes });
    }
    safetensors::serialize(tensors, None).map_err(|e| ModelError::WeightsSyntax { reason: e.to_string() }.into())
}

struct Weights {
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl View for Weights {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// Replaces a file in one rename, after its bytes have reached the disk. On failure the old file stays.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), NnError> {
    let temporary = temporary_name(path);
    let written = write_and_sync(&temporary, bytes)
        .and_then(|()| fs::rename(&temporary, path).map_err(NnError::io("replace", path)));
    match (&written, path.parent()) {
        (Err(_), _) => {
            let _ = fs::remove_file(&temporary);
        }
        (Ok(()), Some(parent)) => sync_folder(parent),
        (Ok(()), None) => {}
    }
    written
}

fn write_and_sync(path: &Path, bytes: &[u8]) -> Result<(), NnError> {
    let mut file = File::create(path).map_err(NnError::io("write", path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(NnError::io("write", path))
}

/// A rename survives a power cut once its folder is on the disk. Not every file system can do it; none needs it to be
/// correct.
fn sync_folder(path: &Path) {
    if let Ok(folder) = File::open(path) {
        let _ = folder.sync_all();
    }
}

/// Beside `path`, on the same file system, different for every process.
fn temporary_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}
