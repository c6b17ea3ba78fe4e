//! `tmli_mask_t`: the voxels of one structure.

use std::sync::Arc;

use tmli_api::{ApiError, checks};
use tmli_core::Mask as CoreMask;

use crate::{
    boundary::{Buffer, BufferMut, Out, given},
    error::{Error, free, guard},
    geometry::Geometry,
    volume::shaped,
};

/// The voxels of one structure on a geometry, a bit each. Never changes.
///
/// Free it with `tmli_mask_free`. May be used by several threads at once.
#[derive(Clone, Debug)]
pub struct Mask {
    geometry: Geometry,
    voxels: Arc<CoreMask>,
}

impl Mask {
    pub(crate) fn new(geometry: &Geometry, voxels: CoreMask) -> Self {
        Self { geometry: geometry.clone(), voxels: Arc::new(voxels) }
    }

    pub(crate) fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    pub(crate) fn voxels(&self) -> &CoreMask {
        &self.voxels
    }
}

/// Checks that memory for a mask can be had.
pub(crate) fn room_for_mask(geometry: &Geometry) -> Result<(), ApiError> {
    checks::room_for("a mask", checks::voxel_count(geometry.grid().shape())? / 8)
}

/// Makes a mask from `count` bytes `[k, j, i]`: 0 is outside, anything else inside.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_mask_from_bytes(
    bytes: Buffer<'_, u8>,
    count: usize,
    geometry: Option<&Geometry>,
    mask: Out<'_, Box<Mask>>,
) -> Option<Box<Error>> {
    guard(|| {
        let (geometry, slot) = (given(geometry, "geometry")?, mask.needed("mask")?);
        let array = shaped("bytes", bytes, count, geometry)?;
        room_for_mask(geometry)?;
        slot.put(Box::new(Mask::new(geometry, CoreMask::from_bytes(array))));
        Ok(())
    })
}

/// Writes the mask to room for `count` bytes `[k, j, i]`: 1 inside, 0 outside. `count` is the number of voxels.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_mask_to_bytes(
    mask: Option<&Mask>,
    bytes: BufferMut<'_, u8>,
    count: usize,
) -> Option<Box<Error>> {
    guard(|| {
        let mask = given(mask, "mask")?;
        let shape = mask.voxels.shape();
        checks::length("bytes", count, shape)?;
        let room = bytes.room(count, "bytes")?;
        let [_, rows, columns] = shape;
        for (n, row) in room.chunks_mut(columns).enumerate() {
            let words = mask.voxels.row(n / rows, n % rows);
            for (i, byte) in row.iter_mut().enumerate() {
                byte.write((words[i / 64] >> (i % 64) & 1) as u8);
            }
        }
        Ok(())
    })
}

/// Number of voxels inside.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_mask_count(mask: Option<&Mask>, count: Out<'_, usize>) -> Option<Box<Error>> {
    guard(|| {
        let (mask, slot) = (given(mask, "mask")?, count.needed("count")?);
        slot.put(mask.voxels.count());
        Ok(())
    })
}

/// Where the voxels are: a handle of its own, to be freed.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_mask_geometry(mask: Option<&Mask>, geometry: Out<'_, Box<Geometry>>) -> Option<Box<Error>> {
    guard(|| {
        let (mask, slot) = (given(mask, "mask")?, geometry.needed("geometry")?);
        slot.put(Box::new(mask.geometry.clone()));
        Ok(())
    })
}

/// Frees the mask. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_mask_free(mask: Option<Box<Mask>>) {
    free(mask);
}

#[cfg(test)]
mod tests {
    use tmli_api::ErrorNumber;
    use tmli_core::{PointLps, SpacingMm, VolumeGeometry};

    use super::*;
    use crate::{boundary::received, error::tmli_error_number};

    fn geometry() -> Geometry {
        let (origin, spacing) = (PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(5.0, 1.0, 1.0));
        Geometry::new(VolumeGeometry::axial([2, 3, 70], origin, spacing).expect("a grid"))
    }

    #[test]
    fn bytes_survive_the_way_in_and_any_but_0_is_inside() {
        let geometry = geometry();
        let bytes: Vec<u8> = (0..2 * 3 * 70).map(|n| if n % 7 < 3 { (n % 251) as u8 } else { 0 }).collect();
        let count = bytes.iter().filter(|&&b| b != 0).count();
        let mask = received(|out| tmli_mask_from_bytes(Buffer::from_slice(&bytes), bytes.len(), Some(&geometry), out))
            .expect("a mask");
        assert_eq!(received(|out| tmli_mask_count(Some(&mask), out)).ok(), Some(count));
        let mut back = vec![9_u8; bytes.len()];
        assert!(tmli_mask_to_bytes(Some(&mask), BufferMut::from_slice(&mut back), bytes.len()).is_none());
        assert!(bytes.iter().zip(&back).all(|(&b, &one)| one == u8::from(b != 0)));
    }

    #[test]
    fn a_buffer_of_another_size_is_refused() {
        let geometry = geometry();
        let bytes = [0_u8; 99];
        let error = received(|out| tmli_mask_from_bytes(Buffer::from_slice(&bytes), 99, Some(&geometry), out))
            .expect_err("too small");
        assert_eq!(tmli_error_number(Some(&error)), ErrorNumber::BufferSize as i32);
    }
}
