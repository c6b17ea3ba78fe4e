//! The TMLI protocol as data: structures, training sets, aliases, cohort split.
#![forbid(unsafe_code)]

pub mod aliases;
pub mod error;
pub mod matching;
pub mod split;
pub mod structures;

pub use aliases::AliasTable;
pub use error::ProtocolError;
pub use matching::{RoiMatching, match_rois};
pub use split::{Split, split_cohort};
pub use structures::{Code, Protocol, Structure, TrainingSet};
