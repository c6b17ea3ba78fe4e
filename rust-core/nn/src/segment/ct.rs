//! A CT that somebody else holds.

use ndarray::ArrayView3;
use tmli_core::{Volume, VolumeError, VolumeGeometry};

/// Hounsfield units `[k, j, i]` and where they are, borrowed from whatever memory they are in.
#[derive(Clone, Copy, Debug)]
pub struct CtView<'a> {
    geometry: &'a VolumeGeometry,
    hu: ArrayView3<'a, i16>,
}

impl<'a> CtView<'a> {
    /// Puts values on a grid of the same shape.
    ///
    /// # Errors
    /// When the shapes differ.
    pub fn new(geometry: &'a VolumeGeometry, hu: ArrayView3<'a, i16>) -> Result<Self, VolumeError> {
        let (k, j, i) = hu.dim();
        if geometry.shape() != [k, j, i] {
            return Err(VolumeError { array: [k, j, i], geometry: geometry.shape() });
        }
        Ok(Self { geometry, hu })
    }

    /// Where the voxels are.
    pub const fn geometry(&self) -> &'a VolumeGeometry {
        self.geometry
    }

    /// Values, `[k, j, i]`.
    pub const fn hu(&self) -> ArrayView3<'a, i16> {
        self.hu
    }
}

impl<'a> From<&'a Volume<i16>> for CtView<'a> {
    fn from(volume: &'a Volume<i16>) -> Self {
        Self { geometry: volume.geometry(), hu: volume.data().view() }
    }
}
