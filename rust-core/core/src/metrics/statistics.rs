//! From distances with weights to HD, percentiles and means.

use super::{DirectedDistances, Profile};

/// Sums of weights are rounded; a part this close to the percentile has reached it.
const ROUNDING: f64 = 1e-12;

/// The same for surface shared between steps, where a distance off by a rounding is next to a step.
const STEP_ROUNDING: f64 = 1e-9;

/// Distances from one surface, each with the weight of the surface at that distance: nearest first, none twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Distribution {
    steps: Vec<(f64, f64)>,
    /// What lies between two steps has been shared between them; 0 when all distances are exact.
    step_mm: f64,
}

impl Distribution {
    pub(super) fn new(steps: Vec<(f64, f64)>) -> Self {
        Self::in_steps(steps, 0.0)
    }

    /// Of distances that have been shared between multiples of a step.
    pub(super) fn in_steps(mut steps: Vec<(f64, f64)>, step_mm: f64) -> Self {
        steps.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        steps.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        Self { steps, step_mm }
    }

    fn weight(&self) -> f64 {
        self.steps.iter().map(|(_, weight)| weight).sum()
    }

    fn sum(&self) -> f64 {
        self.steps.iter().map(|(distance, weight)| distance * weight).sum()
    }

    pub(super) fn mean(&self) -> f64 {
        self.sum() / self.weight()
    }

    fn weight_within(&self, tolerance: f64) -> f64 {
        let reach = tolerance + self.step_mm;
        self.steps.iter().take_while(|(distance, _)| *distance <= reach).map(|(_, weight)| weight).sum()
    }

    pub(super) fn max(&self) -> Option<f64> {
        self.steps.last().map(|&(distance, _)| distance)
    }

    /// The first distance at which the weight so far is enough.
    fn first_where(&self, enough: impl Fn(f64) -> bool) -> Option<f64> {
        let mut covered = 0.0;
        let found = self.steps.iter().find(|(_, weight)| {
            covered += weight;
            enough(covered)
        });
        found.map(|&(distance, _)| distance).or(self.max())
    }

    /// NaN when there are no distances.
    fn percentile(&self, percentile: f64, profile: Profile) -> f64 {
        let (fraction, total) = (percentile / 100.0, self.weight());
        let at_rank = |rank: f64| self.first_where(|covered| covered > rank);
        match profile {
            Profile::Surfel => self.first_where(|covered| covered / total >= fraction - ROUNDING),
            Profile::Net => self.first_where(|covered| covered / total >= fraction - STEP_ROUNDING),
            Profile::Voxel => {
                let rank = fraction * (total - 1.0);
                at_rank(rank.floor()).zip(at_rank(rank.ceil())).map(|(below, above)| {
                    // Also right when both are infinite.
                    if below == above { below } else { below + (above - below) * rank.fract() }
                })
            }
            Profile::SlicerRt => {
                at_rank((fraction * total - 1.0 + ROUNDING * total).floor().clamp(0.0, (total - 1.0).max(0.0)))
            }
        }
        .unwrap_or(f64::NAN)
    }

    fn merged(&self, other: &Self) -> Self {
        Self::in_steps(self.steps.iter().chain(&other.steps).copied().collect(), self.step_mm)
    }
}

/// Distances between two surfaces, both ways, with the area (or, for border voxels, the number) at each distance.
#[derive(Clone, Debug, PartialEq)]
pub struct SurfaceDistances {
    profile: Profile,
    reference: Distribution,
    prediction: Distribution,
}

impl SurfaceDistances {
    pub(super) const fn new(profile: Profile, reference: Distribution, prediction: Distribution) -> Self {
        Self { profile, reference, prediction }
    }

    /// By whose convention.
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// From the reference's surface to the prediction's. Infinite when only one mask has voxels, NaN when none has.
    pub fn reference_to_prediction(&self) -> DirectedDistances {
        self.directed(&self.reference, &self.prediction, 95.0)
    }

    /// From the prediction's surface to the reference's. Infinite when only one mask has voxels, NaN when none has.
    pub fn prediction_to_reference(&self) -> DirectedDistances {
        self.directed(&self.prediction, &self.reference, 95.0)
    }

    /// Both directions with a percentile of one's own: reference to prediction, prediction to reference.
    pub(super) fn both_directed(&self, percentile: f64) -> [DirectedDistances; 2] {
        [
            self.directed(&self.reference, &self.prediction, percentile),
            self.directed(&self.prediction, &self.reference, percentile),
        ]
    }

    /// ASD in mm. `surfel`, `net`, `voxel`: distances summed over both surfaces, divided by the size of both. `slicer-rt`:
    /// the mean of the two directed means.
    pub fn average_mm(&self) -> f64 {
        match self.profile {
            Profile::SlicerRt => {
                let [a, b] = self.both_directed(95.0).map(|directed| directed.mean_mm);
                f64::midpoint(a, b)
            }
            Profile::Surfel | Profile::Voxel | Profile::Net => {
                let weight = self.reference.weight() + self.prediction.weight();
                (self.reference.sum() + self.prediction.sum()) / weight
            }
        }
    }

    /// The percentile (0 to 100) of the distances of both surfaces taken together, in mm: for `voxel`, medpy's.
    pub fn pooled_percentile_mm(&self, percentile: f64) -> f64 {
        self.reference.merged(&self.prediction).percentile(percentile, self.profile)
    }

    /// The two directed percentiles as one number: the larger, or for `slicer-rt` their mean.
    pub(super) fn joined(&self, a: f64, b: f64) -> f64 {
        match self.profile {
            Profile::SlicerRt => f64::midpoint(a, b),
            Profile::Surfel | Profile::Voxel | Profile::Net => larger(a, b),
        }
    }

    /// The part of both surfaces that lies at most `tolerance_mm` from the other surface, 0 to 1.
    pub fn surface_dice(&self, tolerance_mm: f64) -> f64 {
        let near = self.reference.weight_within(tolerance_mm) + self.prediction.weight_within(tolerance_mm);
        // The sum of nothing is -0.0, which tables would show.
        near / (self.reference.weight() + self.prediction.weight()) + 0.0
    }

    /// Area in mm^2 of the reference's and of the prediction's surface; for border voxels their number.
    pub fn areas_mm2(&self) -> (f64, f64) {
        (self.reference.weight(), self.prediction.weight())
    }

    fn directed(&self, from: &Distribution, to: &Distribution, percentile: f64) -> DirectedDistances {
        let Some(max_mm) = from.max() else {
            let value = if to.steps.is_empty() { f64::NAN } else { f64::INFINITY };
            return DirectedDistances { mean_mm: value, percentile95_mm: value, percentile_mm: value, max_mm: value };
        };
        DirectedDistances {
            mean_mm: from.mean(),
            percentile95_mm: from.percentile(95.0, self.profile),
            percentile_mm: from.percentile(percentile, self.profile),
            max_mm,
        }
    }
}

/// The larger of two, NaN when the first is.
pub(super) fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_to_twenty(last_weight: f64) -> Distribution {
        Distribution::new((1..=20).map(|n| (f64::from(n), if n == 20 { last_weight } else { 1.0 })).collect())
    }

    #[test]
    fn by_area_it_is_the_first_distance_at_which_95_percent_of_the_area_is_reached() {
        assert_eq!(one_to_twenty(1.0).percentile(95.0, Profile::Surfel), 19.0);
        assert_eq!(one_to_twenty(2.0).percentile(95.0, Profile::Surfel), 20.0);
    }

    #[test]
    fn by_voxels_it_lies_between_two_distances() {
        // numpy.percentile(range(1, 21), 95) is 19.05.
        assert!((one_to_twenty(1.0).percentile(95.0, Profile::Voxel) - 19.05).abs() < 1e-12);
        assert_eq!(one_to_twenty(1.0).percentile(100.0, Profile::Voxel), 20.0);
    }

    #[test]
    fn by_rank_it_is_one_of_the_distances() {
        // Rank floor(0.95 * 20 - 1) = 18, counted from 0.
        assert_eq!(one_to_twenty(1.0).percentile(95.0, Profile::SlicerRt), 19.0);
        // Of one distance it is that one, not the one before.
        assert_eq!(Distribution::new(vec![(7.0, 1.0)]).percentile(50.0, Profile::SlicerRt), 7.0);
    }

    #[test]
    fn equal_distances_are_one_step() {
        assert_eq!(Distribution::new(vec![(2.0, 1.0), (1.0, 3.0), (2.0, 4.0)]).steps, [(1.0, 3.0), (2.0, 5.0)]);
    }
}
