//! RT Structure Sets: contours as planning systems exchange them.

mod belongs;
mod contour;
mod edit;
mod read;
mod references;
mod splice;
mod voxels;
mod write;
mod write_contours;

pub use belongs::{OfPatient, check_belongs_to, reference_findings};
pub use edit::{EditedStructureSet, edit_structure_set};
pub use read::{PatientKey, StructureSetFile, read_structure_set};
pub(crate) use references::{frame_of_reference, referenced_series};
pub use voxels::rasterise_roi;
pub(crate) use write::{RESEARCH_USE, frame_of, now, patient_and_study};
pub use write::{
    RoiCode, RoiGeneration, RoiToWrite, StructureSetOptions, WrittenStructureSet, structure_set_bytes,
    write_structure_set,
};

#[cfg(test)]
mod tests;
