//! The index mapping between a CT and a model's grid.

use std::ops::Range;

use tmli_core::{SpacingMm, VoxelBox};

use crate::ModelError;

/// Steps that differ from 1 by less than this are 1: spacings in files are rounded to about six digits.
const SAME_SPACING: f64 = 1e-4;

/// A regular grid over a box of the CT, on the CT's own axes, at another spacing.
///
/// The outer faces of the first model voxel and of the box coincide. With `step` = model spacing / CT spacing and
/// integers at voxel centres, for each axis:
///
/// ```text
/// ct    = box.min + (model + 1/2) * step - 1/2
/// model = (ct + 1/2 - box.min) / step - 1/2
/// ```
///
/// The last model voxel may reach beyond the box by less than one voxel.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelGrid {
    crop: VoxelBox,
    step: [f64; 3],
    shape: [usize; 3],
}

impl ModelGrid {
    /// The grid over `crop` (CT voxels, not empty) at `spacing_mm` (`[k, j, i]`).
    pub fn new(ct_spacing: SpacingMm, crop: VoxelBox, spacing_mm: [f64; 3]) -> Result<Self, ModelError> {
        let ct = ct_spacing.to_array();
        if (0..3).any(|a| crop.max[a] <= crop.min[a]) {
            let reason = format!("its body box is empty: {:?} to {:?} (k, j, i)", crop.min, crop.max);
            return Err(ModelError::Unsuitable { reason });
        }
        if spacing_mm.iter().any(|s| !(s.is_finite() && *s > 0.0)) {
            return Err(ModelError::Setting {
                what: "model spacing",
                got: format!("{spacing_mm:?} mm"),
                expected: "three positive numbers".to_owned(),
            });
        }
        let step: [f64; 3] = std::array::from_fn(|a| {
            let step = spacing_mm[a] / ct[a];
            if (step - 1.0).abs() < SAME_SPACING { 1.0 } else { step }
        });
        let shape = std::array::from_fn(|a| {
            let length = (crop.max[a] - crop.min[a]) as f64;
            ((length / step[a] - SAME_SPACING).ceil() as usize).max(1)
        });
        Ok(Self { crop, step, shape })
    }

    /// The grid of a model for a CT: its own slices for a 2D network, the model's slice spacing for a 3D network.
    pub fn for_network(
        ct_spacing: SpacingMm,
        crop: VoxelBox,
        spacing_mm: [f64; 3],
        dimensions: usize,
    ) -> Result<Self, ModelError> {
        let k = if dimensions == 2 { ct_spacing.k } else { spacing_mm[0] };
        Self::new(ct_spacing, crop, [k, spacing_mm[1], spacing_mm[2]])
    }

    /// The box of CT voxels that it covers.
    pub const fn crop(&self) -> VoxelBox {
        self.crop
    }

    /// CT voxels per model voxel, `[k, j, i]`.
    pub const fn step(&self) -> [f64; 3] {
        self.step
    }

    /// Model voxels, `[k, j, i]`.
    pub const fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Model voxels between which the CT voxels of a box lie; empty ranges for an empty box (`max` not beyond `min`).
    pub fn needed_for(&self, ct: VoxelBox) -> [Range<usize>; 3] {
        std::array::from_fn(|axis| {
            if ct.max[axis] <= ct.min[axis] {
                return 0..0;
            }
            let at = |index: usize| self.model_from_ct(axis, index as f64).clamp(0.0, (self.shape[axis] - 1) as f64);
            at(ct.min[axis]).floor() as usize..at(ct.max[axis] - 1).ceil() as usize + 1
        })
    }

    /// The CT index of a model index on one axis.
    pub fn ct_from_model(&self, axis: usize, model: f64) -> f64 {
        self.crop.min[axis] as f64 + (model + 0.5) * self.step[axis] - 0.5
    }

    /// The model index of a CT index on one axis.
    pub fn model_from_ct(&self, axis: usize, ct: f64) -> f64 {
        (ct + 0.5 - self.crop.min[axis] as f64) / self.step[axis] - 0.5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: VoxelBox = VoxelBox { min: [2, 10, 20], max: [12, 110, 121] };

    #[test]
    fn the_mapping_there_and_back_is_the_identity() {
        let grid = ModelGrid::new(SpacingMm::new(5.0, 0.9, 0.9), BOX, [5.0, 2.7, 1.2]).expect("a grid");
        for axis in 0..3 {
            for index in [0.0, 1.0, 7.25] {
                assert!((grid.model_from_ct(axis, grid.ct_from_model(axis, index)) - index).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn a_box_needs_the_model_voxels_that_it_lies_between() {
        let grid = ModelGrid::new(SpacingMm::new(5.0, 1.0, 1.0), BOX, [5.0, 2.0, 4.0]).expect("a grid");
        let part = VoxelBox { min: [3, 10, 20], max: [5, 110, 121] };
        assert_eq!(grid.needed_for(part), [1..3, 0..50, 0..26]);
        // CT columns 30 and 31 lie between model columns 2 (centre 29.5) and 3 (centre 33.5).
        assert_eq!(grid.needed_for(VoxelBox { min: [3, 10, 30], max: [4, 11, 32] })[2], 2..4);
        assert_eq!(grid.needed_for(VoxelBox { min: [9, 9, 9], max: [9, 4, 9] }), [0..0, 0..0, 0..0]);
    }

    #[test]
    fn outer_faces_coincide() {
        let grid = ModelGrid::new(SpacingMm::new(5.0, 1.0, 1.0), BOX, [5.0, 2.0, 4.0]).expect("a grid");
        assert_eq!(grid.shape(), [10, 50, 26]);
        for axis in 0..3 {
            assert_eq!(grid.ct_from_model(axis, -0.5), BOX.min[axis] as f64 - 0.5);
        }
        assert_eq!(grid.ct_from_model(1, 49.5), BOX.max[1] as f64 - 0.5);
    }

    #[test]
    fn a_grid_of_the_same_spacing_maps_voxel_to_voxel() {
        let grid = ModelGrid::new(SpacingMm::new(5.0, 0.976_562, 0.976_562), BOX, [5.0, 0.976_562_5, 0.976_562_5]);
        let grid = grid.expect("a grid");
        assert_eq!(grid.shape(), [10, 100, 101]);
        assert_eq!(grid.ct_from_model(2, 5.0), 25.0);
    }
}
