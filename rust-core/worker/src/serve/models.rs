//! Models that stay loaded on a device, the least recently used of which go when they get too large together.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use tmli_model::{Manifest, ModelError, WEIGHTS_FILE};
use tmli_nn::{Device, Model, NnError};

/// Loaded models of one device.
pub(super) struct Models {
    device: Device,
    limit_bytes: u64,
    /// The most recently used last.
    held: Vec<Held>,
}

struct Held {
    key: Key,
    bytes: u64,
    model: Model,
}

/// What tells that a folder is as it was when it was loaded.
#[derive(PartialEq)]
struct Key {
    folder: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
    manifest: Manifest,
}

impl Models {
    pub(super) const fn new(device: Device, limit_bytes: u64) -> Self {
        Self { device, limit_bytes, held: Vec::new() }
    }

    /// The model of a folder whose manifest was just read: the one that is loaded, unless the folder has changed.
    pub(super) fn get(&mut self, folder: &Path, manifest: &Manifest) -> Result<&Model, NnError> {
        let weights = fs::metadata(folder.join(WEIGHTS_FILE)).ok();
        let key = Key {
            folder: folder.to_owned(),
            length: weights.as_ref().map_or(0, fs::Metadata::len),
            modified: weights.and_then(|data| data.modified().ok()),
            manifest: manifest.clone(),
        };
        let held = match self.held.iter().position(|held| held.key == key) {
            Some(at) => self.held.remove(at),
            None => {
                // What the folder held before is of no use any more.
                self.held.retain(|held| held.key.folder != key.folder);
                self.make_room(key.length);
                let model = Model::load(folder, self.device)?;
                if model.manifest() != manifest {
                    let reason = "the folder was changed while it was read".to_owned();
                    return Err(ModelError::ManifestContents { reason }.into());
                }
                Held { bytes: key.length, model, key }
            }
        };
        self.held.push(held);
        Ok(&self.held[self.held.len() - 1].model)
    }

    /// Lets go of all models but the one in use: a device ran out of memory.
    pub(super) fn keep_last(&mut self) {
        let all_but_one = self.held.len().saturating_sub(1);
        self.held.drain(..all_but_one);
    }

    fn make_room(&mut self, bytes: u64) {
        while !self.held.is_empty() && self.held.iter().map(|h| h.bytes).sum::<u64>() + bytes > self.limit_bytes {
            self.held.remove(0);
        }
    }
}
