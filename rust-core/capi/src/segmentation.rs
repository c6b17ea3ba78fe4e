//! `tmli_segmentation_t`: named masks on one geometry.

use std::{
    ffi::{CString, c_char},
    sync::Arc,
};

use tmli_api::{ApiError, ErrorNumber, checks};
use tmli_core::{Mask as CoreMask, Segmentation as CoreSegmentation};

use crate::{
    boundary::{Out, Text, c_text, given},
    error::{Error, free, guard},
    geometry::Geometry,
    mask::Mask,
};

/// Named masks on one geometry. Structures may overlap.
///
/// Free it with `tmli_segmentation_free`. `tmli_segmentation_add` needs it for itself alone; all else may be done by
/// several threads at once.
#[derive(Clone, Debug)]
pub struct Segmentation {
    geometry: Geometry,
    segments: Vec<(CString, Arc<str>, Mask)>,
}

impl Segmentation {
    /// What the library computed, for C.
    pub(crate) fn new(segmentation: CoreSegmentation) -> Self {
        let mut made = Self { geometry: Geometry::new(segmentation.geometry), segments: Vec::new() };
        for segment in segmentation.segments {
            let mask = Mask::new(&made.geometry, segment.mask);
            made.push(&segment.name, mask);
        }
        made
    }

    fn push(&mut self, name: &str, mask: Mask) {
        self.segments.push((c_text(name), name.into(), mask));
    }

    pub(crate) fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    pub(crate) fn masks(&self) -> Vec<(&str, &CoreMask)> {
        self.segments.iter().map(|(_, name, mask)| (name.as_ref(), mask.voxels())).collect()
    }

    fn at(&self, index: usize) -> Result<&(CString, Arc<str>, Mask), ApiError> {
        self.segments.get(index).ok_or_else(|| checks::no_such_index("structures", index, self.segments.len()))
    }
}

/// Makes a segmentation without structures.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_segmentation_new(
    geometry: Option<&Geometry>,
    segmentation: Out<'_, Box<Segmentation>>,
) -> Option<Box<Error>> {
    guard(|| {
        let (geometry, slot) = (given(geometry, "geometry")?, segmentation.needed("segmentation")?);
        slot.put(Box::new(Segmentation { geometry: geometry.clone(), segments: Vec::new() }));
        Ok(())
    })
}

/// Adds a structure. Its mask must be on the segmentation's grid, its name one that is not there yet. The mask stays the
/// caller's; its voxels are shared, not copied.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_segmentation_add(
    segmentation: Option<&mut Segmentation>,
    name: Text<'_>,
    mask: Option<&Mask>,
) -> Option<Box<Error>> {
    guard(|| {
        let segmentation = given(segmentation, "segmentation")?;
        let (name, mask) = (name.needed("name")?, given(mask, "mask")?);
        checks::names(segmentation.segments.iter().map(|(_, name, _)| name.as_ref()).chain([name]))?;
        if !segmentation.geometry.grid().same_grid(mask.geometry().grid()) {
            let message = format!("the mask of {name} is not on the grid of the segmentation");
            return Err(ApiError::new(ErrorNumber::GridsDiffer, message));
        }
        segmentation.push(name, mask.clone());
        Ok(())
    })
}

/// How many structures there are.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_segmentation_count(
    segmentation: Option<&Segmentation>,
    count: Out<'_, usize>,
) -> Option<Box<Error>> {
    guard(|| {
        let (segmentation, slot) = (given(segmentation, "segmentation")?, count.needed("count")?);
        slot.put(segmentation.segments.len());
        Ok(())
    })
}

/// The name of the structure at `index`, from 0 on. It lives as long as the segmentation.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_segmentation_name(
    segmentation: Option<&Segmentation>,
    index: usize,
    name: Out<'_, *const c_char>,
) -> Option<Box<Error>> {
    guard(|| {
        let (segmentation, slot) = (given(segmentation, "segmentation")?, name.needed("name")?);
        slot.put(segmentation.at(index)?.0.as_ptr());
        Ok(())
    })
}

/// The mask of the structure at `index`, from 0 on: a handle of its own, to be freed; its voxels are not copied.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_segmentation_mask(
    segmentation: Option<&Segmentation>,
    index: usize,
    mask: Out<'_, Box<Mask>>,
) -> Option<Box<Error>> {
    guard(|| {
        let (segmentation, slot) = (given(segmentation, "segmentation")?, mask.needed("mask")?);
        slot.put(Box::new(segmentation.at(index)?.2.clone()));
        Ok(())
    })
}

/// The mask of the structure of that name: a handle of its own, to be freed; its voxels are not copied.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_segmentation_mask_named(
    segmentation: Option<&Segmentation>,
    name: Text<'_>,
    mask: Out<'_, Box<Mask>>,
) -> Option<Box<Error>> {
    guard(|| {
        let (segmentation, slot) = (given(segmentation, "segmentation")?, mask.needed("mask")?);
        let name = name.needed("name")?;
        let found = segmentation.segments.iter().find(|(_, known, _)| known.as_ref() == name);
        let names = segmentation.segments.iter().map(|(_, known, _)| known.as_ref());
        let (.., mask) = found.ok_or_else(|| checks::no_such_structure(name, names))?;
        slot.put(Box::new(mask.clone()));
        Ok(())
    })
}

/// Frees the segmentation. Masks that were taken from it stay. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_segmentation_free(segmentation: Option<Box<Segmentation>>) {
    free(segmentation);
}
