//! Contours as a planning system keeps them: ROIs of planar loops in LPS millimetres.

use crate::geometry::{FrameOfReferenceUid, PointLps};

/// DICOM ROINumber: an identifier chosen by the writer, not an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoiNumber(pub i32);

/// DICOM ContourGeometricType.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContourKind {
    /// A closed loop in a plane.
    ClosedPlanar,
    /// A closed loop that is combined with its neighbours by exclusive or: holes without keyholes.
    ClosedPlanarXor,
    /// A line in a plane: encloses nothing.
    OpenPlanar,
    /// A line in space: encloses nothing.
    OpenNonplanar,
    /// A point.
    Point,
}

/// One loop, line or point.
#[derive(Clone, Debug, PartialEq)]
pub struct Contour {
    /// How the points are to be read.
    pub kind: ContourKind,
    /// LPS mm. A closed loop does not repeat its first point.
    pub points: Vec<PointLps>,
}

/// One region of interest.
#[derive(Clone, Debug, PartialEq)]
pub struct Roi {
    /// As in the file.
    pub number: RoiNumber,
    /// As in the file, e.g. "Lt Lung".
    pub name: String,
    /// DICOM RTROIInterpretedType, e.g. `ORGAN`, `CTV`.
    pub interpreted_type: Option<String>,
    /// Display colour, RGB.
    pub colour: Option<[u8; 3]>,
    /// DICOM ROIGenerationDescription, e.g. the program and the network that made it.
    pub generation_description: Option<String>,
    /// In no particular order.
    pub contours: Vec<Contour>,
}

/// A set of ROIs in one frame of reference.
#[derive(Clone, Debug, PartialEq)]
pub struct StructureSet {
    /// StructureSetLabel.
    pub label: String,
    /// The frame of the coordinates, where the file names one.
    pub frame_of_reference: Option<FrameOfReferenceUid>,
    /// In file order.
    pub rois: Vec<Roi>,
}
