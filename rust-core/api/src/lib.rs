//! What the C library and the Python module share: numbered errors, and inputs checked before anything trusts them.
//!
//! Every error of the workspace becomes an [`ApiError`]: a number that programs compare, a message with the facts of the
//! case, and a hint. The numbers come from one table, `errors.toml`, from which `cargo xtask codegen` also makes the
//! Python exceptions and `docs/reference/errors.md`. The mappings name every variant, so that a new one does not compile
//! before it has a number.
//!
//! ```
//! use tmli_api::{ApiError, ErrorClass, ErrorNumber, checks};
//!
//! let error = checks::length("the voxels", 99, [4, 5, 5]).unwrap_err();
//! assert_eq!(error.number, ErrorNumber::BufferSize);
//! assert_eq!((error.number as i32, error.number.class()), (103, ErrorClass::Input));
//! assert_eq!(error.message, "the voxels should be 100 values for a shape of [4, 5, 5] (k, j, i), got 99");
//! assert!(error.hint.starts_with("Pass one value for each voxel"));
//!
//! let from_core: ApiError = tmli_core::GeometryError::EmptyShape { shape: [0, 5, 5] }.into();
//! assert_eq!(from_core.number.name(), "EMPTY_SHAPE");
//! ```
#![forbid(unsafe_code)]

pub mod checks;
mod error;
mod error_number;
mod from_core;
mod from_engine;
mod from_io;
mod from_model;
mod from_protocol;
mod matrix;
mod phantom;
mod structure_set;

pub use error::ApiError;
pub use error_number::{ErrorClass, ErrorNumber};
pub use matrix::{geometry_from_matrix, lps_from_ijk};
pub use phantom::write_phantom;
pub use structure_set::{UNKNOWN_COLOUR, WriteOptions, roi_to_write, write_masks};
