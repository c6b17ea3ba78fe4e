//! Which cases train, which validate, which test.
//!
//! ```
//! let cases: Vec<String> = (1..=36).map(|n| format!("case-{n:02}")).collect();
//! let split = tmli_protocol::split_cohort(&cases, 7);
//! assert_eq!((split.training.len(), split.validation.len(), split.test.len()), (26, 4, 6));
//! assert_eq!(split, tmli_protocol::split_cohort(&cases, 7), "the seed decides");
//! ```

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};
use serde::{Deserialize, Serialize};

/// The study's cohort of 36: 26 for training, 4 for validation, 6 for the test.
const COHORT: usize = 36;
const VALIDATION: usize = 4;
const TEST: usize = 6;

/// Cases by their use. Ids are sorted within each part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Seed that made it.
    pub seed: u64,
    /// Weights are fitted to these.
    pub training: Vec<String>,
    /// Watched while training.
    pub validation: Vec<String>,
    /// Never seen while training.
    pub test: Vec<String>,
}

/// Splits a cohort 26 : 4 : 6, at random by `seed`.
///
/// The same cases and seed always give the same split, on every machine and in whatever order the cases come; an id
/// that comes twice counts once. Other cohort sizes are scaled and rounded, but with three cases or more every part
/// has at least one; of two cases one is for validation; a single case is for training.
pub fn split_cohort(case_ids: &[String], seed: u64) -> Split {
    let mut cases = case_ids.to_vec();
    cases.sort_unstable();
    cases.dedup();
    let (validation, test) = part_sizes(cases.len());
    shuffle(&mut cases, seed);
    let mut rest = cases.into_iter();
    let mut take = |count: usize| {
        let mut part: Vec<String> = rest.by_ref().take(count).collect();
        part.sort_unstable();
        part
    };
    let (test, validation) = (take(test), take(validation));
    Split { seed, training: take(usize::MAX), validation, test }
}

fn part_sizes(cases: usize) -> (usize, usize) {
    let scaled = |part: usize| ((cases * part + COHORT / 2) / COHORT).max(1);
    match cases {
        0 | 1 => (0, 0),
        2 => (1, 0),
        _ => (scaled(VALIDATION), scaled(TEST)),
    }
}

/// Fisher and Yates. Written out, so that a split never changes with a library's version.
fn shuffle(cases: &mut [String], seed: u64) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for last in (1..cases.len()).rev() {
        let count = last as u64 + 1;
        // Numbers above the largest multiple of `count` would favour the first cases.
        let limit = u64::MAX - u64::MAX % count;
        let number = std::iter::repeat_with(|| random.next_u64()).find(|&number| number < limit).unwrap_or(0);
        cases.swap(last, (number % count) as usize);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cases(count: usize) -> Vec<String> {
        (0..count).map(|n| format!("case-{n:03}")).collect()
    }

    fn sizes(count: usize) -> (usize, usize, usize) {
        let split = split_cohort(&cases(count), 1);
        (split.training.len(), split.validation.len(), split.test.len())
    }

    #[test]
    fn cohorts_of_other_sizes_are_scaled() {
        let expected = [
            (0, (0, 0, 0)),
            (1, (1, 0, 0)),
            (2, (1, 1, 0)),
            (3, (1, 1, 1)),
            (6, (4, 1, 1)),
            (12, (9, 1, 2)),
            (30, (22, 3, 5)),
            (36, (26, 4, 6)),
            (72, (52, 8, 12)),
        ];
        for (count, split) in expected {
            assert_eq!(sizes(count), split, "{count} cases");
        }
    }

    #[test]
    fn the_split_of_a_seed_never_changes() {
        let split = split_cohort(&cases(9), 2024);
        assert_eq!((split.validation.concat(), split.test.join(" ")), ("case-002".into(), "case-001 case-005".into()));
    }

    #[test]
    fn other_seeds_give_other_splits() {
        let distinct: std::collections::HashSet<Vec<String>> =
            (0..50).map(|seed| split_cohort(&cases(36), seed).test).collect();
        assert!(distinct.len() > 45, "{}", distinct.len());
    }

    proptest! {
        #[test]
        fn every_case_is_in_one_part_and_order_does_not_matter(
            count in 0usize..80, seed in any::<u64>(), order in any::<u64>(),
        ) {
            let cases = cases(count);
            let split = split_cohort(&cases, seed);
            let mut all = [split.training.clone(), split.validation.clone(), split.test.clone()].concat();
            prop_assert!(count == 0 || !split.training.is_empty());
            prop_assert!(split.training.len() * 2 >= count || count == 3);
            all.sort_unstable();
            prop_assert_eq!(&all, &cases);
            let mut shuffled = cases.clone();
            shuffle(&mut shuffled, order);
            shuffled.extend(cases.first().cloned());
            prop_assert_eq!(split_cohort(&shuffled, seed), split);
        }
    }
}
