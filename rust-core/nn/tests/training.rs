//! Training as a whole: it learns, it resumes exactly, it says what is wrong.

use std::{
    fs,
    ops::ControlFlow,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use ndarray::Array3;
use sha2::{Digest, Sha256};
use tch::Device;
use tmli_core::{Mask, PointLps, SpacingMm, Volume, VolumeGeometry};
use tmli_nn::{
    Activation, CaseSource, CaseSplit, Model, NetworkConfig, NnError, Normalisation, TrainConfig, TrainEvent,
    TrainInputs, TrainOutcome, TrainingCase, UNet2dConfig, VNet3dConfig, train,
    training::{Augmentation, Rule, TrainError},
};

const SHAPE: [usize; 3] = [16, 40, 40];
const SPACING: [f64; 3] = [5.0, 3.0, 3.0];

/// Cases made of a body, a ball and a box that overlaps it; `a`, `b`... differ in place and size.
#[derive(Default)]
struct Shapes {
    /// Structures that are not contoured in the case of that name.
    absent: Vec<(&'static str, usize)>,
    /// Structures that no case has.
    never: Vec<usize>,
    fails: bool,
}

impl CaseSource for Shapes {
    fn load(&self, id: &str) -> Result<TrainingCase, Box<dyn std::error::Error + Send + Sync>> {
        if self.fails {
            return Err("the CT has a missing slice at z = -120.0 mm".into());
        }
        let n = f64::from(id.bytes().next().unwrap_or(b'a') - b'a');
        let centre = [7.0 + 0.5 * n, 18.0 + n, 17.0 - n];
        let ball = |p: [usize; 3]| {
            let d: [f64; 3] = std::array::from_fn(|a| (p[a] as f64 - centre[a]) * SPACING[a]);
            d.iter().map(|x| x * x).sum::<f64>() < (21.0 + n).powi(2)
        };
        let cube = |p: [usize; 3]| (6..12).contains(&p[0]) && (20..29).contains(&p[1]) && (18..30).contains(&p[2]);
        let mut noise = 12_345 + n as u32;
        let ct = Array3::from_shape_fn(SHAPE, |(k, j, i)| {
            let p = [k, j, i];
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let body = (j as f64 - 19.5).hypot(i as f64 - 19.5) < 18.0;
            let hu = if !body { -1000 } else { 120 * i32::from(ball(p)) + 230 * i32::from(cube(p)) };
            (hu + (noise >> 25) as i32 - 64) as i16
        });
        let geometry = VolumeGeometry::axial(
            SHAPE,
            PointLps::new(0.0, 0.0, 0.0),
            SpacingMm::new(SPACING[0], SPACING[1], SPACING[2]),
        )?;
        let masks = [Mask::from_fn(SHAPE, ball), Mask::from_fn(SHAPE, cube)];
        let contoured = |s: usize| !self.never.contains(&s) && !self.absent.contains(&(id_of(id), s));
        let masks = masks.into_iter().enumerate().map(|(s, mask)| contoured(s).then_some(mask)).collect();
        Ok(TrainingCase { id: id.to_owned(), ct: Volume::new(geometry, ct)?, masks })
    }
}

fn id_of(id: &str) -> &'static str {
    if id == "a" { "a" } else { "b" }
}

fn split(training: &[&str], validation: &[&str]) -> CaseSplit {
    let owned = |ids: &[&str]| ids.iter().map(ToString::to_string).collect();
    CaseSplit { seed: 7, training: owned(training), validation: owned(validation), test: vec!["z".into()] }
}

fn unet() -> NetworkConfig {
    NetworkConfig::UNet2d(UNet2dConfig::with_width(2, 8, 3, Normalisation::Instance))
}

fn vnet() -> NetworkConfig {
    NetworkConfig::VNet3d(VNet3dConfig::anisotropic(2, 6, 3, Normalisation::Instance))
}

fn config(network: NetworkConfig) -> TrainConfig {
    let patch = if network.dimensions() == 2 { [1, 32, 32] } else { [8, 32, 32] };
    let mut config = TrainConfig::small("test", vec!["Ball".into(), "Box".into()], network);
    config.spacing_mm = SPACING;
    config.patch = patch;
    config.sampling.batch_voxels = 2 * 8 * 32 * 32;
    config.epochs = 3;
    config.iterations_per_epoch = 120;
    config.optimiser.learning_rate = 3e-3;
    config
}

fn run(
    config: &TrainConfig,
    split: &CaseSplit,
    source: &dyn CaseSource,
    out: &Path,
    resume: bool,
    events: &mut dyn FnMut(&TrainEvent) -> ControlFlow<()>,
) -> Result<TrainOutcome, NnError> {
    // One thread each: tests run side by side, and libtorch's threads wait for each other.
    tch::set_num_threads(1);
    train(&TrainInputs { config, split, source, out, resume, device: Device::Cpu }, events)
}

fn quiet(_: &TrainEvent) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn learns(network: NetworkConfig) {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("model");
    let mut losses = Vec::new();
    let outcome = run(&config(network), &split(&["a", "b"], &["c"]), &Shapes::default(), &out, false, &mut |event| {
        if let TrainEvent::Epoch { loss, .. } = event {
            losses.push(*loss);
        }
        ControlFlow::Continue(())
    })
    .expect("training works");
    assert!(losses.windows(2).all(|pair| pair[1] < pair[0]), "{losses:?}");
    assert_eq!(outcome.validation.len(), 2);
    for score in &outcome.validation {
        assert!(score.dsc > 0.9 && score.hd95_mm.is_some_and(|mm| mm < 10.0), "{score:?}");
    }
    let model = Model::load(&out, Device::Cpu).expect("the model folder is whole");
    let manifest = model.manifest();
    assert_eq!(manifest.weights_sha256, outcome.weights_sha256);
    assert_eq!(manifest.validation, outcome.validation);
    assert_eq!(manifest.provenance.seed, 1);
    assert_eq!((manifest.provenance.training_cases, manifest.provenance.validation_cases), (2, 1));
}

#[test]
fn a_unet_learns_overlapping_shapes_and_finds_them_in_a_case_it_never_saw() {
    learns(unet());
}

#[test]
fn a_vnet_learns_overlapping_shapes_and_finds_them_in_a_case_it_never_saw() {
    learns(vnet());
}

/// A short training with everything that has a state or is random: dropout, batch statistics, augmentation.
fn eventful() -> TrainConfig {
    let mut network = UNet2dConfig::with_width(2, 4, 3, Normalisation::Batch);
    network.dropout = 0.3;
    let mut config = config(NetworkConfig::UNet2d(network));
    config.sampling.batch_voxels = 4 * 32 * 32;
    config.augmentation.elastic_share = 0.5;
    config.augmentation.blur_share = 0.5;
    config.epochs = 3;
    config.iterations_per_epoch = 25;
    config.validate_every_epochs = 1;
    config.checkpoint_every_steps = 4;
    config
}

const CHILD_OUT: &str = "TMLI_TEST_TRAINING_OUT";

/// Not a test of its own: the training that the test below runs in other processes, to kill them.
#[test]
#[ignore = "run by a_training_that_was_killed_ends_with_the_weights_of_one_that_was_not"]
fn child() {
    let out = std::env::var_os(CHILD_OUT).expect("set by the parent");
    run(&eventful(), &split(&["a", "b"], &["c"]), &Shapes::default(), Path::new(&out), true, &mut quiet)
        .expect("training works");
}

fn start_child(out: &Path) -> Child {
    Command::new(std::env::current_exe().expect("this test"))
        .args(["child", "--exact", "--ignored"])
        .env(CHILD_OUT, out)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a child process")
}

fn steps_logged(out: &Path) -> usize {
    let log = fs::read_to_string(out.join("training/log.jsonl")).unwrap_or_default();
    log.lines().filter(|line| line.contains("\"event\":\"step\"")).count()
}

fn hash(path: &Path) -> Vec<u8> {
    Sha256::digest(fs::read(path).expect("the file is there")).to_vec()
}

#[test]
fn a_training_that_was_killed_ends_with_the_weights_of_one_that_was_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let (whole, broken) = (folder.path().join("whole"), folder.path().join("broken"));
    assert!(start_child(&whole).wait().expect("it ends").success());

    // Killed again and again, a few steps after each start, wherever it then is: in a step, in the middle of a write,
    // in a validation.
    let deadline = Instant::now() + Duration::from_secs(90);
    let mut kills = 0;
    for more in [1, 9, 5, 13, 7, 11, 12, 3, 10] {
        let mut child = start_child(&broken);
        let enough = steps_logged(&broken) + more;
        let ended = loop {
            if child.try_wait().expect("a child").is_some() {
                break true;
            }
            if steps_logged(&broken) >= enough {
                break false;
            }
            assert!(Instant::now() < deadline, "the child does not go on");
            std::thread::sleep(Duration::from_micros(300 * more as u64));
        };
        if ended {
            break;
        }
        // SIGKILL on Unix: nothing can be tidied up.
        child.kill().expect("it runs");
        child.wait().expect("it ends");
        kills += 1;
    }
    assert!(kills >= 4, "it was killed {kills} times only: make the training longer");
    assert!(start_child(&broken).wait().expect("it ends").success());
    assert!(steps_logged(&broken) > steps_logged(&whole), "no step was done twice: nothing was tested");

    assert_eq!(hash(&whole.join("weights.safetensors")), hash(&broken.join("weights.safetensors")));
    // Weights of the last step, batch statistics and the optimiser's memory too, and the best score.
    assert_eq!(
        hash(&whole.join("training/checkpoint.safetensors")),
        hash(&broken.join("training/checkpoint.safetensors"))
    );
    let left: Vec<_> = fs::read_dir(broken.join("training"))
        .expect("readable")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("plain names"))
        .filter(|name| !["checkpoint.safetensors", "split.json", "config.json", "log.jsonl"].contains(&name.as_str()))
        .collect();
    assert!(left.is_empty(), "left behind: {left:?}");
    for line in fs::read_to_string(broken.join("training/log.jsonl")).expect("a log").lines() {
        // A kill may cut one line short; the next starts on a line of its own.
        assert!(line.starts_with('{'), "{line}");
    }
}

/// A training of a few steps, cancelled after step `after`.
fn cancelled(out: &Path, config: &TrainConfig, after: u64) {
    let error = run(config, &split(&["a"], &[]), &Shapes::default(), out, false, &mut |event| match event {
        TrainEvent::Step { step, .. } if *step == after => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    assert!(matches!(error, Err(NnError::Cancelled)), "{error:?}");
}

fn brief() -> TrainConfig {
    let mut config = config(NetworkConfig::UNet2d(UNet2dConfig::with_width(2, 2, 2, Normalisation::None)));
    config.sampling.batch_voxels = 1024;
    config.epochs = 2;
    config.iterations_per_epoch = 5;
    config
}

#[test]
fn a_cancelled_training_leaves_a_checkpoint_and_goes_on_from_it() {
    let folder = tempfile::tempdir().expect("a folder");
    cancelled(folder.path(), &brief(), 3);
    let mut first = None;
    let outcome = run(&brief(), &split(&["a"], &[]), &Shapes::default(), folder.path(), true, &mut |event| {
        if let TrainEvent::Step { step, .. } = event {
            first.get_or_insert(*step);
        }
        ControlFlow::Continue(())
    })
    .expect("it resumes");
    assert_eq!(first, Some(4));
    assert_eq!((outcome.kept_epoch, outcome.steps, outcome.mean_dice), (2, 10, None));
    // A finished training that is resumed has nothing to do.
    let again = run(&brief(), &split(&["a"], &[]), &Shapes::default(), folder.path(), true, &mut quiet);
    assert_eq!(again.expect("nothing to do"), outcome);
}

#[test]
fn a_training_is_not_overwritten_and_not_continued_with_other_settings() {
    let folder = tempfile::tempdir().expect("a folder");
    cancelled(folder.path(), &brief(), 3);
    let resume = |config: &TrainConfig, split: &CaseSplit, source: &Shapes, resume| {
        let result = run(config, split, source, folder.path(), resume, &mut quiet);
        result.expect_err("refused").to_string()
    };
    let alone = split(&["a"], &[]);
    let same = Shapes::default();
    let text = resume(&brief(), &alone, &same, false);
    assert!(text.contains("already holds a training (step 3)"), "{text}");

    let mut other = brief();
    other.optimiser.learning_rate = 0.5;
    other.epochs = 9;
    other.name = "another name is no other training".into();
    let text = resume(&other, &alone, &same, true);
    assert!(
        text.contains("optimiser.learning_rate: was 0.003, is 0.5; ") || text.contains("epochs: was 2, is 9"),
        "{text}"
    );
    assert!(text.contains("optimiser.learning_rate: was 0.003, is 0.5") && !text.contains("name"), "{text}");

    let text = resume(&brief(), &split(&["b"], &[]), &same, true);
    assert!(text.contains("split.training: 1 of 1 cases are gone and 1 are new"), "{text}");

    let text = resume(&brief(), &alone, &Shapes { absent: vec![("a", 1)], ..Shapes::default() }, true);
    assert!(text.contains("voxels or contours have changed"), "{text}");
}

#[test]
fn a_damaged_checkpoint_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    cancelled(folder.path(), &brief(), 3);
    let path = folder.path().join("training/checkpoint.safetensors");
    let good = fs::read(&path).expect("a checkpoint");
    let refusal = |bytes: &[u8]| {
        fs::write(&path, bytes).expect("writable");
        let result = run(&brief(), &split(&["a"], &[]), &Shapes::default(), folder.path(), true, &mut quiet);
        result.expect_err("refused").to_string()
    };
    let middle_of_a_tensor = good.len() - 100;
    let somewhere_in_the_state = good.windows(4).position(|w| w == b"step").expect("the state holds the step") + 7;
    for position in [middle_of_a_tensor, somewhere_in_the_state] {
        let mut flipped = good.clone();
        flipped[position] ^= 1;
        let text = refusal(&flipped);
        assert!(text.contains("damaged") && text.contains("delete it to start anew"), "{text}");
    }
    for length in [0, 5, good.len() / 2, good.len() - 1] {
        let text = refusal(&good[..length]);
        assert!(text.contains("damaged"), "{text}");
    }
    fs::write(&path, &good).expect("writable");
    run(&brief(), &split(&["a"], &[]), &Shapes::default(), folder.path(), true, &mut quiet).expect("unharmed");
}

fn refusal(config: &TrainConfig, split: &CaseSplit, source: &Shapes) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    run(config, split, source, &folder.path().join("model"), false, &mut quiet).expect_err("refused").to_string()
}

#[test]
fn settings_that_make_no_sense_are_named() {
    let refuse = |change: &dyn Fn(&mut TrainConfig)| {
        let mut config = brief();
        change(&mut config);
        refusal(&config, &split(&["a"], &[]), &Shapes::default())
    };
    let text = refuse(&|c| c.patch = [1, 32, 33]);
    assert!(text.contains("multiples of [1, 2, 2]") && text.contains("[1, 32, 34]"), "{text}");
    let text = refuse(&|c| c.patch = [2, 32, 32]);
    assert!(text.contains("patch[0] must be 1"), "{text}");
    let text = refuse(&|c| c.structures = vec!["Ball".into()]);
    assert!(text.contains("the network has 2 outputs for 1 structures"), "{text}");
    let text = refuse(&|c| c.structures = vec!["Ball".into(), "Ball".into()]);
    assert!(text.contains("listed twice"), "{text}");
    let text = refuse(&|c| c.optimiser.learning_rate = -1.0);
    assert!(text.contains("optimiser.learning_rate must be between"), "{text}");
    let text = refuse(&|c| c.spacing_mm[1] = f64::NAN);
    assert!(text.contains("spacing_mm[1]"), "{text}");
    let text = refuse(&|c| (c.loss.dice, c.loss.cross_entropy) = (0.0, 0.0));
    assert!(text.contains("nothing to minimise"), "{text}");
}

#[test]
fn cases_that_can_not_be_used_are_named_by_number_and_never_by_name() {
    let text = refusal(&brief(), &split(&[], &["a"]), &Shapes::default());
    assert!(text.contains("no training case"), "{text}");
    let failing = Shapes { fails: true, ..Shapes::default() };
    let text = refusal(&brief(), &split(&["MUSTERMANN"], &[]), &failing);
    assert!(text.contains("case 1 of 1 (training)") && text.contains("missing slice"), "{text}");
    assert!(!text.contains("MUSTERMANN"), "{text}");
    let empty = Shapes { never: vec![0, 1], ..Shapes::default() };
    let text = refusal(&brief(), &split(&["a", "b"], &[]), &empty);
    assert!(text.contains("none of the 2 training cases") && text.contains("Ball, Box"), "{text}");
}

#[test]
fn structures_that_are_missing_are_warned_about_and_identifiers_stay_in_split_json() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut warnings = Vec::new();
    let source = Shapes { absent: vec![("a", 0)], never: vec![1], ..Shapes::default() };
    let ids = split(&["a", "bMUSTERMANN"], &["cMUSTERMANN"]);
    run(&brief(), &ids, &source, folder.path(), false, &mut |event| {
        if let TrainEvent::Warning { message } = event {
            warnings.push(message.clone());
        }
        ControlFlow::Continue(())
    })
    .expect("it trains on what there is");
    let all = warnings.join("\n");
    assert!(all.contains("Ball is not contoured in 1 of 2"), "{all}");
    assert!(all.contains("Box is contoured in none of the 2"), "{all}");
    let mut files = vec![folder.path().join("model.json")];
    files.extend(fs::read_dir(folder.path().join("training")).expect("readable").map(|e| e.expect("readable").path()));
    for file in files {
        let bytes = fs::read(&file).expect("readable");
        let named = bytes.windows(10).any(|w| w == b"MUSTERMANN");
        assert_eq!(named, file.ends_with("split.json"), "{file:?}");
    }
    for line in fs::read_to_string(folder.path().join("training/log.jsonl")).expect("a log").lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert!(line["event"].is_string() && line["seconds"].is_number(), "{line}");
    }
}

#[test]
fn a_training_that_diverges_says_so_and_keeps_the_checkpoint() {
    let folder = tempfile::tempdir().expect("a folder");
    // No ReLU: a network of dead units would rest at a finite loss.
    let mut network = UNet2dConfig::with_width(2, 2, 2, Normalisation::None);
    network.activation = Activation::LeakyRelu;
    let mut config = brief();
    config.network = NetworkConfig::UNet2d(network);
    config.optimiser.learning_rate = 10.0;
    config.optimiser.clip_norm = 1e9;
    config.optimiser.rule = Rule::Nesterov;
    config.optimiser.warmup_steps = 0;
    config.augmentation = Augmentation::none();
    config.epochs = 100;
    let error = run(&config, &split(&["a"], &[]), &Shapes::default(), folder.path(), false, &mut quiet);
    let Err(NnError::Train(TrainError::NotFinite { step, .. })) = error else { panic!("{error:?}") };
    assert!(step > 0);
    let text = error.expect_err("just seen").to_string();
    assert!(text.contains("lower the learning rate"), "{text}");
    if step >= 5 {
        assert!(folder.path().join("training/checkpoint.safetensors").is_file());
    }
}
