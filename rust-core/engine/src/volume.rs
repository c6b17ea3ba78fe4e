//! A CT where the worker sees it.

use std::sync::Arc;

use ndarray::{ArrayView3, ArrayViewMut3, Zip};
use tmli_core::{Volume, VolumeGeometry};

use crate::{error::EngineError, memory::SharedMemory};

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
            Some(bytes) => SharedMemory::new(bytes).map_err(|e| e.to_string()),
            None => Err("no machine has that much memory".to_owned()),
        };
        let memory = memory.map_err(|reason| EngineError::System {
            doing: format!("share a volume of {:?} voxels (k, j, i) with the worker", geometry.shape()),
            reason,
        })?;
        Ok(Self { geometry, memory: Arc::new(memory) })
    }

    /// A copy of a volume.
    ///
    /// # Errors
    /// As [`SharedVolume::new`].
    pub fn from_volume(volume: &Volume<i16>) -> Result<Self, EngineError> {
        let mut shared = Self::new(volume.geometry().clone())?;
        if let Some(mut data) = shared.data_mut() {
            Zip::from(&mut data).and(volume.data()).par_for_each(|to, &from| *to = from);
        }
        Ok(shared)
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
