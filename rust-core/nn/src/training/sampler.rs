//! Which patch comes next.
//!
//! Voxels of a lens are one in a million: patches chosen evenly over the body would almost never show one. So a
//! structure is chosen first, each with the same chance, then a case that has it, then one of its voxels. A share of
//! patches comes from anywhere in the body, so that the network also learns what is none of the structures.

use rand::Rng;

use super::{
    augment::Augmentation,
    config::Sampling,
    data::PreparedCase,
    random::{Purpose, generator},
};

/// One structure of one case, ready to draw voxels from.
struct Place {
    case: usize,
    /// Number of voxels up to and including slice k.
    cumulative: Vec<u64>,
}

/// A patch to cut.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PatchPlan {
    /// Index of the case.
    pub case: usize,
    /// The structure it was chosen for; `None` for a patch from anywhere.
    pub structure: Option<usize>,
    /// Where the patch's centre is in the case, `[k, j, i]` in voxels with fractions.
    pub centre: [f64; 3],
    /// From an offset to the patch's centre to an offset in the case, both in voxels `[k, j, i]`.
    pub source_from_patch: [[f64; 3]; 3],
}

/// Chooses patches. The choice depends on the seed, the step and the number in the batch alone.
pub(super) struct Sampler {
    /// Per structure, the cases that have voxels of it.
    places: Vec<Vec<Place>>,
    /// Structures that any case has.
    present: Vec<usize>,
    shapes: Vec<[usize; 3]>,
    spacing_mm: Vec<[f64; 3]>,
    patch: [usize; 3],
    sampling: Sampling,
    augmentation: Augmentation,
    seed: u64,
}

impl Sampler {
    /// Counts the voxels of `structures` structures in all cases.
    pub(super) fn new(
        cases: &[PreparedCase],
        structures: usize,
        patch: [usize; 3],
        sampling: &Sampling,
        augmentation: &Augmentation,
        seed: u64,
    ) -> Self {
        let places: Vec<Vec<Place>> = (0..structures)
            .map(|s| {
                let place = |(case, prepared): (usize, &PreparedCase)| {
                    let mask = prepared.masks[s].as_ref()?;
                    let mut sum = 0;
                    let cumulative: Vec<u64> = (0..mask.shape()[0])
                        .map(|k| {
                            sum += mask.slice_words(k).0.iter().map(|w| u64::from(w.count_ones())).sum::<u64>();
                            sum
                        })
                        .collect();
                    (sum > 0).then_some(Place { case, cumulative })
                };
                cases.iter().enumerate().filter_map(place).collect()
            })
            .collect();
        let present = (0..structures).filter(|&s| !places[s].is_empty()).collect();
        Self {
            places,
            present,
            shapes: cases.iter().map(PreparedCase::shape).collect(),
            spacing_mm: cases.iter().map(|c| c.spacing_mm).collect(),
            patch,
            sampling: sampling.clone(),
            augmentation: augmentation.clone(),
            seed,
        }
    }

    /// The patch number `item` of the batch of `step`.
    pub(super) fn plan(&self, cases: &[PreparedCase], step: u64, item: usize) -> PatchPlan {
        let mut rng = generator(self.seed, Purpose::Patch, step, item as u64);
        let anywhere = self.present.is_empty() || rng.random_bool(self.sampling.random_share.clamp(0.0, 1.0));
        let (case, structure, mut centre) = if anywhere {
            let case = rng.random_range(0..self.shapes.len());
            (case, None, self.shapes[case].map(|n| rng.random_range(0..n) as f64))
        } else {
            let structure = self.present[rng.random_range(0..self.present.len())];
            let place = &self.places[structure][rng.random_range(0..self.places[structure].len())];
            let voxel = draw_voxel(place, &cases[place.case], structure, rng.random::<u64>());
            let mut centre = voxel.map(|x| x as f64);
            for (c, &size) in centre.iter_mut().zip(&self.patch) {
                // Along an axis of one voxel the patch is the slice itself.
                if size > 1 {
                    *c += rng.random_range(-1.0..=1.0) * self.sampling.jitter * size as f64;
                }
            }
            (place.case, Some(structure), centre)
        };
        for ((c, &size), &length) in centre.iter_mut().zip(&self.patch).zip(&self.shapes[case]) {
            *c = place_inside(*c, size, length);
        }
        let mut augmentation_rng = generator(self.seed, Purpose::Augmentation, step, item as u64);
        let change = self.augmentation.draw_affine(&mut augmentation_rng, self.patch, self.spacing_mm[case]);
        centre.iter_mut().zip(change.shift).for_each(|(c, shift)| *c += shift);
        PatchPlan { case, structure, centre, source_from_patch: change.source_from_patch }
    }
}

/// Moves a patch so that it lies inside the volume, or holds the whole of it, as a sliding window does; and onto whole
/// voxels, so that an unchanged patch is not interpolated.
fn place_inside(centre: f64, patch: usize, size: usize) -> f64 {
    let half = (patch as f64 - 1.0) / 2.0;
    let (a, b) = (0.0_f64, size as f64 - patch as f64);
    let first = (centre - half).round().clamp(a.min(b), a.max(b));
    first + half
}

/// Voxel number `draw mod count` of a structure, in array order.
fn draw_voxel(place: &Place, case: &PreparedCase, structure: usize, draw: u64) -> [usize; 3] {
    let count = place.cumulative.last().copied().unwrap_or(0).max(1);
    let n = draw % count;
    let k = place.cumulative.partition_point(|&c| c <= n);
    let mut rest = n - if k > 0 { place.cumulative[k - 1] } else { 0 };
    let Some(mask) = &case.masks[structure] else { return [0; 3] };
    let (words, per_row) = mask.slice_words(k);
    for (w, &word) in words.iter().enumerate() {
        let ones = u64::from(word.count_ones());
        if rest < ones {
            let mut bits = word;
            for _ in 0..rest {
                bits &= bits - 1;
            }
            return [k, w / per_row, (w % per_row) * 64 + bits.trailing_zeros() as usize];
        }
        rest -= ones;
    }
    [k, 0, 0]
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use ndarray::Array3;
    use tmli_core::{Mask, PointLps, SpacingMm, Volume, VolumeGeometry};

    use super::*;

    const SHAPE: [usize; 3] = [20, 60, 70];

    fn case(masks: Vec<Option<Mask>>) -> PreparedCase {
        let geometry = VolumeGeometry::axial(SHAPE, PointLps::new(0.0, 0.0, 0.0), SpacingMm::new(5.0, 2.0, 2.0));
        let ct = Volume::new(geometry.expect("a grid"), Array3::zeros((SHAPE[0], SHAPE[1], SHAPE[2])));
        PreparedCase { ct: ct.expect("a volume"), masks, spacing_mm: [5.0, 2.0, 2.0], pieces: Vec::new() }
    }

    fn cube(min: [usize; 3], max: [usize; 3]) -> Option<Mask> {
        Some(Mask::from_fn(SHAPE, |p| (0..3).all(|a| (min[a]..max[a]).contains(&p[a]))))
    }

    /// A lens of eight voxels, half of the body, a structure that one case has, and one that none has.
    fn cases() -> Vec<PreparedCase> {
        vec![
            case(vec![cube([3, 30, 64], [5, 32, 66]), cube([0, 0, 0], [20, 30, 70]), None, cube([0; 3], [0; 3])]),
            case(vec![cube([9, 10, 10], [11, 12, 12]), cube([0, 0, 0], [20, 30, 70]), cube([19, 59, 69], SHAPE), None]),
        ]
    }

    fn sampler(cases: &[PreparedCase], patch: [usize; 3], augmentation: &Augmentation) -> Sampler {
        let sampling = Sampling { random_share: 0.25, ..Sampling::default() };
        Sampler::new(cases, 4, patch, &sampling, augmentation, 1)
    }

    #[test]
    fn every_structure_has_the_same_chance_whatever_its_size() {
        let cases = cases();
        let sampler = sampler(&cases, [1, 32, 32], &Augmentation::default());
        let mut counts = HashMap::new();
        let mut cases_of_lens = [0; 2];
        for step in 0..2000 {
            for item in 0..4 {
                let plan = sampler.plan(&cases, step, item);
                *counts.entry(plan.structure).or_insert(0) += 1;
                if plan.structure == Some(0) {
                    cases_of_lens[plan.case] += 1;
                }
                assert!(plan.structure != Some(2) || plan.case == 1, "the other case has none of it");
            }
        }
        // 8000 draws, a quarter each: the standard deviation is 39.
        for structure in [None, Some(0), Some(1), Some(2)] {
            assert!((1850..2150).contains(&counts[&structure]), "{structure:?}: {counts:?}");
        }
        assert!(!counts.contains_key(&Some(3)), "it has no voxels");
        assert!(cases_of_lens.iter().all(|n| (900..1100).contains(n)), "{cases_of_lens:?}");
    }

    #[test]
    fn an_unchanged_patch_lies_on_whole_voxels_inside_and_holds_the_voxel_it_was_chosen_for() {
        let cases = cases();
        for patch in [[1, 32, 32], [8, 32, 32], [32, 64, 128]] {
            let sampler = sampler(&cases, patch, &Augmentation::none());
            for step in 0..300 {
                let plan = sampler.plan(&cases, step, 0);
                let first: [f64; 3] = std::array::from_fn(|a| plan.centre[a] - (patch[a] as f64 - 1.0) / 2.0);
                for axis in 0..3 {
                    let slack = SHAPE[axis] as f64 - patch[axis] as f64;
                    assert_eq!(first[axis].fract(), 0.0);
                    assert!(first[axis] >= slack.min(0.0) && first[axis] <= slack.max(0.0), "{patch:?} {first:?}");
                }
                if let Some(structure) = plan.structure {
                    let mask = cases[plan.case].masks[structure].as_ref().expect("it was chosen");
                    let bounds = mask.bounds().expect("it has voxels");
                    let seen = (0..3)
                        .all(|a| first[a] < bounds.max[a] as f64 && first[a] + patch[a] as f64 > bounds.min[a] as f64);
                    assert!(seen, "{plan:?} does not touch {bounds:?}");
                }
            }
        }
    }

    #[test]
    fn all_voxels_of_a_structure_are_drawn_and_no_other() {
        let cases = cases();
        let places = &sampler(&cases, [1, 32, 32], &Augmentation::none()).places;
        let drawn: std::collections::BTreeSet<[usize; 3]> =
            (0..8).map(|n| draw_voxel(&places[0][0], &cases[0], 0, n)).collect();
        assert_eq!(drawn.len(), 8);
        let mask = cases[0].masks[0].as_ref().expect("a lens");
        assert!(drawn.iter().all(|&p| mask.get(p)), "{drawn:?}");
    }

    #[test]
    fn a_plan_depends_on_its_step_alone() {
        let cases = cases();
        let sampler = sampler(&cases, [1, 32, 32], &Augmentation::default());
        let forwards: Vec<PatchPlan> = (0..50).map(|step| sampler.plan(&cases, step, 3)).collect();
        let mut backwards: Vec<PatchPlan> = (0..50).rev().map(|step| sampler.plan(&cases, step, 3)).collect();
        backwards.reverse();
        assert_eq!(forwards, backwards);
        assert!(forwards.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
