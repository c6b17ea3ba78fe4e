//! Every configuration runs forward and backward, and what can't be is refused without libtorch's help.

use tch::{Device, Kind, Tensor, nn};
use tmli_nn::{Activation, ModelError, NetworkConfig, NnError, Normalisation, UNet2dConfig, VNet3dConfig, build};

const NORMALISATIONS: [Normalisation; 4] =
    [Normalisation::None, Normalisation::Batch, Normalisation::Instance, Normalisation::Group];
const ACTIVATIONS: [Activation; 3] = [Activation::Relu, Activation::LeakyRelu, Activation::Prelu];

fn runs(config: &NetworkConfig, size: &[i64]) {
    let store = nn::VarStore::new(Device::Cpu);
    let network = build(config, &store.root()).expect("a network");
    let mut shape = vec![2, 1];
    shape.extend(size);
    let x = Tensor::randn(shape.as_slice(), (Kind::Float, Device::Cpu));
    let y = network.forward_t(&x, true).expect("logits");
    shape[1] = config.outputs() as i64;
    assert_eq!(y.size(), shape, "{config:?}");
    y.square().mean(Kind::Float).backward();
    for (name, variable) in store.variables() {
        if variable.requires_grad() {
            assert!(variable.grad().isfinite().all().int64_value(&[]) == 1, "gradient of {name} in {config:?}");
        }
    }
}

#[test]
fn every_normalisation_and_activation_runs() {
    for normalisation in NORMALISATIONS {
        for activation in ACTIVATIONS {
            let mut unet = UNet2dConfig::with_width(3, 4, 3, normalisation);
            (unet.activation, unet.dropout) = (activation, 0.2);
            runs(&NetworkConfig::UNet2d(unet), &[8, 12]);
            let mut vnet = VNet3dConfig::anisotropic(3, 4, 3, normalisation);
            (vnet.activation, vnet.dropout) = (activation, 0.2);
            runs(&NetworkConfig::VNet3d(vnet), &[4, 8, 12]);
        }
    }
}

#[test]
fn kernels_and_strides_may_differ_by_level_and_axis() {
    let mut unet = UNet2dConfig::with_width(2, 4, 3, Normalisation::Group);
    (unet.kernels, unet.strides) = (vec![[3, 5], [1, 3], [3, 3]], vec![[2, 1], [3, 2]]);
    let unet = NetworkConfig::UNet2d(unet);
    assert_eq!(unet.size_multiple(), [1, 6, 2]);
    runs(&unet, &[12, 6]);
    let mut vnet = VNet3dConfig::anisotropic(2, 3, 3, Normalisation::None);
    (vnet.kernels, vnet.strides) = (vec![[1, 3, 3], [3, 5, 5], [3, 3, 3]], vec![[1, 2, 2], [2, 2, 3]]);
    let vnet = NetworkConfig::VNet3d(vnet);
    assert_eq!(vnet.size_multiple(), [2, 4, 6]);
    runs(&vnet, &[2, 8, 6]);
}

#[test]
fn a_configuration_survives_json_and_says_its_kind() {
    for config in [NetworkConfig::UNet2d(UNet2dConfig::paper(8)), NetworkConfig::VNet3d(VNet3dConfig::paper(8))] {
        let json = serde_json::to_string(&config).expect("JSON");
        assert!(json.contains(&format!("\"kind\":\"{}\"", config.kind())), "{json}");
        assert_eq!(serde_json::from_str::<NetworkConfig>(&json).expect("a configuration"), config);
    }
}

#[test]
fn impossible_configurations_are_refused() {
    let broken: [fn(&mut VNet3dConfig); 8] = [
        |c| c.outputs = 0,
        |c| c.widths.clear(),
        |c| c.widths[1] = 0,
        |c| c.kernels[0] = [2, 3, 3],
        |c| c.strides[0] = [0, 2, 2],
        |c| c.strides.truncate(3),
        |c| c.convolutions_left[0] = 0,
        |c| c.dropout = f64::NAN,
    ];
    for (n, spoil) in broken.iter().enumerate() {
        let mut config = VNet3dConfig::paper(3);
        spoil(&mut config);
        let store = nn::VarStore::new(Device::Cpu);
        let result = build(&NetworkConfig::VNet3d(config), &store.root());
        assert!(matches!(result, Err(NnError::Model(ModelError::Setting { .. }))), "case {n}");
    }
}

#[test]
fn an_input_of_the_wrong_size_is_an_error_and_no_abort() {
    let store = nn::VarStore::new(Device::Cpu);
    let config = NetworkConfig::UNet2d(UNet2dConfig::with_width(2, 4, 3, Normalisation::None));
    let network = build(&config, &store.root()).expect("a network");
    for shape in [vec![1, 1, 30, 32], vec![1, 2, 32, 32], vec![1, 1, 4, 32, 32], vec![1, 1, 0, 32], vec![]] {
        let x = Tensor::zeros(shape.as_slice(), (Kind::Float, Device::Cpu));
        assert!(matches!(network.forward_t(&x, false), Err(NnError::Model(ModelError::Setting { .. }))), "{shape:?}");
    }
}
