//! Reading a model folder, with every check that needs no network: a wrong or damaged folder is refused with its reason.

use std::path::Path;

use safetensors::SafeTensors;
use sha2::{Digest, Sha256};

use crate::{FORMAT_VERSION, MANIFEST_FILE, Manifest, ModelError, WEIGHTS_FILE};

/// A manifest larger than this is not one.
const LARGEST_MANIFEST: u64 = 16 << 20;

/// A model folder in memory, whole and consistent.
#[derive(Debug)]
pub struct ModelFolder {
    /// `model.json`.
    pub manifest: Manifest,
    /// The bytes of `weights.safetensors`, of the hash and the size that the manifest tells.
    pub weights: Vec<u8>,
}

/// Reads `model.json` alone: quick, for lists of models. Refused: a missing file, another format version, a manifest
/// that contradicts itself.
pub fn read_manifest(dir: &Path) -> Result<Manifest, ModelError> {
    let text = read(dir, MANIFEST_FILE, LARGEST_MANIFEST)?;
    let syntax = |error: serde_json::Error| ModelError::ManifestSyntax { reason: error.to_string() };
    let value: serde_json::Value = serde_json::from_slice(&text).map_err(syntax)?;
    // The version first: another version's fields need not be known here.
    let version = value.get("format_version").and_then(serde_json::Value::as_u64);
    if let Some(version) = version.filter(|&v| v != u64::from(FORMAT_VERSION)) {
        let advice =
            if version > u64::from(FORMAT_VERSION) { "update this program" } else { "train or export the model again" };
        return Err(ModelError::FormatVersion { got: u32::try_from(version).unwrap_or(u32::MAX), advice });
    }
    let manifest: Manifest = serde_json::from_value(value).map_err(syntax)?;
    manifest.check()?;
    Ok(manifest)
}

/// Reads the whole folder. Refused, beyond what [`read_manifest`] refuses: weights with another hash, and weights that
/// hold more or fewer numbers than the network, so that a manifest can't make anyone take memory for a network that is
/// not there.
pub fn read_model_folder(dir: &Path) -> Result<ModelFolder, ModelError> {
    let manifest = read_manifest(dir)?;
    let weights = read(dir, WEIGHTS_FILE, u64::MAX)?;
    let got = hex(&Sha256::digest(&weights));
    if got != manifest.weights_sha256.to_lowercase() {
        return Err(ModelError::WeightsHash { expected: manifest.weights_sha256, got });
    }
    let held: u64 =
        parse_weights(&weights)?.tensors().iter().map(|(_, view)| view.shape().iter().product::<usize>() as u64).sum();
    let needed = manifest.network.stored_values();
    if held != needed {
        let reason = format!("the file holds {held} numbers, the network has {needed}");
        return Err(ModelError::WeightsShape { reason });
    }
    Ok(ModelFolder { manifest, weights })
}

/// [`read_model_folder`] for those who want to know whether the folder is whole, and what it says.
pub fn check_model_folder(dir: &Path) -> Result<Manifest, ModelError> {
    read_model_folder(dir).map(|folder| folder.manifest)
}

/// The tensors of a safetensors file.
pub fn parse_weights(weights: &[u8]) -> Result<SafeTensors<'_>, ModelError> {
    SafeTensors::deserialize(weights).map_err(|e| ModelError::WeightsSyntax { reason: e.to_string() })
}

fn read(dir: &Path, file: &'static str, limit: u64) -> Result<Vec<u8>, ModelError> {
    let path = dir.join(file);
    let size = match std::fs::metadata(&path) {
        Ok(data) => data.len(),
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Err(ModelError::FileMissing { dir: dir.to_owned(), file });
        }
        Err(e) => return Err(ModelError::io("read", path)(e)),
    };
    if size > limit {
        return Err(ModelError::ManifestSyntax { reason: format!("{size} bytes are too many for a manifest") });
    }
    std::fs::read(&path).map_err(ModelError::io("read", path))
}

/// Lower-case hexadecimal, as hashes are written in a model folder.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs};

    use safetensors::{Dtype, tensor::TensorView};

    use super::*;
    use crate::{NetworkConfig, Normalisation, UNet2dConfig};

    /// A folder whose weights hold `count` numbers in one tensor: nothing here looks at names.
    fn folder(count: usize) -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a folder");
        let network = NetworkConfig::UNet2d(UNet2dConfig::with_width(1, 4, 2, Normalisation::Instance));
        let mut manifest = Manifest::new("a model", network, [5.0, 2.0, 2.0], [1, 32, 32], vec!["Liver".to_owned()]);
        let numbers = vec![0_u8; 4 * count];
        let view = TensorView::new(Dtype::F32, vec![count], &numbers).expect("a tensor");
        let weights = safetensors::serialize(BTreeMap::from([("all", view)]), None).expect("bytes");
        manifest.weights_sha256 = hex(&Sha256::digest(&weights));
        fs::write(dir.path().join(WEIGHTS_FILE), weights).expect("written");
        fs::write(dir.path().join(MANIFEST_FILE), serde_json::to_vec(&manifest).expect("JSON")).expect("written");
        dir
    }

    fn needed() -> usize {
        let network = UNet2dConfig::with_width(1, 4, 2, Normalisation::Instance);
        NetworkConfig::UNet2d(network).stored_values() as usize
    }

    #[test]
    fn a_whole_folder_is_read_and_a_flipped_byte_is_found_without_torch() {
        let dir = folder(needed());
        let read = read_model_folder(dir.path()).expect("it is whole");
        assert_eq!(check_model_folder(dir.path()).expect("it is whole"), read.manifest);
        let mut bad = read.weights;
        *bad.last_mut().expect("bytes") ^= 1;
        fs::write(dir.path().join(WEIGHTS_FILE), bad).expect("written");
        assert!(matches!(check_model_folder(dir.path()), Err(ModelError::WeightsHash { .. })));
        assert_eq!(read_manifest(dir.path()).expect("the manifest is as it was"), read.manifest);
    }

    #[test]
    fn weights_of_another_size_and_a_missing_file_are_refused() {
        let dir = folder(needed() + 1);
        assert!(matches!(check_model_folder(dir.path()), Err(ModelError::WeightsShape { .. })));
        fs::remove_file(dir.path().join(WEIGHTS_FILE)).expect("removed");
        let error = check_model_folder(dir.path()).expect_err("a file is missing");
        assert!(matches!(error, ModelError::FileMissing { file: WEIGHTS_FILE, .. }), "{error}");
    }
}
