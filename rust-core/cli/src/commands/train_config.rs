//! From the command line to the settings of a training: defaults, then `--config`, then single options.

use std::path::PathBuf;

use clap::ValueEnum;
use tmli_nn::{NetworkConfig, Normalisation, TrainConfig, UNet2dConfig, VNet3dConfig};
use tmli_protocol::Protocol;

use crate::{
    failure::{Failure, Outcome},
    files::{read_text, shown},
};

/// The two networks of the study.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum NetworkKind {
    /// 2D U-Net on axial slices
    Unet2d,
    /// 3D V-Net on volumes
    Vnet3d,
}

/// What follows a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum NormalisationKind {
    /// Nothing
    None,
    /// Over the batch
    Batch,
    /// Over each image and channel
    Instance,
    /// Over groups of channels
    Group,
}

/// Options that shape network and training. What is not given keeps its default.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Network and training")]
pub(crate) struct ShapeArgs {
    /// Settings (TOML) in place of defaults, by the names in MODEL/training/config.json; single options win over them
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) config: Option<PathBuf>,
    /// The network exactly as printed in its paper: widths, kernels, no normalisation (needs much memory)
    #[arg(long, conflicts_with_all = ["base_width", "levels", "normalisation"])]
    pub(crate) paper: bool,
    /// Channels of the network on top; doubled at each level below [default: 32 for unet2d, 16 for vnet3d]
    #[arg(long, value_name = "N")]
    pub(crate) base_width: Option<usize>,
    /// Levels of the network [default: 5]
    #[arg(long, value_name = "N")]
    pub(crate) levels: Option<usize>,
    /// What follows a convolution [default: instance]
    #[arg(long, value_enum)]
    pub(crate) normalisation: Option<NormalisationKind>,
    /// How often all of the training is validated and saved: stretches of --iterations steps
    #[arg(long, value_name = "N")]
    pub(crate) epochs: Option<u64>,
    /// Optimiser steps in an epoch
    #[arg(long, value_name = "N")]
    pub(crate) iterations: Option<u64>,
    /// Patches in a step
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) batch: Option<u32>,
    /// Voxel spacing to work at: between slices, rows, columns
    #[arg(long, value_name = "K,J,I", value_parser = parse_three::<f64>)]
    pub(crate) spacing_mm: Option<Three<f64>>,
    /// Patch in voxels: slices, rows, columns (1 slice for unet2d)
    #[arg(long, value_name = "D,H,W", value_parser = parse_three::<usize>)]
    pub(crate) patch: Option<Three<usize>>,
    /// Step size at the start
    #[arg(long, value_name = "RATE")]
    pub(crate) learning_rate: Option<f64>,
    /// Of first weights, patches and augmentation
    #[arg(long, value_name = "S")]
    pub(crate) seed: Option<u64>,
}

/// Three numbers, in the order `[k, j, i]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Three<T>(pub(crate) [T; 3]);

fn parse_three<T: std::str::FromStr + Copy>(text: &str) -> Result<Three<T>, String> {
    let parts: Vec<T> = text.split(',').map_while(|p| p.trim().parse().ok()).collect();
    match (<[T; 3]>::try_from(parts), text.split(',').count()) {
        (Ok(three), 3) => Ok(Three(three)),
        _ => Err("expected three numbers with commas between, e.g. 5,1.5,1.5".into()),
    }
}

/// The structures to train, and the name of their set.
pub(crate) fn structures(protocol: &Protocol, set: Option<&str>, chosen: &[String]) -> Outcome<(String, Vec<String>)> {
    let sets = || protocol.sets.iter().map(|s| s.id.as_str()).collect::<Vec<_>>().join(", ");
    let of_set = match set {
        None => None,
        Some(id) => Some(protocol.set(id).ok_or_else(|| {
            Failure::usage(
                format!("--set {id}: the protocol has no such training set"),
                format!("choose one of {}", sets()),
            )
        })?),
    };
    if chosen.is_empty() {
        let set = of_set
            .ok_or_else(|| Failure::usage("--set or --structures is needed", format!("choose a set: {}", sets())))?;
        return Ok((set.id.clone(), set.structures.clone()));
    }
    for name in chosen {
        let (known, whose) = match of_set {
            Some(set) => (set.structures.contains(name), format!("set {}", set.id)),
            None => (protocol.structure(name).is_some(), "the protocol".to_owned()),
        };
        if !known {
            let all: Vec<&str> = match of_set {
                Some(set) => set.structures.iter().map(String::as_str).collect(),
                None => protocol.structures.iter().map(|s| s.name.as_str()).collect(),
            };
            return Err(Failure::usage(
                format!("--structures {name}: {whose} has no such structure"),
                format!("choose from {}", all.join(", ")),
            ));
        }
    }
    Ok((set.unwrap_or("custom").to_owned(), chosen.to_vec()))
}

/// All settings of the training.
pub(crate) fn train_config(
    args: &ShapeArgs,
    kind: NetworkKind,
    set: &str,
    structures: Vec<String>,
) -> Outcome<TrainConfig> {
    let network = network(args, kind, structures.len());
    let mut config = TrainConfig::new(set, structures, network);
    config.name = format!("{set} {}", config.network.kind());
    if let Some(path) = &args.config {
        config = with_file(&config, &read_text(path, "--config")?)
            .map_err(|e| Failure::advise(format!("{}: {e}", shown("--config", path)), "see `tmli train --help`"))?;
    }
    if let Some(Three(patch)) = args.patch {
        config.patch = patch;
    }
    if let Some(Three(spacing_mm)) = args.spacing_mm {
        config.spacing_mm = spacing_mm;
    }
    if let Some(batch) = args.batch {
        config.sampling.batch_voxels = config.patch.iter().product::<usize>().saturating_mul(batch as usize);
    }
    config.epochs = args.epochs.unwrap_or(config.epochs);
    config.iterations_per_epoch = args.iterations.unwrap_or(config.iterations_per_epoch);
    config.optimiser.learning_rate = args.learning_rate.unwrap_or(config.optimiser.learning_rate);
    config.seed = args.seed.unwrap_or(config.seed);
    Ok(config)
}

fn network(args: &ShapeArgs, kind: NetworkKind, outputs: usize) -> NetworkConfig {
    let levels = args.levels.unwrap_or(5);
    let normalisation = match args.normalisation {
        None | Some(NormalisationKind::Instance) => Normalisation::Instance,
        Some(NormalisationKind::None) => Normalisation::None,
        Some(NormalisationKind::Batch) => Normalisation::Batch,
        Some(NormalisationKind::Group) => Normalisation::Group,
    };
    match (kind, args.paper) {
        (NetworkKind::Unet2d, true) => NetworkConfig::UNet2d(UNet2dConfig::paper(outputs)),
        (NetworkKind::Vnet3d, true) => NetworkConfig::VNet3d(VNet3dConfig::paper(outputs)),
        (NetworkKind::Unet2d, false) => {
            let width = args.base_width.unwrap_or(32);
            NetworkConfig::UNet2d(UNet2dConfig::with_width(outputs, width, levels, normalisation))
        }
        (NetworkKind::Vnet3d, false) => {
            let width = args.base_width.unwrap_or(16);
            NetworkConfig::VNet3d(VNet3dConfig::anisotropic(outputs, width, levels, normalisation))
        }
    }
}

/// Lays a user's table over the settings, table by table, and reads the whole again: an unknown name is an error.
fn with_file(config: &TrainConfig, text: &str) -> Result<TrainConfig, String> {
    let mut all = toml::Value::try_from(config).map_err(|e| e.to_string())?;
    let user: toml::Table = toml::from_str(text).map_err(|e| e.to_string())?;
    merge(&mut all, toml::Value::Table(user));
    all.try_into().map_err(|e: toml::de::Error| e.to_string())
}

fn merge(into: &mut toml::Value, from: toml::Value) {
    match (into, from) {
        (toml::Value::Table(into), toml::Value::Table(from)) => {
            for (key, value) in from {
                match into.get_mut(&key) {
                    Some(there) => merge(there, value),
                    None => {
                        into.insert(key, value);
                    }
                }
            }
        }
        (into, from) => *into = from,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> TrainConfig {
        let network = NetworkConfig::UNet2d(UNet2dConfig::with_width(1, 8, 3, Normalisation::Instance));
        TrainConfig::new("oar1", vec!["Liver".into()], network)
    }

    #[test]
    fn three_numbers_are_three_numbers() {
        assert_eq!(parse_three::<f64>("5,1.5, 1.5"), Ok(Three([5.0, 1.5, 1.5])));
        for wrong in ["5,1.5", "5,1.5,x", "1,2,3,4", ""] {
            assert!(parse_three::<f64>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_settings_file_changes_what_it_names_and_nothing_else() {
        let changed = with_file(&config(), "epochs = 7\n[optimiser]\nlearning_rate = 0.5\n").expect("valid");
        let mut expected = config();
        expected.epochs = 7;
        expected.optimiser.learning_rate = 0.5;
        assert_eq!(changed, expected);
        let error = with_file(&config(), "epoch = 7").expect_err("no such setting");
        assert!(error.contains("epoch"), "{error}");
    }

    #[test]
    fn structures_outside_of_the_set_are_refused() {
        let protocol = Protocol::tmli();
        assert!(structures(&protocol, Some("oar9"), &[]).is_err());
        assert!(structures(&protocol, None, &[]).is_err());
        assert!(structures(&protocol, Some("oar1"), &["Rectum".into()]).is_err());
        let (set, chosen) = structures(&protocol, Some("oar1"), &["Liver".into()]).expect("a structure of the set");
        assert_eq!((set.as_str(), chosen), ("oar1", vec!["Liver".to_owned()]));
    }
}
