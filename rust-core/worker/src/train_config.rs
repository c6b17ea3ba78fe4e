//! From the command line to the settings of a training: defaults, then `--config`, then single options.

use tmli_nn::{NetworkConfig, Normalisation, TrainConfig, UNet2dConfig, VNet3dConfig};
use tmli_protocol::Protocol;
use tmli_terminal::{
    failure::{Failure, Outcome},
    files::{read_text, shown},
    train_args::{NetworkKind, NormalisationKind, ShapeArgs, Three},
};

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
