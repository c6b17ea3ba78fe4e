//! `tmli segment`: a CT series and trained models in, an RT Structure Set out.

use rayon::prelude::*;
use tmli_core::{Segment, trace};
use tmli_io::{CtSeries, RoiGeneration, RoiToWrite, StructureSetOptions, write_structure_set};
use tmli_model::{Choice, Manifest, ModelError, choose_models};
use tmli_nn::{Model, NnError, SegmentOptions, choose_device};
use tmli_protocol::Protocol;
use tmli_terminal::{
    cancel,
    case::roi_to_write,
    failure::{Explain, Failure, Outcome},
    files::{check_output, require_folder, shown},
    output::print,
    progress::{Progress, Verbosity, duration},
    segment_args::SegmentArgs,
};

/// Runs the command.
pub(crate) fn run(args: &SegmentArgs, verbosity: Verbosity) -> Outcome {
    let names = args.names.load()?;
    check_output(&args.out, "--out", args.force)?;
    args.ct.require()?;
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
    let choices = choose_models(&manifests, &args.structures).map_err(|e| unknown_structure(&e))?;
    for line in choices.iter().filter_map(|c| c.describe(&manifests)) {
        verbosity.note(line);
    }
    verbosity.note(format_args!("device: {reason}"));
    let ct = args.ct.read()?;
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

fn unknown_structure(error: &ModelError) -> Failure {
    match error {
        ModelError::UnknownStructure { name, known } => Failure::usage(
            format!("--structures {name}: no model knows this structure"),
            format!("choose from {}", known.join(", ")),
        ),
        other => Failure::new(other.to_string()),
    }
}

/// Runs every model that is needed.
fn segment_all(
    args: &SegmentArgs,
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
