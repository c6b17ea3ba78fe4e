//! DICOM Segmentation objects (BINARY): masks as planning and viewing systems exchange them. Segments may overlap: every
//! slice of every segment is a frame of its own.

mod bits;
mod colour;
mod read;
mod write;

pub use read::{SegmentRead, SegmentationFile, read_segmentation};
pub use write::{SegmentToWrite, WrittenSegmentation, write_segmentation};
