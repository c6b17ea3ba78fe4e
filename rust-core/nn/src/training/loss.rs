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

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;

    fn loss(shares: &[f64]) -> Loss {
        Loss::new(&LossConfig::default(), shares, Device::Cpu).expect("a loss")
    }

    fn pattern(shape: &[i64], step: f64) -> Tensor {
        let count: i64 = shape.iter().product();
        let values: Vec<f32> = (0..count).map(|n| (n as f64 * step).sin() as f32 * 2.0).collect();
        Tensor::from_slice(&values).view(shape)
    }

    fn value(loss: &Loss, logits: &Tensor, reference: &Tensor, contoured: &Tensor) -> f64 {
        f64::try_from(loss.compute(logits, reference, contoured).expect("a loss")).expect("a number")
    }

    /// The definitions of [`Loss::compute`] in plain loops.
    fn by_hand(weights: &[f64], logits: &[f64], reference: &[f64], contoured: &[f64], [n, s, v]: [usize; 3]) -> f64 {
        let (mut dice, mut present, mut entropy, mut any) = (0.0, 0, 0.0, 0);
        for structure in 0..s {
            let (mut both, mut p_sum, mut g_sum, mut e_sum, mut voxels) = (0.0, 0.0, 0.0, 0.0, 0);
            for patch in (0..n).filter(|patch| contoured[patch * s + structure] > 0.5) {
                for voxel in 0..v {
                    let at = (patch * s + structure) * v + voxel;
                    let (p, g) = (1.0 / (1.0 + (-logits[at]).exp()), reference[at]);
                    both += p * g;
                    p_sum += p;
                    g_sum += g;
                    e_sum -= weights[structure] * g * p.ln() + (1.0 - g) * (1.0 - p).ln();
                    voxels += 1;
                }
            }
            if g_sum > 0.0 {
                dice += 1.0 - (2.0 * both + DICE_SMOOTHING) / (p_sum + g_sum + DICE_SMOOTHING);
                present += 1;
            }
            if voxels > 0 {
                entropy += e_sum / f64::from(voxels);
                any += 1;
            }
        }
        dice / f64::from(present.max(1)) + entropy / f64::from(any.max(1))
    }

    #[test]
    fn it_is_what_its_definition_says_and_its_gradient_is_the_slope() {
        let shape = [2, 3, 2, 5];
        let shares = [0.02, 0.005, 1e-7];
        let (logits, reference) = (pattern(&shape, 0.7), pattern(&shape, 0.31).gt(0.4).to_kind(Kind::Float));
        let contoured = Tensor::from_slice(&[1.0_f32, 1.0, 0.0, 1.0, 1.0, 1.0]).view([2, 3]);
        let loss = loss(&shares);
        let list = |t: &Tensor| -> Vec<f64> { t.view([-1]).to_kind(Kind::Double).try_into().expect("numbers") };
        let weights = positive_weights(&LossConfig::default(), &shares);
        assert_eq!(weights, [1.0, 2.0_f64.sqrt(), 5.0]);
        let expected = |logits: &[f64]| by_hand(&weights, logits, &list(&reference), &list(&contoured), [2, 3, 10]);
        let mut x = list(&logits);
        assert!((value(&loss, &logits, &reference, &contoured) - expected(&x)).abs() < 1e-5);

        let leaf = logits.copy().set_requires_grad(true);
        loss.compute(&leaf, &reference, &contoured).expect("a loss").backward();
        for (n, gradient) in list(&leaf.grad()).into_iter().enumerate() {
            const H: f64 = 1e-4;
            let at = x[n];
            x[n] = at + H;
            let above = expected(&x);
            x[n] = at - H;
            let slope = (above - expected(&x)) / (2.0 * H);
            x[n] = at;
            assert!((gradient - slope).abs() < 1e-5, "element {n}: {gradient}, slope {slope}");
        }
    }

    #[test]
    fn a_structure_that_was_not_contoured_pulls_at_nothing() {
        let shape = [2, 2, 4, 4];
        let reference = pattern(&shape, 0.31).gt(0.4).to_kind(Kind::Uint8);
        // Structure 1 is not contoured in patch 0.
        let contoured = Tensor::from_slice(&[1.0_f32, 0.0, 1.0, 1.0]).view([2, 2]);
        let loss = loss(&[0.1, 0.001]);
        let logits = pattern(&shape, 0.7).set_requires_grad(true);
        loss.compute(&logits, &reference, &contoured).expect("a loss").backward();
        let gradient = logits.grad();
        let of = |n: i64, s: i64| f64::try_from(gradient.get(n).get(s).abs().sum(Kind::Float)).expect("a number");
        assert_eq!(of(0, 1), 0.0);
        assert!(of(0, 0) > 0.0 && of(1, 0) > 0.0 && of(1, 1) > 0.0);
        // And whatever its bytes there say makes no difference.
        let other = reference.copy();
        let _ = other.get(0).get(1).fill_(1);
        let logits = logits.detach();
        assert_eq!(value(&loss, &logits, &reference, &contoured), value(&loss, &logits, &other, &contoured));
    }

    #[test]
    fn nothing_contoured_at_all_is_a_loss_of_zero() {
        let nothing = Tensor::zeros([2, 2], (Kind::Float, Device::Cpu));
        let logits = pattern(&[2, 2, 3, 3], 0.7);
        assert_eq!(value(&loss(&[0.0, 0.0]), &logits, &logits.gt(0.0), &nothing), 0.0);
    }

    #[test]
    fn sure_and_right_is_almost_zero_and_sure_and_wrong_is_finite() {
        let reference = pattern(&[1, 1, 8, 8], 0.31).gt(0.0).to_kind(Kind::Float);
        let sure = (&reference * 2.0 - 1.0) * 200.0;
        let all = Tensor::ones([1, 1], (Kind::Float, Device::Cpu));
        assert!(value(&loss(&[0.1]), &sure, &reference, &all) < 1e-4);
        let wrong = value(&loss(&[0.1]), &(-sure), &reference, &all);
        assert!((100.0..1000.0).contains(&wrong), "{wrong}");
    }
}
