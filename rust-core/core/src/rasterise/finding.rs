//! What can be odd about a contour.

use std::fmt;

/// Something about one contour that a person should know. `contour` is its index in the list that was rasterised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ContourFinding {
    /// Used, on the nearest slice, although its plane is this far from that slice.
    OffSlice {
        /// Index of the contour.
        contour: usize,
        /// From its plane to the slice used.
        distance_mm: f64,
    },
    /// Used, but cut at the edge of the image, beyond which it reaches.
    PartlyOutside {
        /// Index of the contour.
        contour: usize,
    },
    /// Left out: nearer to the same slice lies another plane of contours. Happens when contours were drawn on a finer
    /// scan than this one.
    NearerPlaneUsed {
        /// Index of the contour.
        contour: usize,
        /// From its plane to the slice.
        distance_mm: f64,
    },
    /// Left out: the same loop appears twice, and by the even-odd rule the two would cancel.
    Repeated {
        /// Index of the contour.
        contour: usize,
        /// Index of the equal one that was used.
        of: usize,
    },
    /// Left out: no part of it lies in the scan.
    OutsideVolume {
        /// Index of the contour.
        contour: usize,
    },
    /// Left out: a closed loop needs three points.
    TooFewPoints {
        /// Index of the contour.
        contour: usize,
        /// Points that differ from their predecessor.
        points: usize,
    },
    /// Left out: its points lie in no common plane.
    NotPlanar {
        /// Index of the contour.
        contour: usize,
        /// How far a point lies from the plane that fits best.
        deviation_mm: f64,
    },
    /// Left out: it is planar, but its plane is tilted against the slices.
    NotInSlicePlane {
        /// Index of the contour.
        contour: usize,
        /// How far it extends along the slices' normal.
        extent_mm: f64,
    },
    /// Left out: a coordinate is infinite or not a number.
    NonFinite {
        /// Index of the contour.
        contour: usize,
    },
    /// Left out: a point or an open line encloses nothing.
    NotARegion {
        /// Index of the contour.
        contour: usize,
    },
}

impl ContourFinding {
    /// Index of the contour in the list that was rasterised.
    pub const fn contour(&self) -> usize {
        match *self {
            Self::OffSlice { contour, .. }
            | Self::PartlyOutside { contour }
            | Self::NearerPlaneUsed { contour, .. }
            | Self::Repeated { contour, .. }
            | Self::OutsideVolume { contour }
            | Self::TooFewPoints { contour, .. }
            | Self::NotPlanar { contour, .. }
            | Self::NotInSlicePlane { contour, .. }
            | Self::NonFinite { contour }
            | Self::NotARegion { contour } => contour,
        }
    }

    /// Whether the contour is missing from the mask (`false`: it was used, but moved or cut).
    pub const fn left_out(&self) -> bool {
        !matches!(self, Self::OffSlice { .. } | Self::PartlyOutside { .. })
    }
}

/// Contours are counted from 1 in words, as people count them.
impl fmt::Display for ContourFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.contour() + 1;
        match self {
            Self::OffSlice { distance_mm, .. } => {
                write!(f, "contour {n} lies {distance_mm:.2} mm off the nearest slice; it was put on that slice")
            }
            Self::PartlyOutside { .. } => write!(f, "contour {n} reaches beyond the image; it was cut at the edge"),
            Self::NearerPlaneUsed { distance_mm, .. } => write!(
                f,
                "contour {n} was left out: it lies {distance_mm:.2} mm off the nearest slice, and other contours lie \
                 nearer to it; the contours were drawn on a finer scan"
            ),
            Self::Repeated { of, .. } => write!(f, "contour {n} was left out: it repeats contour {}", of + 1),
            Self::OutsideVolume { .. } => write!(f, "contour {n} was left out: it lies outside of the scan"),
            Self::TooFewPoints { points, .. } => {
                write!(f, "contour {n} was left out: a loop needs 3 different points, it has {points}")
            }
            Self::NotPlanar { deviation_mm, .. } => {
                write!(f, "contour {n} was left out: it is not planar, a point lies {deviation_mm:.2} mm off its plane")
            }
            Self::NotInSlicePlane { extent_mm, .. } => write!(
                f,
                "contour {n} was left out: it is tilted against the slices and extends {extent_mm:.2} mm across them"
            ),
            Self::NonFinite { .. } => write!(f, "contour {n} was left out: a coordinate is not a finite number"),
            Self::NotARegion { .. } => {
                write!(f, "contour {n} was left out: a point or an open line encloses no voxels")
            }
        }
    }
}
