//! What a network looks like, as data in a model's manifest.

mod activations;
mod check;
mod count;

use serde::{Deserialize, Serialize};

use crate::ModelError;

/// Which network, and its sizes. In JSON the field `kind` is `unet2d` or `vnet3d`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum NetworkConfig {
    /// 2D U-Net on axial slices.
    #[serde(rename = "unet2d")]
    UNet2d(UNet2dConfig),
    /// 3D V-Net.
    #[serde(rename = "vnet3d")]
    VNet3d(VNet3dConfig),
}

/// What follows a convolution before its activation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalisation {
    /// Nothing, as in both papers.
    #[default]
    None,
    /// Over the batch, with running statistics for evaluation.
    Batch,
    /// Over each image and channel: independent of the batch, the choice for small batches.
    Instance,
    /// Over groups of channels: eight, or the most that divide the channels.
    Group,
}

/// The non-linearity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// max(0, x), as in the U-Net's paper.
    #[default]
    Relu,
    /// x, or 0.01 x where negative.
    LeakyRelu,
    /// x, or a x where negative, a learnt per channel; as in the V-Net's paper.
    Prelu,
}

/// 2D U-Net (Ronneberger, Fischer, Brox 2015, figure 1), with padding so that logits are as large as the image.
///
/// Level 0 is the full resolution. Arrays are `[j, i]` (rows, columns).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UNet2dConfig {
    /// Structures.
    pub outputs: usize,
    /// Intensity channels; 1 for CT.
    pub inputs: usize,
    /// Channels per level; their number is the number of levels.
    pub widths: Vec<usize>,
    /// Convolution kernel per level, odd.
    pub kernels: Vec<[usize; 2]>,
    /// Pooling between level n and n + 1: one fewer than levels.
    pub strides: Vec<[usize; 2]>,
    /// Convolutions per level and side.
    pub convolutions: usize,
    /// After each convolution.
    pub normalisation: Normalisation,
    /// After each convolution's normalisation.
    pub activation: Activation,
    /// Share of channels dropped at the end of the contracting path (the two lowest levels) while training.
    pub dropout: f64,
}

/// 3D V-Net (Milletari, Navab, Ahmadi 2016, figure 2).
///
/// Level 0 is the full resolution. Arrays are `[k, j, i]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VNet3dConfig {
    /// Structures.
    pub outputs: usize,
    /// Intensity channels; 1 for CT.
    pub inputs: usize,
    /// Channels per level on the left side; their number is the number of levels. The right side has twice as many.
    pub widths: Vec<usize>,
    /// Convolution kernel per level, odd.
    pub kernels: Vec<[usize; 3]>,
    /// Kernel and stride of the down- and up-convolution between level n and n + 1: one fewer than levels.
    pub strides: Vec<[usize; 3]>,
    /// Convolutions per level on the left side.
    pub convolutions_left: Vec<usize>,
    /// Convolutions per level on the right side: one fewer than levels.
    pub convolutions_right: Vec<usize>,
    /// After each convolution.
    pub normalisation: Normalisation,
    /// After each convolution's normalisation.
    pub activation: Activation,
    /// Share of channels dropped at the end of each stage while training.
    pub dropout: f64,
}

impl NetworkConfig {
    /// Number of structures.
    pub const fn outputs(&self) -> usize {
        match self {
            Self::UNet2d(c) => c.outputs,
            Self::VNet3d(c) => c.outputs,
        }
    }

    /// Sets the number of structures.
    pub const fn set_outputs(&mut self, outputs: usize) {
        match self {
            Self::UNet2d(c) => c.outputs = outputs,
            Self::VNet3d(c) => c.outputs = outputs,
        }
    }

    /// Intensity channels.
    pub const fn inputs(&self) -> usize {
        match self {
            Self::UNet2d(c) => c.inputs,
            Self::VNet3d(c) => c.inputs,
        }
    }

    /// 2 or 3.
    pub const fn dimensions(&self) -> usize {
        match self {
            Self::UNet2d(_) => 2,
            Self::VNet3d(_) => 3,
        }
    }

    /// The word for it on the command line and in JSON.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::UNet2d(_) => "unet2d",
            Self::VNet3d(_) => "vnet3d",
        }
    }

    /// Sizes of an input must be multiples of this, `[k, j, i]`; k is 1 in 2D.
    pub fn size_multiple(&self) -> [usize; 3] {
        match self {
            Self::UNet2d(c) => c.strides.iter().fold([1; 3], |m, s| [1, m[1] * s[0], m[2] * s[1]]),
            Self::VNet3d(c) => c.strides.iter().fold([1; 3], |m, s| [m[0] * s[0], m[1] * s[1], m[2] * s[2]]),
        }
    }

    /// Refuses sizes that no network can have, before libtorch sees them.
    pub fn check(&self) -> Result<(), ModelError> {
        match self {
            Self::UNet2d(c) => c.check(),
            Self::VNet3d(c) => c.check(),
        }
    }
}

impl UNet2dConfig {
    /// As in the paper: widths 64 to 1024, two 3x3 convolutions per level, ReLU, no normalisation.
    pub fn paper(outputs: usize) -> Self {
        Self::with_width(outputs, 64, 5, Normalisation::None)
    }

    /// The paper's topology at another size: `base_width` channels on top, doubled at each of `levels` levels.
    pub fn with_width(outputs: usize, base_width: usize, levels: usize, normalisation: Normalisation) -> Self {
        Self {
            outputs,
            inputs: 1,
            widths: doubled(base_width, levels),
            kernels: vec![[3, 3]; levels],
            strides: vec![[2, 2]; levels.saturating_sub(1)],
            convolutions: 2,
            normalisation,
            activation: Activation::Relu,
            dropout: 0.0,
        }
    }
}

impl VNet3dConfig {
    /// As in the paper: widths 16 to 256, 5x5x5 convolutions 1,2,3,3,3 | 3,3,2,1, PReLU, no normalisation.
    pub fn paper(outputs: usize) -> Self {
        Self {
            outputs,
            inputs: 1,
            widths: doubled(16, 5),
            kernels: vec![[5, 5, 5]; 5],
            strides: vec![[2, 2, 2]; 4],
            convolutions_left: vec![1, 2, 3, 3, 3],
            convolutions_right: vec![1, 2, 3, 3],
            normalisation: Normalisation::None,
            activation: Activation::Prelu,
            dropout: 0.0,
        }
    }

    /// The paper's topology for thick slices and less memory: 1x3x3 kernels and 1x2x2 strides on the top level, where
    /// voxels are long along the patient, 3x3x3 and 2x2x2 below, at most two convolutions per stage.
    pub fn anisotropic(outputs: usize, base_width: usize, levels: usize, normalisation: Normalisation) -> Self {
        let per_level = |first: [usize; 3], other: [usize; 3], n: usize| {
            (0..n).map(|level| if level == 0 { first } else { other }).collect::<Vec<_>>()
        };
        let convolutions = |n: usize| (0..n).map(|level| if level == 0 { 1 } else { 2 }).collect::<Vec<_>>();
        let steps = levels.saturating_sub(1);
        Self {
            outputs,
            inputs: 1,
            widths: doubled(base_width, levels),
            kernels: per_level([1, 3, 3], [3, 3, 3], levels),
            strides: per_level([1, 2, 2], [2, 2, 2], steps),
            convolutions_left: convolutions(levels),
            convolutions_right: convolutions(steps),
            normalisation,
            activation: Activation::Prelu,
            dropout: 0.0,
        }
    }
}

fn doubled(base: usize, levels: usize) -> Vec<usize> {
    (0..levels).map(|level| base.saturating_mul(1 << level.min(16))).collect()
}
