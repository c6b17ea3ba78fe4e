//! AdamW and Nesterov's SGD with a state that can be saved exactly: tch's own optimisers keep theirs to themselves.

use std::collections::BTreeMap;

use tch::{Kind, Tensor, no_grad};

use super::{
    config::{OptimiserConfig, Rule, Schedule},
    error::{TorchContext, TrainError},
};

/// Decay of the mean gradient (Kingma and Ba 2015).
const BETA1: f64 = 0.9;
/// Decay of the mean squared gradient.
const BETA2: f64 = 0.999;
/// Keeps the division finite.
const EPSILON: f64 = 1e-8;
/// Of Nesterov's rule, as is usual for U-Nets.
const MOMENTUM: f64 = 0.99;
/// Where the cosine schedule ends.
const COSINE_FLOOR: f64 = 0.01;

/// One weight tensor and what the optimiser remembers of its gradients.
struct Slot {
    name: String,
    weight: Tensor,
    decays: bool,
    /// AdamW: mean gradient, mean squared gradient. Nesterov: momentum.
    moments: Vec<Tensor>,
}

/// Applies gradients to weights.
pub(super) struct Optimiser {
    config: OptimiserConfig,
    total_steps: u64,
    slots: Vec<Slot>,
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct StepReport {
    /// Length of the gradient of all weights, before clipping.
    pub gradient_norm: f64,
    /// Used.
    pub learning_rate: f64,
}

impl Optimiser {
    /// Starts without memory. `variables` are all tensors of the network by name; those that need no gradient are left
    /// alone. Weight decay is for tensors of two and more axes: shrinking biases, normalisation and PReLU slopes only
    /// hurts.
    pub(super) fn new(
        config: &OptimiserConfig,
        total_steps: u64,
        variables: impl IntoIterator<Item = (String, Tensor)>,
    ) -> Result<Self, TrainError> {
        let sorted: BTreeMap<String, Tensor> = variables.into_iter().filter(|(_, t)| t.requires_grad()).collect();
        let count = match config.rule {
            Rule::AdamW => 2,
            Rule::Nesterov => 1,
        };
        let mut slots = Vec::with_capacity(sorted.len());
        for (name, weight) in sorted {
            let moments = (0..count)
                .map(|_| no_grad(|| weight.f_zeros_like().map(|t| t.set_requires_grad(false))))
                .collect::<Result<_, _>>()
                .during("making the optimiser")?;
            slots.push(Slot { decays: weight.dim() >= 2, name, weight, moments });
        }
        Ok(Self { config: config.clone(), total_steps, slots })
    }

    /// The learning rate of step `step` (from 0).
    pub(super) fn learning_rate(&self, step: u64) -> f64 {
        learning_rate(&self.config, self.total_steps, step)
    }

    /// Forgets gradients, before a backward pass.
    pub(super) fn zero_grad(&mut self) {
        for slot in &mut self.slots {
            slot.weight.zero_grad();
        }
    }

    /// Length of the gradient of all weights together; not finite when any element isn't.
    pub(super) fn gradient_norm(&self) -> Result<f64, TrainError> {
        no_grad(|| {
            let mut norms = Vec::with_capacity(self.slots.len());
            for slot in &self.slots {
                let gradient = slot.weight.grad();
                if gradient.defined() {
                    norms.push(gradient.f_norm()?);
                }
            }
            if norms.is_empty() {
                return Ok(0.0);
            }
            let total = Tensor::f_stack(&norms, 0)?.f_to_kind(Kind::Double)?.f_norm()?;
            f64::try_from(&total)
        })
        .during("measuring the gradient")
    }

    /// Changes the weights by their gradients. `step` counts from 0. When the gradient is not finite nothing changes;
    /// the caller sees it in the report.
    pub(super) fn step(&mut self, step: u64) -> Result<StepReport, TrainError> {
        let gradient_norm = self.gradient_norm()?;
        let learning_rate = self.learning_rate(step);
        let report = StepReport { gradient_norm, learning_rate };
        if !gradient_norm.is_finite() {
            return Ok(report);
        }
        let clip = if gradient_norm > self.config.clip_norm { self.config.clip_norm / gradient_norm } else { 1.0 };
        no_grad(|| {
            for slot in &mut self.slots {
                let gradient = slot.weight.grad();
                if !gradient.defined() {
                    continue;
                }
                let gradient = if clip < 1.0 { gradient.f_mul_scalar(clip)? } else { gradient };
                if slot.decays && self.config.weight_decay > 0.0 {
                    let _ = slot.weight.f_mul_scalar_(1.0 - learning_rate * self.config.weight_decay)?;
                }
                match self.config.rule {
                    Rule::AdamW => adam(slot, &gradient, learning_rate, step)?,
                    Rule::Nesterov => nesterov(slot, &gradient, learning_rate)?,
                }
            }
            Ok(())
        })
        .during("an optimiser step")?;
        Ok(report)
    }

    /// Everything that has to be saved, by name.
    pub(super) fn state(&self) -> Vec<(String, Tensor)> {
        let mut all = Vec::new();
        for slot in &self.slots {
            for (n, moment) in slot.moments.iter().enumerate() {
                all.push((moment_name(&slot.name, n), moment.shallow_clone()));
            }
        }
        all
    }

    /// Takes back what [`Optimiser::state`] gave. `get` finds a tensor by name and shape.
    pub(super) fn restore(
        &mut self,
        get: impl Fn(&str, &[i64]) -> Result<Tensor, TrainError>,
    ) -> Result<(), TrainError> {
        for slot in &mut self.slots {
            for (n, moment) in slot.moments.iter_mut().enumerate() {
                let saved = get(&moment_name(&slot.name, n), &moment.size())?;
                no_grad(|| moment.f_copy_(&saved)).during("restoring the optimiser")?;
            }
        }
        Ok(())
    }
}

fn moment_name(weight: &str, n: usize) -> String {
    format!("{weight}.moment{}", n + 1)
}

fn adam(slot: &mut Slot, gradient: &Tensor, learning_rate: f64, step: u64) -> Result<(), tch::TchError> {
    let t = step.saturating_add(1).min(i32::MAX as u64) as i32;
    let [mean, square] = slot.moments.as_mut_slice() else { return Ok(()) };
    let _ = mean.f_lerp_(gradient, 1.0 - BETA1)?;
    let scaled = gradient.f_mul_scalar((1.0 - BETA2).sqrt())?;
    let _ = square.f_mul_scalar_(BETA2)?.f_addcmul_(&scaled, &scaled)?;
    let correction2 = (1.0 - BETA2.powi(t)).sqrt();
    let rate = learning_rate / (1.0 - BETA1.powi(t));
    // tch has addcdiv without its factor: the rate goes into the divisor.
    let divisor = square.f_sqrt()?.f_div_scalar_(correction2)?.f_add_scalar_(EPSILON)?.f_mul_scalar_(-1.0 / rate)?;
    let _ = slot.weight.f_addcdiv_(mean, &divisor)?;
    Ok(())
}

fn nesterov(slot: &mut Slot, gradient: &Tensor, learning_rate: f64) -> Result<(), tch::TchError> {
    let [momentum] = slot.moments.as_mut_slice() else { return Ok(()) };
    let _ = momentum.f_mul_scalar_(MOMENTUM)?.f_add_(gradient)?;
    let step = momentum.f_mul_scalar(MOMENTUM)?.f_add_(gradient)?.f_mul_scalar_(learning_rate)?;
    let _ = slot.weight.f_sub_(&step)?;
    Ok(())
}

/// The learning rate of `step` (from 0) of `total_steps`.
pub(super) fn learning_rate(config: &OptimiserConfig, total_steps: u64, step: u64) -> f64 {
    let part = (step as f64 / total_steps.max(1) as f64).clamp(0.0, 1.0);
    let fall = match config.schedule {
        Schedule::Constant => 1.0,
        Schedule::Polynomial { power } => (1.0 - part).powf(power),
        Schedule::Cosine => COSINE_FLOOR + (1.0 - COSINE_FLOOR) * 0.5 * (1.0 + (std::f64::consts::PI * part).cos()),
    };
    let rise = if step < config.warmup_steps { (step + 1) as f64 / config.warmup_steps as f64 } else { 1.0 };
    config.learning_rate * fall * rise
}

#[cfg(test)]
mod tests {
    use tch::{Device, nn, nn::OptimizerConfig};

    use super::*;

    fn steady(rule: Rule) -> OptimiserConfig {
        OptimiserConfig {
            rule,
            learning_rate: 0.05,
            weight_decay: 0.1,
            clip_norm: 1e9,
            warmup_steps: 0,
            schedule: Schedule::Constant,
        }
    }

    /// Minimises a bent valley and gives the weights after some steps.
    fn descend(store: &nn::VarStore, mut step: impl FnMut(&Tensor, u64)) -> Vec<f64> {
        let mut w = store.root().ones("w", &[2, 3]);
        no_grad(|| w.copy_(&Tensor::from_slice(&[1.0_f32, -2.0, 0.5, 3.0, -0.1, 0.7]).view([2, 3])));
        let target = Tensor::from_slice(&[0.3_f32, 0.2, -0.4, 1.0, 2.0, -1.0]).view([2, 3]);
        for n in 0..30 {
            let loss = ((&w - &target).pow_tensor_scalar(2) * &target.abs()).sum(Kind::Float);
            step(&loss, n);
        }
        w.detach().view([-1]).to_kind(Kind::Double).try_into().expect("numbers")
    }

    fn ours(config: &OptimiserConfig) -> Vec<f64> {
        let store = nn::VarStore::new(Device::Cpu);
        let mut optimiser = None;
        descend(&store, |loss, n| {
            let optimiser =
                optimiser.get_or_insert_with(|| Optimiser::new(config, 30, store.variables()).expect("an optimiser"));
            optimiser.zero_grad();
            loss.backward();
            optimiser.step(n).expect("a step");
        })
    }

    #[test]
    fn both_rules_step_as_libtorch_does() {
        for rule in [Rule::AdamW, Rule::Nesterov] {
            let store = nn::VarStore::new(Device::Cpu);
            let mut theirs = None;
            let expected = descend(&store, |loss, _| {
                let optimiser = theirs.get_or_insert_with(|| match rule {
                    Rule::AdamW => {
                        nn::AdamW { wd: 0.1, ..nn::AdamW::default() }.build(&store, 0.05).expect("an optimiser")
                    }
                    // Theirs adds the decay to the gradient, ours is decoupled: compare without.
                    Rule::Nesterov => nn::Sgd { momentum: MOMENTUM, dampening: 0.0, wd: 0.0, nesterov: true }
                        .build(&store, 0.05)
                        .expect("an optimiser"),
                });
                optimiser.backward_step(loss);
            });
            let mut config = steady(rule);
            if rule == Rule::Nesterov {
                config.weight_decay = 0.0;
            }
            for (a, b) in ours(&config).iter().zip(expected) {
                assert!((a - b).abs() < 2e-5 * b.abs().max(1.0), "{rule:?}: {a}, libtorch {b}");
            }
        }
    }

    #[test]
    fn a_long_gradient_is_cut_to_the_limit() {
        let store = nn::VarStore::new(Device::Cpu);
        let w = store.root().zeros("w", &[4]);
        let mut config = steady(Rule::Nesterov);
        config.clip_norm = 1.0;
        let mut optimiser = Optimiser::new(&config, 1, store.variables()).expect("an optimiser");
        (&w * 100.0).sum(Kind::Float).backward();
        let report = optimiser.step(0).expect("a step");
        assert_eq!(report.gradient_norm, 200.0);
        let moved = f64::try_from(w.detach().norm()).expect("a number");
        assert!((moved - 0.05 * (1.0 + MOMENTUM)).abs() < 1e-6, "{moved}");
    }

    #[test]
    fn a_gradient_that_is_not_finite_changes_nothing() {
        let store = nn::VarStore::new(Device::Cpu);
        let w = store.root().ones("w", &[4]);
        let mut optimiser = Optimiser::new(&steady(Rule::AdamW), 1, store.variables()).expect("an optimiser");
        (&w * f64::INFINITY).sum(Kind::Float).backward();
        assert!(!optimiser.step(0).expect("a report").gradient_norm.is_finite());
        assert_eq!(f64::try_from(w.detach().sum(Kind::Float)).expect("a number"), 4.0);
    }

    #[test]
    fn the_learning_rate_rises_then_falls() {
        let mut config = OptimiserConfig { learning_rate: 1.0, warmup_steps: 10, ..OptimiserConfig::default() };
        assert!((learning_rate(&config, 100, 0) - 0.1).abs() < 1e-12);
        for schedule in [Schedule::Polynomial { power: 0.9 }, Schedule::Cosine] {
            config.schedule = schedule;
            let rates: Vec<f64> = (10..100).map(|step| learning_rate(&config, 100, step)).collect();
            assert!(rates.windows(2).all(|pair| pair[1] < pair[0]));
            assert!(rates[89] > 0.0 && rates[89] < 0.05);
        }
    }
}
