//! Arrays as the networks know them: k to superior, j to posterior, i to the patient's left.
//!
//! A feet-first or prone scan may store its voxels in other directions. A network can't know: it would take the left
//! kidney for the right one. So every CT is looked at along the patient's axes, in training and in segmentation alike.

use ndarray::ArrayView3;
use tmli_core::{Mask, SpacingMm, VolumeGeometry, VoxelBox};

/// Which patient axis is meant by k, j and i, as an index into x (left), y (posterior), z (superior).
const LPS_OF_KJI: [usize; 3] = [2, 1, 0];

/// How a CT's array axes lie to the patient's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatientAxes {
    /// For k, j and i of the patient: the CT's array axis nearest to it.
    ct_axis: [usize; 3],
    /// Whether that axis points the other way.
    flipped: [bool; 3],
}

impl PatientAxes {
    /// Of a grid. Oblique axes count as the patient axis they are nearest to.
    pub fn of(geometry: &VolumeGeometry) -> Self {
        let axes = geometry.axes();
        let mut free = [true; 3];
        let (mut ct_axis, mut flipped) = ([0; 3], [false; 3]);
        for (patient, lps) in LPS_OF_KJI.into_iter().enumerate() {
            let along = |a: usize| axes[a][lps];
            let nearest = (0..3).filter(|&a| free[a]).max_by(|&a, &b| along(a).abs().total_cmp(&along(b).abs()));
            let nearest = nearest.unwrap_or(patient);
            free[nearest] = false;
            ct_axis[patient] = nearest;
            flipped[patient] = along(nearest) < 0.0;
        }
        Self { ct_axis, flipped }
    }

    /// Whether the CT's array is as the networks know it.
    pub fn is_identity(&self) -> bool {
        *self == Self { ct_axis: [0, 1, 2], flipped: [false; 3] }
    }

    /// The CT's array looked at along the patient's axes. Nothing is copied.
    pub fn view<'a, T>(&self, array: ArrayView3<'a, T>) -> ArrayView3<'a, T> {
        let mut view = array.permuted_axes(self.ct_axis);
        for (axis, flipped) in self.flipped.into_iter().enumerate() {
            if flipped {
                view.invert_axis(ndarray::Axis(axis));
            }
        }
        view
    }

    /// The CT's spacing along the patient's axes.
    pub fn spacing(&self, spacing_mm: SpacingMm) -> SpacingMm {
        let ct = spacing_mm.to_array();
        let [k, j, i] = self.ct_axis.map(|a| ct[a]);
        SpacingMm::new(k, j, i)
    }

    /// The CT's shape along the patient's axes.
    pub fn shape(&self, ct_shape: [usize; 3]) -> [usize; 3] {
        self.ct_axis.map(|a| ct_shape[a])
    }

    /// A box of the CT's grid, along the patient's axes.
    pub fn box_from_ct(&self, ct: VoxelBox, ct_shape: [usize; 3]) -> VoxelBox {
        let along = |a: usize| {
            let (axis, size) = (self.ct_axis[a], ct_shape[self.ct_axis[a]]);
            let (min, max) = (ct.min[axis].min(size), ct.max[axis].min(size));
            if self.flipped[a] { (size - max, size - min) } else { (min, max) }
        };
        VoxelBox { min: std::array::from_fn(|a| along(a).0), max: std::array::from_fn(|a| along(a).1) }
    }

    /// A mask of the CT's grid, along the patient's axes.
    pub fn mask_from_ct(&self, mask: &Mask) -> Mask {
        if self.is_identity() {
            return mask.clone();
        }
        let mut out = Mask::new(self.shape(mask.shape()));
        let size = out.shape();
        for_each_voxel(mask, |ct| {
            let at = |a: usize| if self.flipped[a] { size[a] - 1 - ct[self.ct_axis[a]] } else { ct[self.ct_axis[a]] };
            out.set([at(0), at(1), at(2)], true);
        });
        out
    }

    /// A mask along the patient's axes, on the CT's grid.
    pub fn mask_to_ct(&self, mask: Mask) -> Mask {
        if self.is_identity() {
            return mask;
        }
        let size = mask.shape();
        let mut ct_shape = [0; 3];
        for (a, &ct) in self.ct_axis.iter().enumerate() {
            ct_shape[ct] = size[a];
        }
        let mut out = Mask::new(ct_shape);
        for_each_voxel(&mask, |at| {
            let mut ct = [0; 3];
            for (a, &axis) in self.ct_axis.iter().enumerate() {
                ct[axis] = if self.flipped[a] { size[a] - 1 - at[a] } else { at[a] };
            }
            out.set(ct, true);
        });
        out
    }
}

fn for_each_voxel(mask: &Mask, mut visit: impl FnMut([usize; 3])) {
    let [slices, rows, _] = mask.shape();
    for k in 0..slices {
        for j in 0..rows {
            for (w, &word) in mask.row(k, j).iter().enumerate() {
                let mut rest = word;
                while rest != 0 {
                    visit([k, j, w * 64 + rest.trailing_zeros() as usize]);
                    rest &= rest - 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;
    use tmli_core::PointLps;

    use super::*;

    /// Unit vectors of k, j, i for head first supine, feet first (i to the right, k to inferior), prone, coronal.
    const ORIENTATIONS: [[[f64; 3]; 3]; 4] = [
        [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]],
        [[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]],
        [[0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [-1.0, 0.0, 0.0]],
        [[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]],
    ];

    fn grid(axes: [[f64; 3]; 3]) -> VolumeGeometry {
        VolumeGeometry::new([4, 5, 70], PointLps::new(1.0, 2.0, 3.0), SpacingMm::new(5.0, 2.0, 1.0), axes)
            .expect("a grid")
    }

    #[test]
    fn the_view_runs_to_superior_posterior_and_left() {
        for axes in ORIENTATIONS {
            let geometry = grid(axes);
            let patient = PatientAxes::of(&geometry);
            for (k_j_i, lps) in LPS_OF_KJI.into_iter().enumerate() {
                let position = Array3::from_shape_fn((4, 5, 70), |(k, j, i)| {
                    geometry.point_from_index([k as f64, j as f64, i as f64]).0[lps]
                });
                let view = patient.view(position.view());
                let spacing = patient.spacing(geometry.spacing_mm()).to_array();
                let (mut first, mut second) = ([0; 3], [0; 3]);
                second[k_j_i] = 1;
                assert!((view[second] - view[first] - spacing[k_j_i]).abs() < 1e-9, "{axes:?}");
                first[(k_j_i + 1) % 3] = 1;
                assert!((view[first] - view[[0; 3]]).abs() < 1e-9, "{axes:?}");
            }
        }
    }

    #[test]
    fn masks_go_there_and_back_as_the_view_does() {
        for axes in ORIENTATIONS {
            let patient = PatientAxes::of(&grid(axes));
            let mask = Mask::from_fn([4, 5, 70], |[k, j, i]| (k * 13 + j * 7 + i * 3) % 5 == 0);
            let along = patient.mask_from_ct(&mask);
            assert_eq!(along, Mask::from_bytes(patient.view(mask.to_bytes().view())));
            assert_eq!(patient.mask_to_ct(along), mask);
            let part = VoxelBox { min: [1, 0, 60], max: [3, 2, 64] };
            let inside = |at: [usize; 3]| (0..3).all(|a| at[a] >= part.min[a] && at[a] < part.max[a]);
            let found = patient.mask_from_ct(&Mask::from_fn([4, 5, 70], inside)).bounds();
            assert_eq!(found, Some(patient.box_from_ct(part, [4, 5, 70])));
        }
    }

    #[test]
    fn only_head_first_supine_is_left_as_it_is() {
        let found = ORIENTATIONS.map(|axes| PatientAxes::of(&grid(axes)).is_identity());
        assert_eq!(found, [true, false, false, false]);
        let tilted = [[0.0, -0.3, 0.953_939_2], [0.0, 0.953_939_2, 0.3], [1.0, 0.0, 0.0]];
        assert!(PatientAxes::of(&grid(tilted)).is_identity());
    }
}
