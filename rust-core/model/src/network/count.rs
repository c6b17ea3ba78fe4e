//! How many numbers a network stores, without building it.

use super::{Activation, NetworkConfig, Normalisation};

/// Numbers that a network stores, batch statistics included, without building it.
struct Count {
    normalisation: Normalisation,
    activation: Activation,
    total: u64,
}

impl Count {
    const fn new(normalisation: Normalisation, activation: Activation) -> Self {
        Self { normalisation, activation, total: 0 }
    }

    fn convolution(&mut self, inputs: usize, outputs: usize, kernel: &[usize]) {
        let weights = kernel.iter().fold(inputs as u64 * outputs as u64, |n, &k| n * k as u64);
        self.total += weights + outputs as u64;
    }

    fn layer(&mut self, inputs: usize, outputs: usize, kernel: &[usize]) {
        self.convolution(inputs, outputs, kernel);
        let per_channel = match self.normalisation {
            Normalisation::None => 0,
            Normalisation::Batch => 4,
            Normalisation::Instance | Normalisation::Group => 2,
        } + u64::from(self.activation == Activation::Prelu);
        self.total += per_channel * outputs as u64;
    }

    fn stage(&mut self, inputs: usize, width: usize, kernel: &[usize], convolutions: usize) {
        for n in 0..convolutions {
            self.layer(if n == 0 { inputs } else { width }, width, kernel);
        }
    }
}

impl NetworkConfig {
    /// How many numbers the network stores. Only for a configuration that passed [`check`](Self::check).
    pub fn stored_values(&self) -> u64 {
        match self {
            Self::UNet2d(c) => {
                let mut count = Count::new(c.normalisation, c.activation);
                for (level, &width) in c.widths.iter().enumerate() {
                    let inputs = if level == 0 { c.inputs } else { c.widths[level - 1] };
                    count.stage(inputs, width, &c.kernels[level], c.convolutions);
                }
                for (level, stride) in c.strides.iter().enumerate() {
                    count.convolution(c.widths[level + 1], c.widths[level], stride);
                    count.stage(2 * c.widths[level], c.widths[level], &c.kernels[level], c.convolutions);
                }
                count.convolution(c.widths[0], c.outputs, &[1, 1]);
                count.total
            }
            Self::VNet3d(c) => {
                let mut count = Count::new(c.normalisation, c.activation);
                let steps = c.strides.len();
                for (level, &width) in c.widths.iter().enumerate() {
                    let inputs = if level == 0 { c.inputs } else { width };
                    count.stage(inputs, width, &c.kernels[level], c.convolutions_left[level]);
                }
                for (level, stride) in c.strides.iter().enumerate() {
                    let (width, below) = (c.widths[level], c.widths[level + 1]);
                    count.layer(width, below, stride);
                    count.layer(if level + 1 == steps { below } else { 2 * below }, width, stride);
                    count.stage(2 * width, 2 * width, &c.kernels[level], c.convolutions_right[level]);
                }
                count.convolution(if steps == 0 { c.widths[0] } else { 2 * c.widths[0] }, c.outputs, &[1, 1, 1]);
                count.total
            }
        }
    }
}
