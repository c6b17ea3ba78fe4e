//! `tmli_volume_t`: a CT.

use std::sync::Arc;

use ndarray::{Array3, ArrayView3};
use tmli_api::{ApiError, checks};
use tmli_core::Volume as CoreVolume;

use crate::{
    boundary::{Buffer, Lent, Out, given},
    error::{Error, free, guard},
    geometry::Geometry,
};

/// A CT: voxels in Hounsfield units, `[k, j, i]`, on a geometry. Never changes.
///
/// Free it with `tmli_volume_free`. May be used by several threads at once.
#[derive(Clone, Debug)]
pub struct Volume {
    geometry: Geometry,
    voxels: Arc<Voxels>,
}

#[derive(Debug)]
enum Voxels {
    Read(Array3<i16>),
    Copied(Vec<i16>),
    Borrowed(Lent<i16>),
}

impl Volume {
    pub(crate) fn new(volume: CoreVolume<i16>) -> Self {
        let (grid, array) = volume.into_parts();
        Self { geometry: Geometry::new(grid), voxels: Arc::new(Voxels::Read(array)) }
    }

    pub(crate) fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// The voxels, slice after slice, row after row.
    pub(crate) fn values(&self) -> &[i16] {
        match self.voxels.as_ref() {
            // What tmli-io reads lies in this order.
            Voxels::Read(array) => array.as_slice().unwrap_or_default(),
            Voxels::Copied(values) => values,
            Voxels::Borrowed(values) => values.values(),
        }
    }
}

/// Makes a volume from `count` voxels of the caller, which are copied.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_volume_copy(
    voxels_hu: Buffer<'_, i16>,
    count: usize,
    geometry: Option<&Geometry>,
    volume: Out<'_, Box<Volume>>,
) -> Option<Box<Error>> {
    guard(|| {
        let (geometry, slot) = (given(geometry, "geometry")?, volume.needed("volume")?);
        checks::length("voxels_hu", count, geometry.grid().shape())?;
        let values = voxels_hu.values(count, "voxels_hu")?;
        checks::room_for("the copy of the volume", size_of_val(values))?;
        slot.put(Box::new(Volume { geometry: geometry.clone(), voxels: Arc::new(Voxels::Copied(values.to_vec())) }));
        Ok(())
    })
}

/// Makes a volume that reads the `count` voxels where they are. The memory must stay, unchanged, until the volume and
/// all volumes that `tmli_volume_share` made of it are freed. A job takes a copy when it starts.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_volume_borrow(
    voxels_hu: Buffer<'_, i16>,
    count: usize,
    geometry: Option<&Geometry>,
    volume: Out<'_, Box<Volume>>,
) -> Option<Box<Error>> {
    guard(|| {
        let (geometry, slot) = (given(geometry, "geometry")?, volume.needed("volume")?);
        checks::length("voxels_hu", count, geometry.grid().shape())?;
        let voxels = Voxels::Borrowed(voxels_hu.lend(count, "voxels_hu")?);
        slot.put(Box::new(Volume { geometry: geometry.clone(), voxels: Arc::new(voxels) }));
        Ok(())
    })
}

/// A further handle to the same voxels; nothing is copied.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_volume_share(volume: Option<&Volume>, shared: Out<'_, Box<Volume>>) -> Option<Box<Error>> {
    guard(|| {
        let (volume, slot) = (given(volume, "volume")?, shared.needed("shared")?);
        slot.put(Box::new(volume.clone()));
        Ok(())
    })
}

/// Where the voxels are: a handle of its own, to be freed.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_volume_geometry(
    volume: Option<&Volume>,
    geometry: Out<'_, Box<Geometry>>,
) -> Option<Box<Error>> {
    guard(|| {
        let (volume, slot) = (given(volume, "volume")?, geometry.needed("geometry")?);
        slot.put(Box::new(volume.geometry.clone()));
        Ok(())
    })
}

/// The voxels and how many they are, slice after slice, row after row. They live as long as the volume (or what it was
/// borrowed from).
#[unsafe(no_mangle)]
pub extern "C" fn tmli_volume_voxels(
    volume: Option<&Volume>,
    voxels_hu: Out<'_, *const i16>,
    count: Out<'_, usize>,
) -> Option<Box<Error>> {
    guard(|| {
        let volume = given(volume, "volume")?;
        let (slot, count) = (voxels_hu.needed("voxels_hu")?, count.needed("count")?);
        slot.put(volume.values().as_ptr());
        count.put(volume.values().len());
        Ok(())
    })
}

/// Frees the volume. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_volume_free(volume: Option<Box<Volume>>) {
    free(volume);
}

/// An array of the caller as its geometry shapes it.
pub(crate) fn shaped<'a, T>(
    what: &str,
    values: Buffer<'a, T>,
    count: usize,
    geometry: &Geometry,
) -> Result<ArrayView3<'a, T>, ApiError> {
    let shape = geometry.grid().shape();
    checks::length(what, count, shape)?;
    ArrayView3::from_shape(shape, values.values(count, what)?)
        .map_err(|e| ApiError::new(tmli_api::ErrorNumber::BufferSize, format!("{what}: {e}")))
}
