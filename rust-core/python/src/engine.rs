//! Segmentation jobs in the worker process.

use std::{collections::BTreeMap, path::PathBuf, sync::Mutex};

use pyo3::{exceptions::PyModuleNotFoundError, prelude::*, sync::MutexExt as _, types::PyDict};
use tmli_api::{ApiError, ErrorNumber};
use tmli_core::VoxelBox;
use tmli_engine::{DeviceRequest, EngineOptions, SegmentRequest, SharedVolume};

use crate::{
    error::{computed, detached, input, raised},
    masks::Masks,
    volume::Volume,
    waiting::{seconds_of, wait_for},
};

/// Runs networks in a worker process, which is started at the first need and kept warm.
///
/// ``worker`` is the program; without it, what the variable TMLI_WORKER names, else the one of the package tmli-engine,
/// else ``tmli-worker`` beside this library or on PATH. Its log goes to ``log_folder``. After ``idle_limit_s`` seconds
/// without a job the worker ends; it keeps at most ``model_memory_bytes`` of weights loaded.
///
/// May be used from any thread. When the last reference is gone, the worker ends. ``with tmli.Engine() as engine:`` ends
/// it at the end of the block.
#[pyclass(module = "tmli", frozen)]
#[derive(Debug)]
pub(crate) struct Engine {
    inner: tmli_engine::Engine,
}

/// The worker of the package tmli-engine, where it is installed and no variable names another.
fn installed_worker(py: Python<'_>) -> PyResult<Option<PathBuf>> {
    if std::env::var_os("TMLI_WORKER").is_some() {
        return Ok(None);
    }
    match py.import("tmli_engine") {
        Ok(package) => package.call_method0("worker_path")?.extract(),
        Err(error) if error.is_instance_of::<PyModuleNotFoundError>(py) => Ok(None),
        Err(error) => Err(error),
    }
}

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (worker=None, log_folder=None, idle_limit_s=None, model_memory_bytes=None))]
    fn new(
        py: Python<'_>,
        worker: Option<PathBuf>,
        log_folder: Option<PathBuf>,
        idle_limit_s: Option<f64>,
        model_memory_bytes: Option<u64>,
    ) -> PyResult<Self> {
        let idle_limit = idle_limit_s.map(|seconds| seconds_of(py, "idle_limit_s", seconds)).transpose()?;
        let worker = worker.map_or_else(|| installed_worker(py), |worker| Ok(Some(worker)))?;
        let options = EngineOptions { worker, log_folder, idle_limit, model_memory_bytes };
        Ok(Self { inner: tmli_engine::Engine::new(options) })
    }

    /// What the worker is and can: ``version``, ``libtorch``, ``auto`` (the device that is taken, and why), ``devices``
    /// (each with ``name``, ``usable``, ``reason``), ``memory_bytes``, ``memory_available_bytes``,
    /// ``model_memory_bytes``. Starts it if need be.
    ///
    /// Raises EngineError when there is no worker, or it can't start.
    fn describe<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let worker = detached(py, || self.inner.describe())?;
        let described = PyDict::new(py);
        let device = |device: tmli_engine::DeviceDescription| {
            let one = PyDict::new(py);
            one.set_item("name", device.name)?;
            one.set_item("usable", device.usable)?;
            one.set_item("reason", device.reason)?;
            Ok(one)
        };
        described.set_item("version", worker.version)?;
        described.set_item("libtorch", worker.libtorch)?;
        described.set_item("auto", worker.auto)?;
        described.set_item("devices", worker.devices.into_iter().map(device).collect::<PyResult<Vec<_>>>()?)?;
        described.set_item("memory_bytes", worker.memory_bytes)?;
        described.set_item("memory_available_bytes", worker.memory_available_bytes)?;
        described.set_item("model_memory_bytes", worker.model_memory_bytes)?;
        Ok(described)
    }

    /// Starts a job and returns at once. The voxels are copied into shared memory, so that the volume may change.
    ///
    /// ``models`` are model folders; a structure that several know comes from the one with the best validation DSC,
    /// near ties by HD95.
    /// ``structures`` are names, None for all. ``device`` is "auto", "cpu", "cuda" or "cuda:N". ``overlap`` is the share
    /// of a window that its neighbour covers, 0 to 0.9: less is faster. ``region`` are start and end on the k, j and i
    /// axis, as ``Masks.bounds`` gives them: only what this box needs is computed, and masks are empty outside of it.
    ///
    /// Raises InputError for a request that no worker could fulfil; EngineError when there is no worker.
    #[pyo3(signature = (volume, models, structures=None, device="auto", overlap=0.5, region=None))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
    fn segment(
        &self,
        py: Python<'_>,
        volume: &Bound<'_, Volume>,
        models: Vec<PathBuf>,
        structures: Option<Vec<String>>,
        device: &str,
        overlap: f64,
        region: Option<[[usize; 2]; 3]>,
    ) -> PyResult<Job> {
        let device: DeviceRequest = device.parse().map_err(|reason: String| input(py, ErrorNumber::Option, reason))?;
        let region = region.map(|ends| VoxelBox { min: ends.map(|[start, _]| start), max: ends.map(|[_, end]| end) });
        let structures = structures.unwrap_or_default();
        let inner = volume.get().with_voxels(py, |geometry, voxels| {
            detached(py, || {
                let ct = SharedVolume::from_view(geometry.clone(), voxels)?;
                self.inner.segment(SegmentRequest { ct, models, structures, device, overlap, region })
            })
        })?;
        Ok(Job { inner, result: Mutex::new(None) })
    }

    /// Ends the worker now and frees its memory; jobs in it fail. The next job starts a new one.
    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        computed(py, || self.inner.stop())
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) -> PyResult<()> {
        self.stop(py)
    }
}

/// How far a job or a task is.
#[pyclass(module = "tmli", frozen, get_all)]
#[derive(Debug)]
pub(crate) struct JobStatus {
    /// "queued", "running", "done", "failed" or "cancelled".
    pub(crate) state: String,
    /// Share of the work that is done, 0 to 1.
    pub(crate) fraction: f64,
    /// What is being done, in words.
    pub(crate) stage: String,
    /// Seconds since the job was asked for, until now or its end.
    pub(crate) elapsed_s: f64,
    /// An estimate of the seconds left; None while nothing is known.
    pub(crate) remaining_s: Option<f64>,
    /// The device that computes, with the reason; None while it is not chosen, and of a task.
    pub(crate) device: Option<String>,
}

#[pymethods]
impl JobStatus {
    /// Whether it is over: done, failed or cancelled.
    #[getter]
    fn is_final(&self) -> bool {
        matches!(self.state.as_str(), "done" | "failed" | "cancelled")
    }

    pub(crate) fn __repr__(&self) -> String {
        format!("<tmli.JobStatus {}, {:.0} %: {}>", self.state, 100.0 * self.fraction, self.stage)
    }
}

/// A segmentation that was asked for: ``poll`` it, wait for its ``result``, or ``await`` it. May be used from any thread.
///
/// ``await job`` gives what ``result`` gives and needs no thread; when the awaiting task is cancelled, so is the job.
#[pyclass(module = "tmli", frozen)]
#[derive(Debug)]
pub(crate) struct Job {
    inner: tmli_engine::Job,
    /// What `take` gave, which it gives once only.
    result: Mutex<Option<Py<SegmentResult>>>,
}

#[pymethods]
impl Job {
    /// How far it is. Costs microseconds and waits for nothing.
    fn poll(&self) -> JobStatus {
        let status = self.inner.poll();
        JobStatus {
            state: status.state.to_string(),
            fraction: status.fraction,
            stage: status.stage,
            elapsed_s: status.elapsed_s,
            remaining_s: status.remaining_s,
            device: status.device,
        }
    }

    /// Asks for its end and returns at once; it is over within a second. Nothing happens to a job that is over.
    fn cancel(&self, py: Python<'_>) -> PyResult<()> {
        computed(py, || self.inner.cancel())
    }

    /// Waits for the end, for ``timeout`` seconds at most, and gives the result; the same one when it is called again.
    /// Other threads run meanwhile, and Ctrl-C ends the waiting, not the job.
    ///
    /// Raises TimeoutError; Cancelled; InputError, ModelError or EngineError when the job failed.
    #[pyo3(signature = (timeout=None))]
    fn result(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Py<SegmentResult>> {
        wait_for(py, "job", timeout, |pause| self.inner.wait(Some(pause)).state.is_final())?;
        self.taken(py)
    }

    fn __await__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("tmli._awaiting")?.call_method1("outcome", (slf,))?.call_method0("__await__")
    }

    fn __repr__(&self) -> String {
        format!("<tmli.Job {}: {}>", self.inner.number(), self.poll().__repr__())
    }
}

impl Job {
    /// The result of a job that is over.
    fn taken(&self, py: Python<'_>) -> PyResult<Py<SegmentResult>> {
        // Nobody panics while holding it.
        let mut kept = self.result.lock_py_attached(py).unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(result) = &*kept {
            return Ok(result.clone_ref(py));
        }
        let found = self.inner.take().map_err(|error| raised(py, ApiError::from(error)))?;
        let result = Py::new(py, SegmentResult::new(py, found)?)?;
        Ok(kept.insert(result).clone_ref(py))
    }
}

/// The model that a structure comes from.
#[pyclass(module = "tmli", frozen, get_all, from_py_object)]
#[derive(Clone, Debug)]
pub(crate) struct StructureSource {
    /// As in the masks.
    structure: String,
    /// The model's own name.
    model: String,
    /// "unet2d" or "vnet3d".
    network: String,
    /// SHA-256 of the model's weights.
    weights_sha256: String,
    /// Mean DSC on the model's validation cases; None where it was not validated.
    validation_dsc: Option<f64>,
    /// Mean HD95 on the validation cases in which the model found the structure, in mm; None where not measured.
    validation_hd95_mm: Option<f64>,
}

#[pymethods]
impl StructureSource {
    fn __repr__(&self) -> String {
        format!("<tmli.StructureSource {} from {:?}>", self.structure, self.model)
    }
}

impl From<tmli_engine::StructureSource> for StructureSource {
    fn from(source: tmli_engine::StructureSource) -> Self {
        Self {
            structure: source.structure,
            model: source.model,
            network: source.network,
            weights_sha256: source.weights_sha256,
            validation_dsc: source.validation_dsc,
            validation_hd95_mm: source.validation_hd95_mm,
        }
    }
}

/// What a job found.
#[pyclass(module = "tmli", frozen, get_all)]
#[derive(Debug)]
pub(crate) struct SegmentResult {
    /// Masks on the volume's grid, in the order of the models and of their structures.
    masks: Py<Masks>,
    /// Where each structure comes from, in the same order.
    sources: Vec<StructureSource>,
    /// What the user should know: smaller windows for want of memory, CPU instead of GPU, ...
    notes: Vec<String>,
    /// The device that computed, with the reason.
    device: String,
    /// From the worker's first step on this job to the masks in this process, without waiting for earlier jobs.
    seconds: f64,
    /// The parts of ``seconds``: load_s, network_s, pack_s, receive_s, unpack_s.
    timings: BTreeMap<&'static str, f64>,
}

impl SegmentResult {
    fn new(py: Python<'_>, found: tmli_engine::SegmentResult) -> PyResult<Self> {
        let t = found.timings;
        let timings = [
            ("load_s", t.load_s),
            ("network_s", t.network_s),
            ("pack_s", t.pack_s),
            ("receive_s", t.receive_s),
            ("unpack_s", t.unpack_s),
        ];
        Ok(Self {
            masks: Py::new(py, Masks::new(found.segmentation, Vec::new()))?,
            sources: found.sources.into_iter().map(StructureSource::from).collect(),
            notes: found.notes,
            device: found.device,
            seconds: found.seconds,
            timings: timings.into(),
        })
    }
}

#[pymethods]
impl SegmentResult {
    fn __repr__(&self) -> String {
        format!("<tmli.SegmentResult of {} structures in {:.1} s>", self.sources.len(), self.seconds)
    }
}
