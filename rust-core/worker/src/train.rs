//! `tmli-worker train`: a network from a cohort folder.

use std::path::Path;

use tmli_model::read_manifest;
use tmli_nn::{CaseSplit, NnError, TrainConfig, TrainEvent, TrainInputs, TrainOutcome, choose_device};
use tmli_protocol::split_cohort;
use tmli_terminal::{
    cancel,
    failure::{Failure, Outcome},
    files::shown,
    output::print,
    progress::{Progress, Verbosity, duration},
    train_args::TrainArgs,
};

use crate::{
    scores,
    train_config::{structures, train_config},
    train_source::Cohort,
};

/// Runs the command.
pub(crate) fn run(args: &TrainArgs, verbosity: Verbosity) -> Outcome {
    let names = args.names.load()?;
    let (set, structures) = structures(&names.protocol, args.set.as_deref(), &args.structures)?;
    let config = train_config(&args.shape, args.network, &set, structures)?;
    config.validate().map_err(|e| Failure::usage(e.to_string(), "see `tmli train --help`"))?;
    if args.out.is_file() {
        return Err(Failure::advise(format!("{}: this is a file", shown("--out", &args.out)), "name a folder"));
    }
    let source = Cohort::open(&args.cohort, names, &config.structures, verbosity)?;
    let split = split_cohort(&source.ids(), args.split_seed);
    let split =
        CaseSplit { seed: split.seed, training: split.training, validation: split.validation, test: split.test };
    print(describe_split(&split))?;
    let (device, reason) = choose_device(args.device);
    verbosity.note(format_args!("device: {reason}"));
    let inputs =
        TrainInputs { config: &config, split: &split, source: &source, out: &args.out, resume: args.resume, device };
    let mut watch = Watch { progress: Progress::new(verbosity, "training", 1), checkpoint: 0, last: (0, 1) };
    let result = tmli_nn::train(&inputs, &mut |event| {
        watch.see(event);
        cancel::flow()
    });
    let checkpoint = watch.checkpoint;
    watch.progress.clear();
    match result {
        Ok(outcome) => print(describe_outcome(&outcome, &config, &args.out)),
        Err(NnError::Cancelled) => {
            let kept = match checkpoint {
                0 => "nothing was trained yet".to_owned(),
                step => format!("a checkpoint was written after step {step}"),
            };
            Err(Failure::Cancelled { hint: format!("{kept}; to go on, give the same command with --resume") })
        }
        Err(e) => Err(explain(&e, &args.out)),
    }
}

/// The library's message, with this command's way out.
fn explain(error: &NnError, out: &Path) -> Failure {
    let message = format!("{}: {error}", shown("--out", out));
    let text = error.to_string();
    if text.contains("already holds a training") {
        return Failure::advise(message, "add --resume to go on, or choose another folder for --out");
    }
    if text.contains("No space left") || text.contains("File too large") {
        return Failure::advise(message, "free some space on the disk, then give the same command with --resume");
    }
    Failure::new(message)
}

fn describe_split(split: &CaseSplit) -> String {
    let part = |name: &str, ids: &[String]| {
        let list = if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
        format!("  {name:<10} {:>3}  {list}", ids.len())
    };
    [
        format!("split of the cohort (seed {}):", split.seed),
        part("training", &split.training),
        part("validation", &split.validation),
        part("test", &split.test),
    ]
    .join("\n")
}

fn describe_outcome(outcome: &TrainOutcome, config: &TrainConfig, out: &Path) -> String {
    let mut text = format!(
        "trained {} for {} steps; the weights of epoch {} are kept in {}",
        config.name,
        outcome.steps,
        outcome.kept_epoch,
        out.display()
    );
    if let Ok(manifest) = read_manifest(out)
        && !manifest.validation.is_empty()
    {
        text.push_str(&format!("\n{}", scores::table(&manifest)));
    }
    text.push_str(&format!("\nweights sha256 {}", outcome.weights_sha256));
    text
}

/// Turns events into progress.
struct Watch {
    progress: Progress,
    /// Steps in the last checkpoint on disk.
    checkpoint: u64,
    /// Steps done and steps in all.
    last: (usize, usize),
}

impl Watch {
    fn see(&mut self, event: &TrainEvent) {
        match event {
            TrainEvent::Started {
                steps, batch, parameters, resumed_at_step, training_cases, validation_cases, ..
            } => {
                self.last = (*resumed_at_step as usize, *steps as usize);
                self.checkpoint = *resumed_at_step;
                self.progress.line(format_args!(
                    "{steps} steps of {batch} patches, {parameters} weights, {training_cases} cases to train on, \
                     {validation_cases} to validate"
                ));
                if *resumed_at_step > 0 {
                    self.progress.line(format_args!("going on after step {resumed_at_step}"));
                }
            }
            TrainEvent::Loading { case, cases } => {
                self.progress.set(self.last.0, self.last.1, &format!("loading case {case} of {cases}"));
            }
            TrainEvent::Loaded { memory_bytes } => {
                self.progress.line(format_args!("cases take {:.1} GB of memory", *memory_bytes as f64 / 1e9));
            }
            TrainEvent::Warning { message } => self.progress.line(format_args!("warning: {message}")),
            TrainEvent::Step { epoch, step, steps, loss, eta_s } => {
                self.last = (*step as usize, *steps as usize);
                let detail = format!("epoch {epoch}, step {step} of {steps}, loss {loss:.3}");
                self.progress.set_with_eta(self.last.0, self.last.1, &detail, *eta_s);
            }
            TrainEvent::Validating { epoch, case, cases } => {
                let detail = format!("epoch {epoch}, validating case {case} of {cases}");
                self.progress.set(self.last.0, self.last.1, &detail);
            }
            TrainEvent::Epoch { epoch, epochs, loss, mean_dice, saved, eta_s, .. } => {
                let dice = mean_dice.map_or(String::new(), |d| format!(", validation DSC {d:.3}"));
                let saved = if *saved { ", best so far" } else { "" };
                let left = duration(*eta_s);
                self.progress.line(format_args!("epoch {epoch} of {epochs}: loss {loss:.3}{dice}{saved}, {left} left"));
            }
            TrainEvent::Checkpoint { step } => self.checkpoint = *step,
            TrainEvent::Finished { seconds, .. } => {
                self.progress.line(format_args!("finished in {}", duration(*seconds)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tmli_nn::TrainError;

    use super::*;

    #[test]
    fn an_existing_training_is_told_with_the_way_to_continue() {
        let error = NnError::from(TrainError::Exists { path: "m".into(), step: 7 });
        let failure = explain(&error, Path::new("m")).to_string();
        assert!(failure.contains("--resume"), "{failure}");
    }
}
