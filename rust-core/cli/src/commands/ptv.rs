//! `tmli ptv`: the planning target volume of several CTVs, added to a copy of their structure set.

use std::path::PathBuf;

use tmli_api::roi_to_write;
use tmli_core::{MarginMm, Mask, PtvRequest, StructureSet, VolumeGeometry, body_mask, ptv, trace};
use tmli_io::{RoiGeneration, check_belongs_to, edit_structure_set, read_structure_set};
use tmli_protocol::{Protocol, RoiMatching};
use tmli_terminal::{
    cancel,
    case::{find_rois, mask_of, match_set},
    ct_args::CtArgs,
    failure::{Explain, Failure, Outcome},
    files::{Names, NamesArgs, check_output, shown},
    output::{Table, print},
    progress::Verbosity,
};

/// Make the PTV: the union of CTVs, each expanded by its own margin, cut to the body and cropped by structures.
///
/// A voxel belongs to an expanded CTV when its centre lies within the margin of the centre of a voxel of the CTV, in mm
/// and in the patient's directions, whatever the spacing and the orientation of the images. The PTV is added to a copy
/// of the structure set (or replaces the ROI of that name); all other ROIs stay as they are, byte for byte. The copy is
/// unapproved.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    ct: CtArgs,
    /// RT Structure Set with the CTVs
    #[arg(long, value_name = "RTSTRUCT.dcm")]
    structures: PathBuf,
    /// A CTV and its margin in mm: one number, or six for left,right,anterior,posterior,superior,inferior (of the
    /// patient). Give it once for each CTV
    #[arg(long = "ctv", value_name = "NAME=MM", required = true, value_parser = parse_ctv)]
    ctvs: Vec<(String, MarginMm)>,
    /// A structure that the PTV does not leave, in place of the body that is found in the CT
    #[arg(long, value_name = "NAME")]
    body: Option<String>,
    /// Do not cut the PTV to the body
    #[arg(long, conflicts_with = "body")]
    no_body: bool,
    /// A structure that the PTV keeps away from, and the distance in mm (0 cuts off the structure itself)
    #[arg(long, value_name = "NAME=MM", value_parser = parse_crop)]
    crop: Vec<(String, f64)>,
    /// Name of the PTV
    #[arg(long, value_name = "NAME", default_value = "PTV")]
    name: String,
    /// RT Structure Set to write
    #[arg(long, value_name = "NEW.dcm")]
    out: PathBuf,
    /// Overwrite the file when it exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    names: NamesArgs,
}

const EXAMPLES: &str = "\
Examples:
  tmli ptv --ct PATIENT/CT --structures auto.dcm --ctv CTV1=5 --ctv CTV2=5 --ctv CTV3=7 --out ptv.dcm
  tmli ptv --ct PATIENT/CT --structures auto.dcm --ctv CTV1=3,3,3,3,5,5 --crop Lens_L=2 --crop Lens_R=2 --out ptv.dcm";

/// `CTV1=5`: the name may hold an equals sign itself.
fn parse_pair<'a>(text: &'a str, example: &str) -> Result<(String, &'a str), String> {
    let (name, value) = text.rsplit_once('=').ok_or_else(|| format!("expected NAME=MM, e.g. {example}"))?;
    let name = name.trim();
    if name.is_empty() { Err("a name is needed before the equals sign".into()) } else { Ok((name.to_owned(), value)) }
}

fn parse_mm(text: &str) -> Result<f64, String> {
    text.trim().parse().map_err(|_| format!("\"{text}\" is no number of mm"))
}

fn parse_ctv(text: &str) -> Result<(String, MarginMm), String> {
    let (name, value) = parse_pair(text, "CTV1=5 or CTV1=3,3,3,3,5,5")?;
    let numbers = value.split(',').map(parse_mm).collect::<Result<Vec<f64>, _>>()?;
    let margin = match numbers[..] {
        [mm] => MarginMm::uniform(mm),
        [left, right, anterior, posterior, superior, inferior] => {
            MarginMm { left, right, anterior, posterior, superior, inferior }
        }
        _ => {
            let n = numbers.len();
            return Err(format!(
                "one margin or six (left,right,anterior,posterior,superior,inferior) are needed, got {n}"
            ));
        }
    };
    margin.check().map_err(|e| e.to_string())?;
    Ok((name, margin))
}

fn parse_crop(text: &str) -> Result<(String, f64), String> {
    let (name, value) = parse_pair(text, "Lens_L=2")?;
    let mm = parse_mm(value)?;
    MarginMm::uniform(mm).check().map_err(|_| format!("{mm} mm is no distance to keep"))?;
    Ok((name, mm))
}

/// Masks of one structure set by the names a user knows them by.
struct Structures<'a> {
    set: &'a StructureSet,
    matching: RoiMatching,
    names: &'a Names,
    geometry: &'a VolumeGeometry,
    verbosity: Verbosity,
}

impl Structures<'_> {
    /// The voxels of a structure; `argument` is where the user named it.
    fn mask(&self, argument: &str, name: &str) -> Outcome<Mask> {
        let rois = find_rois(self.set, &self.matching, self.names, name).ok_or_else(|| {
            let there: Vec<&str> = self.set.rois.iter().map(|roi| roi.name.as_str()).collect();
            Failure::advise(
                format!("{argument} {name}: the structure set has no such ROI, or several"),
                format!("name one of: {}", there.join(", ")),
            )
        })?;
        let (mask, findings) = mask_of(self.set, &rois, self.geometry);
        for finding in &findings {
            self.verbosity.note(format_args!("note: {finding}"));
        }
        if mask.is_empty() {
            return Err(Failure::advise(
                format!("{argument} {name}: its contours enclose no voxel of the CT series"),
                "leave it out, or check that it is contoured on this series",
            ));
        }
        Ok(mask)
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, verbosity: Verbosity) -> Outcome {
    for (name, _) in &args.ctvs {
        if *name == args.name {
            let message = format!("--name {name} is also a CTV: the CTV would be lost");
            return Err(Failure::usage(message, "choose another --name"));
        }
    }
    let names = args.names.load()?;
    check_output(&args.out, "--out", args.force)?;
    args.ct.require()?;
    let about = || shown("--structures", &args.structures);
    let file = read_structure_set(&args.structures).explain(about())?;
    let ct = args.ct.read()?;
    check_belongs_to(&file, &ct.identity).explain(about())?;
    let geometry = ct.volume.geometry();
    let set = &file.structure_set;
    let structures = Structures { set, matching: match_set(set, &names), names: &names, geometry, verbosity };
    let ctvs: Vec<Mask> = all(args.ctvs.iter().map(|(name, _)| structures.mask("--ctv", name)))?;
    let body = match args.body.as_deref() {
        Some(name) => Some(structures.mask("--body", name)?),
        None if args.no_body => None,
        None => {
            let advice = "name its contour with --body, or give --no-body";
            Some(body_mask(ct.volume.data().view(), geometry).explain_with("the body in the CT", advice)?)
        }
    };
    let crop: Vec<Mask> = all(args.crop.iter().map(|(name, _)| structures.mask("--crop", name)))?;
    let request = PtvRequest {
        ctvs: ctvs.iter().zip(&args.ctvs).map(|(mask, (_, margin))| (mask, *margin)).collect(),
        body: body.as_ref(),
        crop: crop.iter().zip(&args.crop).map(|(mask, (_, mm))| (mask, *mm)).collect(),
    };
    let target = ptv(geometry, &request).explain("the PTV")?;
    if target.is_empty() {
        return Err(Failure::advise(
            "the PTV is empty: no voxel of it lies inside of the body and away from every --crop".to_owned(),
            "check the names, and that the distances are in mm",
        ));
    }
    cancel::check()?;
    // Colour, code and type are a PTV's whatever it is called.
    let built_in = Protocol::tmli();
    let style = names.protocol.structure("PTV").or_else(|| built_in.structure("PTV"));
    let margins: Vec<String> = args.ctvs.iter().map(|(name, margin)| format!("{name} + {margin}")).collect();
    let description = format!("TMLI {}: {}", env!("CARGO_PKG_VERSION"), margins.join("; "));
    let roi = roi_to_write(&args.name, style, trace(&target, geometry), RoiGeneration::Automatic, &description);
    let edited = edit_structure_set(&args.structures, &args.out, &ct.identity, geometry, &[roi])
        .explain(format_args!("{} to {}", about(), shown("--out", &args.out)))?;
    for name in &edited.replaced {
        verbosity.note(format_args!("note: a ROI {name} was there; the new file has the new one in its place"));
    }
    if edited.was_approved {
        verbosity.note(format_args!("note: the structure set was approved; the new one is not and needs review"));
    }
    print(table(args, geometry, &ctvs, &target))
}

fn all<T>(results: impl Iterator<Item = Outcome<T>>) -> Outcome<Vec<T>> {
    results.collect()
}

/// Volumes: what went in, what came out, and what of each CTV the body or a crop took away.
fn table(args: &Args, geometry: &VolumeGeometry, ctvs: &[Mask], target: &Mask) -> String {
    let ml = |voxels: usize| format!("{:.2}", voxels as f64 * geometry.voxel_volume_mm3() / 1000.0);
    let mut table = Table::new(2, &["structure", "margin", "ml", "outside of the PTV ml"]);
    for ((name, margin), mask) in args.ctvs.iter().zip(ctvs) {
        let lost = mask.count() - mask.count_and(target);
        table.row(vec![name.clone(), margin.to_string(), ml(mask.count()), ml(lost)]);
    }
    table.row(vec![args.name.clone(), String::new(), ml(target.count()), String::new()]);
    let cut = match args.body.as_deref() {
        Some(name) => format!("Cut to {name}."),
        None if args.no_body => "Not cut to the body.".into(),
        None => "Cut to the body found in the CT.".into(),
    };
    format!("{table}\n{cut} For research; needs review.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_is_one_number_or_six() {
        assert_eq!(parse_ctv("CTV1=5"), Ok(("CTV1".into(), MarginMm::uniform(5.0))));
        assert_eq!(parse_ctv("CTV=a = 2.5 "), Ok(("CTV=a".into(), MarginMm::uniform(2.5))));
        let six = MarginMm { left: 1.0, right: 2.0, anterior: 3.0, posterior: 4.0, superior: 5.0, inferior: 6.0 };
        assert_eq!(parse_ctv("CTV2=1,2,3,4,5,6"), Ok(("CTV2".into(), six)));
        for wrong in
            ["CTV1", "=5", "CTV1=", "CTV1=five", "CTV1=1,2", "CTV1=-1", "CTV1=NaN", "CTV1=500", "CTV1=1,2,3,4,5,"]
        {
            assert!(parse_ctv(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse_crop("Lens_L=2"), Ok(("Lens_L".into(), 2.0)));
        for wrong in ["Lens_L", "Lens_L=", "Lens_L=-2", "Lens_L=inf", "=2"] {
            assert!(parse_crop(wrong).is_err(), "{wrong}");
        }
    }
}
