//! Margins and planning target volumes.

use ndarray::ArrayView3;
use tmli_api::{ApiError, ErrorNumber};
use tmli_core::{
    body_mask,
    margin::{MarginMm, PtvRequest, expand, ptv, shrink},
};

use crate::{
    boundary::{Buffer, Out, given},
    error::{Error, guard},
    geometry::Geometry,
    mask::{Mask, room_for_mask},
    volume::Volume,
};

/// How far a structure grows or shrinks towards each side of the patient, in mm, 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Margin {
    /// Towards the patient's left.
    pub left_mm: f64,
    /// Towards the patient's right.
    pub right_mm: f64,
    /// Towards the patient's front.
    pub anterior_mm: f64,
    /// Towards the patient's back.
    pub posterior_mm: f64,
    /// Towards the head.
    pub superior_mm: f64,
    /// Towards the feet.
    pub inferior_mm: f64,
}

impl From<Margin> for MarginMm {
    fn from(margin: Margin) -> Self {
        Self {
            left: margin.left_mm,
            right: margin.right_mm,
            anterior: margin.anterior_mm,
            posterior: margin.posterior_mm,
            superior: margin.superior_mm,
            inferior: margin.inferior_mm,
        }
    }
}

/// A clinical target volume and its margin.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Ctv<'a> {
    /// Not NULL.
    pub mask: Option<&'a Mask>,
    /// By how much it is expanded.
    pub margin: Margin,
}

/// A structure that a PTV keeps away from.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Crop<'a> {
    /// Not NULL.
    pub mask: Option<&'a Mask>,
    /// The distance to keep, in mm, 0 to 100; 0 cuts off the structure itself.
    pub distance_mm: f64,
}

/// The mask and every voxel whose centre lies within the margin of the centre of one of its voxels.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_mask_expand(
    mask: Option<&Mask>,
    margin: Margin,
    expanded: Out<'_, Box<Mask>>,
) -> Option<Box<Error>> {
    guard(|| {
        let (mask, slot) = (given(mask, "mask")?, expanded.needed("expanded")?);
        room_for_mask(mask.geometry())?;
        let voxels = expand(mask.voxels(), mask.geometry().grid(), margin.into())?;
        slot.put(Box::new(Mask::new(mask.geometry(), voxels)));
        Ok(())
    })
}

/// The mask without every voxel that has a voxel outside of the mask within the margin.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_mask_shrink(
    mask: Option<&Mask>,
    margin: Margin,
    shrunk: Out<'_, Box<Mask>>,
) -> Option<Box<Error>> {
    guard(|| {
        let (mask, slot) = (given(mask, "mask")?, shrunk.needed("shrunk")?);
        room_for_mask(mask.geometry())?;
        let voxels = shrink(mask.voxels(), mask.geometry().grid(), margin.into())?;
        slot.put(Box::new(Mask::new(mask.geometry(), voxels)));
        Ok(())
    })
}

/// The patient in a CT, skin included; without table, cushion and mask as far as they are thinner than 8 mm or lie
/// apart. For `body` of `tmli_ptv` where nobody contoured it.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_body_mask(volume: Option<&Volume>, body: Out<'_, Box<Mask>>) -> Option<Box<Error>> {
    guard(|| {
        let (volume, slot) = (given(volume, "volume")?, body.needed("body")?);
        room_for_mask(volume.geometry())?;
        let grid = volume.geometry().grid();
        let hu = ArrayView3::from_shape(grid.shape(), volume.values())
            .map_err(|e| ApiError::new(ErrorNumber::BufferSize, format!("volume: {e}")))?;
        slot.put(Box::new(Mask::new(volume.geometry(), body_mask(hu, grid)?)));
        Ok(())
    })
}

/// The planning target volume: the union of `ctv_count` clinical target volumes, each expanded by its own margin, inside of
/// `body` (NULL: no limit), without what is within the distance of one of the `crop_count` structures `crop`.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_ptv(
    ctvs: Buffer<'_, Ctv<'_>>,
    ctv_count: usize,
    body: Option<&Mask>,
    crop: Buffer<'_, Crop<'_>>,
    crop_count: usize,
    target: Out<'_, Box<Mask>>,
) -> Option<Box<Error>> {
    guard(|| {
        let slot = target.needed("target")?;
        let ctvs = ctvs.values(ctv_count, "ctvs")?;
        let crop = crop.values(crop_count, "crop")?;
        let first = match ctvs.first() {
            Some(ctv) => given(ctv.mask, "the mask of a CTV")?.geometry(),
            None => return Err(tmli_core::margin::MarginError::NoCtv.into()),
        };
        room_for_mask(first)?;
        let on_grid = |mask: Option<&'_ Mask>, what: &str| -> Result<(), ApiError> { same_grid(first, mask, what) };
        ctvs.iter().try_for_each(|ctv| on_grid(ctv.mask, "the mask of a CTV"))?;
        crop.iter().try_for_each(|structure| on_grid(structure.mask, "the mask of a structure to crop by"))?;
        if body.is_some() {
            on_grid(body, "body")?;
        }
        let request = PtvRequest {
            ctvs: ctvs.iter().filter_map(|ctv| Some((ctv.mask?.voxels(), ctv.margin.into()))).collect(),
            body: body.map(Mask::voxels),
            crop: crop.iter().filter_map(|one| Some((one.mask?.voxels(), one.distance_mm))).collect(),
        };
        let voxels = ptv(first.grid(), &request)?;
        slot.put(Box::new(Mask::new(first, voxels)));
        Ok(())
    })
}

fn same_grid(geometry: &Geometry, mask: Option<&Mask>, what: &str) -> Result<(), ApiError> {
    if geometry.grid().same_grid(given(mask, what)?.geometry().grid()) {
        return Ok(());
    }
    Err(ApiError::new(ErrorNumber::GridsDiffer, format!("{what} is not on the grid of the first CTV")))
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;
    use tmli_core::{PointLps, SpacingMm, Volume as CoreVolume, VolumeGeometry};

    use super::*;
    use crate::boundary::received;

    #[test]
    fn the_body_in_a_volume_is_what_the_library_finds() {
        let (origin, spacing) = (PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(5.0, 2.0, 2.0));
        let grid = VolumeGeometry::axial([2, 30, 40], origin, spacing).expect("a grid");
        let block = |j: usize, i: usize| (8..22).contains(&j) && (8..32).contains(&i);
        let hu = Array3::from_shape_fn((2, 30, 40), |(_, j, i)| if block(j, i) { 40 } else { -1000 });
        let expected = body_mask(hu.view(), &grid).expect("a body");
        let volume = Volume::new(CoreVolume::new(grid, hu).expect("one shape"));
        let body = received(|out| tmli_body_mask(Some(&volume), out)).expect("a body");
        assert!(expected.count() > 500 && *body.voxels() == expected);
    }
}
