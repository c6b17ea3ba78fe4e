//! RT Structure Sets.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use pyo3::prelude::*;
use rayon::prelude::*;
use tmli_api::{ApiError, ErrorNumber, checks, roi_to_write};
use tmli_core::{Segment, Segmentation, TraceOptions, VolumeGeometry, trace_with};
use tmli_io::{
    CtIdentity as Identity, Finding, IoError, RoiGeneration, RoiToWrite, StructureSetFile, StructureSetOptions,
};

use crate::{
    contours::{Contour, trace_options},
    ct::CtIdentity,
    error::{detached, input},
    geometry::Geometry,
    mask::Given,
    masks::{Masks, named_masks},
    protocol::tmli_protocol,
    task::{Progress, Task},
};

/// An RT Structure Set: ROIs of contours in LPS mm.
#[pyclass(module = "tmli", frozen)]
#[derive(Debug)]
pub(crate) struct StructureSet {
    file: Arc<StructureSetFile>,
    findings: Vec<String>,
}

#[pymethods]
impl StructureSet {
    /// StructureSetLabel.
    #[getter]
    fn label(&self) -> &str {
        &self.file.structure_set.label
    }

    /// FrameOfReferenceUID of the coordinates, or None.
    #[getter]
    fn frame_of_reference_uid(&self) -> Option<&str> {
        self.file.structure_set.frame_of_reference.as_ref().map(|frame| frame.0.as_str())
    }

    /// SOPInstanceUID.
    #[getter]
    fn sop_instance_uid(&self) -> &str {
        &self.file.sop_instance_uid
    }

    /// SeriesInstanceUIDs that it says it was drawn on.
    #[getter]
    fn referenced_series_uids(&self) -> Vec<String> {
        self.file.referenced_series_uids.clone()
    }

    /// In file order, with those that have no contour.
    #[getter]
    fn rois(&self) -> Vec<Roi> {
        (0..self.file.structure_set.rois.len()).map(|index| Roi { file: Arc::clone(&self.file), index }).collect()
    }

    /// What was odd about the file, in words without patient data.
    #[getter]
    fn findings(&self) -> Vec<String> {
        self.findings.clone()
    }

    /// The voxels of every ROI that has contours, by ROI name. Where several ROIs have one name, the number is added to
    /// all but the first: ``heart (ROI 4)``. Contours that were left out or moved are told in ``findings``.
    fn rasterise(&self, py: Python<'_>, geometry: &Bound<'_, Geometry>) -> PyResult<Masks> {
        let geometry = &geometry.get().inner;
        detached(py, || rasterised(&self.file, geometry, &Progress::WAITED_FOR))
    }

    /// Starts ``rasterise`` and returns at once. The task's result is what ``rasterise`` gives.
    fn start_rasterise(&self, geometry: &Bound<'_, Geometry>) -> PyResult<Task> {
        let (file, geometry) = (Arc::clone(&self.file), geometry.get().inner.clone());
        Task::start(
            move |progress| rasterised(&file, &geometry, progress),
            |py, masks| Ok(Py::new(py, masks)?.into_any()),
        )
    }

    fn __repr__(&self) -> String {
        format!("<tmli.StructureSet of {} ROIs>", self.file.structure_set.rois.len())
    }
}

fn rasterised(file: &StructureSetFile, geometry: &VolumeGeometry, progress: &Progress<'_>) -> Result<Masks, ApiError> {
    let rois = &file.structure_set.rois;
    let drawn: Vec<_> = rois.iter().enumerate().filter(|(_, roi)| !roi.contours.is_empty()).collect();
    checks::room_for("the masks", drawn.len() * (geometry.voxel_count() / 8))?;
    progress.begin(drawn.len());
    let made = drawn.par_iter().map(|(index, roi)| {
        let name = match rois[..*index].iter().any(|earlier| earlier.name == roi.name) {
            true => format!("{} (ROI {})", roi.name, roi.number.0),
            false => roi.name.clone(),
        };
        progress.next(&name)?;
        let (mask, odd) = tmli_io::rasterise_roi(roi, geometry);
        // The name tells more than the number.
        let told = |finding: Finding| format!("{name}: {}", Finding { roi: None, ..finding });
        let findings: Vec<String> = odd.into_iter().map(told).collect();
        Ok((Segment { name, mask }, findings))
    });
    let made: Vec<_> = made.collect::<Result<_, ApiError>>()?;
    let (segments, findings): (Vec<_>, Vec<_>) = made.into_iter().unzip();
    let segmentation = Segmentation { geometry: geometry.clone(), segments };
    Ok(Masks::new(segmentation, findings.into_iter().flatten().collect()))
}

/// One region of interest.
#[pyclass(module = "tmli", frozen)]
#[derive(Debug)]
pub(crate) struct Roi {
    file: Arc<StructureSetFile>,
    index: usize,
}

#[pymethods]
impl Roi {
    /// ROIName, as in the file.
    #[getter]
    fn name(&self) -> &str {
        &self.inner().name
    }

    /// ROINumber: an identifier that the writer chose, not an index.
    #[getter]
    fn number(&self) -> i32 {
        self.inner().number.0
    }

    /// Display colour (red, green, blue), 0 to 255, or None.
    #[getter]
    fn colour(&self) -> Option<(u8, u8, u8)> {
        self.inner().colour.map(Into::into)
    }

    /// RTROIInterpretedType, e.g. ORGAN or CTV, or None.
    #[getter]
    fn interpreted_type(&self) -> Option<&str> {
        self.inner().interpreted_type.as_deref()
    }

    /// Its contours, in no particular order.
    #[getter]
    fn contours(&self) -> Vec<Contour> {
        self.inner().contours.iter().cloned().map(Contour::from).collect()
    }

    fn __repr__(&self) -> String {
        let roi = self.inner();
        format!("<tmli.Roi {} {:?}, {} contours>", roi.number.0, roi.name, roi.contours.len())
    }
}

impl Roi {
    fn inner(&self) -> &tmli_core::Roi {
        &self.file.structure_set.rois[self.index]
    }
}

/// Reads an RT Structure Set. With ``ct``, checks that it is of that patient and frame of reference, and tells in
/// ``findings`` what is odd about its references.
///
/// Raises DicomError when the file can't be read, is something else, or does not belong to ``ct``.
#[pyfunction]
#[pyo3(signature = (path, ct=None))]
pub(crate) fn read_structure_set(
    py: Python<'_>,
    path: PathBuf,
    ct: Option<&Bound<'_, CtIdentity>>,
) -> PyResult<StructureSet> {
    let ct = ct.map(|ct| &ct.get().identity);
    detached(py, || read(&path, ct))
}

/// Starts ``read_structure_set`` and returns at once. The task's result is what ``read_structure_set`` gives.
#[pyfunction]
#[pyo3(signature = (path, ct=None))]
pub(crate) fn start_read_structure_set(path: PathBuf, ct: Option<&Bound<'_, CtIdentity>>) -> PyResult<Task> {
    let ct = ct.map(|ct| ct.get().identity.clone());
    Task::start(
        move |progress| {
            progress.next("Reading the structure set")?;
            Ok(read(&path, ct.as_ref())?)
        },
        |py, file| Ok(Py::new(py, file)?.into_any()),
    )
}

fn read(path: &Path, ct: Option<&Identity>) -> Result<StructureSet, IoError> {
    let file = tmli_io::read_structure_set(path)?;
    let mut findings = file.findings.clone();
    if let Some(ct) = ct {
        tmli_io::check_belongs_to(&file, ct)?;
        findings.extend(tmli_io::reference_findings(&file, ct));
    }
    let findings = findings.iter().map(ToString::to_string).collect();
    Ok(StructureSet { file: Arc::new(file), findings })
}

/// What was written.
#[pyclass(module = "tmli", frozen, get_all)]
#[derive(Debug)]
pub(crate) struct Written {
    /// Names of the ROIs in the file.
    written: Vec<String>,
    /// Names of the ROIs left out because their mask is empty.
    empty: Vec<String>,
    /// SOPInstanceUID of the new file.
    sop_instance_uid: String,
    /// Size of the file in bytes.
    bytes: u64,
}

/// Writes masks as an RT Structure Set that points at the CT series, whole or not at all.
///
/// ``masks`` maps names to bool or uint8 arrays ``[k, j, i]`` on the grid of the CT; on another grid in the same patient
/// coordinates when ``geometry`` says so (its slices must lie on slices of the CT). Names of the TMLI protocol get its
/// colours and codes. ``generation`` is "automatic", "semiautomatic" or "manual", ``algorithm`` its name and version.
/// ``smooth`` and ``keyhole`` are as in ``trace``.
///
/// Raises InputError for a wrong option or shape; DicomError when the file is there already and ``overwrite`` is not
/// said, when every mask is empty, and when it can't be written.
#[pyfunction]
#[pyo3(signature = (path, ct, masks, *, label=None, generation="automatic", algorithm=None, overwrite=false,
    geometry=None, smooth=false, keyhole=false))]
#[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
pub(crate) fn write_structure_set(
    py: Python<'_>,
    path: PathBuf,
    ct: &Bound<'_, CtIdentity>,
    masks: &Bound<'_, PyAny>,
    label: Option<String>,
    generation: &str,
    algorithm: Option<String>,
    overwrite: bool,
    geometry: Option<&Bound<'_, Geometry>>,
    smooth: bool,
    keyhole: bool,
) -> PyResult<Written> {
    let looks = Looks { label, generation, algorithm, smooth, keyhole };
    let order = Order::from_python(path, ct, masks, looks, overwrite, geometry)?;
    detached(py, || order.fulfil(&Progress::WAITED_FOR))
}

/// Starts ``write_structure_set`` and returns at once. The task's result is what ``write_structure_set`` gives; the file
/// appears in its last part, which is not cancelled.
///
/// Raises InputError for a wrong option or shape; the task raises the rest.
#[pyfunction]
#[pyo3(signature = (path, ct, masks, *, label=None, generation="automatic", algorithm=None, overwrite=false,
    geometry=None, smooth=false, keyhole=false))]
#[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
pub(crate) fn start_write_structure_set(
    path: PathBuf,
    ct: &Bound<'_, CtIdentity>,
    masks: &Bound<'_, PyAny>,
    label: Option<String>,
    generation: &str,
    algorithm: Option<String>,
    overwrite: bool,
    geometry: Option<&Bound<'_, Geometry>>,
    smooth: bool,
    keyhole: bool,
) -> PyResult<Task> {
    let looks = Looks { label, generation, algorithm, smooth, keyhole };
    let order = Order::from_python(path, ct, masks, looks, overwrite, geometry)?;
    Task::start(move |progress| order.fulfil(progress), |py, written| Ok(Py::new(py, written)?.into_any()))
}

/// How the ROIs of a file are to be.
struct Looks<'a> {
    label: Option<String>,
    generation: &'a str,
    algorithm: Option<String>,
    smooth: bool,
    keyhole: bool,
}

/// A structure set that is to be written.
struct Order {
    path: PathBuf,
    ct: Identity,
    ct_geometry: VolumeGeometry,
    masks: Vec<(String, Given)>,
    mask_geometry: VolumeGeometry,
    generation: RoiGeneration,
    algorithm: String,
    overwrite: bool,
    options: StructureSetOptions,
    trace: TraceOptions,
}

impl Order {
    fn from_python(
        path: PathBuf,
        ct: &Bound<'_, CtIdentity>,
        masks: &Bound<'_, PyAny>,
        looks: Looks<'_>,
        overwrite: bool,
        geometry: Option<&Bound<'_, Geometry>>,
    ) -> PyResult<Self> {
        let generation = match looks.generation {
            "automatic" => RoiGeneration::Automatic,
            "semiautomatic" => RoiGeneration::Semiautomatic,
            "manual" => RoiGeneration::Manual,
            other => {
                let message = format!("generation must be automatic, semiautomatic or manual; got {other:?}");
                return Err(input(masks.py(), ErrorNumber::Option, message));
            }
        };
        let ct = ct.get();
        let ct_geometry = ct.geometry.get().inner.clone();
        let mask_geometry = geometry.map_or_else(|| ct_geometry.clone(), |geometry| geometry.get().inner.clone());
        let mut options = StructureSetOptions::default();
        if let Some(label) = looks.label {
            options.label = label;
        }
        Ok(Self {
            path,
            ct: ct.identity.clone(),
            masks: named_masks(masks, "masks", Some(mask_geometry.shape()))?,
            ct_geometry,
            mask_geometry,
            generation,
            algorithm: looks.algorithm.unwrap_or_else(|| format!("TMLI {}", env!("CARGO_PKG_VERSION"))),
            overwrite,
            options,
            trace: trace_options(looks.smooth, looks.keyhole),
        })
    }

    fn fulfil(&self, progress: &Progress<'_>) -> Result<Written, ApiError> {
        checks::names(self.masks.iter().map(|(name, _)| name.as_str()))?;
        checks::may_write(&self.path, self.overwrite)?;
        let protocol = tmli_protocol();
        progress.begin(self.masks.len() + 1);
        let traced = self.masks.par_iter().map(|(name, mask)| {
            progress.next(name)?;
            let loops = trace_with(mask, &self.mask_geometry, self.trace);
            Ok(roi_to_write(name, protocol.structure(name), loops, self.generation, &self.algorithm))
        });
        let rois = traced.collect::<Result<Vec<RoiToWrite>, ApiError>>()?;
        progress.next("Writing the file")?;
        let written = tmli_io::write_structure_set(&self.path, &self.ct, &self.ct_geometry, &rois, &self.options)?;
        let tmli_io::WrittenStructureSet { sop_instance_uid, written, empty, bytes } = written;
        Ok(Written { written, empty, sop_instance_uid, bytes })
    }
}
