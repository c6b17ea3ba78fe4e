//! The thread of a device: jobs one after the other, and models that stay loaded between them.

use std::{
    io,
    os::fd::{AsFd as _, OwnedFd},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{self, Receiver, Sender},
    time::Instant,
};

use tmli_engine::{
    FailureClass,
    words::{SegmentWords, ToHost},
};
use tmli_nn::Device;

use super::{
    answer,
    attempt::Places,
    desk::Desk,
    job::{self, Ended},
    models::Models,
    progress::Progress,
};

/// A job on its way to its device.
pub(super) struct Task {
    pub(super) words: Box<SegmentWords>,
    /// The CT's shared memory.
    pub(super) ct: Option<OwnedFd>,
    /// The device, with the reason.
    pub(super) device: String,
}

/// Starts the thread; tasks that are sent wait for their turn.
pub(super) fn start(desk: Desk, device: Device, model_memory_bytes: u64) -> io::Result<Sender<Task>> {
    let (sender, tasks) = mpsc::channel();
    std::thread::Builder::new()
        .name(format!("{device:?}"))
        .spawn(move || run(&desk, device, model_memory_bytes, &tasks))?;
    Ok(sender)
}

fn run(desk: &Desk, device: Device, model_memory_bytes: u64, tasks: &Receiver<Task>) {
    let mut models = Models::new(device, model_memory_bytes);
    let mut on_cpu = Models::new(Device::Cpu, model_memory_bytes);
    while let Ok(Task { words, ct, device: reason }) = tasks.recv() {
        let number = words.job;
        let Some(cancelled) = desk.begin(number) else { continue };
        desk.say(&ToHost::Started { job: number, device: reason.clone() }, None);
        let start = Instant::now();
        let places = Places { first: &mut models, device, cpu: &mut on_cpu };
        let progress = Progress::new(desk, number, cancelled);
        // Models are only read, and whatever else a panic leaves half done ends with the job.
        let ended = catch_unwind(AssertUnwindSafe(|| job::run(&words, ct, reason, places, progress)));
        let seconds = start.elapsed().as_secs_f64();
        match ended {
            Ok(Ended::Done(done, masks)) => {
                eprintln!("job {number}: done in {seconds:.2} s");
                desk.close(number, &ToHost::Done(done), Some(masks.as_fd()));
            }
            Ok(Ended::Cancelled) => {
                eprintln!("job {number}: cancelled after {seconds:.2} s");
                desk.close(number, &ToHost::Cancelled { job: number }, None);
            }
            Ok(Ended::Failed(failure)) => {
                eprintln!("job {number}: failed after {seconds:.2} s: {}", failure.message);
                desk.close(number, &answer::failed(Some(number), failure.class, &failure.message), None);
            }
            // What and where is in the log already.
            Err(_) => {
                let message = "TMLI's worker met a defect of its own; the log says where";
                desk.close(number, &answer::failed(Some(number), FailureClass::Defect, &message), None);
            }
        }
    }
}
