//! The real organs of `shared/data/deepmind_masks`: 21 of one patient, drawn by two observers.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use tmli_core::{Mask, PointLps, SpacingMm, VolumeGeometry};
use tmli_io::read_nrrd;

use crate::common;

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

/// What one observer drew.
pub(crate) struct Observed {
    pub(crate) geometry: VolumeGeometry,
    /// By name.
    pub(crate) masks: Vec<(String, Mask)>,
}

/// Both observers' organs; `None` where there is no shared data.
pub(crate) fn observers() -> Option<[Observed; 2]> {
    let dir = common::shared("deepmind_masks")?;
    Some(["oncologist", "radiographer"].map(|who| {
        let mut files = common::files(&dir.join(who).join("0522c0017/segmentations"));
        files.retain(|file| file.extension().is_some_and(|end| end == "nrrd"));
        let geometry = grid(&files[0]);
        let read = |file: &PathBuf| {
            let segments = read_nrrd(file, &geometry).unwrap().segments;
            let [segment] = &segments[..] else { panic!("{} has {} segments", file.display(), segments.len()) };
            (file.file_stem().unwrap().to_string_lossy().replace('-', "_"), segment.mask.clone())
        };
        let masks = files.par_iter().map(read).collect();
        Observed { geometry, masks }
    }))
}
