//! RT Structure Sets: contours as planning systems exchange them.

mod belongs;
mod contour;
mod read;
mod references;
mod write;
mod write_contours;

pub use belongs::{check_belongs_to, reference_findings};
pub use read::{PatientKey, StructureSetFile, read_structure_set};
pub(crate) use references::{frame_of_reference, referenced_series};
pub use write::{
    RoiCode, RoiGeneration, RoiToWrite, StructureSetOptions, WrittenStructureSet, structure_set_bytes,
    write_structure_set,
};

#[cfg(test)]
mod tests;
