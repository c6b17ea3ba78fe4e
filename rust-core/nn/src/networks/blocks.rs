//! Convolution, normalisation and activation in two and three dimensions, built only with calls that return errors.

use tch::{
    Tensor,
    nn::{self, Init, init::FanInOut, init::NonLinearity, init::NormalOrUniform},
};
use tmli_model::{Activation, ModelError, Normalisation};

use crate::error::NnError;

const NORM_EPSILON: f64 = 1e-5;
const BATCH_MOMENTUM: f64 = 0.1;
const LEAKY_SLOPE: f64 = 0.01;
const PRELU_START: f64 = 0.25;
const MOST_GROUPS: i64 = 8;

/// A convolution or, `transposed`, an up-convolution whose kernel is its stride. Weights `weight` and `bias`.
pub(super) struct Convolution {
    weight: Tensor,
    bias: Tensor,
    stride: Vec<i64>,
    padding: Vec<i64>,
    transposed: bool,
}

impl Convolution {
    /// Same size out as in.
    pub(super) fn same(path: &nn::Path<'_>, inputs: usize, outputs: usize, kernel: &[usize]) -> Result<Self, NnError> {
        let padding = kernel.iter().map(|k| (k / 2) as i64).collect();
        Self::new(path, [outputs, inputs], inputs, kernel, vec![1; kernel.len()], padding, false)
    }

    /// Smaller by `stride`, without overlap.
    pub(super) fn down(path: &nn::Path<'_>, inputs: usize, outputs: usize, stride: &[usize]) -> Result<Self, NnError> {
        let zeros = vec![0; stride.len()];
        Self::new(path, [outputs, inputs], inputs, stride, to_i64(stride), zeros, false)
    }

    /// Larger by `stride`, without overlap.
    pub(super) fn up(path: &nn::Path<'_>, inputs: usize, outputs: usize, stride: &[usize]) -> Result<Self, NnError> {
        let zeros = vec![0; stride.len()];
        Self::new(path, [inputs, outputs], inputs, stride, to_i64(stride), zeros, true)
    }

    fn new(
        path: &nn::Path<'_>,
        channels: [usize; 2],
        inputs: usize,
        kernel: &[usize],
        stride: Vec<i64>,
        padding: Vec<i64>,
        transposed: bool,
    ) -> Result<Self, NnError> {
        let mut shape = to_i64(&channels);
        shape.extend(to_i64(kernel));
        let outputs = if transposed { channels[1] } else { channels[0] };
        // He initialisation. Without overlap an output of an up-convolution sees each input channel once.
        let fan_in = if transposed { inputs } else { inputs * kernel.iter().product::<usize>() };
        let init = if transposed {
            Init::Randn { mean: 0.0, stdev: (2.0 / fan_in as f64).sqrt() }
        } else {
            Init::Kaiming { dist: NormalOrUniform::Normal, fan: FanInOut::FanIn, non_linearity: NonLinearity::ReLU }
        };
        let doing = NnError::torch;
        let weight = path.f_var("weight", &shape, init).map_err(doing("making a convolution's weights"))?;
        let bias = path.f_zeros("bias", &[outputs as i64]).map_err(doing("making a convolution's bias"))?;
        Ok(Self { weight, bias, stride, padding, transposed })
    }

    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor, NnError> {
        let axes = self.stride.len();
        let (dilation, no_output_padding) = (vec![1_i64; axes], vec![0_i64; axes]);
        x.f_convolution(
            &self.weight,
            Some(&self.bias),
            &self.stride,
            &self.padding,
            &dilation,
            self.transposed,
            &no_output_padding,
            1,
        )
        .map_err(NnError::torch("convolving"))
    }
}

/// A normalisation with its learnt scale and shift.
pub(super) enum Norm {
    None,
    Batch { weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor },
    Instance { weight: Tensor, bias: Tensor },
    Group { weight: Tensor, bias: Tensor, groups: i64 },
}

impl Norm {
    pub(super) fn new(kind: Normalisation, path: &nn::Path<'_>, channels: usize) -> Result<Self, NnError> {
        let channels = channels as i64;
        let shape = [channels];
        if kind == Normalisation::None {
            return Ok(Self::None);
        }
        let make = |e| NnError::torch("making a normalisation")(e);
        let weight = path.f_ones("weight", &shape).map_err(make)?;
        let bias = path.f_zeros("bias", &shape).map_err(make)?;
        Ok(match kind {
            Normalisation::Batch => Self::Batch {
                weight,
                bias,
                mean: path.f_zeros_no_train("running_mean", &shape).map_err(make)?,
                variance: path.f_ones_no_train("running_var", &shape).map_err(make)?,
            },
            Normalisation::Group => {
                let groups = (1..=MOST_GROUPS.min(channels)).rev().find(|g| channels % g == 0).unwrap_or(1);
                Self::Group { weight, bias, groups }
            }
            Normalisation::Instance | Normalisation::None => Self::Instance { weight, bias },
        })
    }

    pub(super) fn forward(&self, x: Tensor, train: bool) -> Result<Tensor, NnError> {
        match self {
            Self::None => return Ok(x),
            Self::Batch { weight, bias, mean, variance } => x.f_batch_norm(
                Some(weight),
                Some(bias),
                Some(mean),
                Some(variance),
                train,
                BATCH_MOMENTUM,
                NORM_EPSILON,
                true,
            ),
            // A group per channel: unlike torch's instance_norm, this takes a single voxel per channel without failing.
            Self::Instance { weight, bias } => {
                x.f_group_norm(weight.size()[0], Some(weight), Some(bias), NORM_EPSILON, true)
            }
            Self::Group { weight, bias, groups } => {
                x.f_group_norm(*groups, Some(weight), Some(bias), NORM_EPSILON, true)
            }
        }
        .map_err(NnError::torch("normalising"))
    }
}

/// A non-linearity; PReLU's slope is `weight`.
pub(super) enum NonLinear {
    Relu,
    LeakyRelu,
    Prelu(Tensor),
}

impl NonLinear {
    pub(super) fn new(kind: Activation, path: &nn::Path<'_>, channels: usize) -> Result<Self, NnError> {
        Ok(match kind {
            Activation::Relu => Self::Relu,
            Activation::LeakyRelu => Self::LeakyRelu,
            Activation::Prelu => Self::Prelu(
                path.f_var("weight", &[channels as i64], Init::Const(PRELU_START))
                    .map_err(NnError::torch("making an activation"))?,
            ),
        })
    }

    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor, NnError> {
        match self {
            Self::Relu => x.f_relu(),
            // max(x, a x) is the leaky ReLU for 0 < a < 1, on every device and with gradients.
            Self::LeakyRelu => x.f_mul_scalar(LEAKY_SLOPE).and_then(|small| x.f_maximum(&small)),
            Self::Prelu(slope) => x.f_prelu(slope),
        }
        .map_err(NnError::torch("applying an activation"))
    }
}

/// Convolution, normalisation, activation.
pub(super) struct Layer {
    pub(super) convolution: Convolution,
    pub(super) norm: Norm,
    pub(super) activation: NonLinear,
}

impl Layer {
    pub(super) fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor, NnError> {
        self.activation.forward(&self.norm.forward(self.convolution.forward(x)?, train)?)
    }
}

/// Drops whole channels while training.
pub(super) fn drop_channels(x: Tensor, share: f64, train: bool) -> Result<Tensor, NnError> {
    if share == 0.0 || !train {
        return Ok(x);
    }
    x.f_feature_dropout(share, train).map_err(NnError::torch("dropping channels"))
}

/// Puts two images' channels one after the other.
pub(super) fn concatenate(first: &Tensor, second: &Tensor) -> Result<Tensor, NnError> {
    Tensor::f_cat(&[first, second], 1).map_err(NnError::torch("concatenating"))
}

pub(super) fn to_i64(sizes: &[usize]) -> Vec<i64> {
    sizes.iter().map(|&n| n as i64).collect()
}

/// Refuses an input that the network can't take, with the sizes in the message.
pub(super) fn check_input(x: &Tensor, channels: usize, multiple: &[usize]) -> Result<(), NnError> {
    let size = x.size();
    let fits = size.len() == multiple.len() + 2
        && size[1] == channels as i64
        && size[2..].iter().zip(multiple).all(|(&n, &m)| n > 0 && n % m as i64 == 0);
    if fits {
        return Ok(());
    }
    Err(ModelError::Setting {
        what: "the shape of the network's input",
        got: format!("{size:?}"),
        expected: format!("[N, {channels}, ...] with sizes that are multiples of {multiple:?}"),
    }
    .into())
}
