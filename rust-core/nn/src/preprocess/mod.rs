//! From a CT to what a network sees, and the same way back.
//!
//! A network sees the body's box of the CT, on the CT's own axes ordered as the patient's ([`PatientAxes`]), at the
//! model's spacing, with Hounsfield units mapped to [-1, 1]. [`ModelGrid`](tmli_model::ModelGrid)
//! holds the index mapping, written down there once; training and segmentation share it.

mod body;
mod orientation;
mod resample;

pub use body::body_box;
pub(crate) use body::is_tissue;
pub use orientation::PatientAxes;
pub use resample::{CtResampler, resample_ct, resample_mask};
