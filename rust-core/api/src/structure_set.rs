//! Masks written as an RT Structure Set, with the protocol's colours, types and codes.

use std::path::Path;

use tmli_core::{Contour, Mask, TraceOptions, VolumeGeometry, trace_with};
use tmli_io::{
    CtIdentity, RoiCode, RoiGeneration, RoiToWrite, StructureSetOptions, WrittenStructureSet, write_structure_set,
};
use tmli_protocol::{Protocol, Structure};

use crate::{ApiError, checks};

/// Colour of a structure that the protocol does not know.
pub const UNKNOWN_COLOUR: [u8; 3] = [230, 230, 80];

/// How masks become an RT Structure Set.
#[derive(Clone, Debug)]
pub struct WriteOptions {
    /// StructureSetLabel; cut at 16 characters.
    pub label: String,
    /// How the masks were made.
    pub generation: RoiGeneration,
    /// ROIGenerationDescription: name and version of the algorithm; cut at 64 characters.
    pub algorithm: String,
    /// How loops are drawn.
    pub trace: TraceOptions,
    /// Whether a file that exists may be replaced.
    pub overwrite: bool,
}

impl Default for WriteOptions {
    /// Label "TMLI", made automatically by this version of TMLI, loops along pixel edges, nothing overwritten.
    fn default() -> Self {
        Self {
            label: "TMLI".to_owned(),
            generation: RoiGeneration::Automatic,
            algorithm: format!("TMLI {}", env!("CARGO_PKG_VERSION")),
            trace: TraceOptions::default(),
            overwrite: false,
        }
    }
}

/// A ROI as it is written: colour, code and type as the protocol says, [`UNKNOWN_COLOUR`] and `ORGAN` where it does not
/// know the structure.
pub fn roi_to_write(
    name: &str,
    structure: Option<&Structure>,
    contours: Vec<Contour>,
    generation: RoiGeneration,
    algorithm: &str,
) -> RoiToWrite {
    RoiToWrite {
        name: name.to_owned(),
        interpreted_type: structure.map_or_else(|| "ORGAN".to_owned(), |s| s.interpreted_type.clone()),
        colour: structure.map_or(UNKNOWN_COLOUR, |s| s.colour),
        code: structure.and_then(|s| s.code.as_ref()).map(|c| RoiCode {
            scheme: c.scheme.clone(),
            value: c.value.clone(),
            meaning: c.meaning.clone(),
        }),
        contours,
        generation,
        generation_description: algorithm.to_owned(),
    }
}

/// Writes masks on the grid of a CT series as an RT Structure Set that refers to it, whole or not at all. Masks without
/// voxels are left out and named in the result.
///
/// # Errors
/// [`ErrorNumber::Name`](crate::ErrorNumber::Name), [`ErrorNumber::GridsDiffer`](crate::ErrorNumber::GridsDiffer) when a
/// mask has another shape, [`ErrorNumber::FileExists`](crate::ErrorNumber::FileExists); otherwise as
/// [`tmli_io::write_structure_set`].
pub fn write_masks(
    path: &Path,
    ct: &CtIdentity,
    geometry: &VolumeGeometry,
    masks: &[(&str, &Mask)],
    options: &WriteOptions,
) -> Result<WrittenStructureSet, ApiError> {
    checks::names(masks.iter().map(|(name, _)| *name))?;
    for (name, mask) in masks {
        checks::shape(&format!("the mask of {name}"), mask.shape(), geometry)?;
    }
    checks::may_write(path, options.overwrite)?;
    let protocol = Protocol::tmli();
    let rois: Vec<RoiToWrite> = masks
        .iter()
        .map(|(name, mask)| {
            let contours = trace_with(mask, geometry, options.trace);
            roi_to_write(name, protocol.structure(name), contours, options.generation, &options.algorithm)
        })
        .collect();
    let about = StructureSetOptions { label: options.label.clone(), ..StructureSetOptions::default() };
    Ok(write_structure_set(path, ct, geometry, &rois, &about)?)
}
