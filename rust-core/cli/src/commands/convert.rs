//! `tmli convert`: a NIfTI label map as an RT Structure Set on its CT series.

use std::path::PathBuf;

use rayon::prelude::*;
use tmli_core::{Mask, trace};
use tmli_io::{RoiGeneration, RoiToWrite, StructureSetOptions, read_label_map, write_structure_set};
use tmli_terminal::{
    cancel,
    case::roi_to_write,
    ct_args::CtArgs,
    failure::{Explain, Failure, Outcome},
    files::{NamesArgs, check_output, shown},
    output::print,
    progress::Verbosity,
};

/// Turn a NIfTI label map on the grid of a CT series into an RT Structure Set that refers to that series.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    ct: CtArgs,
    /// Label map, .nii or .nii.gz, on the CT's own grid
    #[arg(long, value_name = "FILE")]
    labels: PathBuf,
    /// Which label is which structure, e.g. 5=Liver,6=Stomach (several labels of one name are joined)
    #[arg(long, value_name = "LABEL=NAME,...", value_delimiter = ',', required = true, value_parser = parse_pair)]
    map: Vec<(u32, String)>,
    /// RT Structure Set to write
    #[arg(long, value_name = "RTSTRUCT.dcm")]
    out: PathBuf,
    /// Overwrite the file when it exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    names: NamesArgs,
}

const EXAMPLES: &str = "\
Example (labels of TotalSegmentator):
  tmli convert --ct PATIENT/CT --labels total.nii.gz --map 5=Liver,6=Stomach --out RTSTRUCT.dcm";

/// `5=Liver`.
fn parse_pair(text: &str) -> Result<(u32, String), String> {
    let (label, name) = text.split_once('=').ok_or("expected LABEL=NAME, e.g. 5=Liver")?;
    let label: u32 = label.trim().parse().map_err(|_| format!("\"{label}\" is no label: a whole number is needed"))?;
    let name = name.trim();
    match (label, name.is_empty()) {
        (0, _) => Err("label 0 is the background".into()),
        (_, true) => Err("a name is needed after the equals sign".into()),
        _ => Ok((label, name.to_owned())),
    }
}

/// Structures in the order of the command line, each with its labels.
fn by_structure(map: &[(u32, String)]) -> Outcome<Vec<(String, Vec<u32>)>> {
    let mut structures: Vec<(String, Vec<u32>)> = Vec::new();
    for (n, (label, name)) in map.iter().enumerate() {
        if map[..n].iter().any(|(l, _)| l == label) {
            return Err(Failure::usage(format!("--map names label {label} twice"), "give each label once"));
        }
        match structures.iter_mut().find(|(s, _)| s == name) {
            Some((_, labels)) => labels.push(*label),
            None => structures.push((name.clone(), vec![*label])),
        }
    }
    Ok(structures)
}

/// Runs the command.
pub(crate) fn run(args: &Args, verbosity: Verbosity) -> Outcome {
    let structures = by_structure(&args.map)?;
    let names = args.names.load()?;
    check_output(&args.out, "--out", args.force)?;
    args.ct.require()?;
    let ct = args.ct.read()?;
    let geometry = ct.volume.geometry();
    let labels = read_label_map(&args.labels, geometry).explain(shown("--labels", &args.labels))?;
    let rois: Vec<RoiToWrite> = structures
        .par_iter()
        .map(|(name, wanted)| {
            let mask = Mask::from_fn(geometry.shape(), |kji| wanted.contains(&labels[kji]));
            let description = format!("TMLI {} from a label map", env!("CARGO_PKG_VERSION"));
            let structure = names.protocol.structure(name);
            roi_to_write(name, structure, trace(&mask, geometry), RoiGeneration::Semiautomatic, description)
        })
        .collect();
    cancel::check()?;
    let options = StructureSetOptions { series_description: "TMLI converted labels".into(), ..Default::default() };
    let written =
        write_structure_set(&args.out, &ct.identity, geometry, &rois, &options).explain(shown("--out", &args.out))?;
    for name in &written.empty {
        verbosity.note(format_args!("warning: no voxel has a label of {name}; it is not in the file"));
    }
    print(format_args!("wrote {} structures: {}", written.written.len(), written.written.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_read_and_nonsense_is_refused() {
        assert_eq!(parse_pair("5=Liver"), Ok((5, "Liver".into())));
        for wrong in ["Liver", "x=Liver", "0=Liver", "5="] {
            assert!(parse_pair(wrong).is_err(), "{wrong}");
        }
        let pairs = [(2, "Kidney".to_owned()), (5, "Liver".into()), (3, "Kidney".into())];
        assert_eq!(by_structure(&pairs).expect("valid"), [("Kidney".into(), vec![2, 3]), ("Liver".into(), vec![5])]);
        assert!(by_structure(&[(2, "A".into()), (2, "B".into())]).is_err());
    }
}
