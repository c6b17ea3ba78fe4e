//! Grids that several tests share.

use tmli_core::{PointLps, SpacingMm, VolumeGeometry};

/// Slices from feet to head, rows to posterior, columns to the left.
pub(crate) fn axial(shape: [usize; 3]) -> VolumeGeometry {
    VolumeGeometry::axial(shape, PointLps::new(-250.3, -247.1, -812.5), SpacingMm::new(5.0, 0.976_562, 0.976_562))
        .expect("a valid grid")
}

/// Every axis oblique, every spacing different, and left-handed (feet first).
pub(crate) fn oblique(shape: [usize; 3]) -> VolumeGeometry {
    let (a, b): (f64, f64) = (0.4, -0.7);
    let i = [a.cos(), a.sin(), 0.0];
    let j = [-a.sin() * b.cos(), a.cos() * b.cos(), b.sin()];
    let k = [-a.sin() * b.sin(), a.cos() * b.sin(), -b.cos()];
    VolumeGeometry::new(shape, PointLps::new(103.7, -55.25, 1204.1), SpacingMm::new(3.27, 2.5, 0.7), [k, j, i])
        .expect("a valid grid")
}
