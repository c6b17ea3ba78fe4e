//! `tmli_job_t`: a segmentation that was asked for, and `tmli_result_t`: what it found.

use std::ffi::{CString, c_char};

use tmli_api::checks;
use tmli_engine::{Job as CoreJob, JobState, JobStatus as CoreStatus, SegmentResult};

use crate::{
    boundary::{Out, c_text, given},
    engine::seconds,
    error::{Error, free, guard},
    segmentation::Segmentation,
    texts::Texts,
};

/// A segmentation that was asked for.
///
/// Free it with `tmli_job_free`; the job itself goes on. May be used by several threads at once.
#[derive(Debug)]
pub struct Job(CoreJob);

impl Job {
    pub(crate) fn new(job: CoreJob) -> Self {
        Self(job)
    }
}

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum State {
    /// It waits for its worker or for earlier jobs.
    Queued = 0,
    /// It is worked on.
    Running = 1,
    /// `tmli_job_take` gives the result.
    Done = 2,
    /// `tmli_job_take` gives the error.
    Failed = 3,
    /// It was cancelled; there is no result.
    Cancelled = 4,
}

/// How far a job is.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct JobStatus {
    /// Share of the work that is done, 0 to 1.
    pub fraction: f64,
    /// Seconds since it was asked for, until now or its end.
    pub elapsed_s: f64,
    /// An estimate of the seconds left; negative while nothing is known.
    pub remaining_s: f64,
    /// One of `tmli_state`.
    pub state: i32,
    /// Whether it is over: 1 or 0.
    pub is_over: u8,
    /// What is being done, in words; ends with a zero byte, cut where it is too long.
    pub stage: [c_char; 123],
    /// The device that computes, with the reason; empty while it is not chosen.
    pub device: [c_char; 256],
}

impl From<CoreStatus> for JobStatus {
    fn from(status: CoreStatus) -> Self {
        let state = match status.state {
            JobState::Queued => State::Queued,
            JobState::Running => State::Running,
            JobState::Done => State::Done,
            JobState::Failed => State::Failed,
            JobState::Cancelled => State::Cancelled,
        };
        Self {
            fraction: status.fraction,
            elapsed_s: status.elapsed_s,
            remaining_s: status.remaining_s.unwrap_or(-1.0),
            state: state as i32,
            is_over: u8::from(status.state.is_final()),
            stage: cut(&status.stage),
            device: cut(status.device.as_deref().unwrap_or_default()),
        }
    }
}

/// As much of a text as fits with a zero byte at its end, without cutting a character.
fn cut<const N: usize>(text: &str) -> [c_char; N] {
    let mut bytes = [0_u8; N];
    let end = (0..N.min(text.len() + 1)).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    bytes[..end].copy_from_slice(&text.as_bytes()[..end]);
    bytes.map(|byte| byte as c_char)
}

/// How far the job is. Never waits: made for timers.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_job_poll(job: Option<&Job>, status: Out<'_, JobStatus>) -> Option<Box<Error>> {
    guard(|| {
        let (job, slot) = (given(job, "job")?, status.needed("status")?);
        slot.put(job.0.poll().into());
        Ok(())
    })
}

/// Waits until the job is over, for `limit_s` seconds at most, and says how far it is then.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_job_wait(job: Option<&Job>, limit_s: f64, status: Out<'_, JobStatus>) -> Option<Box<Error>> {
    guard(|| {
        let (job, slot) = (given(job, "job")?, status.needed("status")?);
        slot.put(job.0.wait(seconds("limit_s", limit_s)?).into());
        Ok(())
    })
}

/// Asks for the job's end and returns at once; it is over within a second.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_job_cancel(job: Option<&Job>) -> Option<Box<Error>> {
    guard(|| {
        given(job, "job")?.0.cancel();
        Ok(())
    })
}

/// The result, once: a handle to be freed. Fails with `TMLI_ERROR_NOT_DONE` before the end, `TMLI_ERROR_CANCELLED`, what
/// made the job fail, or `TMLI_ERROR_TAKEN`.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_job_take(job: Option<&Job>, result: Out<'_, Box<JobResult>>) -> Option<Box<Error>> {
    guard(|| {
        let (job, slot) = (given(job, "job")?, result.needed("result")?);
        slot.put(Box::new(JobResult::new(job.0.take()?)));
        Ok(())
    })
}

/// Frees the handle; the job itself goes on unless it was cancelled. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_job_free(job: Option<Box<Job>>) {
    free(job);
}

/// What a job found. Never changes.
///
/// Free it with `tmli_result_free`. May be used by several threads at once.
#[derive(Debug)]
pub struct JobResult {
    segmentation: Segmentation,
    sources: Vec<SourceWords>,
    notes: Vec<String>,
    device: CString,
    seconds: f64,
}

#[derive(Debug)]
struct SourceWords {
    structure: CString,
    model: CString,
    network: CString,
    weights_sha256: CString,
    validation_dsc: f64,
    validation_hd95_mm: f64,
}

impl JobResult {
    fn new(result: SegmentResult) -> Self {
        let source = |source: &tmli_engine::StructureSource| SourceWords {
            structure: c_text(&source.structure),
            model: c_text(&source.model),
            network: c_text(&source.network),
            weights_sha256: c_text(&source.weights_sha256),
            validation_dsc: source.validation_dsc.unwrap_or(f64::NAN),
            validation_hd95_mm: source.validation_hd95_mm.unwrap_or(f64::NAN),
        };
        Self {
            sources: result.sources.iter().map(source).collect(),
            segmentation: Segmentation::new(result.segmentation),
            notes: result.notes,
            device: c_text(&result.device),
            seconds: result.seconds,
        }
    }
}

/// The model that a structure comes from. The texts live as long as the result.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Source {
    /// As in the segmentation.
    pub structure: *const c_char,
    /// The model's own name.
    pub model: *const c_char,
    /// "unet2d" or "vnet3d".
    pub network: *const c_char,
    /// SHA-256 of the model's weights, lower-case hexadecimal.
    pub weights_sha256: *const c_char,
    /// Mean DSC on the model's validation cases; NaN where it was not validated.
    pub validation_dsc: f64,
    /// Mean HD95 on the validation cases in which the model found the structure, in mm; NaN where it was not measured.
    pub validation_hd95_mm: f64,
}

/// The masks, on the grid of the job's volume: a handle of its own, to be freed; voxels are not copied.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_result_segmentation(
    result: Option<&JobResult>,
    segmentation: Out<'_, Box<Segmentation>>,
) -> Option<Box<Error>> {
    guard(|| {
        let (result, slot) = (given(result, "result")?, segmentation.needed("segmentation")?);
        slot.put(Box::new(result.segmentation.clone()));
        Ok(())
    })
}

/// Where the structure at `index` of the segmentation comes from.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_result_source(
    result: Option<&JobResult>,
    index: usize,
    source: Out<'_, Source>,
) -> Option<Box<Error>> {
    guard(|| {
        let (result, slot) = (given(result, "result")?, source.needed("source")?);
        let count = result.sources.len();
        let words = result.sources.get(index).ok_or_else(|| checks::no_such_index("structures", index, count))?;
        slot.put(Source {
            structure: words.structure.as_ptr(),
            model: words.model.as_ptr(),
            network: words.network.as_ptr(),
            weights_sha256: words.weights_sha256.as_ptr(),
            validation_dsc: words.validation_dsc,
            validation_hd95_mm: words.validation_hd95_mm,
        });
        Ok(())
    })
}

/// What the user should know, e.g. that the CPU was taken in place of the GPU: a list, to be freed.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_result_notes(result: Option<&JobResult>, notes: Out<'_, Box<Texts>>) -> Option<Box<Error>> {
    guard(|| {
        let (result, slot) = (given(result, "result")?, notes.needed("notes")?);
        slot.put(Texts::new(&result.notes));
        Ok(())
    })
}

/// The device that computed, with the reason, and the seconds it took. The text lives as long as the result.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_result_device(
    result: Option<&JobResult>,
    device: Out<'_, *const c_char>,
    seconds: Out<'_, f64>,
) -> Option<Box<Error>> {
    guard(|| {
        let result = given(result, "result")?;
        let (device, seconds) = (device.needed("device")?, seconds.needed("seconds")?);
        device.put(result.device.as_ptr());
        seconds.put(result.seconds);
        Ok(())
    })
}

/// Frees the result. Segmentations that were taken from it stay. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_result_free(result: Option<Box<JobResult>>) {
    free(result);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_long_is_cut_between_characters() {
        let bytes = |text: &str| cut::<8>(text).map(|c| c as u8);
        assert_eq!(&bytes("loading"), b"loading\0");
        assert_eq!(&bytes("loading a"), b"loading\0");
        assert_eq!(&bytes("windo\u{fc}\u{fc}"), b"windo\xc3\xbc\0");
        assert_eq!(&bytes("window\u{fc}"), b"window\0\0");
        assert_eq!(&bytes(""), &[0; 8]);
    }
}
