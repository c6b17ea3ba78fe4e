//! `tmli_structure_set_t`: an RT Structure Set, read or written.

use std::{
    ffi::{CString, c_char},
    path::Path,
};

use tmli_api::{ApiError, ErrorNumber, WriteOptions, checks, write_masks};
use tmli_core::Roi;
use tmli_io::{RoiGeneration, StructureSetFile, check_belongs_to, read_structure_set, reference_findings};

use crate::{
    boundary::{Out, Text, c_text, given},
    contours::{Contours, HoleDrawing, no_such_value, trace_options},
    ct_series::CtSeries,
    error::{Error, free, guard},
    segmentation::Segmentation,
    texts::Texts,
};

/// An RT Structure Set that was read from a DICOM file. Never changes.
///
/// Free it with `tmli_structure_set_free`. May be used by several threads at once.
#[derive(Debug)]
pub struct StructureSet {
    label: CString,
    rois: Vec<Roi>,
    names: Vec<CString>,
    types: Vec<CString>,
    findings: Vec<String>,
}

impl StructureSet {
    fn new(file: StructureSetFile, findings: Vec<String>) -> Self {
        let set = file.structure_set;
        let type_of = |roi: &Roi| c_text(roi.interpreted_type.as_deref().unwrap_or_default());
        Self {
            label: c_text(&set.label),
            names: set.rois.iter().map(|roi| c_text(&roi.name)).collect(),
            types: set.rois.iter().map(type_of).collect(),
            rois: set.rois,
            findings,
        }
    }
}

/// One region of interest. The texts live as long as the structure set.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct RoiInfo {
    /// ROIName.
    pub name: *const c_char,
    /// RTROIInterpretedType, e.g. "ORGAN"; empty where the file says none.
    pub interpreted_type: *const c_char,
    /// ROINumber: chosen by who wrote the file, not an index.
    pub number: i32,
    /// Display colour: red, green, blue. 0 0 0 where the file says none.
    pub colour: [u8; 3],
    /// Whether the file says a colour: 1 or 0.
    pub has_colour: u8,
    /// How many contours it has.
    pub contours: usize,
}

/// How masks were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Generation {
    /// By an algorithm.
    Automatic = 0,
    /// By an algorithm, then by hand.
    Semiautomatic = 1,
    /// By hand.
    Manual = 2,
}

/// How masks become an RT Structure Set. Fill it with `tmli_structure_set_options_default` first.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct StructureSetOptions<'a> {
    /// StructureSetLabel, or NULL for "TMLI".
    pub label: Text<'a>,
    /// Name and version of the algorithm that made the masks, or NULL for TMLI and its version.
    pub algorithm: Text<'a>,
    /// One of `tmli_generation`.
    pub generation: i32,
    /// One of `tmli_holes`.
    pub holes: i32,
    /// Other than 0 draws rounded loops instead of stairs.
    pub smooth: u8,
    /// Other than 0 replaces a file that exists.
    pub overwrite: u8,
}

/// Reads an RT Structure Set. `series` is the CT series that it should belong to: it is an error when it is of another
/// patient or in another frame of reference. NULL reads it without that check.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_structure_set_read(
    file: Text<'_>,
    series: Option<&CtSeries>,
    structure_set: Out<'_, Box<StructureSet>>,
) -> Option<Box<Error>> {
    guard(|| {
        let slot = structure_set.needed("structure_set")?;
        let read = read_structure_set(Path::new(file.needed("file")?))?;
        let mut findings: Vec<String> = read.findings.iter().map(ToString::to_string).collect();
        if let Some(series) = series {
            check_belongs_to(&read, series.identity())?;
            findings.extend(reference_findings(&read, series.identity()).iter().map(ToString::to_string));
        }
        slot.put(Box::new(StructureSet::new(read, findings)));
        Ok(())
    })
}

/// StructureSetLabel. The text lives as long as the structure set.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_structure_set_label(
    structure_set: Option<&StructureSet>,
    label: Out<'_, *const c_char>,
) -> Option<Box<Error>> {
    guard(|| {
        let (set, slot) = (given(structure_set, "structure_set")?, label.needed("label")?);
        slot.put(set.label.as_ptr());
        Ok(())
    })
}

/// What was odd but could be read: a list, to be freed.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_structure_set_findings(
    structure_set: Option<&StructureSet>,
    findings: Out<'_, Box<Texts>>,
) -> Option<Box<Error>> {
    guard(|| {
        let (set, slot) = (given(structure_set, "structure_set")?, findings.needed("findings")?);
        slot.put(Texts::new(&set.findings));
        Ok(())
    })
}

/// How many ROIs there are.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_structure_set_count(
    structure_set: Option<&StructureSet>,
    count: Out<'_, usize>,
) -> Option<Box<Error>> {
    guard(|| {
        let (set, slot) = (given(structure_set, "structure_set")?, count.needed("count")?);
        slot.put(set.rois.len());
        Ok(())
    })
}

/// The index of the ROI of exactly that name; of the first when there are several.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_structure_set_find(
    structure_set: Option<&StructureSet>,
    name: Text<'_>,
    index: Out<'_, usize>,
) -> Option<Box<Error>> {
    guard(|| {
        let (set, slot) = (given(structure_set, "structure_set")?, index.needed("index")?);
        let name = name.needed("name")?;
        let found = set.rois.iter().position(|roi| roi.name == name);
        let names = set.rois.iter().map(|roi| roi.name.as_str());
        slot.put(found.ok_or_else(|| checks::no_such_structure(name, names))?);
        Ok(())
    })
}

/// What the file says about the ROI at `index`, from 0 on.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_structure_set_roi(
    structure_set: Option<&StructureSet>,
    index: usize,
    roi: Out<'_, RoiInfo>,
) -> Option<Box<Error>> {
    guard(|| {
        let (set, slot) = (given(structure_set, "structure_set")?, roi.needed("roi")?);
        let roi = roi_at(set, index)?;
        slot.put(RoiInfo {
            name: set.names[index].as_ptr(),
            interpreted_type: set.types[index].as_ptr(),
            number: roi.number.0,
            colour: roi.colour.unwrap_or_default(),
            has_colour: u8::from(roi.colour.is_some()),
            contours: roi.contours.len(),
        });
        Ok(())
    })
}

/// A copy of the contours of the ROI at `index`, from 0 on: a handle to be freed.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_structure_set_contours(
    structure_set: Option<&StructureSet>,
    index: usize,
    contours: Out<'_, Box<Contours>>,
) -> Option<Box<Error>> {
    guard(|| {
        let (set, slot) = (given(structure_set, "structure_set")?, contours.needed("contours")?);
        slot.put(Box::new(Contours::new(roi_at(set, index)?.contours.clone())));
        Ok(())
    })
}

fn roi_at(set: &StructureSet, index: usize) -> Result<&Roi, ApiError> {
    set.rois.get(index).ok_or_else(|| checks::no_such_index("ROIs", index, set.rois.len()))
}

/// Label "TMLI", made automatically, stairs, loops inside loops, nothing overwritten.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_structure_set_options_default(
    options: Out<'_, StructureSetOptions<'static>>,
) -> Option<Box<Error>> {
    guard(|| {
        options.needed("options")?.put(StructureSetOptions {
            label: Text::NULL,
            algorithm: Text::NULL,
            generation: Generation::Automatic as i32,
            holes: HoleDrawing::Loops as i32,
            smooth: 0,
            overwrite: 0,
        });
        Ok(())
    })
}

/// Writes the structures of a segmentation as an RT Structure Set that belongs to the CT series, whole or not at all.
/// Colours, types and codes are those of the TMLI protocol. `options` may be NULL. `left_out` may be NULL; otherwise it
/// becomes a list, to be freed, of the structures that have no voxel and are not in the file.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_structure_set_write(
    file: Text<'_>,
    series: Option<&CtSeries>,
    segmentation: Option<&Segmentation>,
    options: Option<&StructureSetOptions<'_>>,
    left_out: Out<'_, Box<Texts>>,
) -> Option<Box<Error>> {
    guard(|| {
        let file = Path::new(file.needed("file")?);
        let (series, segmentation) = (given(series, "series")?, given(segmentation, "segmentation")?);
        let grid = series.volume().geometry().grid();
        if !grid.same_grid(segmentation.geometry().grid()) {
            let message = "the segmentation is not on the grid of the CT series";
            return Err(ApiError::new(ErrorNumber::GridsDiffer, message));
        }
        let options = write_options(options)?;
        let written = write_masks(file, series.identity(), grid, &segmentation.masks(), &options)?;
        if let Some(slot) = left_out.optional() {
            slot.put(Texts::new(&written.empty));
        }
        Ok(())
    })
}

fn write_options(options: Option<&StructureSetOptions<'_>>) -> Result<WriteOptions, ApiError> {
    let default = WriteOptions::default();
    let Some(options) = options else { return Ok(default) };
    let generation = match options.generation {
        n if n == Generation::Automatic as i32 => RoiGeneration::Automatic,
        n if n == Generation::Semiautomatic as i32 => RoiGeneration::Semiautomatic,
        n if n == Generation::Manual as i32 => RoiGeneration::Manual,
        n => return Err(no_such_value("generation", "tmli_generation (0 to 2)", n)),
    };
    Ok(WriteOptions {
        label: options.label.optional("label")?.map_or(default.label, str::to_owned),
        algorithm: options.algorithm.optional("algorithm")?.map_or(default.algorithm, str::to_owned),
        generation,
        trace: trace_options(options.smooth, options.holes)?,
        overwrite: options.overwrite != 0,
    })
}

/// Frees the structure set. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_structure_set_free(structure_set: Option<Box<StructureSet>>) {
    free(structure_set);
}
