//! What was odd but could be read: shown to the user, never dropped.

use std::fmt;

use tmli_core::RoiNumber;

/// Something odd about a file that was read all the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The ROI concerned, by its number in the file.
    pub roi: Option<RoiNumber>,
    /// Index of the contour in its ROI.
    pub contour: Option<usize>,
    /// Position of the slice along the normal, in mm; of a contour, the z of its first point.
    pub slice_mm: Option<f64>,
    /// What was found and what was done about it, in words without patient data.
    pub message: String,
}

impl Finding {
    /// About the whole file.
    pub fn general(message: impl Into<String>) -> Self {
        Self { roi: None, contour: None, slice_mm: None, message: message.into() }
    }

    /// About one ROI.
    pub fn roi(roi: RoiNumber, message: impl Into<String>) -> Self {
        Self { roi: Some(roi), ..Self::general(message) }
    }

    /// About one contour of a ROI.
    pub fn contour(roi: RoiNumber, contour: usize, message: impl Into<String>) -> Self {
        Self { roi: Some(roi), contour: Some(contour), ..Self::general(message) }
    }

    /// About one slice.
    pub fn slice(slice_mm: f64, message: impl Into<String>) -> Self {
        Self { slice_mm: Some(slice_mm), ..Self::general(message) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.roi, self.contour) {
            (Some(roi), Some(contour)) => write!(f, "ROI {}, contour {}: ", roi.0, contour + 1)?,
            (Some(roi), None) => write!(f, "ROI {}: ", roi.0)?,
            _ => {}
        }
        if let Some(z) = self.slice_mm {
            write!(f, "slice at {z:.2} mm: ")?;
        }
        f.write_str(&self.message)
    }
}
