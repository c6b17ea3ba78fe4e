//! RT Structure Sets: contours as planning systems exchange them.

mod read;
mod write;

pub use read::{PatientKey, StructureSetFile, check_belongs_to, read_structure_set};
pub use write::{
    RoiCode, RoiGeneration, RoiToWrite, StructureSetOptions, WrittenStructureSet, structure_set_bytes,
    write_structure_set,
};
