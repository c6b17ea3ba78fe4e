//! What is done to masks after thresholding, so that no islands remain where the structure cannot be.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tmli_core::{Mask, components::Pieces};

use crate::ModelError;

/// What is done to the masks after thresholding, by structure. A structure that is not named keeps all its pieces.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PostProcessing {
    /// TG-263 name to the number of its largest connected pieces to keep, 1 or more.
    #[serde(default)]
    pub keep_largest: BTreeMap<String, usize>,
    /// TG-263 name to the largest gap in mm, from head to feet, between a piece and the nearest larger one that is kept.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub largest_gap_mm: BTreeMap<String, f64>,
}

impl PostProcessing {
    /// Whether all masks stay as they are.
    pub fn is_empty(&self) -> bool {
        self.keep_largest.is_empty() && self.largest_gap_mm.is_empty()
    }

    /// What is done to a structure.
    pub fn rule(&self, structure: &str) -> PieceRule {
        PieceRule {
            keep_largest: self.keep_largest.get(structure).copied(),
            largest_gap_mm: self.largest_gap_mm.get(structure).copied(),
        }
    }

    /// Sets what is done to a structure.
    pub fn set_rule(&mut self, structure: &str, rule: PieceRule) {
        match rule.keep_largest {
            Some(count) => drop(self.keep_largest.insert(structure.to_owned(), count)),
            None => drop(self.keep_largest.remove(structure)),
        }
        match rule.largest_gap_mm {
            Some(gap_mm) => drop(self.largest_gap_mm.insert(structure.to_owned(), gap_mm)),
            None => drop(self.largest_gap_mm.remove(structure)),
        }
    }

    /// Refuses what would empty a mask or has no meaning.
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        let bad = |reason: String| Err(ModelError::ManifestContents { reason });
        if let Some((name, _)) = self.keep_largest.iter().find(|(_, count)| **count == 0) {
            return bad(format!("keep_largest must be 1 or more, is 0 for {name}"));
        }
        if let Some((name, gap)) = self.largest_gap_mm.iter().find(|(_, gap)| !(gap.is_finite() && **gap >= 0.0)) {
            return bad(format!("largest_gap_mm must be 0 mm or more, is {gap} for {name}"));
        }
        Ok(())
    }
}

/// Which connected pieces of one structure stay. The largest always does: a rule never adds voxels and never empties a
/// mask, and doing it twice is doing it once.
///
/// ```
/// use tmli_core::Mask;
/// use tmli_model::PieceRule;
///
/// // An organ in slices 20 to 29, a piece of it two slices above, an island in the legs. Slices of 5 mm.
/// let mask = Mask::from_fn([60, 1, 4], |[k, _, i]| (20..30).contains(&k) || (k == 32 && i < 3) || (k == 2 && i < 3));
/// let rule = PieceRule { keep_largest: None, largest_gap_mm: Some(20.0) };
/// let kept = rule.apply(&mask, 5.0);
/// assert!(kept.get([25, 0, 0]) && kept.get([32, 0, 0]) && !kept.get([2, 0, 0]));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PieceRule {
    /// No more than so many, the largest; at least one.
    pub keep_largest: Option<usize>,
    /// None that is further than this from every larger one that stays: slices without either between them, in mm.
    pub largest_gap_mm: Option<f64>,
}

impl PieceRule {
    /// The pieces that stay. Axis k of the mask runs along the body, `slice_mm` is its spacing.
    pub fn apply(&self, mask: &Mask, slice_mm: f64) -> Mask {
        if *self == Self::default() {
            return mask.clone();
        }
        let pieces = Pieces::of(mask);
        let kept = self.kept(&pieces, slice_mm);
        pieces.keep(|n| kept[n])
    }

    /// Which of the pieces stay.
    pub(crate) fn kept(&self, pieces: &Pieces, slice_mm: f64) -> Vec<bool> {
        let list = pieces.list();
        let most = self.keep_largest.unwrap_or(usize::MAX).max(1);
        let mut kept = vec![false; list.len()];
        let mut count = 0;
        for n in 0..list.len() {
            let near = || self.largest_gap_mm.is_none_or(|limit| gap_mm(pieces, &kept, n, slice_mm) <= limit);
            if count < most && (n == 0 || near()) {
                kept[n] = true;
                count += 1;
            }
        }
        kept
    }
}

/// From piece `n` to the nearest of those before it that are kept, along the body in mm; infinite where none is.
pub(crate) fn gap_mm(pieces: &Pieces, kept: &[bool], n: usize, slice_mm: f64) -> f64 {
    let list = pieces.list();
    let here = &list[n].slices;
    let gaps = (0..n).filter(|&m| kept[m]).map(|m| {
        let other = &list[m].slices;
        here.start.saturating_sub(other.end).max(other.start.saturating_sub(here.end))
    });
    gaps.min().map_or(f64::INFINITY, |slices| slices as f64 * slice_mm)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Blocks of a body of 40 slices.
    fn blocks(list: &[(usize, usize, usize)]) -> Mask {
        Mask::from_fn([40, 3, 70], |[k, _, i]| {
            list.iter().any(|&(at, slices, columns)| (at..at + slices).contains(&k) && i < columns)
        })
    }

    #[test]
    fn pieces_beyond_the_gap_go_and_a_chain_of_near_ones_stays() {
        // 6 slices, then gaps of 3, 4 and 9 slices of 5 mm to smaller and smaller pieces.
        let organ = [(10, 6, 60), (19, 5, 50), (28, 3, 40)];
        let all = blocks(&[organ[0], organ[1], organ[2], (0, 1, 30)]);
        let rule = |gap| PieceRule { largest_gap_mm: Some(gap), keep_largest: None };
        assert_eq!(rule(20.0).apply(&all, 5.0), blocks(&organ), "the third is near the second");
        assert_eq!(rule(19.0).apply(&all, 5.0), blocks(&organ[..2]));
        assert_eq!(rule(0.0).apply(&all, 5.0), blocks(&organ[..1]));
        assert_eq!(rule(45.0).apply(&all, 5.0), all);
        assert_eq!(rule(20.0).apply(&all, 10.0), blocks(&organ[..1]), "it is mm that count, not slices");
    }

    #[test]
    fn of_the_near_pieces_the_largest_stay() {
        let all = blocks(&[(10, 6, 60), (0, 2, 60), (17, 1, 50), (20, 1, 40)]);
        let rule = PieceRule { keep_largest: Some(2), largest_gap_mm: Some(10.0) };
        assert_eq!(rule.apply(&all, 5.0), blocks(&[(10, 6, 60), (17, 1, 50)]));
    }

    #[test]
    fn what_would_empty_a_mask_is_refused() {
        let mut post_processing = PostProcessing::default();
        post_processing.set_rule("Liver", PieceRule { keep_largest: Some(1), largest_gap_mm: Some(20.0) });
        post_processing.check().expect("a rule");
        assert_eq!(post_processing.rule("Liver").keep_largest, Some(1));
        assert_eq!(post_processing.rule("Heart"), PieceRule::default());
        for rule in [
            PieceRule { keep_largest: Some(0), largest_gap_mm: None },
            PieceRule { keep_largest: None, largest_gap_mm: Some(-1.0) },
            PieceRule { keep_largest: None, largest_gap_mm: Some(f64::NAN) },
        ] {
            post_processing.set_rule("Liver", rule);
            assert!(post_processing.check().expect_err("no rule").to_string().contains("Liver"));
        }
        post_processing.set_rule("Liver", PieceRule::default());
        assert!(post_processing.is_empty());
    }

    proptest! {
        #[test]
        fn a_rule_takes_away_only_and_never_all_and_twice_is_once(
            voxels in prop::collection::vec(prop::bool::weighted(0.15), 12 * 4 * 9),
            keep_largest in prop::option::of(0_usize..5),
            largest_gap_mm in prop::option::of(0.0_f64..40.0),
        ) {
            let mask = Mask::from_fn([12, 4, 9], |[k, j, i]| voxels[(k * 4 + j) * 9 + i]);
            let rule = PieceRule { keep_largest, largest_gap_mm };
            let kept = rule.apply(&mask, 5.0);
            prop_assert_eq!(kept.count_and(&mask), kept.count(), "voxels were added");
            prop_assert_eq!(kept.is_empty(), mask.is_empty(), "the structure vanished");
            prop_assert_eq!(&rule.apply(&kept, 5.0), &kept, "twice is not once");
        }

        /// A child who is scanned in part: what is cut off at the feet or the head never costs more pieces.
        #[test]
        fn a_gap_never_takes_a_piece_that_touches_the_largest_ones_slices(
            voxels in prop::collection::vec(prop::bool::weighted(0.15), 12 * 4 * 9),
            largest_gap_mm in 0.0_f64..40.0,
        ) {
            let mask = Mask::from_fn([12, 4, 9], |[k, j, i]| voxels[(k * 4 + j) * 9 + i]);
            let kept = PieceRule { keep_largest: None, largest_gap_mm: Some(largest_gap_mm) }.apply(&mask, 5.0);
            if let Some(largest) = Pieces::of(&mask).list().first() {
                for k in largest.slices.clone() {
                    for (j, i) in (0..4).flat_map(|j| (0..9).map(move |i| (j, i))) {
                        prop_assert_eq!(kept.get([k, j, i]), mask.get([k, j, i]));
                    }
                }
            }
        }
    }
}
