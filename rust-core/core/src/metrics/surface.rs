//! Surface elements of a mask: voxel corners between inside and outside.

use crate::mask::{Mask, VoxelBox};

const BITS: usize = u64::BITS as usize;

/// A voxel corner on the surface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Element {
    /// Lattice position `[k, j, i]`: the corner between voxels `[k - 1, j - 1, i - 1]` and `[k, j, i]` of the box.
    pub(super) at: [u32; 3],
    /// Which of the eight voxels around it are inside: bit `4 k + 2 j + i`.
    pub(super) code: u8,
}

/// All surface elements of a mask within a box that holds it.
#[derive(Debug)]
pub(super) struct Surface {
    /// Lattice points on each axis. The lattice may start a little before the box along i.
    pub(super) shape: [usize; 3],
    /// Ordered by k, then j, then i.
    pub(super) elements: Vec<Element>,
    /// Where the elements of lattice slice k start in `elements`; one more entry than slices.
    pub(super) slice_starts: Vec<usize>,
}

/// The box around both masks.
pub(super) fn joint_bounds(a: &Mask, b: &Mask) -> Option<VoxelBox> {
    match (a.bounds(), b.bounds()) {
        (Some(a), Some(b)) => Some(VoxelBox {
            min: std::array::from_fn(|x| a.min[x].min(b.min[x])),
            max: std::array::from_fn(|x| a.max[x].max(b.max[x])),
        }),
        (a, b) => a.or(b),
    }
}

impl Surface {
    /// The surface of a mask that lies in `bounds`.
    pub(super) fn of(mask: &Mask, bounds: VoxelBox) -> Self {
        // Starting at a word keeps the mask's bits in place.
        let first_word = bounds.min[2] / BITS;
        let width = bounds.max[2] - first_word * BITS + 1;
        let shape = [bounds.max[0] - bounds.min[0] + 1, bounds.max[1] - bounds.min[1] + 1, width];
        // The four rows of voxels around a lattice row: bit 2 k + j of the position; empty beyond the box.
        let row_at = |k: usize, j: usize| -> &[u64] {
            let inside = (1..shape[0]).contains(&k) && (1..shape[1]).contains(&j);
            if inside { &mask.row(bounds.min[0] + k - 1, bounds.min[1] + j - 1)[first_word..] } else { &[] }
        };
        let mut elements = Vec::new();
        let mut slice_starts = vec![0];
        for k in 0..shape[0] {
            for j in 0..shape[1] {
                let rows = [row_at(k, j), row_at(k, j + 1), row_at(k + 1, j), row_at(k + 1, j + 1)];
                push_row(rows, width, [k as u32, j as u32], &mut elements);
            }
            slice_starts.push(elements.len());
        }
        Self { shape, elements, slice_starts }
    }
}

fn push_row(rows: [&[u64]; 4], width: usize, [k, j]: [u32; 2], elements: &mut Vec<Element>) {
    let mut carry = [0; 4];
    for w in 0..width.div_ceil(BITS) {
        // Voxel i is bit i of `right`, voxel i - 1 is bit i of `left`.
        let right = rows.map(|row| row.get(w).copied().unwrap_or(0));
        let left: [u64; 4] = std::array::from_fn(|n| right[n] << 1 | carry[n]);
        carry = right.map(|word| word >> (BITS - 1));
        let any = right.iter().chain(&left).fold(0, |a, b| a | b);
        let all = right.iter().chain(&left).fold(u64::MAX, |a, b| a & b);
        let mut border = any & !all;
        while border != 0 {
            let bit = border.trailing_zeros();
            border &= border - 1;
            let code = (0..4).fold(0, |code, n| {
                code | ((left[n] >> bit & 1) << (2 * n)) as u8 | ((right[n] >> bit & 1) << (2 * n + 1)) as u8
            });
            elements.push(Element { at: [k, j, (w * BITS) as u32 + bit], code });
        }
    }
}
