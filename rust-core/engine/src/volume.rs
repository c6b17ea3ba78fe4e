//! A CT where the worker sees it.

use std::{io, sync::Arc};

use ndarray::{ArrayView3, ArrayViewMut3, Zip};
use tmli_core::{Volume, VolumeGeometry};

use crate::{
    error::EngineError,
    memory::{SharedMemory, as_bytes},
};

/// Voxels in Hounsfield units, `[k, j, i]`, and their grid, in memory that the worker maps: nothing is copied or
/// written to a disk when a job starts.
///
/// A clone is the same memory. It can be written to while there is one clone only and no job has it.
///
/// ```
/// use tmli_core::{PointLps, SpacingMm, VolumeGeometry};
/// use tmli_engine::SharedVolume;
///
/// let grid = VolumeGeometry::axial([2, 4, 4], PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(5.0, 1.0, 1.0))?;
/// let mut ct = SharedVolume::new(grid)?;
/// ct.data_mut().expect("nobody else has it").fill(-1000);
/// assert_eq!(ct.data()[[1, 3, 3]], -1000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SharedVolume {
    geometry: VolumeGeometry,
    memory: Arc<SharedMemory>,
}

impl SharedVolume {
    /// Zeros on a grid.
    ///
    /// # Errors
    /// [`EngineError::System`] when there is not enough memory.
    pub fn new(geometry: VolumeGeometry) -> Result<Self, EngineError> {
        let bytes = geometry.shape().iter().try_fold(size_of::<i16>(), |n, &size| n.checked_mul(size));
        let memory = match bytes.filter(|&n| n <= isize::MAX as usize) {
            Some(bytes) => SharedMemory::new(bytes),
            None => Err(io::Error::other("no machine has that much memory")),
        };
        Self::of(geometry, memory)
    }

    /// A copy of a volume.
    ///
    /// # Errors
    /// As [`SharedVolume::new`].
    pub fn from_volume(volume: &Volume<i16>) -> Result<Self, EngineError> {
        Self::from_view(volume.geometry().clone(), volume.data().view())
    }

    /// A copy of voxels that somebody else holds, `[k, j, i]`, in any layout; quickest in C order.
    ///
    /// # Errors
    /// As [`SharedVolume::new`], and [`EngineError::Request`] for voxels of another shape than the grid's.
    pub fn from_view(geometry: VolumeGeometry, voxels: ArrayView3<'_, i16>) -> Result<Self, EngineError> {
        let (k, j, i) = voxels.dim();
        if geometry.shape() != [k, j, i] {
            return Err(EngineError::Request {
                what: "the shape of the voxels",
                got: format!("{:?} (k, j, i)", [k, j, i]),
                expected: format!("{:?}, as the geometry says", geometry.shape()),
            });
        }
        if let Some(numbers) = voxels.as_slice() {
            return Self::of(geometry, SharedMemory::of(as_bytes(numbers)));
        }
        let mut shared = Self::new(geometry)?;
        if let Some(mut data) = shared.data_mut() {
            Zip::from(&mut data).and(&voxels).par_for_each(|to, &from| *to = from);
        }
        Ok(shared)
    }

    fn of(geometry: VolumeGeometry, memory: io::Result<SharedMemory>) -> Result<Self, EngineError> {
        let memory = memory.map_err(|e| EngineError::System {
            doing: format!("share a volume of {:?} voxels (k, j, i) with the worker", geometry.shape()),
            reason: e.to_string(),
        })?;
        Ok(Self { geometry, memory: Arc::new(memory) })
    }

    /// Where the voxels are.
    pub const fn geometry(&self) -> &VolumeGeometry {
        &self.geometry
    }

    /// Values, `[k, j, i]`.
    pub fn data(&self) -> ArrayView3<'_, i16> {
        ArrayView3::from_shape(self.geometry.shape(), self.as_slice())
            .unwrap_or_else(|_| unreachable!("the memory was made for this shape"))
    }

    /// Values to change, `[k, j, i]`; `None` while a job or another clone has the same memory.
    pub fn data_mut(&mut self) -> Option<ArrayViewMut3<'_, i16>> {
        let (shape, count) = (self.geometry.shape(), self.geometry.voxel_count());
        let numbers = &mut Arc::get_mut(&mut self.memory)?.numbers_mut()[..count];
        ArrayViewMut3::from_shape(shape, numbers).ok()
    }

    /// All values in C order.
    pub fn as_slice(&self) -> &[i16] {
        &self.memory.numbers()[..self.geometry.voxel_count()]
    }

    /// All values in C order, to change; `None` as for [`SharedVolume::data_mut`].
    pub fn as_mut_slice(&mut self) -> Option<&mut [i16]> {
        let count = self.geometry.voxel_count();
        Some(&mut Arc::get_mut(&mut self.memory)?.numbers_mut()[..count])
    }

    pub(crate) fn memory(&self) -> &SharedMemory {
        &self.memory
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;
    use tmli_core::{PointLps, SpacingMm};

    use super::*;

    #[test]
    fn a_copy_holds_the_same_voxels_and_a_clone_is_not_written_to() {
        let spacing = SpacingMm::new(5.0, 1.0, 1.0);
        let grid = VolumeGeometry::axial([3, 5, 7], PointLps::new(0.0, 0.0, 0.0), spacing).expect("a grid");
        let array = Array3::from_shape_fn((3, 5, 7), |(k, j, i)| (k * 100 + j * 10 + i) as i16 - 200);
        let volume = Volume::new(grid, array).expect("a volume");
        let mut shared = SharedVolume::from_volume(&volume).expect("memory");
        assert_eq!(shared.data(), volume.data());
        let upside_down = volume.data().slice(ndarray::s![..;-1, .., ..]);
        let turned = SharedVolume::from_view(volume.geometry().clone(), upside_down).expect("memory");
        assert_eq!(turned.data(), upside_down);
        let part = volume.data().slice(ndarray::s![1.., .., ..]);
        assert!(matches!(SharedVolume::from_view(volume.geometry().clone(), part), Err(EngineError::Request { .. })));
        let clone = shared.clone();
        assert!(shared.data_mut().is_none());
        drop(clone);
        assert!(shared.data_mut().is_some());
    }

    #[test]
    fn a_volume_that_no_machine_holds_is_an_error() {
        let spacing = SpacingMm::new(1.0, 1.0, 1.0);
        for shape in [[1 << 20, 1 << 20, 1 << 10], [1 << 30, 1 << 30, 1 << 30]] {
            let grid = VolumeGeometry::axial(shape, PointLps::new(0.0, 0.0, 0.0), spacing).expect("a grid");
            assert!(matches!(SharedVolume::new(grid), Err(EngineError::System { .. })));
        }
    }
}
