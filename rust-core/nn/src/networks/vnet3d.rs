//! 3D V-Net of Milletari, Navab and Ahmadi: "V-Net: Fully Convolutional Neural Networks for Volumetric Medical Image
//! Segmentation", 3DV 2016, figure 2.

use tch::{Tensor, nn};
use tmli_model::VNet3dConfig;

use super::{
    Network,
    blocks::{Convolution, Layer, NonLinear, Norm, check_input, concatenate, drop_channels},
};
use crate::error::NnError;

/// Residual stages `left` and `right`, `down`- and `up`-convolutions (all counted from the full resolution), `head`.
///
/// Tensor names, for n-th convolution of a stage: `left.LEVEL.N.0.weight|bias`, its normalisation
/// `left.LEVEL.N.norm.*`, its learnt activation `left.LEVEL.N.1.weight`; `down.LEVEL.0|norm|1` likewise.
pub struct VNet3d {
    config: VNet3dConfig,
    left: Vec<Vec<Layer>>,
    down: Vec<Layer>,
    up: Vec<Layer>,
    right: Vec<Vec<Layer>>,
    head: Convolution,
}

impl VNet3d {
    /// Builds it in `path`. The configuration has been checked.
    pub(super) fn new(config: &VNet3dConfig, path: &nn::Path<'_>) -> Result<Self, NnError> {
        let widths = &config.widths;
        let steps = widths.len() - 1;
        let finish = |path: &nn::Path<'_>, convolution: Convolution, width: usize| {
            Ok(Layer {
                convolution,
                norm: Norm::new(config.normalisation, &(path / "norm"), width)?,
                activation: NonLinear::new(config.activation, &(path / 1), width)?,
            })
        };
        let stage = |side: &str, level: usize, inputs: usize, width: usize, convolutions: usize| {
            (0..convolutions)
                .map(|n| {
                    let at = path / side / level / n;
                    let inputs = if n == 0 { inputs } else { width };
                    finish(&at, Convolution::same(&(&at / 0), inputs, width, &config.kernels[level])?, width)
                })
                .collect::<Result<Vec<_>, NnError>>()
        };
        let left = (0..=steps)
            .map(|level| {
                let inputs = if level == 0 { config.inputs } else { widths[level] };
                stage("left", level, inputs, widths[level], config.convolutions_left[level])
            })
            .collect::<Result<_, _>>()?;
        let right = (0..steps)
            .map(|level| stage("right", level, 2 * widths[level], 2 * widths[level], config.convolutions_right[level]))
            .collect::<Result<_, _>>()?;
        let down = (0..steps)
            .map(|level| {
                let at = path / "down" / level;
                let convolution =
                    Convolution::down(&(&at / 0), widths[level], widths[level + 1], &config.strides[level])?;
                finish(&at, convolution, widths[level + 1])
            })
            .collect::<Result<_, _>>()?;
        let up = (0..steps)
            .map(|level| {
                let at = path / "up" / level;
                // The lowest stage has one side only; every stage above gives twice its width.
                let below = if level + 1 == steps { widths[level + 1] } else { 2 * widths[level + 1] };
                let convolution = Convolution::up(&(&at / 0), below, widths[level], &config.strides[level])?;
                finish(&at, convolution, widths[level])
            })
            .collect::<Result<_, _>>()?;
        let top = if steps == 0 { widths[0] } else { 2 * widths[0] };
        let head = Convolution::same(&(path / "head"), top, config.outputs, &[1, 1, 1])?;
        Ok(Self { config: config.clone(), left, down, up, right, head })
    }

    fn multiple(&self) -> [usize; 3] {
        self.config.strides.iter().fold([1; 3], |m, s| [m[0] * s[0], m[1] * s[1], m[2] * s[2]])
    }

    /// A stage's convolutions and activations, with its input added to the last of them. The first stage's input
    /// channels are repeated to its width.
    fn residual(&self, layers: &[Layer], input: &Tensor, train: bool) -> Result<Tensor, NnError> {
        let mut x = input.shallow_clone();
        for layer in layers {
            x = layer.forward(&x, train)?;
        }
        drop_channels(add(&x, input)?, self.config.dropout, train)
    }
}

fn add(x: &Tensor, input: &Tensor) -> Result<Tensor, NnError> {
    let (channels, inputs) = (x.size()[1], input.size()[1]);
    let sum = |e| NnError::torch("adding a stage's input")(e);
    if inputs == channels || inputs == 1 {
        return x.f_add(input).map_err(sum);
    }
    let mut repeats = vec![1_i64; x.dim()];
    repeats[1] = channels / inputs;
    input.f_repeat(&repeats).and_then(|wide| x.f_add(&wide)).map_err(sum)
}

impl Network for VNet3d {
    fn forward_t(&self, x: &Tensor, train: bool) -> Result<Tensor, NnError> {
        check_input(x, self.config.inputs, &self.multiple())?;
        let mut skips = Vec::with_capacity(self.down.len());
        let mut x = x.shallow_clone();
        for (level, layers) in self.left.iter().enumerate() {
            x = self.residual(layers, &x, train)?;
            if let Some(down) = self.down.get(level) {
                let lower = down.forward(&x, train)?;
                skips.push(std::mem::replace(&mut x, lower));
            }
        }
        for (level, skip) in skips.iter().enumerate().rev() {
            let risen = self.up[level].forward(&x, train)?;
            x = self.residual(&self.right[level], &concatenate(&risen, skip)?, train)?;
        }
        self.head.forward(&x)
    }

    fn dimensions(&self) -> usize {
        3
    }

    fn outputs(&self) -> usize {
        self.config.outputs
    }

    fn size_multiple(&self) -> [i64; 3] {
        self.multiple().map(|n| n as i64)
    }
}
