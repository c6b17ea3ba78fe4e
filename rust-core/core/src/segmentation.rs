//! Named masks on one grid. Structures may overlap, so there is one mask per structure, never one exclusive label map.

use crate::{geometry::VolumeGeometry, mask::Mask};

/// One structure's voxels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// TG-263 name, e.g. `Kidney_L`.
    pub name: String,
    /// Its voxels, on the grid of the [`Segmentation`].
    pub mask: Mask,
}

/// Structures on one grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Segmentation {
    /// The grid of every mask.
    pub geometry: VolumeGeometry,
    /// In the order in which they are shown and written.
    pub segments: Vec<Segment>,
}

impl Segmentation {
    /// The mask of the segment of that name.
    pub fn mask(&self, name: &str) -> Option<&Mask> {
        self.segments.iter().find(|s| s.name == name).map(|s| &s.mask)
    }
}
