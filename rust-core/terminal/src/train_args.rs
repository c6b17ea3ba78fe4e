//! Arguments of `train`: `tmli` reads them for the help and for early errors, `tmli-worker` for the training.

use std::path::PathBuf;

use clap::ValueEnum;
use tmli_model::DeviceRequest;

use crate::files::NamesArgs;

/// Train a 2D U-Net or a 3D V-Net on a cohort: a folder with a sub-folder for each case, which holds one CT series and
/// one RT Structure Set. Cases are split at random into training, validation and test (26:4:6, scaled). Cases that can't
/// be used are named with the reason and left out.
///
/// Names of the sub-folders become case ids: they are shown here and kept in MODEL/training/split.json, never in
/// model.json, the weights or the log. To hand a model on, copy model.json and weights.safetensors only.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct TrainArgs {
    /// Folder with a sub-folder for each case
    #[arg(long, value_name = "DIR")]
    pub cohort: PathBuf,
    /// Training set of the protocol: oar1, oar2, oar3, ctv1, ctv2, ctv3, all, or one of your protocol file
    #[arg(long, value_name = "SET")]
    pub set: Option<String>,
    /// Train these structures only (of the set, or without --set of the protocol)
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub structures: Vec<String>,
    /// Which network
    #[arg(long, value_enum)]
    pub network: NetworkKind,
    /// Model folder to make
    #[arg(long, value_name = "MODEL")]
    pub out: PathBuf,
    /// Continue a training that was stopped; everything else must be as before
    #[arg(long)]
    pub resume: bool,
    /// Another seed splits the cohort otherwise
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub split_seed: u64,
    /// Where to compute: auto, cpu, cuda:N
    #[arg(long, default_value = "auto")]
    pub device: DeviceRequest,
    /// Network and training
    #[command(flatten)]
    pub shape: ShapeArgs,
    /// Protocol and aliases
    #[command(flatten)]
    pub names: NamesArgs,
}

const EXAMPLES: &str = "\
Examples:
  tmli train --cohort PATIENTS --set oar1 --network vnet3d --out models/oar1-3d
  tmli train --cohort PATIENTS --set oar1 --network vnet3d --out models/oar1-3d --resume
  tmli train --cohort PATIENTS --set oar2 --network unet2d --out models/oar2-2d --epochs 100 --device cuda:0
  tmli train --cohort small --structures Liver,Stomach --network unet2d --out try --spacing-mm 5,3,3 \\
      --patch 1,128,128 --base-width 8 --levels 4 --epochs 10 --iterations 60

Ctrl-C writes a checkpoint; the same command with --resume goes on and ends with the same weights (CPU).";

/// The two networks of the study.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NetworkKind {
    /// 2D U-Net on axial slices
    Unet2d,
    /// 3D V-Net on volumes
    Vnet3d,
}

/// What follows a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NormalisationKind {
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
pub struct ShapeArgs {
    /// Settings (TOML) in place of defaults, by the names in MODEL/training/config.json; single options win over them
    #[arg(long, value_name = "FILE.toml")]
    pub config: Option<PathBuf>,
    /// The network exactly as printed in its paper: widths, kernels, no normalisation (needs much memory)
    #[arg(long, conflicts_with_all = ["base_width", "levels", "normalisation"])]
    pub paper: bool,
    /// Channels of the network on top; doubled at each level below [default: 32 for unet2d, 16 for vnet3d]
    #[arg(long, value_name = "N")]
    pub base_width: Option<usize>,
    /// Levels of the network [default: 5]
    #[arg(long, value_name = "N")]
    pub levels: Option<usize>,
    /// What follows a convolution [default: instance]
    #[arg(long, value_enum)]
    pub normalisation: Option<NormalisationKind>,
    /// How often all of the training is validated and saved: stretches of --iterations steps
    #[arg(long, value_name = "N")]
    pub epochs: Option<u64>,
    /// Optimiser steps in an epoch
    #[arg(long, value_name = "N")]
    pub iterations: Option<u64>,
    /// Patches in a step
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub batch: Option<u32>,
    /// Voxel spacing to work at: between slices, rows, columns
    #[arg(long, value_name = "K,J,I", value_parser = parse_three::<f64>)]
    pub spacing_mm: Option<Three<f64>>,
    /// Patch in voxels: slices, rows, columns (1 slice for unet2d)
    #[arg(long, value_name = "D,H,W", value_parser = parse_three::<usize>)]
    pub patch: Option<Three<usize>>,
    /// Step size at the start
    #[arg(long, value_name = "RATE")]
    pub learning_rate: Option<f64>,
    /// Of first weights, patches and augmentation
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
}

/// Three numbers, in the order `[k, j, i]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Three<T>(pub [T; 3]);

fn parse_three<T: std::str::FromStr + Copy>(text: &str) -> Result<Three<T>, String> {
    let parts: Vec<T> = text.split(',').map_while(|p| p.trim().parse().ok()).collect();
    match (<[T; 3]>::try_from(parts), text.split(',').count()) {
        (Ok(three), 3) => Ok(Three(three)),
        _ => Err("expected three numbers with commas between, e.g. 5,1.5,1.5".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_numbers_are_three_numbers() {
        assert_eq!(parse_three::<f64>("5,1.5, 1.5"), Ok(Three([5.0, 1.5, 1.5])));
        for wrong in ["5,1.5", "5,1.5,x", "1,2,3,4", ""] {
            assert!(parse_three::<f64>(wrong).is_err(), "{wrong}");
        }
    }
}
