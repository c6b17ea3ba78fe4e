//! Where voxels are: points, spacing, affine maps and the grid of a volume, all in LPS millimetres.

use std::fmt;

use crate::vectors::{dot, length};

/// Two grids whose numbers differ by less than this are the same grid: DICOM decimal strings hold about ten digits.
pub const GRID_TOLERANCE_MM: f64 = 1e-3;

/// Direction cosines may miss orthogonality and unit length by this much: files round them to six digits.
pub const DIRECTION_TOLERANCE: f64 = 1e-3;

/// A point in the patient coordinate system: x to the left, y to posterior, z to superior, in mm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PointLps(pub [f64; 3]);

impl PointLps {
    /// The point at `x` (left), `y` (posterior), `z` (superior), in mm.
    pub const fn new(x: f64, y: f64, z: f64) -> Self {
        Self([x, y, z])
    }
}

/// Distance between voxel centres in mm, in array order: slices, rows, columns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpacingMm {
    /// Between slices.
    pub k: f64,
    /// Between rows, i.e. down a column of the image (DICOM PixelSpacing's first value).
    pub j: f64,
    /// Between columns, i.e. along a row of the image (DICOM PixelSpacing's second value).
    pub i: f64,
}

impl SpacingMm {
    /// Spacing between slices, rows and columns, in mm.
    pub const fn new(k: f64, j: f64, i: f64) -> Self {
        Self { k, j, i }
    }

    /// As `[k, j, i]`, the order of array axes.
    pub const fn to_array(self) -> [f64; 3] {
        [self.k, self.j, self.i]
    }
}

impl fmt::Display for SpacingMm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.4} x {:.4} x {:.4} mm (k, j, i)", self.k, self.j, self.i)
    }
}

/// DICOM FrameOfReferenceUID: coordinates of two frames can't be compared, even when the numbers agree.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FrameOfReferenceUid(pub String);

/// A 3x4 affine map, applied to column vectors: `p' = linear * p + translation`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// `linear[row][column]`.
    pub linear: [[f64; 3]; 3],
    /// Added after the linear part.
    pub translation: [f64; 3],
}

impl Affine {
    /// The map that leaves every point where it is.
    pub const IDENTITY: Self =
        Self { linear: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], translation: [0.0; 3] };

    /// Maps one point.
    pub fn apply(&self, p: [f64; 3]) -> [f64; 3] {
        let m = &self.linear;
        let t = &self.translation;
        [
            m[0][0] * p[0] + m[0][1] * p[1] + m[0][2] * p[2] + t[0],
            m[1][0] * p[0] + m[1][1] * p[1] + m[1][2] * p[2] + t[1],
            m[2][0] * p[0] + m[2][1] * p[1] + m[2][2] * p[2] + t[2],
        ]
    }

    /// Determinant of the linear part: a signed volume in mm^3 per index cell.
    pub fn determinant(&self) -> f64 {
        let m = &self.linear;
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    }

    /// The inverse map, or `None` when the linear part is singular.
    pub fn inverse(&self) -> Option<Self> {
        let d = self.determinant();
        if !d.is_finite() || d.abs() < f64::MIN_POSITIVE {
            return None;
        }
        let m = &self.linear;
        let cofactor = |r0: usize, c0: usize, r1: usize, c1: usize| m[r0][c0] * m[r1][c1] - m[r0][c1] * m[r1][c0];
        let linear = [
            [cofactor(1, 1, 2, 2) / d, cofactor(0, 2, 2, 1) / d, cofactor(0, 1, 1, 2) / d],
            [cofactor(1, 2, 2, 0) / d, cofactor(0, 0, 2, 2) / d, cofactor(0, 2, 1, 0) / d],
            [cofactor(1, 0, 2, 1) / d, cofactor(0, 1, 2, 0) / d, cofactor(0, 0, 1, 1) / d],
        ];
        let without_translation = Self { linear, translation: [0.0; 3] };
        let t = without_translation.apply(self.translation);
        Some(Self { linear, translation: [-t[0], -t[1], -t[2]] })
    }
}

/// What can be wrong with a grid.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GeometryError {
    /// An axis has no voxels.
    #[error("a volume needs at least one voxel on every axis, got a shape of {shape:?} (k, j, i)")]
    EmptyShape {
        /// Slices, rows, columns.
        shape: [usize; 3],
    },
    /// Spacing is zero, negative, infinite or not a number.
    #[error("voxel spacing must be positive and finite, got {spacing_mm:?} mm (k, j, i)")]
    Spacing {
        /// Slices, rows, columns.
        spacing_mm: [f64; 3],
    },
    /// Axes are not unit vectors at right angles.
    #[error("image axes must be unit vectors at right angles, got {axes:?} (k, j, i)")]
    Axes {
        /// Unit vectors of the slice, row and column axis.
        axes: [[f64; 3]; 3],
    },
    /// The origin is not finite.
    #[error("the position of the first voxel is not a finite point: {origin:?}")]
    Origin {
        /// LPS mm.
        origin: [f64; 3],
    },
}

/// The regular grid of a volume: its shape, and where each voxel centre is in the patient.
///
/// Index coordinates are `[k, j, i]`; integers are voxel centres.
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeGeometry {
    shape: [usize; 3],
    origin: PointLps,
    spacing_mm: SpacingMm,
    axes: [[f64; 3]; 3],
    frame_of_reference: Option<FrameOfReferenceUid>,
}

impl VolumeGeometry {
    /// A grid with any orthogonal axes. `axes` are the unit vectors (LPS) of `[k, j, i]`; `origin` is the centre of
    /// voxel `[0, 0, 0]`.
    ///
    /// Axes that miss right angles or unit length by no more than [`DIRECTION_TOLERANCE`] are made exact, starting from
    /// i: otherwise going from an index to a point and back would be off by half a voxel at the far end of an image.
    ///
    /// # Errors
    /// When an axis has no voxels, or spacing, axes or origin make no grid.
    pub fn new(
        shape: [usize; 3],
        origin: PointLps,
        spacing_mm: SpacingMm,
        axes: [[f64; 3]; 3],
    ) -> Result<Self, GeometryError> {
        if shape.contains(&0) {
            return Err(GeometryError::EmptyShape { shape });
        }
        if spacing_mm.to_array().iter().any(|s| !s.is_finite() || *s <= 0.0) {
            return Err(GeometryError::Spacing { spacing_mm: spacing_mm.to_array() });
        }
        if origin.0.iter().any(|x| !x.is_finite()) {
            return Err(GeometryError::Origin { origin: origin.0 });
        }
        for a in 0..3 {
            for b in a..3 {
                let expected = if a == b { 1.0 } else { 0.0 };
                let product = dot(axes[a], axes[b]);
                if !product.is_finite() || (product - expected).abs() > DIRECTION_TOLERANCE {
                    return Err(GeometryError::Axes { axes });
                }
            }
        }
        Ok(Self { shape, origin, spacing_mm, axes: orthonormal(axes), frame_of_reference: None })
    }

    /// An axial grid of a supine, head-first patient: i to the left, j to posterior, k to superior.
    pub fn axial(shape: [usize; 3], origin: PointLps, spacing_mm: SpacingMm) -> Result<Self, GeometryError> {
        Self::new(shape, origin, spacing_mm, [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    }

    /// The same grid, said to be in this frame of reference.
    #[must_use]
    pub fn in_frame(mut self, frame: FrameOfReferenceUid) -> Self {
        self.frame_of_reference = Some(frame);
        self
    }

    /// Slices, rows, columns.
    pub const fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Number of voxels.
    pub fn voxel_count(&self) -> usize {
        self.shape.iter().product()
    }

    /// Centre of voxel `[0, 0, 0]`.
    pub const fn origin(&self) -> PointLps {
        self.origin
    }

    /// Distance between voxel centres.
    pub const fn spacing_mm(&self) -> SpacingMm {
        self.spacing_mm
    }

    /// Unit vectors (LPS) of the `[k, j, i]` axes.
    pub const fn axes(&self) -> [[f64; 3]; 3] {
        self.axes
    }

    /// The frame of reference, where the source named one.
    pub const fn frame_of_reference(&self) -> Option<&FrameOfReferenceUid> {
        self.frame_of_reference.as_ref()
    }

    /// Volume of one voxel.
    pub fn voxel_volume_mm3(&self) -> f64 {
        self.spacing_mm.k * self.spacing_mm.j * self.spacing_mm.i
    }

    /// The map from `(i, j, k)` column vectors to LPS mm, as MRML and ITK write it (note the order of the index).
    pub fn lps_from_ijk(&self) -> Affine {
        let [k, j, i] = self.axes;
        let s = self.spacing_mm;
        let linear = std::array::from_fn(|row| [i[row] * s.i, j[row] * s.j, k[row] * s.k]);
        Affine { linear, translation: self.origin.0 }
    }

    /// The point of an index `[k, j, i]`; fractions lie between voxel centres.
    pub fn point_from_index(&self, kji: [f64; 3]) -> PointLps {
        let s = self.spacing_mm.to_array();
        let mut p = self.origin.0;
        for axis in 0..3 {
            for (x, unit) in p.iter_mut().zip(self.axes[axis]) {
                *x += unit * s[axis] * kji[axis];
            }
        }
        PointLps(p)
    }

    /// The index `[k, j, i]` of a point, with fractions.
    pub fn index_from_point(&self, p: PointLps) -> [f64; 3] {
        let d: [f64; 3] = std::array::from_fn(|x| p.0[x] - self.origin.0[x]);
        let s = self.spacing_mm.to_array();
        std::array::from_fn(|axis| dot(d, self.axes[axis]) / s[axis])
    }

    /// Whether both grids put every voxel at the same place ([`GRID_TOLERANCE_MM`]) of the same frame of reference.
    /// A grid without a frame is taken to be in the other's.
    pub fn same_grid(&self, other: &Self) -> bool {
        let frames_agree = match (&self.frame_of_reference, &other.frame_of_reference) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        if !frames_agree || self.shape != other.shape {
            return false;
        }
        let [k, j, i] = self.shape.map(|n| (n - 1) as f64);
        [[0.0, 0.0, 0.0], [k, 0.0, 0.0], [0.0, j, 0.0], [0.0, 0.0, i]].iter().all(|&corner| {
            let (a, b) = (self.point_from_index(corner), other.point_from_index(corner));
            a.0.iter().zip(b.0).all(|(x, y)| (x - y).abs() <= GRID_TOLERANCE_MM)
        })
    }
}

/// Gram-Schmidt from i over j to k; k keeps its sense.
fn orthonormal([k, j, i]: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
    let unit = |v: [f64; 3]| {
        let length = length(v);
        v.map(|x| x / length)
    };
    let without = |v: [f64; 3], n: [f64; 3]| -> [f64; 3] {
        let along = dot(v, n);
        std::array::from_fn(|x| v[x] - along * n[x])
    };
    let i = unit(i);
    let j = unit(without(j, i));
    let k = unit(without(without(k, i), j));
    [k, j, i]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_direction_cosines_do_not_move_the_far_corner() {
        let axes = [[0.0, 0.0006, 1.0], [0.02, 0.9998, 0.0], [0.9999, -0.0196, 0.0]];
        let geometry = VolumeGeometry::new(
            [300, 512, 512],
            PointLps::new(-250.0, -250.0, 0.0),
            SpacingMm::new(5.0, 1.0, 1.0),
            axes,
        )
        .expect("within tolerance");
        let far = [299.0, 511.0, 511.0];
        let back = geometry.index_from_point(geometry.point_from_index(far));
        assert!(far.iter().zip(back).all(|(a, b)| (a - b).abs() < 1e-9), "{back:?}");
        let axial = VolumeGeometry::axial([1, 1, 1], PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(1.0, 1.0, 1.0));
        assert_eq!(axial.map(|g| g.axes()), Ok([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]));
    }

    #[test]
    fn sheared_axes_are_refused() {
        let tilted = [[0.0, 0.3, 0.95], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]];
        let made = VolumeGeometry::new([2, 2, 2], PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(1.0, 1.0, 1.0), tilted);
        assert_eq!(made, Err(GeometryError::Axes { axes: tilted }));
    }
}
