//! Masks out of label maps and of bytes: which box a structure has, and its voxels in that box.

use ndarray::{ArrayView2, ArrayView3, Axis, Slice};
use rayon::prelude::*;

use super::moments::joint_bounds;
use crate::mask::{Mask, VoxelBox};

/// Labels looked up in a table; larger ones are searched for.
const TABLE: u32 = 1 << 12;

/// A voxel's type in a label map.
pub trait Label: Copy + Eq + Send + Sync {
    /// The label as a number.
    fn value(self) -> u32;
}

impl Label for u8 {
    fn value(self) -> u32 {
        self.into()
    }
}

impl Label for u16 {
    fn value(self) -> u32 {
        self.into()
    }
}

impl Label for u32 {
    fn value(self) -> u32 {
        self
    }
}

/// For each of `labels`, the box around its voxels.
pub(super) fn label_boxes<L: Label>(map: ArrayView3<'_, L>, labels: &[L]) -> Vec<Option<VoxelBox>> {
    let longest = labels.iter().map(|label| label.value()).filter(|&value| value < TABLE).max().map_or(0, |n| n + 1);
    let mut table = vec![None; longest as usize];
    for (n, label) in labels.iter().enumerate() {
        if let Some(entry) = table.get_mut(label.value() as usize) {
            *entry = Some(n);
        }
    }
    let index = |label: L| match label.value() {
        value if value < TABLE => table.get(value as usize).copied().flatten(),
        _ => labels.iter().position(|&other| other == label),
    };
    let found = map
        .axis_iter(Axis(0))
        .into_par_iter()
        .enumerate()
        .map(|(k, slice)| {
            let mut boxes = vec![None; labels.len()];
            for (j, row) in slice.rows().into_iter().enumerate() {
                for_runs(&row, |label, start, end| {
                    if let Some(n) = index(label) {
                        let run = VoxelBox { min: [k, j, start], max: [k + 1, j + 1, end] };
                        boxes[n] = joint_bounds(boxes[n], Some(run));
                    }
                });
            }
            boxes
        })
        .reduce(|| vec![None; labels.len()], |a, b| a.into_iter().zip(b).map(|(a, b)| joint_bounds(a, b)).collect());
    // The same label twice is one structure twice.
    labels.iter().map(|&label| index(label).and_then(|n| found[n])).collect()
}

/// Calls `each` with every run of one label.
fn for_runs<L: Label>(row: &ndarray::ArrayView1<'_, L>, mut each: impl FnMut(L, usize, usize)) {
    const CHUNK: usize = 32;
    let Some(&first) = row.first() else { return };
    let (mut label, mut start) = (first, 0);
    let mut one = |x: usize, value: L| {
        if value != label {
            each(label, start, x);
            (label, start) = (value, x);
        }
        label
    };
    match row.as_slice() {
        Some(voxels) => {
            let mut current = first;
            for (n, chunk) in voxels.chunks(CHUNK).enumerate() {
                // Without an early end, so that many are compared at once.
                if chunk.iter().fold(false, |any, &value| any | (value != current)) {
                    for (x, &value) in chunk.iter().enumerate() {
                        current = one(n * CHUNK + x, value);
                    }
                }
            }
        }
        None => row.iter().enumerate().for_each(|(x, &value)| {
            one(x, value);
        }),
    }
    each(label, start, row.len());
}

/// The box around the voxels that are not 0.
pub(super) fn byte_box(mask: ArrayView3<'_, u8>) -> Option<VoxelBox> {
    let in_slice = |(k, slice): (usize, ArrayView2<'_, u8>)| {
        slice.rows().into_iter().enumerate().fold(None, |bounds, (j, row)| {
            // Most rows are empty. Without an early end, which is as fast as memory is.
            if row.fold(0, |any, &value| any | value) == 0 {
                return bounds;
            }
            let first = row.iter().position(|&value| value != 0).unwrap_or(0);
            let last = row.iter().rposition(|&value| value != 0).unwrap_or(first);
            joint_bounds(bounds, Some(VoxelBox { min: [k, j, first], max: [k + 1, j + 1, last + 1] }))
        })
    };
    mask.axis_iter(Axis(0)).into_par_iter().enumerate().map(in_slice).reduce(|| None, joint_bounds)
}

/// The voxels within `bounds` whose value is `inside`, as a mask of the size of the bounds.
pub(super) fn cut_out<T: Copy + Send + Sync>(
    map: ArrayView3<'_, T>,
    bounds: VoxelBox,
    inside: impl Fn(T) -> bool + Sync,
) -> Mask {
    let mut part = map;
    for axis in 0..3 {
        part.slice_axis_inplace(Axis(axis), Slice::from(bounds.min[axis]..bounds.max[axis]));
    }
    Mask::from_voxels(part, inside)
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

    use super::*;

    #[test]
    fn boxes_and_voxels_are_those_of_the_labels() {
        let mut state = 1_u64;
        let map = Array3::from_shape_fn((3, 7, 150), |(_, _, i)| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            if i % 50 < 40 { 70_000 } else { (state >> 61) as u32 }
        });
        let labels = [1, 5, 70_000, 9, 5];
        // Both with rows in one piece and with columns.
        for map in [map.view(), map.view().permuted_axes([0, 2, 1])] {
            let boxes = label_boxes(map, &labels);
            for (label, bounds) in labels.into_iter().zip(boxes) {
                let expected = Mask::from_fn(map.dim().into(), |[k, j, i]| map[[k, j, i]] == label);
                assert_eq!(bounds, expected.bounds(), "{label}");
                let bytes = map.mapv(|value| u8::from(value == label) * 5);
                assert_eq!(byte_box(bytes.view()), expected.bounds(), "{label}");
                let Some(bounds) = bounds else { continue };
                let cut = cut_out(map, bounds, |value| value == label);
                let inside = |at: [usize; 3]| cut.get(std::array::from_fn(|x| at[x] - bounds.min[x]));
                assert_eq!(cut.count(), expected.count());
                let part = |at: [usize; 3]| (0..3).all(|x| (bounds.min[x]..bounds.max[x]).contains(&at[x]));
                assert_eq!(Mask::from_fn(expected.shape(), |at| part(at) && inside(at)), expected);
            }
        }
    }
}
