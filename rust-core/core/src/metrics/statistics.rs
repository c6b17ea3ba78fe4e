//! From weighted distances to HD, HD95, ASD.

use super::DirectedDistances;

/// Part of the area that the percentile covers.
const PERCENTILE: f64 = 0.95;

/// Sums of areas are rounded; a part of the area this close to [`PERCENTILE`] has reached it.
const ROUNDING: f64 = 1e-12;

/// Distances of all surface elements of two masks, with the elements' areas.
#[derive(Clone, Debug, PartialEq)]
pub struct SurfaceDistances {
    /// Distance in mm and area in mm^2, nearest first.
    reference: Vec<(f64, f64)>,
    prediction: Vec<(f64, f64)>,
}

impl SurfaceDistances {
    pub(super) fn new(mut reference: Vec<(f64, f64)>, mut prediction: Vec<(f64, f64)>) -> Self {
        for elements in [&mut reference, &mut prediction] {
            elements.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        }
        Self { reference, prediction }
    }

    pub(super) const fn both_empty() -> Self {
        Self { reference: Vec::new(), prediction: Vec::new() }
    }

    /// From the reference's surface to the prediction's. Infinite when only one mask has voxels, NaN when none has.
    pub fn reference_to_prediction(&self) -> DirectedDistances {
        directed(&self.reference, &self.prediction)
    }

    /// From the prediction's surface to the reference's. Infinite when only one mask has voxels, NaN when none has.
    pub fn prediction_to_reference(&self) -> DirectedDistances {
        directed(&self.prediction, &self.reference)
    }

    /// ASD in mm: distance times area, summed over both surfaces, divided by the area of both.
    pub fn average_mm(&self) -> f64 {
        let both = || self.reference.iter().chain(&self.prediction);
        both().map(|(distance, area)| distance * area).sum::<f64>() / both().map(|(_, area)| area).sum::<f64>()
    }

    /// The part of both surfaces' area that lies at most `tolerance_mm` from the other surface, 0 to 1.
    pub fn surface_dice(&self, tolerance_mm: f64) -> f64 {
        let both = || self.reference.iter().chain(&self.prediction);
        let near = both().filter(|(distance, _)| *distance <= tolerance_mm).map(|(_, area)| area).sum::<f64>();
        near / both().map(|(_, area)| area).sum::<f64>()
    }

    /// Area in mm^2 of the reference's and of the prediction's surface.
    pub fn areas_mm2(&self) -> (f64, f64) {
        let sum = |elements: &[(f64, f64)]| elements.iter().map(|(_, area)| area).sum();
        (sum(&self.reference), sum(&self.prediction))
    }
}

fn directed(from: &[(f64, f64)], to: &[(f64, f64)]) -> DirectedDistances {
    let Some(&(max_mm, _)) = from.last() else {
        let value = if to.is_empty() { f64::NAN } else { f64::INFINITY };
        return DirectedDistances { mean_mm: value, percentile95_mm: value, max_mm: value };
    };
    let area: f64 = from.iter().map(|(_, area)| area).sum();
    let sum: f64 = from.iter().map(|(distance, area)| distance * area).sum();
    let mut covered = 0.0;
    let reached = from.iter().find(|(_, part)| {
        covered += part;
        covered / area >= PERCENTILE - ROUNDING
    });
    DirectedDistances {
        mean_mm: sum / area,
        percentile95_mm: reached.map_or(max_mm, |&(distance, _)| distance),
        max_mm,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_percentile_is_the_first_distance_at_which_95_percent_of_the_area_is_reached() {
        let equal: Vec<(f64, f64)> = (1..=20).map(|n| (f64::from(n), 0.1)).collect();
        assert_eq!(directed(&equal, &equal).percentile95_mm, 19.0);
        let mut heavy_end = equal.clone();
        heavy_end[19].1 = 0.2;
        assert_eq!(directed(&heavy_end, &equal).percentile95_mm, 20.0);
    }
}
