//! The TMLI protocol as data: which structures there are, which of them are trained together, under which names
//! hospitals contour them, and how a cohort is split.
//!
//! ```
//! use tmli_protocol::{AliasTable, Protocol};
//!
//! let protocol = Protocol::tmli();
//! let names: Vec<&str> = protocol.structures_of("oar3").iter().map(|s| s.name.as_str()).collect();
//! assert_eq!(names, ["Glnd_Thyroid", "Esophagus", "Bowel_Small", "Colon", "Bag_Bowel", "Rectum"]);
//! assert_eq!(protocol.set("all").map(|set| set.structures.len()), Some(25));
//!
//! let kidney = AliasTable::builtin().resolve("linke Niere").and_then(|name| protocol.structure(name)).cloned();
//! assert_eq!(kidney.map(|s| s.paper_name), Some("left kidney".to_owned()));
//! ```
//!
//! A protocol of your own is a TOML file ([`Protocol::from_toml`]), and so are further names
//! ([`AliasTable::extend_toml`]). Both formats are explained at the head of the files in `data/`.
#![forbid(unsafe_code)]

pub mod aliases;
pub mod error;
mod file;
pub mod matching;
pub mod split;
pub mod structures;
mod words;

pub use aliases::AliasTable;
pub use error::ProtocolError;
pub use matching::{RoiMatching, match_rois};
pub use split::{Split, split_cohort};
pub use structures::{Code, Protocol, Structure, TrainingSet};
