//! Learning from a cohort which pieces of a structure are islands.
//!
//! Contours of the training cases say how a structure may fall into pieces ([`SeenPieces`]); rules made from that are
//! tried on the validation cases ([`RuleTrials`]), and the one that leaves the smallest HD95 without costing DSC wins.

use tmli_core::{Mask, MetricsError, SpacingMm, compare_masks, components::Pieces};

use crate::{PieceRule, StructureScore, post_processing::gap_mm};

/// Mean DSC that differ by no more than this are as good as each other; HD95 then decides.
pub const NEAR_DSC: f64 = 0.005;
/// Pieces with less than this share of a contour's voxels are slips of the pen, not anatomy.
const LEAST_SHARE: f64 = 0.001;
/// What a structure's longest extent adds to the largest gap: a network may lose it for a few slices.
const GAP_SHARE: f64 = 0.1;
/// The same for short structures.
const LEAST_GAP_MM: f64 = 20.0;

/// How one structure falls into pieces in contours drawn by people.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SeenPieces {
    /// Cases that have it.
    cases: usize,
    /// The most pieces in one case.
    most: usize,
    /// The largest gap along the body to the nearest larger piece.
    largest_gap_mm: f64,
    /// The longest extent along the body.
    longest_mm: f64,
}

impl SeenPieces {
    /// Of one case's contours; an empty mask says nothing. Axis k runs along the body, `slice_mm` is its spacing.
    pub fn of(reference: &Mask, slice_mm: f64) -> Self {
        let Some(bounds) = reference.bounds() else { return Self::default() };
        let pieces = Pieces::of(reference);
        let least = LEAST_SHARE * reference.count() as f64;
        let most = pieces.list().iter().filter(|piece| piece.voxels as f64 >= least).count();
        let all = vec![true; most];
        let gaps = (1..most).map(|n| gap_mm(&pieces, &all, n, slice_mm));
        Self {
            cases: 1,
            most,
            largest_gap_mm: gaps.fold(0.0, f64::max),
            longest_mm: (bounds.max[0] - bounds.min[0]) as f64 * slice_mm,
        }
    }

    /// What was seen in either.
    pub fn and(self, other: Self) -> Self {
        Self {
            cases: self.cases + other.cases,
            most: self.most.max(other.most),
            largest_gap_mm: self.largest_gap_mm.max(other.largest_gap_mm),
            longest_mm: self.longest_mm.max(other.longest_mm),
        }
    }

    /// Rules under which every piece that was seen would have stayed, the mildest last; without a case no rule but
    /// "all stay".
    pub fn rules(&self) -> Vec<PieceRule> {
        if self.cases == 0 {
            return vec![PieceRule::default()];
        }
        let gap_mm = (self.largest_gap_mm + LEAST_GAP_MM.max(GAP_SHARE * self.longest_mm)).ceil();
        let near = PieceRule { largest_gap_mm: Some(gap_mm), keep_largest: None };
        vec![near, PieceRule { keep_largest: Some(self.most), ..near }, PieceRule::default()]
    }
}

/// A structure's rules on the validation cases.
#[derive(Clone, Debug)]
pub struct RuleTrials {
    rules: Vec<PieceRule>,
    /// Of each rule, on each case.
    agreements: Vec<Vec<Agreement>>,
}

#[derive(Clone, Copy, Debug)]
struct Agreement {
    dsc: f64,
    /// `None` where the network did not find the structure.
    hd95_mm: Option<f64>,
}

impl RuleTrials {
    /// Rules to choose from.
    pub fn new(seen: &SeenPieces) -> Self {
        let rules = seen.rules();
        Self { agreements: vec![Vec::new(); rules.len()], rules }
    }

    /// Tries all rules on a case: contours, and what the network found before any rule. A case without the structure
    /// says nothing. Axis k runs along the body.
    ///
    /// # Errors
    /// When the masks have different shapes or the spacing is not positive.
    pub fn add(&mut self, reference: &Mask, prediction: &Mask, spacing_mm: SpacingMm) -> Result<(), MetricsError> {
        if reference.is_empty() {
            return Ok(());
        }
        let pieces = Pieces::of(prediction);
        // Most rules do the same on most cases.
        let mut done: Vec<(Vec<bool>, Agreement)> = Vec::new();
        for (rule, agreements) in self.rules.iter().zip(&mut self.agreements) {
            let kept = rule.kept(&pieces, spacing_mm.k);
            let agreement = match done.iter().find(|(same, _)| *same == kept) {
                Some((_, agreement)) => *agreement,
                None => {
                    let metrics = compare_masks(reference, &pieces.keep(|n| kept[n]), spacing_mm)?;
                    let hd95_mm = Some(metrics.hd95_mm).filter(|hd95_mm| hd95_mm.is_finite());
                    Agreement { dsc: metrics.dsc, hd95_mm }
                }
            };
            agreements.push(agreement);
            done.push((kept, agreement));
        }
        Ok(())
    }

    /// Of the rules whose mean DSC is within [`NEAR_DSC`] of the best the one with the smallest mean HD95, then the one
    /// with the higher DSC, then the first of [`SeenPieces::rules`]; and how good the network is with it. `None`
    /// without a case.
    pub fn choose(&self, structure: &str) -> Option<(PieceRule, StructureScore)> {
        let scores: Vec<StructureScore> =
            self.agreements.iter().map(|agreements| score(structure, agreements)).collect::<Option<_>>()?;
        let best = scores.iter().map(|s| s.dsc).fold(0.0, f64::max);
        let near = (0..scores.len()).filter(|&n| scores[n].dsc >= best - NEAR_DSC);
        let hd95 = |n: usize| scores[n].hd95_mm.unwrap_or(f64::INFINITY);
        let chosen = near.min_by(|&a, &b| {
            hd95(a).total_cmp(&hd95(b)).then(scores[b].dsc.total_cmp(&scores[a].dsc)).then(a.cmp(&b))
        })?;
        Some((self.rules[chosen], scores[chosen].clone()))
    }
}

fn score(structure: &str, agreements: &[Agreement]) -> Option<StructureScore> {
    let mean = |values: &[f64]| (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
    let dsc: Vec<f64> = agreements.iter().map(|a| a.dsc).collect();
    let hd95_mm: Vec<f64> = agreements.iter().filter_map(|a| a.hd95_mm).collect();
    Some(StructureScore {
        structure: structure.to_owned(),
        dsc: mean(&dsc)?,
        hd95_mm: mean(&hd95_mm),
        cases: agreements.len(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SPACING: SpacingMm = SpacingMm::new(5.0, 2.0, 2.0);

    /// A body of 60 slices with blocks of 4 x 4 voxels: first slice, slices, first column.
    fn blocks(list: &[(usize, usize, usize)]) -> Mask {
        Mask::from_fn([60, 4, 40], |[k, _, i]| {
            list.iter().any(|&(at, slices, column)| (at..at + slices).contains(&k) && (column..column + 4).contains(&i))
        })
    }

    fn of_all(drawn: &[Mask]) -> SeenPieces {
        drawn.iter().fold(SeenPieces::default(), |seen, mask| seen.and(SeenPieces::of(mask, SPACING.k)))
    }

    fn trials(seen: &[Mask], cases: &[(Mask, Mask)]) -> (PieceRule, StructureScore) {
        let mut trials = RuleTrials::new(&of_all(seen));
        for (reference, prediction) in cases {
            trials.add(reference, prediction, SPACING).expect("masks of one grid");
        }
        trials.choose("Glnd_Thyroid").expect("a case")
    }

    #[test]
    fn an_island_in_the_legs_goes_and_both_lobes_stay() {
        // A thyroid is one piece in contours; the network loses the isthmus.
        let (lobes, island) = ([(40, 5, 10), (40, 5, 20)], (3, 4, 10));
        let drawn = Mask::from_fn([60, 4, 40], |[k, _, i]| (40..45).contains(&k) && (10..24).contains(&i));
        let found = blocks(&[lobes[0], lobes[1], island]);
        let (rule, score) = trials(std::slice::from_ref(&drawn), &[(drawn.clone(), found.clone())]);
        assert_eq!(rule, PieceRule { keep_largest: None, largest_gap_mm: Some(20.0) });
        assert_eq!(rule.apply(&found, SPACING.k), blocks(&lobes));
        assert!(score.hd95_mm.expect("found") < 15.0 && score.cases == 1, "{score:?}");
    }

    #[test]
    fn a_structure_that_is_always_one_piece_loses_specks_beside_it() {
        let drawn = blocks(&[(30, 8, 10)]);
        let found = blocks(&[(30, 8, 10), (39, 1, 16)]);
        let (rule, score) = trials(std::slice::from_ref(&drawn), &[(drawn.clone(), found)]);
        assert_eq!((rule.keep_largest, score.dsc, score.hd95_mm), (Some(1), 1.0, Some(0.0)));
    }

    #[test]
    fn a_rule_that_takes_the_structure_for_the_island_is_not_taken() {
        let drawn = blocks(&[(50, 3, 10)]);
        let wrong_side = blocks(&[(50, 3, 10), (5, 9, 30)]);
        let (rule, _) = trials(std::slice::from_ref(&drawn), &[(drawn.clone(), wrong_side)]);
        assert_eq!(rule, PieceRule::default());
    }

    #[test]
    fn a_case_without_the_structure_says_nothing_and_one_not_found_has_no_distance() {
        let (none, drawn) = (blocks(&[]), blocks(&[(30, 8, 10)]));
        assert!(RuleTrials::new(&SeenPieces::default()).choose("Liver").is_none());
        let cases = [(none.clone(), drawn.clone()), (drawn.clone(), drawn.clone()), (drawn.clone(), none)];
        let (_, score) = trials(&[drawn], &cases);
        assert_eq!((score.cases, score.dsc, score.hd95_mm), (2, 0.5, Some(0.0)));
    }

    proptest! {
        #[test]
        fn no_rule_would_have_taken_a_piece_that_was_drawn(
            drawn in prop::collection::vec(prop::collection::vec((0_usize..50, 1_usize..10, 0_usize..9), 1..6), 1..4),
        ) {
            let drawn: Vec<Mask> = drawn.iter().map(|list| {
                blocks(&list.iter().map(|&(at, slices, column)| (at, slices, 4 * column)).collect::<Vec<_>>())
            }).collect();
            for rule in of_all(&drawn).rules() {
                for mask in &drawn {
                    prop_assert_eq!(&rule.apply(mask, SPACING.k), mask);
                }
            }
        }
    }
}
