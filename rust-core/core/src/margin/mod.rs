//! Margins in millimetres: structures grown and shrunk by an ellipsoid with its own half-axis in each of the six
//! patient directions, and the planning target volume (PTV) made of clinical target volumes (CTV).
//!
//! The margin round a point is the set of offsets `d` (LPS mm) with
//!
//! ```text
//! (d_x / a_x)^2 + (d_y / a_y)^2 + (d_z / a_z)^2 <= 1
//! ```
//!
//! where `a_x` is [`MarginMm::left`] for `d_x > 0` and [`MarginMm::right`] for `d_x < 0`, and so on: eight octants of
//! ellipsoids that fit together. A voxel belongs to the grown structure when its centre lies within the margin of the
//! centre of a voxel of the structure. That is decided per offset in the patient's own axes, so it is exact for any
//! spacing and any orientation of the grid: a margin of 2 mm on slices 5 mm apart adds voxels in plane and none in the
//! neighbouring slices.
//!
//! ```
//! use tmli_core::{Mask, PointLps, SpacingMm, VolumeGeometry, margin::{MarginMm, expand}};
//!
//! let geometry = VolumeGeometry::axial([3, 9, 9], PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(5.0, 1.0, 1.0))?;
//! let point = Mask::from_fn(geometry.shape(), |kji| kji == [1, 4, 4]);
//! let grown = expand(&point, &geometry, MarginMm { superior: 5.0, ..MarginMm::uniform(2.0) })?;
//! // 13 voxels lie within 2 mm in plane, and one right above.
//! assert_eq!(grown.count(), 13 + 1);
//! assert!(grown.get([2, 4, 4]) && !grown.get([0, 4, 4]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod dilate;
mod element;
mod ptv;

use std::fmt;

pub use ptv::{PtvRequest, ptv, ptv_with};

use crate::{geometry::VolumeGeometry, mask::Mask};
use dilate::dilate;
use element::Element;

/// No margin is larger: ten times what planning uses, and less than what a slip of units makes (5 cm typed as 500).
pub const MAX_MARGIN_MM: f64 = 100.0;

/// How far a structure grows (or shrinks) towards each side of the patient, in mm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MarginMm {
    /// Towards the patient's left: +x.
    pub left: f64,
    /// Towards the patient's right: -x.
    pub right: f64,
    /// Towards the patient's front: -y.
    pub anterior: f64,
    /// Towards the patient's back: +y.
    pub posterior: f64,
    /// Towards the head: +z.
    pub superior: f64,
    /// Towards the feet: -z.
    pub inferior: f64,
}

impl MarginMm {
    /// The same in all directions: a sphere.
    pub const fn uniform(mm: f64) -> Self {
        Self { left: mm, right: mm, anterior: mm, posterior: mm, superior: mm, inferior: mm }
    }

    /// Half-axes in mm towards the negative and the positive end of x, y and z.
    pub const fn half_axes_mm(&self) -> [[f64; 2]; 3] {
        [[self.right, self.left], [self.anterior, self.posterior], [self.inferior, self.superior]]
    }

    /// An error when a direction is negative, not a number, or more than [`MAX_MARGIN_MM`].
    ///
    /// # Errors
    /// [`MarginError::Value`] for the first such direction.
    pub fn check(&self) -> Result<(), MarginError> {
        const DIRECTIONS: [[&str; 2]; 3] = [["right", "left"], ["anterior", "posterior"], ["inferior", "superior"]];
        let all = DIRECTIONS.as_flattened().iter().zip(self.half_axes_mm().as_flattened().to_vec());
        for (&direction, margin_mm) in all {
            if !(0.0..=MAX_MARGIN_MM).contains(&margin_mm) {
                return Err(MarginError::Value { direction, margin_mm });
            }
        }
        Ok(())
    }

    /// The margin turned round: what grows to the left in one grows to the right in the other.
    const fn reversed(self) -> Self {
        Self {
            left: self.right,
            right: self.left,
            anterior: self.posterior,
            posterior: self.anterior,
            superior: self.inferior,
            inferior: self.superior,
        }
    }
}

impl fmt::Display for MarginMm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { left, right, anterior, posterior, superior, inferior } = *self;
        if *self == Self::uniform(left) {
            write!(f, "{left} mm")
        } else {
            write!(f, "L {left}, R {right}, A {anterior}, P {posterior}, S {superior}, I {inferior} mm")
        }
    }
}

/// Why there is no margin.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MarginError {
    /// A margin makes no sense.
    #[error("a margin must be a number from 0 to {MAX_MARGIN_MM} mm, got {margin_mm} mm towards {direction}")]
    Value {
        /// `left`, `right`, `anterior`, `posterior`, `superior` or `inferior`.
        direction: &'static str,
        /// As given.
        margin_mm: f64,
    },
    /// A mask of another volume.
    #[error("the mask has {mask:?} voxels (k, j, i) and the geometry {geometry:?}; make the mask on this geometry")]
    Shape {
        /// Slices, rows, columns of the mask.
        mask: [usize; 3],
        /// Slices, rows, columns of the geometry.
        geometry: [usize; 3],
    },
    /// A planning target volume of nothing.
    #[error("a PTV is made of at least one CTV, none was given; name the CTVs and their margins")]
    NoCtv,
}

fn check_shape(mask: &Mask, geometry: &VolumeGeometry) -> Result<(), MarginError> {
    let (mask, geometry) = (mask.shape(), geometry.shape());
    if mask == geometry { Ok(()) } else { Err(MarginError::Shape { mask, geometry }) }
}

/// The mask and every voxel whose centre lies within the margin of the centre of one of its voxels. What would lie
/// outside of the grid is cut off.
///
/// # Errors
/// [`MarginError::Value`] and [`MarginError::Shape`].
pub fn expand(mask: &Mask, geometry: &VolumeGeometry, margin: MarginMm) -> Result<Mask, MarginError> {
    check_shape(mask, geometry)?;
    margin.check()?;
    let element = Element::new(geometry, margin);
    Ok(mask.bounds().map_or_else(|| mask.clone(), |bounds| dilate(mask, &element, element.around(bounds))))
}

/// The mask without every voxel that has a voxel outside of the mask within the margin: its left surface moves to the
/// right by [`MarginMm::left`], and so on. The end of the scan is no surface: a structure that goes on there is not
/// shrunk from there.
///
/// # Errors
/// [`MarginError::Value`] and [`MarginError::Shape`].
pub fn shrink(mask: &Mask, geometry: &VolumeGeometry, margin: MarginMm) -> Result<Mask, MarginError> {
    check_shape(mask, geometry)?;
    margin.check()?;
    let Some(bounds) = mask.bounds() else { return Ok(mask.clone()) };
    let element = Element::new(geometry, margin.reversed());
    let region = element.around(bounds);
    let mut outside = Mask::new(mask.shape());
    for k in region.min[0]..region.max[0] {
        for j in region.min[1]..region.max[1] {
            outside.set_run(k, j, region.min[2]..region.max[2]);
        }
    }
    outside.subtract(mask);
    let mut shrunk = mask.clone();
    shrunk.subtract(&dilate(&outside, &element, region));
    Ok(shrunk)
}
