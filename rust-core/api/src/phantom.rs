//! A synthetic child as DICOM files.

use std::path::Path;

use rayon::prelude::*;
use tmli_core::trace;
use tmli_io::{
    CtAttributes, IoError, RoiGeneration, RoiToWrite, StructureSetOptions, write_ct_series, write_structure_set,
};
use tmli_phantom::{Phantom, PhantomOptions, Sex};
use tmli_protocol::Protocol;

use crate::roi_to_write;

/// Writes a child that was made with these options: `folder/ct/*.dcm` and `folder/rtstruct.dcm` with the shapes that it
/// was made from. The same child gives the same bytes.
///
/// # Errors
/// When the files can't be written, or are there already.
///
/// ```
/// use tmli_phantom::{Matrix, PhantomOptions, generate};
///
/// let folder = tempfile::tempdir()?;
/// let options = PhantomOptions { seed: 1, case: 1, age_years: Some(2.0), matrix: Matrix::M128 };
/// tmli_api::write_phantom(folder.path(), &generate(&options), &options)?;
/// assert!(folder.path().join("rtstruct.dcm").is_file());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_phantom(folder: &Path, phantom: &Phantom, options: &PhantomOptions) -> Result<(), IoError> {
    let PhantomOptions { seed, case, .. } = *options;
    let attributes = CtAttributes {
        patient_name: format!("Phantom^Child {case:03}"),
        patient_id: format!("PHANTOM-{seed}-{case:03}"),
        sex: if phantom.sex == Sex::Male { "M".into() } else { "F".into() },
        age_years: Some(phantom.age_years),
        height_m: Some(phantom.height_cm / 100.0),
        seed: seed.wrapping_mul(100_003).wrapping_add(u64::from(case)),
        ..CtAttributes::default()
    };
    let identity = write_ct_series(&folder.join("ct"), &phantom.ct, &attributes)?;
    let (protocol, geometry) = (Protocol::tmli(), phantom.ct.geometry());
    let algorithm = format!("TMLI {} phantom: the shapes it was made from", env!("CARGO_PKG_VERSION"));
    let rois: Vec<RoiToWrite> = phantom
        .segmentation
        .segments
        .par_iter()
        .map(|segment| {
            let contours = trace(&segment.mask, geometry);
            let structure = protocol.structure(&segment.name);
            roi_to_write(&segment.name, structure, contours, RoiGeneration::Automatic, &algorithm)
        })
        .collect();
    let options = StructureSetOptions {
        label: "PHANTOM".into(),
        series_description: "TMLI phantom truth".into(),
        fixed_time: Some((attributes.study_date, attributes.study_time)),
        ..StructureSetOptions::default()
    };
    write_structure_set(&folder.join("rtstruct.dcm"), &identity, geometry, &rois, &options).map(drop)
}
