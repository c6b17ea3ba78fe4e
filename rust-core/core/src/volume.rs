//! Voxel values on a grid.

use ndarray::Array3;

use crate::geometry::VolumeGeometry;

/// The array and the grid disagree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the array has a shape of {array:?} (k, j, i), its geometry says {geometry:?}")]
pub struct VolumeError {
    /// Shape of the array.
    pub array: [usize; 3],
    /// Shape in the geometry.
    pub geometry: [usize; 3],
}

/// Values `[k, j, i]` (slice, row, column) and where they are. A CT is a `Volume<i16>` in Hounsfield units.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume<T> {
    geometry: VolumeGeometry,
    data: Array3<T>,
}

impl<T> Volume<T> {
    /// Puts an array on a grid of the same shape.
    pub fn new(geometry: VolumeGeometry, data: Array3<T>) -> Result<Self, VolumeError> {
        let (k, j, i) = data.dim();
        if geometry.shape() != [k, j, i] {
            return Err(VolumeError { array: [k, j, i], geometry: geometry.shape() });
        }
        Ok(Self { geometry, data })
    }

    /// Where the voxels are.
    pub const fn geometry(&self) -> &VolumeGeometry {
        &self.geometry
    }

    /// Values, `[k, j, i]`.
    pub const fn data(&self) -> &Array3<T> {
        &self.data
    }

    /// Values to change, `[k, j, i]`.
    pub const fn data_mut(&mut self) -> &mut Array3<T> {
        &mut self.data
    }

    /// Gives up the grid and the values.
    pub fn into_parts(self) -> (VolumeGeometry, Array3<T>) {
        (self.geometry, self.data)
    }
}
