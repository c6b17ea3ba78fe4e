//! NIfTI label maps onto the grid of a CT series.

use std::path::Path;

use ndarray::Array3;
use tmli_core::{Affine, VolumeGeometry};

use crate::{error::IoError, nifti};

/// Voxel centres of a label map may differ from the CT's by this much: NIfTI keeps its map in single precision.
pub const LABEL_GRID_TOLERANCE_MM: f64 = 0.05;

/// A label may miss a whole number by this much, for maps stored as scaled or floating-point numbers.
const LABEL_TOLERANCE: f64 = 1e-3;

/// For every axis of the CT (k, j, i): the axis of the file and whether it runs backwards.
pub(crate) type AxisMap = [(usize, bool); 3];

/// Reads a NIfTI label map (`.nii`, `.nii.gz`) onto the grid `geometry`: labels `[k, j, i]`.
///
/// The map must be on this very grid, though its axes may be in another order and direction (RAS files usually are):
/// voxels are moved, never interpolated.
///
/// # Errors
/// [`IoError::LabelGrid`] when the grids differ, [`IoError::LabelMap`] when the file can't be read or holds values that
/// are no labels.
pub fn read_label_map(path: &Path, geometry: &VolumeGeometry) -> Result<Array3<u32>, IoError> {
    let unreadable = |reason: String| IoError::LabelMap { reason };
    let (header, mut reader) = nifti::open(path).map_err(unreadable)?;
    let map = axis_map(header.shape, &header.ras_from_ijk, geometry).map_err(|reason| IoError::LabelGrid { reason })?;

    let [k, j, i] = geometry.shape();
    let mut labels = Array3::<u32>::zeros((k, j, i));
    let [ni, nj, _] = header.shape;
    let mut wrong: Option<f64> = None;
    header
        .values(reader.as_mut(), |n, value| {
            if value == 0.0 {
                return;
            }
            let label = value.round();
            if !((value - label).abs() <= LABEL_TOLERANCE && (0.0..=f64::from(u32::MAX)).contains(&label)) {
                wrong.get_or_insert(value);
                return;
            }
            let at = [n % ni, n / ni % nj, n / (ni * nj)];
            labels[moved(at, header.shape, &map)] = label as u32;
        })
        .map_err(unreadable)?;
    match wrong {
        Some(value) => Err(unreadable(format!("labels should be whole numbers from 0 on, got {value}"))),
        None => Ok(labels),
    }
}

/// Where a voxel of the file, `[i, j, k]` there, is on the CT's grid.
pub(crate) fn moved(at: [usize; 3], file_shape: [usize; 3], map: &AxisMap) -> [usize; 3] {
    map.map(|(from, backwards)| if backwards { file_shape[from] - 1 - at[from] } else { at[from] })
}

/// How the file's axes lie on the CT's, or where the two grids differ.
pub(crate) fn axis_map(
    file_shape: [usize; 3],
    ras_from_ijk: &Affine,
    geometry: &VolumeGeometry,
) -> Result<AxisMap, String> {
    // RAS to LPS: x and y change their sign.
    let lps = |p: [f64; 3]| [-p[0], -p[1], p[2]];
    let lps_from_index = |p: [f64; 3]| lps(ras_from_ijk.apply(p));
    let column = |n: usize| lps(std::array::from_fn(|row| ras_from_ijk.linear[row][n]));

    let mut map: AxisMap = [(0, false); 3];
    let mut taken = [false; 3];
    for (axis, unit) in geometry.axes().into_iter().enumerate() {
        let along = |n: usize| crate::series::dot(column(n), unit);
        let best = (0..3).max_by(|&a, &b| along(a).abs().total_cmp(&along(b).abs())).unwrap_or(0);
        if taken[best] {
            return Err("its axes are not parallel to the axes of the CT".to_owned());
        }
        taken[best] = true;
        map[axis] = (best, along(best) < 0.0);
    }
    let shape = map.map(|(from, _)| file_shape[from]);
    if shape != geometry.shape() {
        return Err(format!("expected {:?} voxels (k, j, i), got {shape:?}", geometry.shape()));
    }
    // Both grids are affine: when four corners agree, all voxels do.
    let ends = shape.map(|n| (n - 1) as f64);
    for corner in [[0.0; 3], [ends[0], 0.0, 0.0], [0.0, ends[1], 0.0], [0.0, 0.0, ends[2]]] {
        let mut index = [0.0; 3];
        for axis in 0..3 {
            let (from, backwards) = map[axis];
            index[from] = if backwards { ends[axis] - corner[axis] } else { corner[axis] };
        }
        let got = lps_from_index(index);
        let expected = geometry.point_from_index(corner).0;
        let distance = got.iter().zip(expected).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
        if distance.is_nan() || distance > LABEL_GRID_TOLERANCE_MM {
            return Err(format!(
                "voxel {corner:?} (k, j, i) should be at {expected:.3?} mm (LPS), it is at {got:.3?} mm"
            ));
        }
    }
    Ok(map)
}
