//! Masks of real organs, 42 of them: mask to structure set to mask, whatever is drawn, without a voxel's difference.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};

use ndarray::Array3;
use rayon::prelude::*;
use tmli_core::{Holes, PointLps, SpacingMm, TraceOptions, Volume, VolumeGeometry, rasterise, trace, trace_with};
use tmli_io::{
    CtAttributes, RoiGeneration, RoiToWrite, StructureSetOptions, read_nrrd, read_structure_set, write_ct_series,
    write_structure_set,
};

/// The axial grid of a NRRD file in RAS, as its header says: 512 x 512 columns and rows, x and y running backwards.
fn grid(file: &Path) -> VolumeGeometry {
    let bytes = std::fs::read(file).unwrap();
    let text = String::from_utf8_lossy(&bytes[..2000.min(bytes.len())]).into_owned();
    let field =
        |key: &str| text.lines().find_map(|l| l.strip_prefix(key)).unwrap_or_else(|| panic!("{key}")).to_owned();
    let numbers =
        |text: String| -> Vec<f64> { text.split([' ', ',', '(', ')']).filter_map(|t| t.parse().ok()).collect() };
    let (sizes, d, o) =
        (numbers(field("sizes:")), numbers(field("space directions:")), numbers(field("space origin:")));
    let sign = if field("space:").contains("left") { 1.0 } else { -1.0 };
    let axis = |n: usize| [sign * d[3 * n], sign * d[3 * n + 1], d[3 * n + 2]];
    let length = |v: [f64; 3]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let (i, j, k) = (axis(0), axis(1), axis(2));
    let spacing = SpacingMm::new(length(k), length(j), length(i));
    let unit = |v: [f64; 3]| v.map(|x| x / length(v));
    let shape = [sizes[2] as usize, sizes[1] as usize, sizes[0] as usize];
    VolumeGeometry::new(shape, PointLps::new(sign * o[0], sign * o[1], o[2]), spacing, [unit(k), unit(j), unit(i)])
        .unwrap()
}

fn masks() -> Option<Vec<PathBuf>> {
    let dir = common::shared("deepmind_masks")?;
    let files: Vec<PathBuf> = ["oncologist", "radiographer"]
        .iter()
        .flat_map(|who| common::files(&dir.join(who).join("0522c0017/segmentations")))
        .filter(|f| f.extension().is_some_and(|e| e == "nrrd"))
        .collect();
    Some(files)
}

#[test]
fn every_organ_comes_back_whatever_is_drawn() {
    let Some(files) = masks() else { return };
    assert_eq!(files.len(), 42);
    let voxels: usize = files
        .par_iter()
        .map(|file| {
            let geometry = grid(file);
            let read = read_nrrd(file, &geometry).unwrap();
            assert_eq!(read.segments.len(), 1, "{}", file.display());
            let mask = &read.segments[0].mask;
            for holes in [Holes::Loops, Holes::Keyhole] {
                for smooth in [false, true] {
                    let contours = trace_with(mask, &geometry, TraceOptions { smooth, holes });
                    let back = rasterise(&contours, &geometry);
                    assert!(back.findings.is_empty() && back.mask == *mask, "{} {holes:?} {smooth}", file.display());
                }
            }
            mask.count()
        })
        .sum();
    assert!(voxels > 1_000_000, "{voxels}");
}

#[test]
fn all_organs_of_one_observer_survive_the_file() {
    let Some(files) = masks() else { return };
    let geometry = grid(&files[0]);
    let temp = tempfile::tempdir().unwrap();
    let [k, j, i] = geometry.shape();
    let volume = Volume::new(geometry.clone(), Array3::zeros((k, j, i))).unwrap();
    let ct = write_ct_series(&temp.path().join("ct"), &volume, &CtAttributes::default()).unwrap();
    let masks: Vec<_> = files[..21].iter().map(|f| read_nrrd(f, &geometry).unwrap().segments.remove(0).mask).collect();
    let rois: Vec<RoiToWrite> = masks
        .iter()
        .enumerate()
        .map(|(n, mask)| RoiToWrite {
            name: format!("Organ {n}"),
            interpreted_type: "ORGAN".into(),
            colour: [1, 2, 3],
            code: None,
            contours: trace(mask, &geometry),
            generation: RoiGeneration::Manual,
            generation_description: String::new(),
        })
        .collect();
    let path = temp.path().join("rs.dcm");
    write_structure_set(&path, &ct, &geometry, &rois, &StructureSetOptions::default()).unwrap();
    let file = read_structure_set(&path).unwrap();
    for (roi, mask) in file.structure_set.rois.iter().zip(&masks) {
        assert!(rasterise(&roi.contours, &geometry).mask == *mask, "{}", roi.name);
    }
}
