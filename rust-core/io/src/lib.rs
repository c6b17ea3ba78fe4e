//! CT series, RT Structure Sets and label maps in and out of TMLI. The only crate that knows a DICOM tag.
#![forbid(unsafe_code)]

mod atomic;
mod ct_read;
mod ct_write;
mod error;
mod finding;
mod identity;
mod label_map;
mod scan;
pub mod structure_set;

pub use atomic::write_atomically;
pub use ct_read::{CtSeries, read_ct_folder, read_ct_series};
pub use ct_write::{CtAttributes, write_ct_series};
pub use error::{IoError, SeriesGeometryError};
pub use finding::Finding;
pub use identity::{CtIdentity, PatientStudy, SliceReference};
pub use label_map::read_label_map;
pub use scan::{FolderScan, OtherEntry, SeriesEntry, StructureSetEntry, scan_folder};
pub use structure_set::{
    PatientKey, RoiCode, RoiGeneration, RoiToWrite, StructureSetFile, StructureSetOptions, WrittenStructureSet,
    check_belongs_to, read_structure_set, write_structure_set,
};
