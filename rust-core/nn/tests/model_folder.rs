//! A model folder comes back as it was written, and a damaged or foreign one is refused with its own reason.

mod common;

use std::{fs, path::Path};

use common::thresholds;
use tch::{Device, Kind, Tensor, nn};
use tmli_nn::{
    Activation, Manifest, Model, ModelError, NetworkConfig, NnError, Normalisation, UNet2dConfig, VNet3dConfig, build,
    model_folder::load_weights, save_model,
};

const WEIGHTS: &str = "weights.safetensors";
const MANIFEST: &str = "model.json";

fn small_unet() -> NetworkConfig {
    let mut config = UNet2dConfig::with_width(3, 4, 3, Normalisation::Batch);
    config.activation = Activation::Prelu;
    config.dropout = 0.2;
    NetworkConfig::UNet2d(config)
}

fn manifest(network: NetworkConfig, patch: [usize; 3]) -> Manifest {
    Manifest::new("a model", network, [5.0, 2.0, 2.0], patch, ["Heart", "Liver", "Brain"].map(str::to_owned).to_vec())
}

fn saved(dir: &Path) -> (Box<dyn tmli_nn::Network>, nn::VarStore) {
    let store = nn::VarStore::new(Device::Cpu);
    let network = build(&small_unet(), &store.root()).expect("a network");
    save_model(dir, manifest(small_unet(), [1, 32, 32]), &store).expect("a folder");
    (network, store)
}

fn edit_manifest(dir: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(dir.join(MANIFEST)).expect("text");
    assert!(text.contains(from), "{from} in {text}");
    fs::write(dir.join(MANIFEST), text.replace(from, to)).expect("written");
}

fn refusal(dir: &Path) -> NnError {
    Model::load(dir, Device::Cpu).expect_err("it must be refused")
}

#[test]
fn a_saved_model_comes_back_with_the_same_weights_and_manifest() {
    let parent = tempfile::tempdir().expect("a folder");
    let dir = parent.path().join("model");
    let (network, _store) = saved(&dir);
    let model = Model::load(&dir, Device::Cpu).expect("it loads");
    let x = Tensor::randn([2, 1, 32, 32], (Kind::Float, Device::Cpu));
    let [a, b] = [&*network, model.network()].map(|n| tch::no_grad(|| n.forward_t(&x, false)).expect("logits"));
    assert!(a.equal(&b));
    let mut expected = manifest(small_unet(), [1, 32, 32]);
    expected.weights_sha256.clone_from(&model.manifest().weights_sha256);
    assert_eq!(*model.manifest(), expected);
    assert_eq!(fs::read_dir(parent.path()).expect("a folder").count(), 1, "nothing temporary is left");
}

#[test]
fn the_same_weights_give_the_same_file() {
    let parent = tempfile::tempdir().expect("a folder");
    let (_network, store) = saved(&parent.path().join("a"));
    save_model(&parent.path().join("b"), manifest(small_unet(), [1, 32, 32]), &store).expect("a folder");
    for file in [WEIGHTS, MANIFEST] {
        let read = |dir: &str| fs::read(parent.path().join(dir).join(file)).expect("a file");
        assert_eq!(read("a"), read("b"), "{file}");
    }
}

#[test]
fn saving_into_a_training_folder_keeps_its_other_files() {
    let parent = tempfile::tempdir().expect("a folder");
    let dir = parent.path().join("model");
    fs::create_dir_all(dir.join("training")).expect("a folder");
    saved(&dir);
    saved(&dir);
    assert!(dir.join("training").is_dir());
    assert_eq!(fs::read_dir(&dir).expect("a folder").count(), 3);
    Model::load(&dir, Device::Cpu).expect("it loads");
}

#[test]
fn a_folder_that_cannot_be_written_leaves_nothing() {
    let parent = tempfile::tempdir().expect("a folder");
    let store = nn::VarStore::new(Device::Cpu);
    build(&small_unet(), &store.root()).expect("a network");
    let result = save_model(&parent.path().join("not there/model"), manifest(small_unet(), [1, 32, 32]), &store);
    assert!(matches!(result, Err(NnError::Model(ModelError::Io { .. }))), "{result:?}");
    assert_eq!(fs::read_dir(parent.path()).expect("a folder").count(), 0);
}

#[test]
fn a_flipped_byte_in_the_weights_is_refused() {
    let parent = tempfile::tempdir().expect("a folder");
    let dir = parent.path().join("model");
    saved(&dir);
    let good = fs::read(dir.join(WEIGHTS)).expect("weights");
    for at in [0, 9, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(dir.join(WEIGHTS), bad).expect("written");
        assert!(matches!(refusal(&dir), NnError::Model(ModelError::WeightsHash { .. })), "byte {at}");
    }
    fs::write(dir.join(WEIGHTS), &good[..good.len() - 100]).expect("written");
    assert!(matches!(refusal(&dir), NnError::Model(ModelError::WeightsHash { .. })), "a truncated file");
}

#[test]
fn a_missing_file_is_named() {
    for file in [MANIFEST, WEIGHTS] {
        let parent = tempfile::tempdir().expect("a folder");
        let dir = parent.path().join("model");
        saved(&dir);
        fs::remove_file(dir.join(file)).expect("removed");
        assert!(
            matches!(refusal(&dir), NnError::Model(ModelError::FileMissing { file: missing, .. }) if missing == file)
        );
    }
    assert!(matches!(refusal(Path::new("/nowhere/model")), NnError::Model(ModelError::FileMissing { .. })));
}

#[test]
fn another_format_version_is_refused_whatever_else_the_file_says() {
    let parent = tempfile::tempdir().expect("a folder");
    fs::write(parent.path().join(MANIFEST), r#"{"format_version": 7, "weights": {}}"#).expect("written");
    assert!(matches!(refusal(parent.path()), NnError::Model(ModelError::FormatVersion { got: 7, .. })));
}

#[test]
fn a_manifest_that_is_not_one_or_contradicts_itself_is_refused() {
    type Expected = fn(&NnError) -> bool;
    let cases: [(&str, &str, Expected); 6] = [
        ("{", "", |e| matches!(e, NnError::Model(ModelError::ManifestSyntax { .. }))),
        ("\"kind\": \"unet2d\"", "\"kind\": \"unet9d\"", |e| {
            matches!(e, NnError::Model(ModelError::ManifestSyntax { .. }))
        }),
        ("\"Heart\",", "", |e| matches!(e, NnError::Model(ModelError::ManifestContents { .. }))),
        ("\"Heart\"", "\"Liver\"", |e| matches!(e, NnError::Model(ModelError::ManifestContents { .. }))),
        ("-500.0", "900.0", |e| matches!(e, NnError::Model(ModelError::Setting { .. }))),
        ("\"convolutions\": 2", "\"convolutions\": 0", |e| matches!(e, NnError::Model(ModelError::Setting { .. }))),
    ];
    for (from, to, expected) in cases {
        let parent = tempfile::tempdir().expect("a folder");
        let dir = parent.path().join("model");
        saved(&dir);
        edit_manifest(&dir, from, to);
        let error = refusal(&dir);
        assert!(expected(&error), "{from} -> {to}: {error}");
    }
}

#[test]
fn weights_of_another_network_are_refused() {
    let parent = tempfile::tempdir().expect("a folder");
    let dir = parent.path().join("model");
    saved(&dir);
    edit_manifest(&dir, "\"convolutions\": 2", "\"convolutions\": 3");
    assert!(matches!(refusal(&dir), NnError::Model(ModelError::WeightsShape { .. })));
}

#[test]
fn a_manifest_of_a_giant_network_is_refused_without_building_it() {
    let parent = tempfile::tempdir().expect("a folder");
    let dir = parent.path().join("model");
    let giant = NetworkConfig::VNet3d(VNet3dConfig::with_giant_widths());
    thresholds(&dir, common::through_3d(3), &[0.5, 1.5, 2.5], [5.0, 1.0, 1.0], [16, 16, 16]);
    let text = fs::read_to_string(dir.join(MANIFEST)).expect("text");
    let mut value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    value["network"] = serde_json::to_value(giant).expect("JSON");
    fs::write(dir.join(MANIFEST), value.to_string()).expect("written");
    assert!(matches!(refusal(&dir), NnError::Model(ModelError::WeightsShape { .. })));
}

trait Giant {
    fn with_giant_widths() -> Self;
}

impl Giant for VNet3dConfig {
    fn with_giant_widths() -> Self {
        let mut config = Self::paper(3);
        config.widths = vec![8192; 5];
        config.kernels = vec![[15; 3]; 5];
        config
    }
}

#[test]
fn weights_are_copied_all_or_none() {
    let (store, other) = (nn::VarStore::new(Device::Cpu), nn::VarStore::new(Device::Cpu));
    build(&small_unet(), &store.root()).expect("a network");
    let mut wider = small_unet();
    wider.set_outputs(4);
    build(&wider, &other.root()).expect("a network");
    let before: f64 = store.variables()["enc.0.0.weight"].sum(Kind::Double).double_value(&[]);
    let file = tmli_nn::model_folder::serialise_weights(&other).expect("bytes");
    let error = load_weights(&store, &file).expect_err("another head");
    assert!(error.to_string().contains("head.weight"), "{error}");
    assert_eq!(store.variables()["enc.0.0.weight"].sum(Kind::Double).double_value(&[]), before);
}

#[test]
fn the_count_of_stored_values_is_that_of_the_built_network() {
    let unet = |normalisation| NetworkConfig::UNet2d(UNet2dConfig::with_width(3, 4, 4, normalisation));
    let vnet = |normalisation| NetworkConfig::VNet3d(VNet3dConfig::anisotropic(3, 4, 3, normalisation));
    let mut configs = vec![small_unet(), NetworkConfig::UNet2d(UNet2dConfig::paper(2)), common::through_3d(2)];
    configs.push(NetworkConfig::VNet3d(VNet3dConfig::paper(2)));
    for n in [Normalisation::None, Normalisation::Batch, Normalisation::Instance, Normalisation::Group] {
        configs.extend([unet(n), vnet(n)]);
    }
    for config in configs {
        let store = nn::VarStore::new(Device::Cpu);
        build(&config, &store.root()).expect("a network");
        let built: u64 = store.variables().values().map(|t| t.numel() as u64).sum();
        assert_eq!(config.stored_values(), built, "{config:?}");
    }
}
