//! How many numbers a network holds at once while it runs, without building it.
//!
//! The walk follows `forward_t` of `tmli-nn`'s `UNet2d` and `VNet3d` tensor by tensor: what is alive beside the layer
//! that is being computed, and that layer's own copies. A test there holds it against the memory of real runs.

use super::{Activation, NetworkConfig, Normalisation, UNet2dConfig, VNet3dConfig};

/// Tensors that are alive, in numbers.
struct Live {
    normalisation: Normalisation,
    activation: Activation,
    now: u64,
    peak: u64,
}

impl Live {
    const fn new(normalisation: Normalisation, activation: Activation, input: u64) -> Self {
        Self { normalisation, activation, now: input, peak: input }
    }

    fn take(&mut self, numbers: u64) {
        self.now = self.now.saturating_add(numbers);
        self.peak = self.peak.max(self.now);
    }

    const fn free(&mut self, numbers: u64) {
        self.now = self.now.saturating_sub(numbers);
    }

    /// A convolution from `before` numbers to `after`: the library works on both in an order of its own, so that each
    /// is there twice for a moment.
    fn convolution(&mut self, before: u64, after: u64) {
        self.take(after + before + after);
        self.free(before + after);
    }

    /// Convolution, normalisation, activation: each makes a new tensor before the one before it goes.
    fn layer(&mut self, before: u64, after: u64) {
        self.convolution(before, after);
        if self.normalisation != Normalisation::None {
            self.take(after);
            self.free(after);
        }
        let scratch = if self.activation == Activation::LeakyRelu { after } else { 0 };
        self.take(after + scratch);
        self.free(after + scratch);
    }

    /// Layers one after the other; the first one's input stays with the caller.
    fn layers(&mut self, before: u64, after: u64, count: usize) {
        for n in 0..count {
            self.layer(if n == 0 { before } else { after }, after);
            if n > 0 {
                self.free(after);
            }
        }
    }
}

/// Voxels of a window at each level.
fn voxels<const N: usize>(window: u64, strides: &[[usize; N]]) -> Vec<u64> {
    let mut all = vec![window];
    for stride in strides {
        let factor = stride.iter().product::<usize>().max(1) as u64;
        all.push(all[all.len() - 1].div_ceil(factor));
    }
    all
}

fn unet(c: &UNet2dConfig, window: u64) -> u64 {
    let voxels = voxels(window, &c.strides);
    let size: Vec<u64> = c.widths.iter().zip(&voxels).map(|(&w, v)| w as u64 * v).collect();
    let input = c.inputs as u64 * window;
    let mut live = Live::new(c.normalisation, c.activation, input);
    let mut before = input;
    for (level, &own) in size.iter().enumerate() {
        live.layers(before, own, c.convolutions);
        if level > 0 {
            live.free(before);
        }
        if level < c.strides.len() {
            // The pooled image goes down, the stage's own stays as a skip.
            before = c.widths[level] as u64 * voxels[level + 1];
            live.take(before);
        }
    }
    for level in (0..c.strides.len()).rev() {
        let (own, below) = (size[level], size[level + 1]);
        live.convolution(below, own);
        live.take(2 * own);
        live.layers(2 * own, own, c.convolutions);
        // The concatenation, the skip, the risen image and the one below.
        live.free(4 * own + below);
    }
    live.convolution(size[0], c.outputs as u64 * window);
    live.peak
}

fn vnet(c: &VNet3dConfig, window: u64) -> u64 {
    let voxels = voxels(window, &c.strides);
    let size: Vec<u64> = c.widths.iter().zip(&voxels).map(|(&w, v)| w as u64 * v).collect();
    let input = c.inputs as u64 * window;
    let mut live = Live::new(c.normalisation, c.activation, input);
    let stage = |live: &mut Live, before: u64, own: u64, convolutions: usize| {
        live.layers(before, own, convolutions);
        // The sum with the stage's input, which may have to be repeated to its width.
        let repeated = if before == own { 0 } else { own };
        live.take(own + repeated);
        live.free(own + repeated + before);
    };
    for (level, &own) in size.iter().enumerate() {
        let before = if level == 0 { input } else { own };
        stage(&mut live, before, own, c.convolutions_left[level]);
        if let Some(&below) = size.get(level + 1) {
            live.layer(own, below);
        }
    }
    for level in (0..c.strides.len()).rev() {
        let own = size[level];
        // The lowest stage has one side only; every stage above gives twice its width.
        let below = if level + 1 == c.strides.len() { size[level + 1] } else { 2 * size[level + 1] };
        live.layer(below, own);
        live.take(2 * own);
        stage(&mut live, 2 * own, 2 * own, c.convolutions_right[level]);
        // The risen image and the one below; the skips stay to the end.
        live.free(own + below);
    }
    let top = if c.strides.is_empty() { size[0] } else { 2 * size[0] };
    live.convolution(top, c.outputs as u64 * window);
    live.peak
}

impl NetworkConfig {
    /// The most numbers that are alive at once while one window of this many voxels passes through the network, its
    /// input included, the weights not. Only for a configuration that passed [`check`](Self::check).
    pub fn activations(&self, window_voxels: u64) -> u64 {
        match self {
            Self::UNet2d(c) => unet(c, window_voxels),
            Self::VNet3d(c) => vnet(c, window_voxels),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_u_net_of_two_levels_counted_by_hand() {
        // Widths 4 and 8 on 16 voxels, one convolution per level, no normalisation. The most is in the last stage: the
        // input 16, the image below 8 * 4 = 32, skip 64, risen 64, their concatenation 128, and for the convolution
        // from 128 to 64 the result 64 and the copies 128 + 64.
        let mut config = UNet2dConfig::with_width(1, 4, 2, Normalisation::None);
        config.convolutions = 1;
        assert_eq!(NetworkConfig::UNet2d(config).activations(16), 16 + 32 + 64 + 64 + 128 + 64 + 128 + 64);
    }

    #[test]
    fn twice_the_window_takes_twice_the_memory() {
        let flat = NetworkConfig::UNet2d(UNet2dConfig::paper(3));
        let deep = NetworkConfig::VNet3d(VNet3dConfig::paper(3));
        for network in [flat, deep] {
            assert_eq!(network.activations(1 << 16), 2 * network.activations(1 << 15), "{}", network.kind());
        }
    }
}
