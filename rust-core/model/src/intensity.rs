//! From Hounsfield units to the network's input.

use serde::{Deserialize, Serialize};

use crate::ModelError;

/// A window of Hounsfield units, clipped and mapped to [-1, 1].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intensity {
    /// Mapped to -1 and +1; what is below or above is clipped.
    pub window_hu: [f64; 2],
}

impl Default for Intensity {
    /// From lung to spongy bone: -500 to 500 HU keeps soft tissues apart and marrow apart from cortex.
    fn default() -> Self {
        Self { window_hu: [-500.0, 500.0] }
    }
}

impl Intensity {
    /// The network's input for a value in Hounsfield units.
    pub fn scale(&self, hu: f32) -> f32 {
        let [low, high] = self.window_hu;
        let unit = (f64::from(hu) - low) / (high - low);
        (unit.clamp(0.0, 1.0) * 2.0 - 1.0) as f32
    }

    /// What air becomes: the value of everything outside of the CT.
    pub fn air(&self) -> f32 {
        self.scale(-1000.0)
    }

    /// Refuses a window that is empty, reversed or not finite.
    pub fn check(&self) -> Result<(), ModelError> {
        let [low, high] = self.window_hu;
        if low.is_finite() && high.is_finite() && high - low >= 1.0 {
            return Ok(());
        }
        Err(ModelError::Setting {
            what: "the intensity window",
            got: format!("{low} to {high} HU"),
            expected: "two finite values, the second larger by at least 1 HU".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_maps_to_minus_one_and_one_and_clips_beyond() {
        let intensity = Intensity { window_hu: [-200.0, 300.0] };
        for (hu, expected) in [(-200.0, -1.0), (300.0, 1.0), (50.0, 0.0), (-1024.0, -1.0), (3000.0, 1.0)] {
            assert_eq!(intensity.scale(hu), expected, "{hu} HU");
        }
        assert!(Intensity { window_hu: [10.0, -10.0] }.check().is_err());
        assert!(Intensity { window_hu: [f64::NAN, 10.0] }.check().is_err());
    }
}
