//! `tmli convert`: structures from one kind of file into another, on the grid of their CT series.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use tmli_api::{UNKNOWN_COLOUR, roi_to_write};
use tmli_core::{Holes, Segment, Segmentation, TraceOptions, VolumeGeometry, trace_with};
use tmli_io::{
    CtSeries, RoiCode, RoiGeneration, RoiToWrite, SegmentToWrite, StructureSetOptions, write_label_map, write_seg_nrrd,
    write_segmentation, write_structure_set,
};
use tmli_protocol::{Code, Structure};
use tmli_terminal::{
    cancel,
    ct_args::CtArgs,
    failure::{Explain, Failure, Outcome},
    files::{Names, NamesArgs, check_output, shown},
    output::print,
    progress::Verbosity,
};

use crate::source::{Part, Place, Source, parse_label};

/// Turn structures into another kind of file: RT Structure Set, DICOM Segmentation, NIfTI label map, or segmentation of
/// 3D Slicer (seg.nrrd). No voxel is lost or moved: the file must be on the grid of the CT series, in any orientation.
///
/// What the input is, its content tells. What is written, the name tells: .nii, .nii.gz, .nrrd, .seg.nrrd; anything else
/// is DICOM. A label map holds one label for a voxel: where structures overlap, the later one wins, and it is told.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    ct: CtArgs,
    /// File with structures: RT Structure Set, DICOM Segmentation, NIfTI or NRRD
    #[arg(long, value_name = "FILE", visible_alias = "labels")]
    input: PathBuf,
    /// For label maps: which label is which structure, e.g. 5=Liver,6=Stomach (several labels of one name are joined)
    #[arg(long, value_name = "LABEL=NAME,...", value_delimiter = ',', value_parser = parse_label)]
    map: Vec<(u32, String)>,
    /// Take DICOM structures of another patient or frame of reference too, e.g. copies made anonymous in another way
    #[arg(long)]
    ignore_identity: bool,
    /// File to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// What to write, when the name of the file shall not decide
    #[arg(long = "as", value_name = "KIND", value_enum)]
    kind: Option<Kind>,
    /// Round off the steps of the contours, as far as not a single voxel changes
    #[arg(long)]
    smooth: bool,
    /// How holes are drawn in an RT Structure Set
    #[arg(long, value_enum, default_value = "loops")]
    holes: HolesArg,
    /// Overwrite the file when it exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    names: NamesArgs,
}

const EXAMPLES: &str = "\
Examples:
  tmli convert --ct PATIENT/CT --labels total.nii.gz --map 5=Liver,6=Stomach --out RTSTRUCT.dcm
  tmli convert --ct PATIENT/CT --input RTSTRUCT.dcm --out for-slicer.seg.nrrd
  tmli convert --ct PATIENT/CT --input RTSTRUCT.dcm --out seg.dcm --as seg
  tmli convert --ct PATIENT/CT --input seg.dcm --out RTSTRUCT.dcm --smooth --holes keyhole";

/// What can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// DICOM RT Structure Set
    Rtstruct,
    /// DICOM Segmentation
    Seg,
    /// NIfTI label map
    Nifti,
    /// NRRD segmentation of 3D Slicer
    Nrrd,
}

/// The words of the command line for [`Holes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum HolesArg {
    /// A loop inside a loop, as most planning systems do
    Loops,
    /// The same, said to be CLOSEDPLANAR_XOR, as DICOM asks for
    Xor,
    /// A channel of no width from the hole to its outline, for systems that fill every loop
    Keyhole,
}

impl From<HolesArg> for Holes {
    fn from(holes: HolesArg) -> Self {
        match holes {
            HolesArg::Loops => Self::Loops,
            HolesArg::Xor => Self::Xor,
            HolesArg::Keyhole => Self::Keyhole,
        }
    }
}

/// What the name of a file asks for.
fn kind_by_name(path: &Path) -> Kind {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    if name.ends_with(".nii") || name.ends_with(".nii.gz") {
        Kind::Nifti
    } else if name.ends_with(".nrrd") {
        Kind::Nrrd
    } else {
        Kind::Rtstruct
    }
}

/// How many oddities are shown; the number of the others is told.
const SHOWN_FINDINGS: usize = 20;

/// Runs the command.
pub(crate) fn run(args: &Args, verbosity: Verbosity) -> Outcome {
    let kind = args.kind.unwrap_or_else(|| kind_by_name(&args.out));
    if kind != Kind::Rtstruct && (args.smooth || args.holes != HolesArg::Loops) {
        let message = "--smooth and --holes are about contours, which only an RT Structure Set has";
        return Err(Failure::usage(message, "leave them out, or write an RT Structure Set"));
    }
    let names = args.names.load()?;
    check_output(&args.out, "--out", args.force)?;
    args.ct.require()?;
    let ct = args.ct.read()?;
    let place = Place {
        argument: "--input",
        path: &args.input,
        map_argument: "--map",
        map: &args.map,
        ignore_identity: args.ignore_identity,
    };
    let source = place.read(&ct)?;
    for finding in source.findings.iter().take(SHOWN_FINDINGS) {
        verbosity.note(format_args!("note: {finding}"));
    }
    if source.findings.len() > SHOWN_FINDINGS {
        verbosity.note(format_args!("note: {} more oddities", source.findings.len() - SHOWN_FINDINGS));
    }
    cancel::check()?;
    let written = match kind {
        Kind::Rtstruct => structure_set(args, &ct, &source, &names)?,
        Kind::Seg => segmentation(args, &ct, &source, &names)?,
        Kind::Nifti | Kind::Nrrd => labels(args, kind, &ct, source, &names, verbosity)?,
    };
    for name in &written.empty {
        verbosity.note(format_args!("warning: {name} has no voxel on this CT series; it is not in the file"));
    }
    print(format_args!("wrote {} structures: {}", written.names.len(), written.names.join(", ")))
}

struct Written {
    names: Vec<String>,
    empty: Vec<String>,
}

fn description(source: &Source) -> String {
    format!("TMLI {} from {}", env!("CARGO_PKG_VERSION"), source.kind)
}

/// What the file says goes before what the protocol says.
fn colour(part: &Part, structure: Option<&Structure>) -> [u8; 3] {
    part.colour.or(structure.map(|s| s.colour)).unwrap_or(UNKNOWN_COLOUR)
}

fn structure_set(args: &Args, ct: &CtSeries, source: &Source, names: &Names) -> Outcome<Written> {
    let geometry = ct.volume.geometry();
    let options = TraceOptions { smooth: args.smooth, holes: args.holes.into() };
    let roi = |part: &Part| {
        let structure = names.protocol.structure(&part.name);
        let contours = trace_with(&part.mask, geometry, options);
        let generation = RoiGeneration::Semiautomatic;
        let mut roi: RoiToWrite = roi_to_write(&part.name, structure, contours, generation, &description(source));
        roi.colour = colour(part, structure);
        roi.code = part.code.clone().or(roi.code);
        roi.interpreted_type = part.interpreted_type.clone().unwrap_or(roi.interpreted_type);
        roi
    };
    let rois: Vec<RoiToWrite> = source.parts.par_iter().map(roi).collect();
    let options = StructureSetOptions { series_description: "TMLI converted".into(), ..Default::default() };
    let written =
        write_structure_set(&args.out, &ct.identity, geometry, &rois, &options).explain(shown("--out", &args.out))?;
    Ok(Written { names: written.written, empty: written.empty })
}

fn segmentation(args: &Args, ct: &CtSeries, source: &Source, names: &Names) -> Outcome<Written> {
    let code =
        |code: &Code| RoiCode { scheme: code.scheme.clone(), value: code.value.clone(), meaning: code.meaning.clone() };
    let segment = |part: &Part| {
        let structure = names.protocol.structure(&part.name);
        SegmentToWrite {
            name: part.name.clone(),
            category: structure.map(|s| code(&s.category)),
            code: part.code.clone().or_else(|| structure.and_then(|s| s.code.as_ref()).map(code)),
            colour: colour(part, structure),
            generation: RoiGeneration::Semiautomatic,
            algorithm: description(source),
            mask: part.mask.clone(),
        }
    };
    let segments: Vec<SegmentToWrite> = source.parts.iter().map(segment).collect();
    let options = StructureSetOptions { series_description: "TMLI converted".into(), ..Default::default() };
    let geometry = ct.volume.geometry();
    let written = write_segmentation(&args.out, &ct.identity, geometry, &segments, &options)
        .explain(shown("--out", &args.out))?;
    Ok(Written { names: written.written, empty: written.empty })
}

/// The numbers of a label map are told: the file itself has no names.
fn labels(
    args: &Args,
    kind: Kind,
    ct: &CtSeries,
    source: Source,
    names: &Names,
    verbosity: Verbosity,
) -> Outcome<Written> {
    let (full, empty): (Vec<Part>, Vec<Part>) = source.parts.into_iter().partition(|part| !part.mask.is_empty());
    if full.is_empty() {
        return Err(Failure::advise(
            format!("{}: none of its structures has a voxel on this CT series", shown("--input", &args.input)),
            "check that the file and the CT series belong together",
        ));
    }
    let colours: Vec<[u8; 3]> = full.iter().map(|p| colour(p, names.protocol.structure(&p.name))).collect();
    let segments: Vec<Segment> = full.into_iter().map(|p| Segment { name: p.name, mask: p.mask }).collect();
    let geometry: VolumeGeometry = ct.volume.geometry().clone();
    let all = Segmentation { geometry, segments };
    let about = shown("--out", &args.out);
    let mut written: Vec<String> = all.segments.iter().map(|s| s.name.clone()).collect();
    if kind == Kind::Nrrd {
        write_seg_nrrd(&args.out, &all, &colours).explain(about)?;
    } else {
        let overlaps = write_label_map(&args.out, &all).explain(about)?;
        if overlaps > 0 {
            verbosity.note(format_args!(
                "warning: {overlaps} voxels belong to several structures; a label map keeps the last one only"
            ));
        }
        written = written.iter().enumerate().map(|(n, name)| format!("{}={name}", n + 1)).collect();
    }
    Ok(Written { names: written, empty: empty.into_iter().map(|part| part.name).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_file_tells_its_kind() {
        let kinds =
            ["a.nii", "A.NII.GZ", "b.seg.nrrd", "b.nrrd", "c.dcm", "no-ending"].map(|n| kind_by_name(Path::new(n)));
        assert_eq!(kinds, [Kind::Nifti, Kind::Nifti, Kind::Nrrd, Kind::Nrrd, Kind::Rtstruct, Kind::Rtstruct]);
    }
}
