//! Random numbers in streams: each concern draws from its own, so that a change in one leaves the others as they were.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a stream of random numbers is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Concern {
    Age = 1,
    Body = 2,
    Head = 3,
    Skeleton = 4,
    Thorax = 5,
    Abdomen = 6,
    Pelvis = 7,
    Bowel = 8,
    Tissue = 9,
    Warp = 10,
    Table = 11,
    Targets = 12,
    /// Noise takes one stream per slice from here on.
    Noise = 1000,
}

/// Draws for one concern of one child.
pub(crate) struct Draw(ChaCha8Rng);

impl Draw {
    /// The stream of a concern, at its beginning.
    pub(crate) fn new(seed: u64, case: u32, concern: Concern) -> Self {
        Self::numbered(seed, case, concern, 0)
    }

    /// Stream `number` of a concern that needs many.
    pub(crate) fn numbered(seed: u64, case: u32, concern: Concern, number: u64) -> Self {
        // Odd multipliers keep neighbouring seeds and cases apart; ChaCha's key does the rest.
        let key = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (u64::from(case) + 1).wrapping_mul(0xd1b5_4a32_d192_ed03);
        let mut rng = ChaCha8Rng::seed_from_u64(key);
        rng.set_stream(concern as u64 + number);
        Self(rng)
    }

    /// Between `low` and `high`, all alike.
    pub(crate) fn uniform(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.0.random::<f32>()
    }

    /// About `mean`, bell-shaped with this standard deviation, never further than 2.45 of them.
    pub(crate) fn bell(&mut self, mean: f32, deviation: f32) -> f32 {
        let sum: f32 = (0..6).map(|_| self.0.random::<f32>() - 0.5).sum();
        // Six uniform draws have a variance of one half.
        let unit = (sum * std::f32::consts::SQRT_2).clamp(-2.45, 2.45);
        mean + deviation * unit
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, probability: f32) -> bool {
        self.0.random::<f32>() < probability
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0.random()
    }
}
