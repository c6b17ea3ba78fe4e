//! A patient whose structures are given as masks, written as a CT series and an RT Structure Set.

use std::path::{Path, PathBuf};

use ndarray::Array3;
use rayon::prelude::*;
use tmli_core::{Mask, StructureSet, Volume, VolumeGeometry, rasterise, trace};
use tmli_io::{
    CtAttributes, CtIdentity, RoiGeneration, RoiToWrite, StructureSetOptions, read_label_map, read_structure_set,
    write_ct_series, write_structure_set,
};

/// Files in a temporary folder.
pub(crate) struct Patient {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) ct: CtIdentity,
    pub(crate) geometry: VolumeGeometry,
    pub(crate) masks: Vec<(String, Mask)>,
}

impl Patient {
    /// Writes a CT series of air and a structure set with a ROI for each mask that holds a voxel.
    pub(crate) fn new(geometry: &VolumeGeometry, masks: Vec<(String, Mask)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [k, j, i] = geometry.shape();
        let volume = Volume::new(geometry.clone(), Array3::from_elem((k, j, i), -1000_i16)).unwrap();
        let ct = write_ct_series(&folder.path().join("ct"), &volume, &CtAttributes::default()).unwrap();
        let rois: Vec<RoiToWrite> = masks.par_iter().map(|(name, mask)| roi(name, mask, geometry)).collect();
        let path = folder.path().join("rtstruct.dcm");
        write_structure_set(&path, &ct, geometry, &rois, &StructureSetOptions::default()).unwrap();
        let masks = masks.into_iter().filter(|(_, mask)| !mask.is_empty()).collect();
        Self { folder, ct, geometry: geometry.clone(), masks }
    }

    pub(crate) fn structure_set(&self) -> PathBuf {
        self.folder.path().join("rtstruct.dcm")
    }

    pub(crate) fn ct_folder(&self) -> PathBuf {
        self.folder.path().join("ct")
    }

    /// Our own reader finds every mask as it was.
    pub(crate) fn assert_comes_back(&self) {
        let file = read_structure_set(&self.structure_set()).unwrap();
        assert!(file.findings.is_empty(), "{:?}", file.findings);
        let set: &StructureSet = &file.structure_set;
        let names: Vec<&str> = set.rois.iter().map(|roi| roi.name.as_str()).collect();
        assert_eq!(names, self.masks.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>());
        set.rois.par_iter().zip(&self.masks).for_each(|(roi, (name, mask))| {
            let back = rasterise(&roi.contours, &self.geometry);
            assert!(back.findings.is_empty(), "{name}: {:?}", back.findings);
            assert!(back.mask == *mask, "{name}: {} voxels became {}", mask.count(), back.mask.count());
        });
    }

    /// Another program wrote what it found as `file(name)`, one label map for each structure.
    pub(crate) fn assert_found_by(&self, program: &str, file: impl Fn(&str) -> PathBuf + Sync) {
        let wrong: Vec<String> =
            self.masks.par_iter().filter_map(|(name, mask)| self.difference(&file(name), name, mask)).collect();
        assert!(wrong.is_empty(), "{program}: {wrong:#?}");
    }

    fn difference(&self, file: &Path, name: &str, mask: &Mask) -> Option<String> {
        let labels = match read_label_map(file, &self.geometry) {
            Ok(labels) => labels,
            Err(error) => return Some(format!("{name}: {error}")),
        };
        let found = Mask::from_fn(mask.shape(), |[k, j, i]| labels[[k, j, i]] > 0);
        let (expected, got, both) = (mask.count(), found.count(), mask.count_and(&found));
        (found != *mask).then(|| format!("{name}: {expected} voxels became {got}, {both} of them the same"))
    }
}

fn roi(name: &str, mask: &Mask, geometry: &VolumeGeometry) -> RoiToWrite {
    RoiToWrite {
        name: name.to_owned(),
        interpreted_type: "ORGAN".to_owned(),
        colour: [255, 128, 7],
        code: None,
        contours: trace(mask, geometry),
        generation: RoiGeneration::Automatic,
        generation_description: "TMLI".to_owned(),
    }
}
