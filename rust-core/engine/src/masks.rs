//! Masks in shared memory: of each structure only the bits of its own box, so that little is written and read.
//!
//! A [`Mask`]'s rows start on 64-bit words. Of the rows `[k, j]` that the structure's box covers, the words that hold
//! its columns are stored one after the other, in this machine's byte order; the next structure starts where the last
//! one ends.

use std::{io, ops::Range};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tmli_core::{Mask, VoxelBox};

use crate::{
    memory::{ReceivedMemory, SharedMemory},
    words::BoxWords,
};

const WORD: usize = size_of::<u64>();
const BITS: usize = u64::BITS as usize;

/// Where the bits of one structure are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedMask {
    /// The box that holds every set voxel; `None` where there is none.
    #[serde(rename = "box")]
    pub bounds: Option<BoxWords>,
    /// First byte, a multiple of 8.
    pub offset: usize,
}

/// Writes masks to shared memory.
///
/// # Errors
/// When there is not enough memory.
pub fn pack(masks: &[Mask]) -> io::Result<(SharedMemory, Vec<PackedMask>)> {
    let bounds: Vec<Option<VoxelBox>> = masks.par_iter().map(Mask::bounds).collect();
    let mut offset = 0;
    let packed: Vec<PackedMask> = bounds
        .iter()
        .map(|bounds| {
            let here = PackedMask { bounds: bounds.map(BoxWords::from), offset };
            offset += bounds.as_ref().map_or(0, bytes_of);
            here
        })
        .collect();
    let mut memory = SharedMemory::new(offset)?;
    let mut rest = memory.bytes_mut();
    let mut parts = Vec::with_capacity(masks.len());
    for (mask, bounds) in masks.iter().zip(&bounds) {
        let Some(bounds) = bounds else { continue };
        let (part, after) = rest.split_at_mut(bytes_of(bounds));
        parts.push((mask, bounds, part));
        rest = after;
    }
    parts.into_par_iter().for_each(|(mask, bounds, part)| {
        let columns = columns_of(bounds);
        let mut words = part.chunks_exact_mut(WORD);
        for (k, j) in rows_of(bounds) {
            for (from, to) in mask.row(k, j)[columns.clone()].iter().zip(words.by_ref()) {
                to.copy_from_slice(&from.to_ne_bytes());
            }
        }
    });
    Ok((memory, packed))
}

/// Reads masks of this shape.
///
/// # Errors
/// Why the boxes and the memory don't go together.
pub fn unpack(memory: &ReceivedMemory, shape: [usize; 3], masks: &[PackedMask]) -> Result<Vec<Mask>, String> {
    masks.par_iter().map(|packed| unpack_one(memory.bytes(), shape, packed)).collect()
}

fn unpack_one(bytes: &[u8], shape: [usize; 3], packed: &PackedMask) -> Result<Mask, String> {
    let mut mask = Mask::new(shape);
    let Some(bounds) = packed.bounds.map(VoxelBox::from) else { return Ok(mask) };
    if (0..3).any(|a| bounds.min[a] >= bounds.max[a] || bounds.max[a] > shape[a]) {
        return Err(format!("the box {:?} to {:?} does not lie in {shape:?} voxels", bounds.min, bounds.max));
    }
    let from = packed.offset..packed.offset.saturating_add(bytes_of(&bounds));
    let held = bytes.len();
    let part = bytes.get(from.clone()).ok_or_else(|| format!("bytes {from:?} were named, there are {held}"))?;
    let columns = columns_of(&bounds);
    // Bits beyond the last column of a row are 0 in every mask.
    let last = (columns.end == shape[2].div_ceil(BITS) && !shape[2].is_multiple_of(BITS))
        .then(|| u64::MAX >> (BITS - shape[2] % BITS));
    let mut words = part.chunks_exact(WORD);
    for (k, j) in rows_of(&bounds) {
        let row = &mut mask.row_mut(k, j)[columns.clone()];
        for (to, from) in row.iter_mut().zip(words.by_ref()) {
            *to = from.try_into().map_or(0, u64::from_ne_bytes);
        }
        if let (Some(bits), Some(word)) = (last, row.last_mut()) {
            *word &= bits;
        }
    }
    Ok(mask)
}

fn columns_of(bounds: &VoxelBox) -> Range<usize> {
    bounds.min[2] / BITS..bounds.max[2].div_ceil(BITS)
}

fn rows_of(bounds: &VoxelBox) -> impl Iterator<Item = (usize, usize)> + use<> {
    let rows = bounds.min[1]..bounds.max[1];
    (bounds.min[0]..bounds.max[0]).flat_map(move |k| rows.clone().map(move |j| (k, j)))
}

fn bytes_of(bounds: &VoxelBox) -> usize {
    (bounds.max[0] - bounds.min[0]) * (bounds.max[1] - bounds.min[1]) * columns_of(bounds).len() * WORD
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Written;

    fn there_and_back(masks: &[Mask], shape: [usize; 3]) -> Vec<Mask> {
        let (memory, packed) = pack(masks).expect("memory");
        let bytes = memory.bytes().len();
        let received = ReceivedMemory::open(memory.freeze().expect("a seal"), bytes, Written::NoMore).expect("memory");
        unpack(&received, shape, &packed).expect("masks")
    }

    #[test]
    fn masks_come_back_bit_for_bit() {
        for columns in [1, 63, 64, 65, 200] {
            let shape = [4, 5, columns];
            let masks = [
                Mask::new(shape),
                Mask::from_fn(shape, |_| true),
                Mask::from_fn(shape, |[k, j, i]| (k * 7 + j * 3 + i) % 5 == 0),
                Mask::from_fn(shape, |at| at == [2, 3, columns - 1]),
                Mask::from_fn(shape, |[k, j, _]| k == 1 && j == 4),
            ];
            assert_eq!(there_and_back(&masks, shape), masks);
        }
    }

    #[test]
    fn boxes_that_lie_outside_are_refused() {
        let shape = [4, 5, 70];
        let (memory, packed) = pack(&[Mask::from_fn(shape, |_| true)]).expect("memory");
        let bytes = memory.bytes().len();
        let received = ReceivedMemory::open(memory.freeze().expect("a seal"), bytes, Written::NoMore).expect("memory");
        let with = |min, max, offset| PackedMask { bounds: Some(BoxWords { min, max }), offset };
        for wrong in [
            with([0, 0, 0], [4, 5, 71], 0),
            with([2, 0, 0], [2, 5, 70], 0),
            with([0, 0, 0], [4, 5, 70], 8),
            with([0, 0, 0], [4, 5, 70], usize::MAX - 3),
        ] {
            assert!(unpack(&received, shape, &[packed[0], wrong]).is_err(), "{wrong:?}");
        }
        // A peer that sets bits beyond the last column does not get them into a mask.
        let narrow = [4, 5, 66];
        let mask = unpack(&received, narrow, &[with([0, 0, 0], [4, 5, 66], 0)]).expect("masks").remove(0);
        assert_eq!(mask, Mask::from_fn(narrow, |_| true));
    }
}
