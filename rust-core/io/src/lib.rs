//! CT series, RT Structure Sets and label maps in and out of TMLI. The only crate that knows a DICOM tag.
//!
//! A folder of whatever a hospital exported becomes a volume in Hounsfield units and contours in LPS millimetres, or an
//! error that says what is wrong with which slice. Nothing is guessed: positions come from ImagePositionPatient and
//! ImageOrientationPatient, uneven spacing, missing slices and gantry tilt are refused, and what was odd but harmless is
//! told as a [`Finding`].
//!
//! ```no_run
//! use std::path::Path;
//!
//! let ct = tmli_io::read_ct_folder(Path::new("patient"), None)?;
//! let scan = tmli_io::scan_folder(Path::new("patient"))?;
//! for entry in &scan.structure_sets {
//!     let file = tmli_io::read_structure_set(&entry.path)?;
//!     tmli_io::check_belongs_to(&file, &ct.identity)?;
//! }
//! # Ok::<(), tmli_io::IoError>(())
//! ```
#![forbid(unsafe_code)]

mod atomic;
mod attributes;
mod byte_set;
mod codestream;
mod ct_read;
mod ct_write;
mod dataset;
mod decimal;
mod deflated;
mod dicom_file;
mod error;
mod file_kind;
mod finding;
mod header;
mod identity;
mod iso2022;
mod jpeg_ls;
mod label_map;
mod label_write;
mod loaded;
mod multi_frame;
mod nifti;
mod nrrd;
mod pixels;
mod preflight;
mod rle;
mod room;
mod scan;
pub mod segmentation_object;
pub mod series;
pub mod structure_set;
mod uid;
mod value_representation;
mod walk;

pub use atomic::write_atomically;
pub use ct_read::{CtHeaders, CtSeries, read_ct_folder, read_ct_headers, read_ct_series};
pub use ct_write::{CtAttributes, write_ct_series};
pub use error::{IoError, SeriesGeometryError};
pub use file_kind::{FileKind, file_kind};
pub use finding::Finding;
pub use identity::{CtIdentity, PatientStudy, SliceReference};
pub use label_map::{LABEL_GRID_TOLERANCE_MM, read_label_map};
pub use label_write::{write_label_map, write_seg_nrrd};
pub use nrrd::read_nrrd;
pub use scan::{FolderScan, OtherEntry, SeriesEntry, StructureSetEntry, scan_folder};
pub use segmentation_object::{
    SegmentRead, SegmentToWrite, SegmentationFile, WrittenSegmentation, read_segmentation, write_segmentation,
};
pub use structure_set::{
    EditedStructureSet, OfPatient, PatientKey, RoiCode, RoiGeneration, RoiToWrite, StructureSetFile,
    StructureSetOptions, WrittenStructureSet, check_belongs_to, edit_structure_set, rasterise_roi, read_structure_set,
    reference_findings, write_structure_set,
};
