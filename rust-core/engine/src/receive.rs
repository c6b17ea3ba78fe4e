//! From a worker's last words on a job to its result.

use std::{os::fd::OwnedFd, time::Instant};

use tmli_core::{Segment, Segmentation};

use crate::{
    error::EngineError,
    job::Shared,
    masks,
    memory::{ReceivedMemory, Written},
    request::{SegmentResult, Timings},
    words::DoneWords,
};

/// Maps the masks, unpacks them, and lets go of the shared memory. Runs in the connection's thread, so that the caller's
/// [`crate::Job::take`] waits for nothing.
pub(crate) fn result(job: &Shared, done: DoneWords, handle: Option<OwnedFd>) -> Result<SegmentResult, EngineError> {
    let arrived = Instant::now();
    let protocol = |reason: String| EngineError::Protocol { reason };
    // Without a request the job was cancelled in the meantime.
    let request = job.request().ok_or(EngineError::Cancelled)?;
    let geometry = request.ct.geometry().clone();
    if done.sources.len() != done.masks.len() {
        let (names, masks) = (done.sources.len(), done.masks.len());
        return Err(protocol(format!("the worker sent {masks} masks for {names} structures")));
    }
    let handle = handle.ok_or_else(|| protocol("the worker sent no masks beside its words".to_owned()))?;
    let memory = ReceivedMemory::open(handle, done.bytes, Written::NoMore)
        .map_err(|e| EngineError::System { doing: "map the masks of the worker".to_owned(), reason: e.to_string() })?;
    let unpacked = masks::unpack(&memory, geometry.shape(), &done.masks).map_err(protocol)?;
    drop(memory);
    let names = done.sources.iter().map(|source| source.structure.clone());
    let segments = names.zip(unpacked).map(|(name, mask)| Segment { name, mask }).collect();
    let since_begin = job.begun().map_or(0.0, |begun| arrived.saturating_duration_since(begun).as_secs_f64());
    let timings = Timings {
        load_s: done.load_s,
        network_s: done.network_s,
        pack_s: done.pack_s,
        receive_s: (since_begin - done.load_s - done.network_s - done.pack_s).max(0.0),
        unpack_s: arrived.elapsed().as_secs_f64(),
    };
    Ok(SegmentResult {
        segmentation: Segmentation { geometry, segments },
        sources: done.sources,
        notes: done.notes,
        device: done.device,
        seconds: since_begin + timings.unpack_s,
        timings,
    })
}
