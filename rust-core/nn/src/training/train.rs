//! The training loop.

use std::{
    collections::BTreeMap,
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::Instant,
};

use tch::Device;
use tmli_model::{MANIFEST_FILE, Manifest, Provenance, SeenPieces, WEIGHTS_FILE, read_manifest};

use super::{
    CaseSource, CaseSplit, TrainConfig, TrainError, TrainEvent, TrainOutcome,
    batch::{Batch, BatchBuilder, prefetch},
    checkpoint::{self, Best, Checkpoint, TrainState},
    data::{Contents, PreparedCase, fingerprint, load_cases},
    error::TorchContext,
    files::{self, Log, write_json},
    learner::Learner,
    loss::Loss,
    output::{Clock, Output},
    random::{Purpose, torch_seed},
    sampler::Sampler,
    validate::{Found, Judge, find, learn_pieces, mean, pairs, score},
};
use crate::{NnError, model_folder::save_model};

/// What [`train`] works on.
pub struct TrainInputs<'a> {
    /// The settings.
    pub config: &'a TrainConfig,
    /// Which case is used for what.
    pub split: &'a CaseSplit,
    /// Gives the cases.
    pub source: &'a dyn CaseSource,
    /// The model folder; made when it does not exist.
    pub out: &'a Path,
    /// Continue the training in `out`; starts anew when it holds no checkpoint yet.
    pub resume: bool,
    /// Where to compute.
    pub device: Device,
}

/// Trains a network and fills the model folder `inputs.out`.
///
/// `events` hears of every step; [`ControlFlow::Break`] writes a checkpoint and ends with [`NnError::Cancelled`].
/// The same inputs give the same weights, whether it was interrupted and resumed or not (see [`super`]).
pub fn train(
    inputs: &TrainInputs<'_>,
    events: &mut dyn FnMut(&TrainEvent) -> ControlFlow<()>,
) -> Result<TrainOutcome, NnError> {
    let config = inputs.config;
    config.network.check()?;
    config.intensity.check()?;
    config.validate()?;
    if inputs.split.training.is_empty() {
        return Err(TrainError::NoCases.into());
    }
    let folder = inputs.out.join(files::FOLDER);
    let checkpoint_path = folder.join(files::CHECKPOINT);
    let checkpoint = Checkpoint::read(&checkpoint_path)?;
    if let Some(found) = &checkpoint
        && !inputs.resume
    {
        return Err(TrainError::Exists { path: inputs.out.to_owned(), step: found.state.step }.into());
    }
    let network = Learner::new(config, inputs.device)?;
    fs::create_dir_all(&folder).map_err(|source| TrainError::File {
        operation: "can't create",
        path: folder.clone(),
        source,
    })?;
    let mut out = Output { log: Log::open(&folder.join(files::LOG))?, events };

    out.tell(TrainEvent::Started {
        training_cases: inputs.split.training.len(),
        validation_cases: inputs.split.validation.len(),
        steps: config.steps(),
        batch: config.batch_size(),
        parameters: network.parameters(),
        resumed_at_step: checkpoint.as_ref().map_or(0, |c| c.state.step),
        device: format!("{:?}", inputs.device),
    })?;
    if inputs.resume && checkpoint.is_none() {
        out.warn("there is no checkpoint to resume from yet: the training starts from its beginning")?;
    }
    let (training, validation) = load_all(inputs, &mut out)?;
    let mut run = Run {
        inputs,
        learner: network,
        contents: Contents::of(&training, config.structures.len()),
        training: &training,
        validation: &validation,
        state: TrainState::new(
            checkpoint::identity(
                config,
                inputs.split,
                &fingerprint(&training.iter().chain(&validation).collect::<Vec<_>>()),
            ),
            surroundings(inputs.device),
        ),
        checkpoint_path,
        saved_step: 0,
        clock: Clock::default(),
    };
    for warning in run.contents.check(&config.structures, training.len())? {
        out.warn(&warning)?;
    }
    if validation.is_empty() {
        out.warn("there are no validation cases: the weights of the last epoch are kept, not the best")?;
    }
    match checkpoint {
        Some(found) => run.restore(&found, &mut out)?,
        None => {
            run.learner.expect_shares(&run.contents.shares)?;
            write_json(&folder.join(files::SPLIT), inputs.split)?;
            write_json(&folder.join(files::CONFIG), config)?;
        }
    }
    run.run(&mut out)
}

fn surroundings(device: Device) -> BTreeMap<String, String> {
    BTreeMap::from([
        ("program".to_owned(), format!("tmli {}", env!("CARGO_PKG_VERSION"))),
        ("device".to_owned(), format!("{device:?}")),
        ("CPU threads".to_owned(), tch::get_num_threads().to_string()),
    ])
}

fn load_all(inputs: &TrainInputs<'_>, out: &mut Output<'_>) -> Result<(Vec<PreparedCase>, Vec<PreparedCase>), NnError> {
    let split = inputs.split;
    let cases = split.training.len() + split.validation.len();
    let mut load = |ids: &[String], role, done: usize| {
        load_cases(ids, role, inputs.source, inputs.config.into(), &mut |n| {
            out.tell(TrainEvent::Loading { case: done + n + 1, cases })
        })
    };
    let training = load(&split.training, "training", 0)?;
    let validation = load(&split.validation, "validation", training.len())?;
    let memory_bytes = training.iter().chain(&validation).map(PreparedCase::bytes).sum();
    out.tell(TrainEvent::Loaded { memory_bytes })?;
    Ok((training, validation))
}

struct Run<'a> {
    inputs: &'a TrainInputs<'a>,
    learner: Learner,
    contents: Contents,
    training: &'a [PreparedCase],
    validation: &'a [PreparedCase],
    state: TrainState,
    checkpoint_path: PathBuf,
    saved_step: u64,
    clock: Clock,
}

impl Run<'_> {
    fn restore(&mut self, found: &Checkpoint, out: &mut Output<'_>) -> Result<(), NnError> {
        if let Some(differences) = checkpoint::differences(&found.state.identity, &self.state.identity) {
            return Err(TrainError::Changed { differences }.into());
        }
        for (name, is) in &self.state.surroundings {
            let was = found.state.surroundings.get(name).map_or("unknown", String::as_str);
            if was != is {
                out.warn(&format!("{name}: was {was}, is {is}; the weights may differ in their last digits"))?;
            }
        }
        self.learner.restore(found)?;
        let surroundings = std::mem::take(&mut self.state.surroundings);
        self.state = TrainState { surroundings, ..found.state.clone() };
        self.saved_step = self.state.step;
        let complete = [MANIFEST_FILE, WEIGHTS_FILE].iter().all(|file| self.inputs.out.join(file).is_file());
        if self.state.best.is_some() && !complete {
            out.warn("the best network so far is gone from the model folder: the search for the best starts again")?;
            self.state.best = None;
        }
        Ok(())
    }

    fn save(&mut self, out: &mut Output<'_>) -> Result<(), NnError> {
        checkpoint::write(&self.checkpoint_path, &self.state, self.learner.tensors())?;
        self.saved_step = self.state.step;
        out.tell(TrainEvent::Checkpoint { step: self.state.step })
    }

    fn run(mut self, out: &mut Output<'_>) -> Result<TrainOutcome, NnError> {
        let config = self.inputs.config;
        let structures = config.structures.len();
        let sampler =
            Sampler::new(self.training, structures, config.patch, &config.sampling, &config.augmentation, config.seed);
        let loss = Loss::new(&config.loss, &self.contents.shares, self.inputs.device)?;
        let builder = BatchBuilder {
            cases: self.training,
            sampler: &sampler,
            augmentation: &config.augmentation,
            intensity: config.intensity,
            patch: config.patch,
            size: config.batch_size(),
            structures,
            seed: config.seed,
        };
        let steps = config.steps();
        std::thread::scope(|scope| {
            // Dropped on every way out of this block, which ends the thread.
            let batches = prefetch(scope, builder, self.state.step..steps);
            while self.state.step < steps {
                let step = self.state.step;
                let batch = batches.recv().ok().filter(|b| b.step == step).ok_or(TrainError::Batches { step })?;
                let result = self.step(&batch, &loss, out).and_then(|()| self.after_step(out));
                if let Err(NnError::Cancelled) = result {
                    if self.saved_step != self.state.step {
                        // The caller knows that it stopped; what it says to this event does not matter.
                        self.save(out).or_else(only_cancelled)?;
                    }
                    return Err(NnError::Cancelled);
                }
                result?;
            }
            Ok::<(), NnError>(())
        })?;
        self.finish(out)
    }

    fn step(&mut self, batch: &Batch, loss: &Loss, out: &mut Output<'_>) -> Result<(), NnError> {
        let start = Instant::now();
        let config = self.inputs.config;
        let step = self.state.step;
        let dimensions = config.network.dimensions();
        let tensors = batch.to_tensors(config.patch, config.structures.len(), dimensions, self.inputs.device)?;
        tch::manual_seed(torch_seed(config.seed, Purpose::Dropout, step));
        self.learner.optimiser.zero_grad();
        let logits = self.learner.network.forward_t(&tensors.values, true)?;
        let loss = loss.compute(&logits, &tensors.reference, &tensors.contoured)?;
        let value = f64::try_from(&loss).during("reading the loss")?;
        if !value.is_finite() {
            return Err(self.not_finite("loss").into());
        }
        loss.f_backward().during("computing gradients")?;
        let report = self.learner.optimiser.step(step)?;
        if !report.gradient_norm.is_finite() {
            return Err(self.not_finite("gradient").into());
        }
        self.state.step = step + 1;
        self.state.epoch_loss.0 += value;
        self.state.epoch_loss.1 += 1;
        self.clock.step_s += start.elapsed().as_secs_f64();
        self.clock.steps += 1;
        out.tell(TrainEvent::Step {
            epoch: step / config.iterations_per_epoch + 1,
            step: step + 1,
            steps: config.steps(),
            loss: value,
            eta_s: self.time_left(),
        })
    }

    fn not_finite(&self, what: &'static str) -> TrainError {
        let step = self.state.step;
        let kept = if self.saved_step > 0 {
            format!("the last checkpoint, of step {}, is kept", self.saved_step)
        } else {
            "there is no checkpoint yet".to_owned()
        };
        let learning_rate = self.learner.optimiser.learning_rate(step);
        TrainError::NotFinite { what, step, learning_rate, kept }
    }

    fn time_left(&self) -> f64 {
        let config = self.inputs.config;
        let epochs_left = config.epochs - self.state.step / config.iterations_per_epoch;
        self.clock.time_left(config.steps() - self.state.step, epochs_left)
    }

    /// At the end of an epoch: validation, model folder, checkpoint. Between: a checkpoint now and then.
    fn after_step(&mut self, out: &mut Output<'_>) -> Result<(), NnError> {
        let config = self.inputs.config;
        let step = self.state.step;
        if !step.is_multiple_of(config.iterations_per_epoch) {
            if config.checkpoint_every_steps > 0 && step.is_multiple_of(config.checkpoint_every_steps) {
                self.save(out)?;
            }
            return Ok(());
        }
        let start = Instant::now();
        let epoch = step / config.iterations_per_epoch;
        let last = epoch == config.epochs;
        let mut found = Vec::new();
        if !self.validation.is_empty() && (last || epoch.is_multiple_of(config.validate_every_epochs)) {
            found = self.validate(epoch, out)?;
        }
        let scores = score(&config.structures, self.validation, &found);
        let mean_dice = mean(&scores);
        let saved = match (mean_dice, self.validation.is_empty()) {
            (None, without_validation) => without_validation || (last && self.state.best.is_none()),
            (Some(now), _) => self.state.best.as_ref().and_then(Best::mean_dice).is_none_or(|best| now > best),
        };
        if saved {
            let weights_sha256 = self.write_model(epoch, &found)?;
            self.state.best = Some(Best { epoch, mean_dice_bits: mean_dice.map(f64::to_bits), weights_sha256 });
        }
        let (sum, count) = std::mem::take(&mut self.state.epoch_loss);
        self.save(out)?;
        self.clock.epoch_end_s += start.elapsed().as_secs_f64();
        self.clock.epoch_ends += 1;
        out.tell(TrainEvent::Epoch {
            epoch,
            epochs: config.epochs,
            loss: sum / count.max(1) as f64,
            learning_rate: self.learner.optimiser.learning_rate(step.saturating_sub(1)),
            validation: pairs(&scores),
            mean_dice,
            saved,
            eta_s: self.time_left(),
        })
    }

    /// Segments all validation cases.
    fn validate(&self, epoch: u64, out: &mut Output<'_>) -> Result<Vec<Found>, NnError> {
        let (network, manifest) = (&*self.learner.network, self.manifest());
        let (overlap, device) = (self.inputs.config.validation_overlap, self.inputs.device);
        let cases = self.validation.len();
        let mut all = Vec::with_capacity(cases);
        for (n, case) in self.validation.iter().enumerate() {
            out.tell(TrainEvent::Validating { epoch, case: n + 1, cases })?;
            all.push(find(network, &manifest, overlap, device, case)?);
        }
        Ok(all)
    }

    /// What the settings say, with no training behind it yet.
    fn manifest(&self) -> Manifest {
        let config = self.inputs.config;
        let mut manifest = Manifest::new(
            config.name.clone(),
            config.network.clone(),
            config.spacing_mm,
            config.patch,
            config.structures.clone(),
        );
        manifest.intensity = config.intensity;
        manifest.set = config.set.clone();
        manifest
    }

    fn write_model(&self, epoch: u64, found: &[Found]) -> Result<String, NnError> {
        let config = self.inputs.config;
        let mut manifest = self.manifest();
        let nothing = vec![SeenPieces::default(); config.structures.len()];
        let mut judge = Judge::new(&self.training.iter().fold(nothing, learn_pieces));
        for (case, found) in self.validation.iter().zip(found) {
            judge.hear(case, found)?;
        }
        judge.decide(&mut manifest);
        let training = serde_json::json!({
            "config": config,
            "split": self.state.identity["split"],
            "split_seed": self.inputs.split.seed,
            "device": format!("{:?}", self.inputs.device),
            "kept": if self.validation.is_empty() { "last epoch: there were no validation cases" }
                else { "best epoch by mean validation Dice before post-processing" },
        });
        manifest.provenance = Provenance {
            software: format!("tmli {}", env!("CARGO_PKG_VERSION")),
            created: Some(files::utc_now()),
            seed: config.seed,
            epochs: epoch as usize,
            steps: self.state.step as usize,
            training_cases: self.training.len(),
            validation_cases: self.validation.len(),
            validated_again: None,
            training,
        };
        save_model(self.inputs.out, manifest, &self.learner.store)?;
        files::sha256_of(&self.inputs.out.join(WEIGHTS_FILE)).map_err(Into::into)
    }

    fn finish(self, out: &mut Output<'_>) -> Result<TrainOutcome, NnError> {
        let steps = self.state.step;
        let Some(best) = self.state.best else {
            // A finished training has always saved a network, unless its folder was changed since.
            let what = "the training is finished and its model is gone; train again in another folder".to_owned();
            return Err(TrainError::Checkpoint { path: self.checkpoint_path, what }.into());
        };
        let mean_dice = best.mean_dice();
        let finished = TrainEvent::Finished { steps, mean_dice, epoch: best.epoch, seconds: out.log.seconds() };
        // Everything is on the disk: it is too late to cancel.
        out.tell(finished).or_else(only_cancelled)?;
        Ok(TrainOutcome {
            kept_epoch: best.epoch,
            validation: read_manifest(self.inputs.out)?.validation,
            mean_dice,
            steps,
            weights_sha256: best.weights_sha256,
        })
    }
}

fn only_cancelled(error: NnError) -> Result<(), NnError> {
    if matches!(error, NnError::Cancelled) { Ok(()) } else { Err(error) }
}
