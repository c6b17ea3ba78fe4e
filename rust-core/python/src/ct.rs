//! Folders of DICOM files, and CT series.

use std::{path::PathBuf, sync::Arc};

use pyo3::{PyClassInitializer, prelude::*};
use tmli_io::{CtIdentity as Identity, FolderScan as Scan, IoError};

use crate::{error::detached, geometry::Geometry, volume::Volume};

/// What identifies a CT series, and its grid: everything but the voxels.
///
/// Holds the patient's attributes for what is written on this series, and shows none of them.
#[pyclass(module = "tmli", frozen, subclass)]
#[derive(Debug)]
pub(crate) struct CtIdentity {
    pub(crate) identity: Identity,
    pub(crate) geometry: Py<Geometry>,
    description: String,
    findings: Vec<String>,
}

#[pymethods]
impl CtIdentity {
    /// The grid of the series.
    #[getter]
    fn geometry(&self, py: Python<'_>) -> Py<Geometry> {
        self.geometry.clone_ref(py)
    }

    /// SeriesInstanceUID.
    #[getter]
    fn series_uid(&self) -> &str {
        &self.identity.series_uid
    }

    /// StudyInstanceUID.
    #[getter]
    fn study_uid(&self) -> &str {
        &self.identity.study_uid
    }

    /// FrameOfReferenceUID, or None.
    #[getter]
    fn frame_of_reference_uid(&self) -> Option<&str> {
        self.identity.frame_of_reference_uid.as_deref()
    }

    /// SOPInstanceUID of every slice, in the order of k.
    #[getter]
    fn sop_instance_uids(&self) -> Vec<&str> {
        self.identity.slices.iter().map(|slice| slice.sop_instance_uid.as_str()).collect()
    }

    /// PatientPosition: HFS, FFS, ...; empty where the files don't say.
    #[getter]
    fn patient_position(&self) -> &str {
        &self.identity.patient_position
    }

    /// SeriesDescription: free text that may hold anything, show it only to the user who owns the data.
    #[getter]
    fn description(&self) -> &str {
        &self.description
    }

    /// What was odd about the files, in words without patient data.
    #[getter]
    fn findings(&self) -> Vec<String> {
        self.findings.clone()
    }

    fn __repr__(&self) -> String {
        format!("<tmli.CtIdentity {} on {}>", self.patient_position(), self.geometry.get().in_words())
    }
}

/// A CT series: voxels in Hounsfield units, and what identifies it. k ascends along the normal of the slices.
#[pyclass(module = "tmli", frozen, extends = CtIdentity)]
#[derive(Debug)]
pub(crate) struct CtSeries {
    volume: Py<Volume>,
}

#[pymethods]
impl CtSeries {
    /// Hounsfield units and their grid.
    #[getter]
    fn volume(&self, py: Python<'_>) -> Py<Volume> {
        self.volume.clone_ref(py)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> String {
        let identity = slf.as_super().get();
        format!("<tmli.CtSeries {} on {}>", identity.patient_position(), identity.geometry.get().in_words())
    }
}

/// One CT series in a folder. Only headers were read.
#[pyclass(module = "tmli", frozen)]
#[derive(Clone, Debug)]
pub(crate) struct SeriesEntry {
    inner: Arc<tmli_io::SeriesEntry>,
}

#[pymethods]
impl SeriesEntry {
    /// SeriesInstanceUID; empty where the files don't say.
    #[getter]
    fn series_uid(&self) -> &str {
        &self.inner.series_uid
    }

    /// StudyInstanceUID; empty where the files don't say.
    #[getter]
    fn study_uid(&self) -> &str {
        &self.inner.study_uid
    }

    /// FrameOfReferenceUID of the first file, or None.
    #[getter]
    fn frame_of_reference_uid(&self) -> Option<&str> {
        self.inner.frame_of_reference.as_deref()
    }

    /// SeriesNumber, or None.
    #[getter]
    fn series_number(&self) -> Option<i32> {
        self.inner.series_number
    }

    /// SeriesDescription: free text that may hold anything, show it only to the user who owns the data.
    #[getter]
    fn description(&self) -> &str {
        &self.inner.description
    }

    /// Number of slices.
    #[getter]
    fn slices(&self) -> usize {
        self.inner.positions_mm().len()
    }

    /// PatientPosition of the first file: HFS, FFS, ...
    #[getter]
    fn patient_position(&self) -> &str {
        &self.inner.patient_position
    }

    /// Whether every image is a scout.
    #[getter]
    fn is_localizer(&self) -> bool {
        self.inner.is_localizer
    }

    /// The files, sorted along the normal of the slices; a multi-frame file once.
    #[getter]
    fn files(&self) -> Vec<PathBuf> {
        self.inner.files.clone()
    }

    /// The series in one line without free text: slices, matrix, spacing, position, UID, or why it is no volume.
    #[getter]
    fn summary(&self) -> String {
        self.inner.in_words()
    }

    /// The grid of the series, from the headers. Raises DicomError when the slices make no volume.
    fn geometry(&self, py: Python<'_>) -> PyResult<Geometry> {
        detached(py, || self.inner.geometry()).map(|(geometry, _)| geometry.into())
    }

    /// Reads the voxels. Raises DicomError as ``read_ct_series``.
    fn read(&self, py: Python<'_>) -> PyResult<Py<CtSeries>> {
        let series = detached(py, || tmli_io::read_ct_series(&self.inner))?;
        ct_series(py, series)
    }

    fn __repr__(&self) -> String {
        format!("<tmli.SeriesEntry {}>", self.inner.in_words())
    }
}

/// One RT Structure Set file in a folder.
#[pyclass(module = "tmli", frozen, get_all)]
#[derive(Debug)]
pub(crate) struct StructureSetEntry {
    /// Where it is.
    path: PathBuf,
    /// SOPInstanceUID.
    sop_instance_uid: String,
    /// StructureSetLabel.
    label: String,
    /// ROI names in file order.
    roi_names: Vec<String>,
    /// FrameOfReferenceUID of its contours, or None.
    frame_of_reference_uid: Option<String>,
    /// SeriesInstanceUIDs it refers to.
    referenced_series_uids: Vec<String>,
}

/// What is in a folder and below.
#[pyclass(module = "tmli", frozen, get_all)]
#[derive(Debug)]
pub(crate) struct FolderScan {
    /// CT series, in the order of their series numbers, scouts last.
    series: Vec<SeriesEntry>,
    /// RT Structure Sets, in the order of their paths.
    structure_sets: Vec<Py<StructureSetEntry>>,
    /// Other DICOM objects: modality, class and number of files.
    other_objects: Vec<(String, String, usize)>,
    /// Number of files that are no DICOM.
    not_dicom: usize,
    /// Files that seem to be DICOM but can't be read, each with the reason.
    unreadable: Vec<(PathBuf, String)>,
}

/// Lists the CT series and RT Structure Sets in a folder and all folders below, whatever files are called. Reads
/// headers only.
///
/// Raises DicomError when the folder can't be listed or holds no file. Files that can't be read are no error, they are
/// in ``unreadable``.
#[pyfunction]
pub(crate) fn scan_folder(py: Python<'_>, folder: PathBuf) -> PyResult<FolderScan> {
    let Scan { ct_series, structure_sets, other_objects, not_dicom, unreadable } =
        detached(py, || tmli_io::scan_folder(&folder))?;
    let entry = |found: tmli_io::StructureSetEntry| {
        let entry = StructureSetEntry {
            path: found.path,
            sop_instance_uid: found.sop_instance_uid,
            label: found.label,
            roi_names: found.roi_names,
            frame_of_reference_uid: found.frame_of_reference,
            referenced_series_uids: found.referenced_series_uids,
        };
        Py::new(py, entry)
    };
    Ok(FolderScan {
        series: ct_series.into_iter().map(|inner| SeriesEntry { inner: Arc::new(inner) }).collect(),
        structure_sets: structure_sets.into_iter().map(entry).collect::<PyResult<_>>()?,
        other_objects: other_objects.into_iter().map(|o| (o.modality, o.sop_class, o.count)).collect(),
        not_dicom,
        unreadable: unreadable.into_iter().map(|(path, error)| (path, error.to_string())).collect(),
    })
}

/// Reads the CT series of a folder: the only one, or the one of this SeriesInstanceUID.
///
/// Raises DicomError when there is none or several, and when the slices make no volume: uneven spacing, missing slices,
/// gantry tilt; the message names the slices.
#[pyfunction]
#[pyo3(signature = (folder, series_uid=None))]
pub(crate) fn read_ct_series(py: Python<'_>, folder: PathBuf, series_uid: Option<&str>) -> PyResult<Py<CtSeries>> {
    let series = detached(py, || tmli_io::read_ct_folder(&folder, series_uid))?;
    ct_series(py, series)
}

/// What identifies the CT series that these files are, without reading its voxels: to write a structure set on a scan
/// that is in memory already.
///
/// Raises DicomError as ``read_ct_series``.
#[pyfunction]
pub(crate) fn read_ct_identity(py: Python<'_>, files: Vec<PathBuf>) -> PyResult<CtIdentity> {
    let headers = detached(py, || match files.is_empty() {
        true => Err(IoError::EmptyFolder),
        false => tmli_io::read_ct_headers(files),
    })?;
    let geometry = Py::new(py, Geometry::from(headers.geometry))?;
    let findings = headers.findings.iter().map(ToString::to_string).collect();
    Ok(CtIdentity { identity: headers.identity, geometry, description: headers.description, findings })
}

fn ct_series(py: Python<'_>, series: tmli_io::CtSeries) -> PyResult<Py<CtSeries>> {
    let volume = Volume::hand_over(py, series.volume)?;
    let identity = CtIdentity {
        identity: series.identity,
        geometry: volume.geometry(py),
        description: series.description,
        findings: series.findings.iter().map(ToString::to_string).collect(),
    };
    let volume = Py::new(py, volume)?;
    Py::new(py, PyClassInitializer::from(identity).add_subclass(CtSeries { volume }))
}
