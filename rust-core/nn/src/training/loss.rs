//! What is minimised: soft Dice and weighted binary cross-entropy, structure by structure.
//!
//! Every structure has a sigmoid of its own, because structures overlap. A structure that was not contoured in a case
//! says nothing about that case's voxels, and they are left out for it.

use tch::{Kind, Tensor};

use super::{
    config::LossConfig,
    error::{TorchContext, TrainError},
};

/// Added above and below the Dice fraction. A structure without a single reference voxel in the batch is left out of
/// the Dice term (see [`Loss::compute`]), so this only keeps a denominator from vanishing.
pub(super) const DICE_SMOOTHING: f64 = 1e-5;

/// Turns logits into a number to minimise.
pub(super) struct Loss {
    dice: f64,
    cross_entropy: f64,
    /// `weight - 1` of a voxel inside, `[1, S, 1]`.
    extra_positive_weight: Tensor,
}

impl Loss {
    /// `shares` are the structures' mean shares of the body; see [`LossConfig::positive_weight_cap`].
    pub(super) fn new(config: &LossConfig, shares: &[f64], device: tch::Device) -> Result<Self, TrainError> {
        let weights: Vec<f32> = positive_weights(config, shares).iter().map(|w| (w - 1.0) as f32).collect();
        let tensor = Tensor::f_from_slice(&weights).during("making loss weights")?;
        let tensor = tensor.f_view([1, -1, 1]).and_then(|t| t.f_to_device(device)).during("making loss weights")?;
        Ok(Self { dice: config.dice, cross_entropy: config.cross_entropy, extra_positive_weight: tensor })
    }

    /// The loss of a batch, a scalar that gradients flow from.
    ///
    /// `logits` and `reference` (0 or 1, any kind) are `[N, S, ...]`; `contoured` is `[N, S]`, 1 where patch n is of a
    /// case in which structure s was contoured.
    ///
    /// - Dice of structure s is `2 sum(p g) / (sum p + sum g)`, p the sigmoid and g the reference, summed over **all
    ///   patches of the batch** (a patch alone often holds a corner of an organ only, and its Dice would be noise). The
    ///   mean is over structures that have a reference voxel in the batch: of the others, Dice would be 0 whatever the
    ///   network says, with a gradient that forbids small structures; false positives are the cross-entropy's part.
    /// - Cross-entropy is the mean over the voxels of patches in which s was contoured, of
    ///   `w g softplus(-x) + (1 - g) softplus(x)`; then over the structures contoured in any patch.
    pub(super) fn compute(
        &self,
        logits: &Tensor,
        reference: &Tensor,
        contoured: &Tensor,
    ) -> Result<Tensor, TrainError> {
        self.f_compute(logits, reference, contoured).during("computing the loss")
    }

    fn f_compute(&self, logits: &Tensor, reference: &Tensor, contoured: &Tensor) -> Result<Tensor, tch::TchError> {
        let logits = logits.f_flatten(2, -1)?;
        let reference = reference.f_flatten(2, -1)?.f_to_kind(Kind::Float)?;
        let contoured = contoured.f_unsqueeze(-1)?;
        let voxels = logits.size()[2] as f64;
        let sum = |t: &Tensor| t.f_sum_dim_intlist([0, 2].as_slice(), false, Kind::Float);

        // Sums per patch first, the mask afterwards on [N, S]: no full-size product with the mask.
        let per_patch = |t: &Tensor| t.f_sum_dim_intlist([2].as_slice(), true, Kind::Float);
        let probability = logits.f_sigmoid()?;
        let reference_sum = sum(&per_patch(&reference)?.f_mul(&contoured)?)?;

        // softplus(x) - g x = (1 - g) softplus(x) + g softplus(-x), stable for any x.
        let softplus = logits.f_softplus()?;
        let entropy = softplus.f_sub(&reference.f_mul(&logits)?)?;
        // w g softplus(-x) adds (w - 1) g (softplus(x) - x).
        let inside = softplus.f_sub(&logits)?.f_mul(&reference)?;
        let entropy = per_patch(&entropy)?.f_add(&per_patch(&inside)?.f_mul(&self.extra_positive_weight)?)?;
        let contoured_patches = sum(&contoured)?;
        let entropy =
            sum(&entropy.f_mul(&contoured)?)?.f_div(&contoured_patches.f_clamp_min(1.0)?.f_mul_scalar(voxels)?)?;
        let any = contoured_patches.f_gt(0.5)?.f_to_kind(Kind::Float)?;
        let entropy = mean_where(&entropy, &any)?;

        let overlap = sum(&per_patch(&probability.f_mul(&reference)?)?.f_mul(&contoured)?)?;
        let probability_sum = sum(&per_patch(&probability)?.f_mul(&contoured)?)?;
        let above = overlap.f_mul_scalar(2.0)?.f_add_scalar(DICE_SMOOTHING)?;
        let below = probability_sum.f_add(&reference_sum)?.f_add_scalar(DICE_SMOOTHING)?;
        let present = reference_sum.f_gt(0.5)?.f_to_kind(Kind::Float)?;
        // 1 - Dice, but 0 where no structure is present at all.
        let dice = above.f_div(&below)?.f_neg()?.f_add_scalar(1.0)?;
        let dice = mean_where(&dice, &present)?;

        dice.f_mul_scalar(self.dice)?.f_add(&entropy.f_mul_scalar(self.cross_entropy)?)
    }
}

fn mean_where(values: &Tensor, chosen: &Tensor) -> Result<Tensor, tch::TchError> {
    values.f_mul(chosen)?.f_sum(Kind::Float)?.f_div(&chosen.f_sum(Kind::Float)?.f_clamp_min(1.0)?)
}

/// Weight of a voxel inside each structure: the square root of how much smaller it is than `reference_share` of the
/// body, from 1 to the cap. The full ratio would make lenses weigh a thousandfold and grow in the prediction.
pub(super) fn positive_weights(config: &LossConfig, shares: &[f64]) -> Vec<f64> {
    shares
        .iter()
        .map(|&share| {
            if share > 0.0 {
                (config.reference_share / share).sqrt().clamp(1.0, config.positive_weight_cap)
            } else {
                1.0
            }
        })
        .collect()
}
