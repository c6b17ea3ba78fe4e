//! `tmli segment`: a CT series and trained models in, an RT Structure Set out.

use std::path::PathBuf;

use rayon::prelude::*;
use tmli_core::{Segment, trace};
use tmli_io::{CtSeries, RoiGeneration, RoiToWrite, StructureSetOptions, read_ct_folder, write_structure_set};
use tmli_nn::{DeviceRequest, Manifest, Model, NnError, SegmentOptions, choose_device};
use tmli_protocol::Protocol;

use crate::{
    cancel,
    case::roi_to_write,
    failure::{Explain, Failure, Outcome},
    files::{NamesArgs, check_output, require_folder, shown},
    output::print,
    progress::{Progress, Verbosity, duration},
};

/// Segment a CT series with one or several trained models and write an RT Structure Set that refers to the series.
///
/// Where several models know one structure, the one with the better validation DSC in its model.json is taken, and the
/// choice is told. For research: the contours need review by a person before clinical use.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Folder with the CT series
    #[arg(long, value_name = "DIR")]
    ct: PathBuf,
    /// The CT series to take when the folder holds several: its UID, or its number in the list of the error
    #[arg(long, value_name = "UID")]
    series: Option<String>,
    /// Model folder; several may be given
    #[arg(long, value_name = "MODEL", num_args = 1.., required = true)]
    model: Vec<PathBuf>,
    /// RT Structure Set to write
    #[arg(long, value_name = "RTSTRUCT.dcm")]
    out: PathBuf,
    /// Segment these structures only
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    structures: Vec<String>,
    /// Where to compute: auto, cpu, cuda:N
    #[arg(long, default_value = "auto")]
    device: DeviceRequest,
    /// Share of a window that its neighbour covers, 0 to 0.9: less is faster, more is smoother
    #[arg(long, value_name = "SHARE", default_value_t = 0.5)]
    overlap: f64,
    /// Overwrite the file when it exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    names: NamesArgs,
}

const EXAMPLES: &str = "\
Examples:
  tmli segment --ct PATIENT/CT --model models/oar1-3d --out auto.dcm
  tmli segment --ct PATIENT/CT --model models/oar2-2d models/oar2-3d models/ctv1-3d --out auto.dcm
  tmli segment --ct PATIENT/CT --model models/oar1-3d --structures Liver,Heart --out auto.dcm --device cpu";

/// Runs the command.
pub(crate) fn run(args: &Args, verbosity: Verbosity) -> Outcome {
    let names = args.names.load()?;
    check_output(&args.out, "--out", args.force)?;
    require_folder(&args.ct, "--ct")?;
    if !(0.0..=0.9).contains(&args.overlap) {
        return Err(Failure::usage(
            format!("--overlap {} is out of range", args.overlap),
            "give a share from 0 to 0.9",
        ));
    }
    let (device, reason) = choose_device(args.device);
    let mut models = Vec::new();
    for path in &args.model {
        require_folder(path, "--model")?;
        models.push(Model::load(path, device).explain(shown("--model", path))?);
    }
    let manifests: Vec<&Manifest> = models.iter().map(Model::manifest).collect();
    let choices = choose(&manifests, &args.structures)?;
    for line in describe_choices(&choices, &manifests) {
        verbosity.note(line);
    }
    verbosity.note(format_args!("device: {reason}"));
    let ct = read_ct_folder(&args.ct, args.series.as_deref()).explain(shown("--ct", &args.ct))?;
    for finding in &ct.findings {
        verbosity.note(format_args!("note: {finding}"));
    }
    if !matches!(ct.identity.patient_position.as_str(), "HFS" | "") {
        let position = &ct.identity.patient_position;
        verbosity.note(format_args!("note: patient position {position}; models of this protocol learn from HFS scans"));
    }
    let start = std::time::Instant::now();
    let segments = segment_all(args, &models, &choices, &ct, verbosity)?;
    let rois = to_rois(&segments, &choices, &manifests, &names.protocol, &ct);
    cancel::check()?;
    let empty: Vec<&str> = rois.iter().filter(|r| r.contours.is_empty()).map(|r| r.name.as_str()).collect();
    if empty.len() == rois.len() {
        return Err(Failure::advise(
            format!("no structure was found in this CT ({}); nothing was written", empty.join(", ")),
            "check that the scan shows the anatomy that the models were trained for, and their validation DSC",
        ));
    }
    let options = StructureSetOptions::default();
    let written = write_structure_set(&args.out, &ct.identity, ct.volume.geometry(), &rois, &options)
        .explain(shown("--out", &args.out))?;
    for name in &written.empty {
        verbosity.note(format_args!("empty: {name} was not found in this CT and is not in the file"));
    }
    let took = duration(start.elapsed().as_secs_f64());
    print(format_args!("wrote {} structures in {took}: {}", written.written.len(), written.written.join(", ")))?;
    verbosity.note("for research: review every contour before clinical use");
    Ok(())
}

/// Which model gives a structure.
#[derive(Debug, PartialEq)]
struct Choice {
    structure: String,
    model: usize,
    /// Other models that know the structure.
    others: Vec<usize>,
}

/// Mean validation DSC of a structure, where cases were validated on.
fn score(manifest: &Manifest, structure: &str) -> Option<f64> {
    let found = manifest.validation.iter().find(|s| s.structure == structure && s.cases > 0)?;
    found.dsc.is_finite().then_some(found.dsc)
}

/// For every structure the model with the best validation DSC; the first given where nothing tells them apart.
fn choose(manifests: &[&Manifest], wanted: &[String]) -> Outcome<Vec<Choice>> {
    let mut structures: Vec<&String> = Vec::new();
    for name in manifests.iter().flat_map(|m| &m.structures) {
        if !structures.contains(&name) {
            structures.push(name);
        }
    }
    if let Some(unknown) = wanted.iter().find(|w| !structures.contains(w)) {
        let all: Vec<&str> = structures.iter().map(|s| s.as_str()).collect();
        return Err(Failure::usage(
            format!("--structures {unknown}: no model knows this structure"),
            format!("choose from {}", all.join(", ")),
        ));
    }
    structures.retain(|s| wanted.is_empty() || wanted.contains(s));
    let choices = structures.into_iter().map(|structure| {
        let knows = |m: &usize| manifests[*m].structures.contains(structure);
        let known: Vec<usize> = (0..manifests.len()).filter(knows).collect();
        let value = |m: usize| score(manifests[m], structure).unwrap_or(-1.0);
        let best = known.iter().copied().fold(known[0], |best, m| if value(m) > value(best) { m } else { best });
        Choice { structure: structure.clone(), model: best, others: known.into_iter().filter(|&m| m != best).collect() }
    });
    Ok(choices.collect())
}

fn describe_choices(choices: &[Choice], manifests: &[&Manifest]) -> Vec<String> {
    let told = |structure: &str, m: usize| {
        let dsc = score(manifests[m], structure).map_or("not validated".into(), |d| format!("validation DSC {d:.3}"));
        format!("model {} \"{}\" ({dsc})", m + 1, manifests[m].name)
    };
    let contested = choices.iter().filter(|c| !c.others.is_empty());
    contested
        .map(|c| {
            let others: Vec<String> = c.others.iter().map(|&m| told(&c.structure, m)).collect();
            format!("{}: from {}, not from {}", c.structure, told(&c.structure, c.model), others.join(", "))
        })
        .collect()
}

/// Runs every model that is needed.
fn segment_all(
    args: &Args,
    models: &[Model],
    choices: &[Choice],
    ct: &CtSeries,
    verbosity: Verbosity,
) -> Outcome<Vec<Segment>> {
    let options = SegmentOptions { overlap: args.overlap, ..Default::default() };
    let mut segments = Vec::new();
    for (n, model) in models.iter().enumerate() {
        let wanted: Vec<&str> = choices.iter().filter(|c| c.model == n).map(|c| c.structure.as_str()).collect();
        if wanted.is_empty() {
            verbosity.note(format_args!("model {} is not needed", n + 1));
            continue;
        }
        let label = format!("model {} of {}", n + 1, models.len());
        let mut progress = Progress::new(verbosity, label, 1);
        let result = tmli_nn::segment(model, &ct.volume, &options, &mut |p| {
            progress.set(p.done, p.total, p.stage);
            cancel::flow()
        });
        progress.clear();
        let segmentation = match result {
            Ok(segmentation) => segmentation,
            Err(NnError::Cancelled) => return Err(Failure::cancelled()),
            Err(e) => return Err(Failure::new(format!("{}: {e}", shown("--model", &args.model[n])))),
        };
        segments.extend(segmentation.segments.into_iter().filter(|s| wanted.contains(&s.name.as_str())));
    }
    Ok(segments)
}

/// Contours in the protocol's order, structures that it does not have last.
fn to_rois(
    segments: &[Segment],
    choices: &[Choice],
    manifests: &[&Manifest],
    protocol: &Protocol,
    ct: &CtSeries,
) -> Vec<RoiToWrite> {
    let place = |name: &str| protocol.structures.iter().position(|s| s.name == name).unwrap_or(usize::MAX);
    let mut ordered: Vec<&Segment> = segments.iter().collect();
    ordered.sort_by_key(|s| place(&s.name));
    let to_roi = |segment: &&Segment| {
        let from = choices.iter().find(|c| c.structure == segment.name).map(|c| manifests[c.model]);
        let model = from.map_or(String::new(), |m| {
            let short: String = m.weights_sha256.chars().take(8).collect();
            format!(" {} {short}", m.network.kind())
        });
        let description = format!("TMLI {}{model}", env!("CARGO_PKG_VERSION"));
        let contours = trace(&segment.mask, ct.volume.geometry());
        roi_to_write(&segment.name, protocol.structure(&segment.name), contours, RoiGeneration::Automatic, description)
    };
    ordered.par_iter().map(to_roi).collect()
}

#[cfg(test)]
mod tests {
    use tmli_nn::{NetworkConfig, Normalisation, StructureScore, UNet2dConfig};

    use super::*;

    fn manifest(name: &str, scores: &[(&str, f64, usize)]) -> Manifest {
        let network = NetworkConfig::UNet2d(UNet2dConfig::with_width(scores.len(), 4, 2, Normalisation::None));
        let structures = scores.iter().map(|(s, ..)| (*s).to_owned()).collect();
        let mut manifest = Manifest::new(name, network, [5.0, 2.0, 2.0], [1, 32, 32], structures);
        let score =
            |(s, dsc, cases): &(&str, f64, usize)| StructureScore { structure: (*s).into(), dsc: *dsc, cases: *cases };
        manifest.validation = scores.iter().map(score).collect();
        manifest
    }

    #[test]
    fn the_better_validated_model_gives_the_structure_and_this_is_said() {
        let flat = manifest("flat", &[("Lens_L", 0.8, 4), ("Liver", 0.85, 4)]);
        let deep = manifest("deep", &[("Liver", 0.93, 4), ("Lens_L", 0.2, 4), ("CTV1", 0.9, 0)]);
        let choices = choose(&[&flat, &deep], &[]).expect("choices");
        let model = |s: &str| choices.iter().find(|c| c.structure == s).map(|c| c.model);
        assert_eq!((model("Lens_L"), model("Liver"), model("CTV1")), (Some(0), Some(1), Some(1)));
        let told = describe_choices(&choices, &[&flat, &deep]);
        assert!(told[0].contains("Lens_L: from model 1") && told[0].contains("0.800"), "{told:?}");
        assert_eq!(told.len(), 2, "only what was contested is told");
    }

    #[test]
    fn a_model_without_validation_loses_and_order_breaks_ties() {
        let none = manifest("none", &[("Liver", 0.99, 0)]);
        let some = manifest("some", &[("Liver", 0.1, 2)]);
        assert_eq!(choose(&[&none, &some], &[]).expect("choices")[0].model, 1);
        assert_eq!(choose(&[&none, &none], &[]).expect("choices")[0].model, 0);
        assert!(choose(&[&none], &["Heart".into()]).is_err());
    }
}
