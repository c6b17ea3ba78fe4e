//! Sizes that no network can have, refused before libtorch sees them.

use super::{UNet2dConfig, VNet3dConfig};
use crate::ModelError;

impl UNet2dConfig {
    pub(super) fn check(&self) -> Result<(), ModelError> {
        check_common(self.outputs, self.inputs, &self.widths, self.dropout)?;
        check_count("number of kernels", self.kernels.len(), self.widths.len())?;
        check_count("number of strides", self.strides.len(), self.widths.len() - 1)?;
        check_range("convolutions per level", self.convolutions, 1..=8)?;
        check_kernels(&self.kernels)?;
        check_strides(&self.strides)
    }
}

impl VNet3dConfig {
    pub(super) fn check(&self) -> Result<(), ModelError> {
        check_common(self.outputs, self.inputs, &self.widths, self.dropout)?;
        if self.inputs != 1 && !self.widths[0].is_multiple_of(self.inputs) {
            return Err(setting("V-Net inputs", self.inputs, "1, or a divisor of the first width"));
        }
        let levels = self.widths.len();
        check_count("number of kernels", self.kernels.len(), levels)?;
        check_count("number of strides", self.strides.len(), levels - 1)?;
        check_count("number of left convolutions", self.convolutions_left.len(), levels)?;
        check_count("number of right convolutions", self.convolutions_right.len(), levels - 1)?;
        for &n in self.convolutions_left.iter().chain(&self.convolutions_right) {
            check_range("convolutions per level", n, 1..=8)?;
        }
        check_kernels(&self.kernels)?;
        check_strides(&self.strides)
    }
}

fn setting(what: &'static str, got: impl ToString, expected: impl Into<String>) -> ModelError {
    ModelError::Setting { what, got: got.to_string(), expected: expected.into() }
}

fn check_range(what: &'static str, got: usize, range: std::ops::RangeInclusive<usize>) -> Result<(), ModelError> {
    if range.contains(&got) {
        return Ok(());
    }
    Err(setting(what, got, format!("{} to {}", range.start(), range.end())))
}

fn check_count(what: &'static str, got: usize, expected: usize) -> Result<(), ModelError> {
    if got == expected { Ok(()) } else { Err(setting(what, got, format!("{expected}, from the number of widths"))) }
}

fn check_common(outputs: usize, inputs: usize, widths: &[usize], dropout: f64) -> Result<(), ModelError> {
    check_range("number of structures", outputs, 1..=4096)?;
    check_range("number of input channels", inputs, 1..=64)?;
    check_range("number of levels", widths.len(), 1..=8)?;
    for &width in widths {
        check_range("channels of a level", width, 1..=8192)?;
    }
    if !(0.0..1.0).contains(&dropout) {
        return Err(setting("dropout", dropout, "0 or more and below 1"));
    }
    Ok(())
}

fn check_kernels<const N: usize>(kernels: &[[usize; N]]) -> Result<(), ModelError> {
    match kernels.iter().flatten().find(|&&k| k % 2 == 0 || k > 15) {
        Some(k) => Err(setting("kernel size", k, "odd, 1 to 15")),
        None => Ok(()),
    }
}

fn check_strides<const N: usize>(strides: &[[usize; N]]) -> Result<(), ModelError> {
    strides.iter().flatten().try_for_each(|&s| check_range("stride", s, 1..=8))
}
