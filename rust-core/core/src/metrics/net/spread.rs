//! How much of a surface is how far from the other one, in bounded memory.

use super::super::statistics::Distribution;

/// Steps into which the longest distance that can be is divided: on a whole scan of 500 mm, a micrometre each.
const STEPS: f64 = 1_048_576.0;

/// Parts into which surface of a range of distances is divided.
const PARTS: u8 = 8;

/// Surface by its distance. What lies between two steps is shared between them, the more to the nearer one: sums and
/// means stay as they were, and where a distance is off by a rounding, so is all that follows from it, and by no more.
pub(super) struct Spread {
    step_mm: f64,
    areas: Vec<f64>,
    /// Surface without a counterpart.
    alone: f64,
    longest: f64,
}

impl Spread {
    /// For distances within a box of this diagonal.
    pub(super) const fn new(diagonal_mm: f64) -> Self {
        Self { step_mm: diagonal_mm / STEPS, areas: Vec::new(), alone: 0.0, longest: 0.0 }
    }

    pub(super) fn add(&mut self, distance: f64, area: f64) {
        if distance.is_infinite() {
            self.alone += area;
            return;
        }
        self.longest = self.longest.max(distance);
        let at = distance / self.step_mm;
        let (step, part) = (at as usize, at.fract());
        if self.areas.len() < step + 2 {
            self.areas.resize(step + 2, 0.0);
        }
        self.areas[step] += area * (1.0 - part);
        self.areas[step + 1] += area * part;
    }

    /// Surface whose distances are evenly spread over `range` around their mean.
    pub(super) fn add_range(&mut self, mean: f64, range: f64, area: f64) {
        let parts = if range > 0.0 { PARTS } else { 1 };
        for n in 0..parts {
            let part = (f64::from(n) + 0.5) / f64::from(parts) - 0.5;
            self.add(mean + part * range, area / f64::from(parts));
        }
    }

    /// Both together.
    pub(super) fn merged(self, other: Self) -> Self {
        let [mut more, less] = if self.areas.len() < other.areas.len() { [other, self] } else { [self, other] };
        more.areas.iter_mut().zip(&less.areas).for_each(|(a, b)| *a += b);
        more.alone += less.alone;
        more.longest = more.longest.max(less.longest);
        more
    }

    pub(super) fn into_distribution(self) -> Distribution {
        let steps = self.areas.iter().enumerate().filter(|(_, area)| **area > 0.0);
        // The step above the longest distance stands for that one.
        let mut all: Vec<_> = steps.map(|(n, &area)| ((n as f64 * self.step_mm).min(self.longest), area)).collect();
        if self.alone > 0.0 {
            all.push((f64::INFINITY, self.alone));
        }
        Distribution::in_steps(all, self.step_mm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_and_the_longest_distance_are_kept() {
        let mut spread = Spread::new(1000.0);
        let mut other = Spread::new(1000.0);
        spread.add(1.234_567_89, 2.0);
        spread.add(3.0, 1.0);
        other.add(7.654_321_01, 1.0);
        let distribution = spread.merged(other).into_distribution();
        let mean = (2.0 * 1.234_567_89 + 3.0 + 7.654_321_01) / 4.0;
        assert!((distribution.mean() - mean).abs() < 0.001);
        assert_eq!(distribution.max(), Some(7.654_321_01));
    }

    #[test]
    fn no_distance_stays_none_and_no_counterpart_infinite() {
        let of = |distance: f64| {
            let mut spread = Spread::new(10.0);
            spread.add(distance, 2.5);
            spread.into_distribution()
        };
        assert_eq!((of(0.0).max(), of(0.0).mean()), (Some(0.0), 0.0));
        assert_eq!(of(f64::INFINITY).max(), Some(f64::INFINITY));
    }
}
