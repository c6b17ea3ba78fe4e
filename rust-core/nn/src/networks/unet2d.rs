//! 2D U-Net of Ronneberger, Fischer and Brox: "U-Net: Convolutional Networks for Biomedical Image Segmentation",
//! MICCAI 2015, figure 1, padded.

use tch::{Tensor, nn};
use tmli_model::UNet2dConfig;

use super::{
    Network,
    blocks::{Convolution, Layer, NonLinear, Norm, check_input, concatenate, drop_channels, to_i64},
};
use crate::error::NnError;

/// Contracting path `enc`, up-convolutions `up`, expanding path `dec` (both counted from the lowest level), `head`.
///
/// Tensor names, for n-th convolution of a level: `enc.LEVEL.{2n}.weight|bias`; a learnt activation
/// `enc.LEVEL.{2n+1}.weight`; a normalisation `enc.LEVEL.{2n}.norm.*`.
pub struct UNet2d {
    config: UNet2dConfig,
    enc: Vec<Vec<Layer>>,
    up: Vec<Convolution>,
    dec: Vec<Vec<Layer>>,
    head: Convolution,
}

impl UNet2d {
    /// Builds it in `path`. The configuration has been checked.
    pub(super) fn new(config: &UNet2dConfig, path: &nn::Path<'_>) -> Result<Self, NnError> {
        let widths = &config.widths;
        let levels = widths.len();
        let mut enc = Vec::with_capacity(levels);
        let mut inputs = config.inputs;
        for (level, &width) in widths.iter().enumerate() {
            enc.push(stage(config, &(path / "enc" / level), inputs, width, config.kernels[level])?);
            inputs = width;
        }
        let (mut up, mut dec) = (Vec::new(), Vec::new());
        for step in 0..levels - 1 {
            let level = levels - 2 - step;
            let (below, width) = (widths[level + 1], widths[level]);
            up.push(Convolution::up(&(path / "up" / step), below, width, &config.strides[level])?);
            dec.push(stage(config, &(path / "dec" / step), 2 * width, width, config.kernels[level])?);
        }
        let head = Convolution::same(&(path / "head"), widths[0], config.outputs, &[1, 1])?;
        Ok(Self { config: config.clone(), enc, up, dec, head })
    }

    fn multiple(&self) -> [usize; 2] {
        self.config.strides.iter().fold([1; 2], |m, s| [m[0] * s[0], m[1] * s[1]])
    }
}

fn stage(
    config: &UNet2dConfig,
    path: &nn::Path<'_>,
    inputs: usize,
    width: usize,
    kernel: [usize; 2],
) -> Result<Vec<Layer>, NnError> {
    (0..config.convolutions)
        .map(|n| {
            let at = path / (2 * n);
            Ok(Layer {
                convolution: Convolution::same(&at, if n == 0 { inputs } else { width }, width, &kernel)?,
                norm: Norm::new(config.normalisation, &(&at / "norm"), width)?,
                activation: NonLinear::new(config.activation, &(path / (2 * n + 1)), width)?,
            })
        })
        .collect()
}

fn through(layers: &[Layer], mut x: Tensor, train: bool) -> Result<Tensor, NnError> {
    for layer in layers {
        x = layer.forward(&x, train)?;
    }
    Ok(x)
}

impl Network for UNet2d {
    fn forward_t(&self, x: &Tensor, train: bool) -> Result<Tensor, NnError> {
        check_input(x, self.config.inputs, &self.multiple())?;
        let levels = self.enc.len();
        let mut skips = Vec::with_capacity(levels - 1);
        let mut x = x.shallow_clone();
        for (level, layers) in self.enc.iter().enumerate() {
            x = through(layers, x, train)?;
            if level + 2 >= levels {
                x = drop_channels(x, self.config.dropout, train)?;
            }
            if level + 1 < levels {
                let stride = to_i64(&self.config.strides[level]);
                let pooled =
                    x.f_max_pool2d(&stride, &stride, [0, 0], [1, 1], false).map_err(NnError::torch("pooling"))?;
                skips.push(std::mem::replace(&mut x, pooled));
            }
        }
        for (up, layers) in self.up.iter().zip(&self.dec) {
            let risen = up.forward(&x)?;
            let Some(skip) = skips.pop() else { break };
            x = through(layers, concatenate(&skip, &risen)?, train)?;
        }
        self.head.forward(&x)
    }

    fn dimensions(&self) -> usize {
        2
    }

    fn outputs(&self) -> usize {
        self.config.outputs
    }

    fn size_multiple(&self) -> [i64; 3] {
        let [j, i] = self.multiple();
        [1, j as i64, i as i64]
    }
}
