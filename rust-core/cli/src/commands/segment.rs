//! `tmli segment`: a CT series and trained models in, an RT Structure Set out.

use std::{path::PathBuf, time::Duration};

use rayon::prelude::*;
use tmli_api::roi_to_write;
use tmli_core::{Segment, trace};
use tmli_engine::{
    DeviceRequest, Engine, EngineError, EngineOptions, Job, JobState, MOST_OVERLAP, SegmentRequest, SegmentResult,
    SharedVolume,
};
use tmli_io::{CtSeries, RoiGeneration, RoiToWrite, StructureSetOptions, write_structure_set};
use tmli_model::{Manifest, ModelError, check_model_folder, choose_models, describe_choices};
use tmli_protocol::Protocol;
use tmli_terminal::{
    cancel,
    ct_args::CtArgs,
    failure::{Explain, Failure, Outcome},
    files::{NamesArgs, check_output, require_folder, shown},
    output::print,
    progress::{Progress, Verbosity, duration},
};

/// Segment a CT series with one or several trained models and write an RT Structure Set that refers to the series.
///
/// Where several models know one structure, the one with the better validation DSC in its model.json is taken; where these
/// are within 0.005 of each other, the one with the smaller validation HD95. The choice is told. For research: the contours need review by a person before clinical use.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    ct: CtArgs,
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

/// How often progress is shown, and how soon Ctrl-C is seen.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Steps of the bar.
const STEPS: usize = 1000;

/// Runs the command.
pub(crate) fn run(args: &Args, verbosity: Verbosity) -> Outcome {
    let names = args.names.load()?;
    check_output(&args.out, "--out", args.force)?;
    args.ct.require()?;
    if !(0.0..=MOST_OVERLAP).contains(&args.overlap) {
        return Err(Failure::usage(
            format!("--overlap {} is out of range", args.overlap),
            format!("give a share from 0 to {MOST_OVERLAP}"),
        ));
    }
    let told = check_models(args, verbosity)?;
    let ct = args.ct.read()?;
    for finding in &ct.findings {
        verbosity.note(format_args!("note: {finding}"));
    }
    if !matches!(ct.identity.patient_position.as_str(), "HFS" | "") {
        let position = &ct.identity.patient_position;
        verbosity.note(format_args!("note: patient position {position}; models of this protocol learn from HFS scans"));
    }
    cancel::check()?;
    let start = std::time::Instant::now();
    let result = segment(args, &ct, verbosity)?;
    for note in result.notes.iter().filter(|note| !told.contains(note)) {
        verbosity.note(format_args!("note: {note}"));
    }
    let rois = to_rois(&result, &names.protocol, &ct);
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

/// Refuses a model folder that is not whole before anything is started, and tells which model gives what was contested.
fn check_models(args: &Args, verbosity: Verbosity) -> Outcome<Vec<String>> {
    let mut manifests: Vec<Manifest> = Vec::new();
    for path in &args.model {
        require_folder(path, "--model")?;
        manifests.push(check_model_folder(path).explain(shown("--model", path))?);
    }
    let choices = choose_models(&manifests, &args.structures).map_err(|error| match error {
        ModelError::UnknownStructure { name, known } => Failure::usage(
            format!("--structures {name}: no model knows this structure"),
            format!("choose from {}", known.join(", ")),
        ),
        other => Failure::new(other.to_string()),
    })?;
    let told = describe_choices(&choices, &manifests);
    told.iter().for_each(|line| verbosity.note(line));
    for n in (0..manifests.len()).filter(|n| choices.iter().all(|c| c.model != *n)) {
        verbosity.note(format_args!("model {} is not needed", n + 1));
    }
    Ok(told)
}

/// Lets the worker do it, with progress, until it is done or the user stops it.
fn segment(args: &Args, ct: &CtSeries, verbosity: Verbosity) -> Outcome<SegmentResult> {
    let engine = Engine::new(EngineOptions::default());
    let request = SegmentRequest {
        structures: args.structures.clone(),
        device: args.device,
        overlap: args.overlap,
        ..SegmentRequest::new(SharedVolume::from_volume(&ct.volume).map_err(|e| explain(&e))?, args.model.clone())
    };
    let job = engine.segment(request).map_err(|e| explain(&e))?;
    let watched = watch(&job, verbosity);
    // Ctrl-C in a terminal reaches the worker too: however the job ended then, the user ended it.
    let result = watched.and_then(|()| job.take().map_err(|e| explain(&e)));
    engine.stop();
    if cancel::requested() { Err(Failure::cancelled()) } else { result }
}

/// Shows how far the job is, until it is over.
fn watch(job: &Job, verbosity: Verbosity) -> Outcome {
    let mut progress = Progress::new(verbosity, "segmenting", STEPS);
    let mut device_is_told = false;
    loop {
        let status = job.wait(Some(LOOK_EVERY));
        if let Some(device) = status.device.filter(|_| !device_is_told) {
            progress.line(format_args!("device: {device}"));
            device_is_told = true;
        }
        if status.state.is_final() {
            break;
        }
        if cancel::requested() {
            job.cancel();
        }
        if status.state == JobState::Running {
            let done = (status.fraction * STEPS as f64) as usize;
            progress.set_with_eta(done, STEPS, &status.stage, status.remaining_s.unwrap_or(f64::NAN));
        }
    }
    progress.clear();
    cancel::check()
}

/// The engine's message, with what to do.
fn explain(error: &EngineError) -> Failure {
    Failure::advise(error.to_string(), error.hint())
}

/// Contours in the protocol's order, structures that it does not have last.
fn to_rois(result: &SegmentResult, protocol: &Protocol, ct: &CtSeries) -> Vec<RoiToWrite> {
    let place = |name: &str| protocol.structures.iter().position(|s| s.name == name).unwrap_or(usize::MAX);
    let mut ordered: Vec<&Segment> = result.segmentation.segments.iter().collect();
    ordered.sort_by_key(|s| place(&s.name));
    let to_roi = |segment: &&Segment| {
        let from = result.sources.iter().find(|source| source.structure == segment.name);
        let model = from.map_or(String::new(), |source| {
            let short: String = source.weights_sha256.chars().take(8).collect();
            format!(" {} {short}", source.network)
        });
        let description = format!("TMLI {}{model}", env!("CARGO_PKG_VERSION"));
        let contours = trace(&segment.mask, ct.volume.geometry());
        roi_to_write(&segment.name, protocol.structure(&segment.name), contours, RoiGeneration::Automatic, &description)
    };
    ordered.par_iter().map(to_roi).collect()
}
