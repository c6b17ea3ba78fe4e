//! Random numbers that depend on the seed and on what they are for, not on what was drawn before.
//!
//! A generator with a running state would have to be saved, and would tie the patches to the order in which threads
//! draw them. Here the step number is the state: the patch of step 4711 can be made at any time by any thread.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What random numbers are drawn for. The numbers are part of the meaning of a seed: never change one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// First weights of the network.
    Weights = 1,
    /// Dropout.
    Dropout = 2,
    /// Choice of a patch.
    Patch = 3,
    /// Rotation, scale, shift.
    Augmentation = 4,
    /// Bend, contrast, brightness, noise, blur.
    Intensity = 5,
}

/// The generator of `purpose` for patch `item` of `step`.
pub(super) fn generator(seed: u64, purpose: Purpose, step: u64, item: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&(purpose as u64).to_le_bytes());
    key[16..24].copy_from_slice(&step.to_le_bytes());
    key[24..].copy_from_slice(&item.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// A seed for libtorch's own generator.
pub(super) fn torch_seed(seed: u64, purpose: Purpose, step: u64) -> i64 {
    use rand::RngCore;
    (generator(seed, purpose, step, 0).next_u64() >> 1) as i64
}

#[cfg(test)]
mod tests {
    use rand::RngCore;

    use super::*;

    #[test]
    fn every_use_has_its_own_numbers_and_keeps_them() {
        let draw = |seed, purpose, step, item| generator(seed, purpose, step, item).next_u64();
        let first = draw(1, Purpose::Patch, 2, 3);
        assert_eq!(first, draw(1, Purpose::Patch, 2, 3));
        for other in [
            draw(2, Purpose::Patch, 2, 3),
            draw(1, Purpose::Augmentation, 2, 3),
            draw(1, Purpose::Patch, 3, 3),
            draw(1, Purpose::Patch, 2, 4),
            draw(1, Purpose::Patch, 3, 2),
        ] {
            assert_ne!(first, other);
        }
    }
}
