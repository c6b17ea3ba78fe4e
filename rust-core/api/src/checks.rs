//! Inputs from outside, checked before anything trusts them.

use std::collections::HashSet;

use tmli_core::{MetricOptions, Profile, VolumeGeometry};

use crate::{ApiError, ErrorNumber};

/// Longest name of a structure: DICOM's ROIName is a Long String.
pub const LONGEST_NAME: usize = 64;

/// Number of voxels of a shape `[k, j, i]`.
///
/// # Errors
/// [`ErrorNumber::EmptyShape`], and [`ErrorNumber::SizeOverflow`] when even the bytes of a mask can't be addressed.
///
/// ```
/// use tmli_api::{ErrorNumber, checks};
///
/// assert_eq!(checks::voxel_count([250, 512, 512])?, 65_536_000);
/// assert_eq!(checks::voxel_count([usize::MAX, 2, 1]).unwrap_err().number, ErrorNumber::SizeOverflow);
/// # Ok::<(), tmli_api::ApiError>(())
/// ```
pub fn voxel_count(shape: [usize; 3]) -> Result<usize, ApiError> {
    if shape.contains(&0) {
        return Err(tmli_core::GeometryError::EmptyShape { shape }.into());
    }
    let count = shape.iter().try_fold(1_usize, |product, &n| product.checked_mul(n));
    // Rust addresses at most isize::MAX bytes, and CT voxels have two.
    count.filter(|&n| n <= isize::MAX as usize / 2).ok_or_else(|| {
        ApiError::new(
            ErrorNumber::SizeOverflow,
            format!("a shape of {shape:?} (k, j, i) has more voxels than memory can address"),
        )
    })
}

/// Checks that so many values fill the shape `[k, j, i]`. `what` begins the message, e.g. "the mask of Liver".
///
/// # Errors
/// [`ErrorNumber::BufferSize`], and as [`voxel_count`].
pub fn length(what: &str, got: usize, shape: [usize; 3]) -> Result<(), ApiError> {
    let expected = voxel_count(shape)?;
    if got == expected {
        return Ok(());
    }
    let message = format!("{what} should be {expected} values for a shape of {shape:?} (k, j, i), got {got}");
    Err(ApiError::new(ErrorNumber::BufferSize, message))
}

/// Checks that an array has the shape of a grid.
///
/// # Errors
/// [`ErrorNumber::GridsDiffer`].
pub fn shape(what: &str, got: [usize; 3], geometry: &VolumeGeometry) -> Result<(), ApiError> {
    let expected = geometry.shape();
    if got == expected {
        return Ok(());
    }
    let message = format!("{what} should have the shape {expected:?} (k, j, i) of its geometry, got {got:?}");
    Err(ApiError::new(ErrorNumber::GridsDiffer, message))
}

/// Asks for memory before something takes it that could only abort: the memory is given back at once.
///
/// # Errors
/// [`ErrorNumber::OutOfMemory`].
pub fn room_for(what: &str, bytes: usize) -> Result<(), ApiError> {
    Vec::<u8>::new().try_reserve_exact(bytes).map_err(|_| {
        let message = format!("{what} takes {:.1} GB, which this computer does not give", bytes as f64 / 1e9);
        ApiError::new(ErrorNumber::OutOfMemory, message)
    })
}

/// Checks the name of one structure.
///
/// # Errors
/// [`ErrorNumber::Name`] when it is empty, longer than [`LONGEST_NAME`] characters, or holds control characters.
pub fn name(name: &str) -> Result<(), ApiError> {
    let refuse = |reason: String| Err(ApiError::new(ErrorNumber::Name, reason));
    let characters = name.chars().count();
    if name.trim().is_empty() {
        return refuse("a structure has an empty name".to_owned());
    }
    if characters > LONGEST_NAME {
        return refuse(format!("a structure's name has {characters} characters, at most {LONGEST_NAME} are allowed"));
    }
    // A backslash separates values in DICOM.
    if name.chars().any(|c| c.is_control() || c == '\\') {
        return refuse(format!("the name {name:?} holds control characters or a backslash"));
    }
    Ok(())
}

/// Checks the names of several structures: each as [`name`], and none twice.
///
/// # Errors
/// [`ErrorNumber::Name`].
pub fn names<'a>(all: impl IntoIterator<Item = &'a str>) -> Result<(), ApiError> {
    let mut seen = HashSet::new();
    for one in all {
        name(one)?;
        if !seen.insert(one) {
            return Err(ApiError::new(ErrorNumber::Name, format!("the name {one:?} is given twice")));
        }
    }
    Ok(())
}

/// What to measure, from a profile's name and numbers. `None` is the default of [`MetricOptions`].
///
/// # Errors
/// [`ErrorNumber::Option`] when there is no such profile. Numbers are checked when they are used.
pub fn metric_options(
    profile: Option<&str>,
    percentile: Option<f64>,
    tolerance_mm: Option<f64>,
) -> Result<MetricOptions, ApiError> {
    let default = MetricOptions::default();
    let profile = match profile {
        None => default.profile,
        Some(wanted) => Profile::from_name(wanted).ok_or_else(|| {
            let known: Vec<&str> = Profile::ALL.into_iter().map(Profile::name).collect();
            let message = format!("the profile should be one of {}, got {wanted:?}", known.join(", "));
            ApiError::new(ErrorNumber::Option, message)
        })?,
    };
    Ok(MetricOptions {
        profile,
        percentile: percentile.unwrap_or(default.percentile),
        tolerance_mm: tolerance_mm.unwrap_or(default.tolerance_mm),
        ..default
    })
}

/// The error for a name that is not among those there are.
pub fn no_such_structure<'a>(wanted: &str, there: impl IntoIterator<Item = &'a str>) -> ApiError {
    let there: Vec<&str> = there.into_iter().collect();
    let list =
        if there.is_empty() { "there is none at all".to_owned() } else { format!("there are {}", there.join(", ")) };
    ApiError::new(ErrorNumber::NoSuchStructure, format!("there is no structure {wanted:?}; {list}"))
}

/// The error for an index beyond the end. `what` is a plural, e.g. "ROIs".
pub fn no_such_index(what: &str, wanted: usize, count: usize) -> ApiError {
    ApiError::new(ErrorNumber::Index, format!("there are {count} {what}, index {wanted} is beyond the end"))
}

/// Refuses to write over a file unless that is allowed.
///
/// # Errors
/// [`ErrorNumber::FileExists`].
pub fn may_write(path: &std::path::Path, overwrite: bool) -> Result<(), ApiError> {
    if !overwrite && path.exists() {
        return Err(ApiError::new(ErrorNumber::FileExists, "the file to write exists already"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_dicom_or_people_could_not_tell_apart_are_refused() {
        assert!(names(["Liver", "Lung_L", "Große Lunge"]).is_ok());
        for wrong in [&["", "Liver"][..], &["Liver", "Liver"], &["a\nb"], &["a\\b"], &["\u{fc}".repeat(65).as_str()]] {
            assert_eq!(names(wrong.iter().copied()).unwrap_err().number, ErrorNumber::Name, "{wrong:?}");
        }
    }

    #[test]
    fn memory_that_no_computer_has_is_an_error_and_not_the_end() {
        assert!(room_for("a mask", 1 << 20).is_ok());
        assert_eq!(room_for("a mask", isize::MAX as usize).unwrap_err().number, ErrorNumber::OutOfMemory);
    }

    #[test]
    fn an_unknown_profile_is_answered_with_those_that_exist() {
        let error = metric_options(Some("dice"), None, None).unwrap_err();
        assert_eq!(error.number, ErrorNumber::Option);
        assert!(error.message.contains("surfel, voxel, slicer-rt, net"), "{}", error.message);
        assert_eq!(metric_options(Some("net"), None, Some(1.0)).unwrap().tolerance_mm, 1.0);
    }
}
