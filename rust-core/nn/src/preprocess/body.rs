//! Where the patient is, so that air is skipped.

use ndarray::{ArrayView2, ArrayView3, Axis};
use rayon::prelude::*;
use tmli_core::{SpacingMm, VoxelBox, body::TISSUE_HU};

/// A square block all of tissue is body: the walls of a table top (2 to 5 mm) can't fill one, a limb does.
const BLOCK_MM: f64 = 8.0;
/// Added around on every side, for skin and fingers that fill no block.
const MARGIN_MM: f64 = 20.0;

/// The box of CT voxels that holds the patient, with a margin. Thin things (table top, wires) don't count. The whole
/// CT where nothing is found.
pub fn body_box(hu: ArrayView3<'_, i16>, spacing_mm: SpacingMm) -> VoxelBox {
    let (slices, rows, columns) = hu.dim();
    let shape = [slices, rows, columns];
    let block = [block_size(spacing_mm.j, rows), block_size(spacing_mm.i, columns)];
    let found = (0..slices)
        .into_par_iter()
        .filter_map(|k| slice_bounds(hu.index_axis(Axis(0), k), block).map(|b| [k, b[0], b[1], k + 1, b[2], b[3]]))
        .reduce_with(|a, b| std::array::from_fn(|n| if n < 3 { a[n].min(b[n]) } else { a[n].max(b[n]) }));
    let Some(found) = found else { return VoxelBox { min: [0; 3], max: shape } };
    let margin = spacing_mm.to_array().map(|s| (MARGIN_MM / s).ceil() as usize);
    VoxelBox {
        min: std::array::from_fn(|a| found[a].saturating_sub(margin[a])),
        max: std::array::from_fn(|a| (found[a + 3] + margin[a]).min(shape[a])),
    }
}

fn block_size(spacing_mm: f64, voxels: usize) -> usize {
    ((BLOCK_MM / spacing_mm).round() as usize).clamp(1, voxels)
}

/// `[j min, i min, j max, i max]` (half open) of the solid blocks of a slice.
fn slice_bounds(slice: ArrayView2<'_, i16>, block: [usize; 2]) -> Option<[usize; 4]> {
    let mut bounds: Option<[usize; 4]> = None;
    for (row, strip) in slice.axis_chunks_iter(Axis(0), block[0]).enumerate() {
        for (column, tile) in strip.axis_chunks_iter(Axis(1), block[1]).enumerate() {
            if tile.dim() == (block[0], block[1]) && tile.iter().all(|&hu| hu > TISSUE_HU) {
                let (j, i) = (row * block[0], column * block[1]);
                let this = [j, i, j + block[0], i + block[1]];
                let all = bounds.get_or_insert(this);
                *all = [all[0].min(this[0]), all[1].min(this[1]), all[2].max(this[2]), all[3].max(this[3])];
            }
        }
    }
    bounds
}

/// Whether a resampled value is tissue, for [`silhouette`](tmli_core::body::silhouette).
pub(crate) fn is_tissue(hu: f32) -> bool {
    hu > f32::from(TISSUE_HU)
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

    use super::*;

    const SPACING: SpacingMm = SpacingMm::new(5.0, 1.0, 1.0);

    #[test]
    fn the_box_holds_the_patient_and_leaves_the_table_out() {
        let mut ct = Array3::from_elem((20, 200, 200), -1000_i16);
        ct.slice_mut(ndarray::s![8..12, 80..120, 60..140]).fill(40);
        ct.slice_mut(ndarray::s![.., 180..183, 5..195]).fill(200);
        let found = body_box(ct.view(), SPACING);
        assert_eq!(found, VoxelBox { min: [4, 60, 44], max: [16, 140, 156] });
    }

    #[test]
    fn both_legs_are_in_the_box() {
        let mut ct = Array3::from_elem((4, 100, 200), -1000_i16);
        ct.slice_mut(ndarray::s![.., 40..64, 32..56]).fill(40);
        ct.slice_mut(ndarray::s![.., 40..64, 136..160]).fill(40);
        let found = body_box(ct.view(), SPACING);
        assert!(found.min[2] <= 32 && found.max[2] >= 160, "{found:?}");
    }

    #[test]
    fn an_empty_scan_is_kept_whole() {
        let ct = Array3::from_elem((3, 20, 30), -1000_i16);
        assert_eq!(body_box(ct.view(), SPACING), VoxelBox { min: [0; 3], max: [3, 20, 30] });
    }
}
