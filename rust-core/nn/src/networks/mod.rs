//! The two networks of the study, and what they share.
//!
//! Both map an intensity image `[N, C, ...]` to one logit per structure and voxel `[N, outputs, ...]`; a sigmoid makes
//! it the probability of that structure alone, because structures overlap.

mod blocks;
mod unet2d;
mod vnet3d;

use tch::{Tensor, nn};
use tmli_model::NetworkConfig;
pub use unet2d::UNet2d;
pub use vnet3d::VNet3d;

use crate::error::NnError;

/// A segmentation network whose weights live in the `VarStore` it was built in.
pub trait Network: Send {
    /// Logits `[N, outputs, (D,) H, W]` of intensities `[N, C, (D,) H, W]`. Spatial sizes must be multiples of
    /// [`size_multiple`](Self::size_multiple). `train` switches dropout and batch statistics on.
    fn forward_t(&self, x: &Tensor, train: bool) -> Result<Tensor, NnError>;

    /// 2 or 3: the number of spatial axes of its input.
    fn dimensions(&self) -> usize;

    /// Number of structures.
    fn outputs(&self) -> usize;

    /// Sizes must be multiples of this, `[k, j, i]`; k is 1 for a 2D network.
    fn size_multiple(&self) -> [i64; 3];
}

/// Builds the network in `path`; the initial weights come from torch's random generator (`tch::manual_seed`).
pub fn build(config: &NetworkConfig, path: &nn::Path<'_>) -> Result<Box<dyn Network>, NnError> {
    config.check()?;
    Ok(match config {
        NetworkConfig::UNet2d(c) => Box::new(UNet2d::new(c, path)?),
        NetworkConfig::VNet3d(c) => Box::new(VNet3d::new(c, path)?),
    })
}
