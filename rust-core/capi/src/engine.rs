//! `tmli_engine_t`: what starts segmentation jobs.

use std::{
    ffi::{CString, c_char},
    time::Duration,
};

use tmli_api::{ApiError, ErrorNumber, checks};
use tmli_engine::{
    DeviceRequest, Engine as CoreEngine, EngineOptions as CoreOptions, SegmentRequest, SharedVolume, VoxelBox,
    WorkerDescription,
};

use crate::{
    boundary::{Buffer, Out, Text, c_text, given},
    error::{Error, free, guard},
    geometry::Shape,
    job::Job,
    volume::Volume,
};

/// What starts segmentation jobs. The networks run in a worker process, which the engine starts at the first need, keeps
/// and watches; libtorch is never loaded into this process.
///
/// Free it with `tmli_engine_free`, which ends the worker and the jobs in it. May be used by several threads at once.
#[derive(Debug)]
pub struct Engine(CoreEngine);

/// How an engine is set up. All zero is right for most programs.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct EngineOptions<'a> {
    /// The program tmli-worker; NULL looks for it: in the variable TMLI_WORKER, beside the program, beside this library,
    /// in `../bin` of both, on PATH.
    pub worker: Text<'a>,
    /// Where the worker writes its log; NULL for the user's state folder. Logs hold no patient data.
    pub log_folder: Text<'a>,
    /// The worker ends after so many seconds without a job; 0 for never.
    pub idle_limit_s: f64,
    /// Most bytes of model weights that stay loaded per device; 0 for a quarter of the machine's memory.
    pub model_memory_bytes: u64,
}

/// Voxels from `min` up to, but without, `max`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Region {
    /// First voxel inside.
    pub min: Shape,
    /// First voxel beyond, on every axis.
    pub max: Shape,
}

/// What a job is to do. Fill it with `tmli_segment_options_default` first.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct SegmentOptions<'a> {
    /// Names of the structures to find; NULL for all that the models know.
    pub structures: Buffer<'a, Text<'a>>,
    /// How many names there are.
    pub structure_count: usize,
    /// "auto", "cpu", or "cuda:N"; NULL for "auto".
    pub device: Text<'a>,
    /// Only what this part of the volume needs is computed, and masks are empty outside of it; NULL for everything.
    pub region: Option<&'a Region>,
    /// Share of a window that its neighbour covers, 0 to 0.9: less is faster, more is smoother.
    pub overlap: f64,
}

/// Makes an engine; nothing is started yet. `options` may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_engine_new(
    options: Option<&EngineOptions<'_>>,
    engine: Out<'_, Box<Engine>>,
) -> Option<Box<Error>> {
    guard(|| {
        let slot = engine.needed("engine")?;
        let mut core = CoreOptions::default();
        if let Some(options) = options {
            core.worker = options.worker.optional("worker")?.map(Into::into);
            core.log_folder = options.log_folder.optional("log_folder")?.map(Into::into);
            core.idle_limit = seconds("idle_limit_s", options.idle_limit_s)?.filter(|limit| !limit.is_zero());
            core.model_memory_bytes = (options.model_memory_bytes > 0).then_some(options.model_memory_bytes);
        }
        slot.put(Box::new(Engine(CoreEngine::new(core))));
        Ok(())
    })
}

/// A span of time; `None` when it is longer than any that can be told.
pub(crate) fn seconds(what: &str, value: f64) -> Result<Option<Duration>, ApiError> {
    if value.is_nan() || value < 0.0 {
        return Err(ApiError::new(ErrorNumber::Option, format!("{what} should be 0 or more seconds, got {value}")));
    }
    Ok(Duration::try_from_secs_f64(value).ok())
}

/// All structures that the models know, in the whole volume, on the best device, with an overlap of one half.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_segment_options_default(options: Out<'_, SegmentOptions<'static>>) -> Option<Box<Error>> {
    guard(|| {
        let slot = options.needed("options")?;
        let (structures, device) = (Buffer::NULL, Text::NULL);
        slot.put(SegmentOptions { structures, structure_count: 0, device, region: None, overlap: 0.5 });
        Ok(())
    })
}

/// Starts a job and returns at once. The volume is copied to memory that the worker sees. `models` are the `model_count`
/// folders of the models; a structure that several know comes from the one with the best validation DSC, near ties by HD95.
/// `options` may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_engine_segment(
    engine: Option<&Engine>,
    volume: Option<&Volume>,
    models: Buffer<'_, Text<'_>>,
    model_count: usize,
    options: Option<&SegmentOptions<'_>>,
    job: Out<'_, Box<Job>>,
) -> Option<Box<Error>> {
    guard(|| {
        let (engine, volume) = (given(engine, "engine")?, given(volume, "volume")?);
        let slot = job.needed("job")?;
        let folders = models.values(model_count, "models")?;
        let folders = folders.iter().map(|folder| Ok(folder.needed("a model folder")?.into()));
        let folders = folders.collect::<Result<_, ApiError>>()?;
        let mut ct = SharedVolume::new(volume.geometry().grid().clone())?;
        if let Some(voxels) = ct.as_mut_slice() {
            voxels.copy_from_slice(volume.values());
        }
        let mut request = SegmentRequest::new(ct, folders);
        if let Some(options) = options {
            request.structures = structures(options)?;
            request.device = device(options.device)?;
            request.overlap = options.overlap;
            request.region = options.region.map(|region| VoxelBox { min: region.min.into(), max: region.max.into() });
        }
        slot.put(Box::new(Job::new(engine.0.segment(request)?)));
        Ok(())
    })
}

fn structures(options: &SegmentOptions<'_>) -> Result<Vec<String>, ApiError> {
    let names = options.structures.values(options.structure_count, "structures")?;
    names.iter().map(|name| Ok(name.needed("the name of a structure")?.to_owned())).collect()
}

fn device(text: Text<'_>) -> Result<DeviceRequest, ApiError> {
    let Some(text) = text.optional("device")? else { return Ok(DeviceRequest::Auto) };
    text.parse().map_err(|reason: String| ApiError::new(ErrorNumber::Option, reason))
}

/// Ends the worker now, frees its memory, and ends the jobs in it. The next job starts a new one.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_engine_stop(engine: Option<&Engine>) -> Option<Box<Error>> {
    guard(|| {
        given(engine, "engine")?.0.stop();
        Ok(())
    })
}

/// Frees the engine: ends its worker and the jobs in it. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_engine_free(engine: Option<Box<Engine>>) {
    free(engine);
}

/// What a worker is and can. Never changes.
///
/// Free it with `tmli_worker_free`. May be used by several threads at once.
#[derive(Debug)]
pub struct Worker {
    words: [CString; 3],
    devices: Vec<(CString, CString, bool)>,
    description: WorkerDescription,
}

/// What a worker is. The texts live as long as the worker's description.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct WorkerInfo {
    /// Its version.
    pub version: *const c_char,
    /// The version of its libtorch.
    pub libtorch: *const c_char,
    /// The device that "auto" takes, with the reason.
    pub automatic_device: *const c_char,
    /// Memory of the machine.
    pub memory_bytes: u64,
    /// Memory that is free.
    pub memory_available_bytes: u64,
    /// How many devices there are.
    pub devices: usize,
}

/// A device that may compute. The texts live as long as the worker's description.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Device {
    /// "cpu", "cuda:0", ...
    pub name: *const c_char,
    /// What it is, or why it can't be used.
    pub reason: *const c_char,
    /// Whether it can be used: 1 or 0.
    pub usable: u8,
}

/// What the engine's worker is: starts it if need be, and waits for its answer.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_engine_describe(engine: Option<&Engine>, worker: Out<'_, Box<Worker>>) -> Option<Box<Error>> {
    guard(|| {
        let (engine, slot) = (given(engine, "engine")?, worker.needed("worker")?);
        let description = engine.0.describe()?;
        let device =
            |device: &tmli_engine::DeviceDescription| (c_text(&device.name), c_text(&device.reason), device.usable);
        slot.put(Box::new(Worker {
            words: [&description.version, &description.libtorch, &description.auto].map(|text| c_text(text)),
            devices: description.devices.iter().map(device).collect(),
            description,
        }));
        Ok(())
    })
}

/// What the worker is.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_worker_info(worker: Option<&Worker>, info: Out<'_, WorkerInfo>) -> Option<Box<Error>> {
    guard(|| {
        let (worker, slot) = (given(worker, "worker")?, info.needed("info")?);
        let [version, libtorch, automatic_device] = [0, 1, 2].map(|n| worker.words[n].as_ptr());
        slot.put(WorkerInfo {
            version,
            libtorch,
            automatic_device,
            memory_bytes: worker.description.memory_bytes,
            memory_available_bytes: worker.description.memory_available_bytes,
            devices: worker.devices.len(),
        });
        Ok(())
    })
}

/// The device at `index`, from 0 on.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_worker_device(
    worker: Option<&Worker>,
    index: usize,
    device: Out<'_, Device>,
) -> Option<Box<Error>> {
    guard(|| {
        let (worker, slot) = (given(worker, "worker")?, device.needed("device")?);
        let devices = &worker.devices;
        let found = devices.get(index).ok_or_else(|| checks::no_such_index("devices", index, devices.len()))?;
        let (name, reason, usable) = found;
        slot.put(Device { name: name.as_ptr(), reason: reason.as_ptr(), usable: u8::from(*usable) });
        Ok(())
    })
}

/// Frees the description; the worker goes on. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_worker_free(worker: Option<Box<Worker>>) {
    free(worker);
}
