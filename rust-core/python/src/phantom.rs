//! Synthetic children.

use std::path::{Path, PathBuf};

use pyo3::prelude::*;
use tmli_api::{ApiError, ErrorNumber};
use tmli_phantom::{Matrix, PhantomOptions, Sex, generate};

use crate::{
    error::{computed, detached, input},
    masks::Masks,
    volume::Volume,
};

/// A synthetic child with ground truth.
#[pyclass(module = "tmli", frozen, get_all)]
#[derive(Debug)]
pub(crate) struct Phantom {
    /// Hounsfield units on an axial grid, head first, supine.
    ct: Py<Volume>,
    /// The 25 structures under their TG-263 names.
    masks: Py<Masks>,
    /// Age in years.
    age_years: f64,
    /// "F" or "M".
    sex: &'static str,
    /// Standing height in cm.
    height_cm: f64,
}

fn options(py: Python<'_>, seed: u64, case: u32, age_years: Option<f64>, matrix: usize) -> PyResult<PhantomOptions> {
    if let Some(age) = age_years.filter(|age| !(2.0..=17.0).contains(age)) {
        return Err(input(py, ErrorNumber::Option, format!("age_years must be from 2 to 17, got {age}")));
    }
    match [Matrix::M128, Matrix::M256, Matrix::M512].into_iter().find(|m| m.columns() == matrix) {
        Some(matrix) => Ok(PhantomOptions { seed, case, age_years, matrix }),
        None => Err(input(py, ErrorNumber::Option, format!("matrix must be 128, 256 or 512, got {matrix}"))),
    }
}

/// Makes a synthetic child: a whole-body CT of 5 mm slices and 25 structures. The same arguments make the same child,
/// voxel for voxel. ``matrix`` is 128, 256 or 512 pixels along an edge; without ``age_years`` (2 to 17) ages differ.
///
/// Raises InputError for another age or matrix.
#[pyfunction]
#[pyo3(signature = (seed, case=1, age_years=None, matrix=128))]
pub(crate) fn phantom(
    py: Python<'_>,
    seed: u64,
    case: u32,
    age_years: Option<f64>,
    matrix: usize,
) -> PyResult<Phantom> {
    let options = options(py, seed, case, age_years, matrix)?;
    let made = computed(py, || generate(&options))?;
    Ok(Phantom {
        age_years: made.age_years,
        sex: if made.sex == Sex::Male { "M" } else { "F" },
        height_cm: made.height_cm,
        ct: Py::new(py, Volume::hand_over(py, made.ct)?)?,
        masks: Py::new(py, Masks::new(made.segmentation, Vec::new()))?,
    })
}

/// Makes a synthetic child as ``phantom`` does and writes it as DICOM: ``folder/ct/*.dcm`` and ``folder/rtstruct.dcm``.
///
/// Raises InputError for another age or matrix, DicomError when the folder holds such files already or can't be
/// written.
#[pyfunction]
#[pyo3(signature = (folder, seed, case=1, age_years=None, matrix=128))]
pub(crate) fn write_phantom(
    py: Python<'_>,
    folder: PathBuf,
    seed: u64,
    case: u32,
    age_years: Option<f64>,
    matrix: usize,
) -> PyResult<()> {
    let options = options(py, seed, case, age_years, matrix)?;
    detached(py, || write(&folder, &options))
}

fn write(folder: &Path, options: &PhantomOptions) -> Result<(), ApiError> {
    let (ct, structure_set) = (folder.join("ct"), folder.join("rtstruct.dcm"));
    if ct.exists() || structure_set.exists() {
        return Err(ApiError::new(ErrorNumber::FileExists, "the phantom is not written: the folder holds one already"));
    }
    Ok(tmli_api::write_phantom(folder, &generate(options), options)?)
}
