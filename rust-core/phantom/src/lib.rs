//! Synthetic children for TMLI: whole-body CT with ground truth, made from a seed.
//!
//! No patient's data is in here. Anatomy is a few hundred implicit shapes placed by landmarks that grow with age,
//! bent by a smooth random deformation, painted in order into Hounsfield units and labels. A phantom stands in for a
//! patient in tests, demonstrations and first trainings; it can't show that a network works on patients.
//!
//! ```
//! use tmli_phantom::{Matrix, PhantomOptions, generate};
//!
//! let child = generate(&PhantomOptions { seed: 1, case: 0, age_years: Some(4.0), matrix: Matrix::M128 });
//! assert_eq!(child.segmentation.segments.len(), 25);
//! assert_eq!(child.ct.geometry().spacing_mm().k, 5.0);
//! ```
#![forbid(unsafe_code)]

mod abdomen;
mod generate;
mod growth;
mod head;
mod landmarks;
mod limbs;
mod noise;
mod paint;
mod pelvis;
mod random;
mod shape;
mod skeleton;
mod skin;
mod structures;
mod table;
mod targets;
mod thorax;
mod warp;

pub use generate::{Matrix, Phantom, PhantomOptions, generate};
pub use growth::Sex;
