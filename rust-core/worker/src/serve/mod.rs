//! `tmli-worker serve`: segmentation jobs for a host that holds the other end of standard input.
//!
//! The main thread reads words and does nothing else, so that a cancel, and the end of the host, are seen at once,
//! whatever the networks do. One thread looks for devices ([`route`]), and one thread per device runs jobs one after the
//! other ([`work`]). What is said is in `tmli_engine::words`.

mod answer;
mod attempt;
#[cfg(test)]
mod defect_test;
mod desk;
mod end;
mod job;
mod models;
mod progress;
mod route;
mod work;

use std::{io, os::fd::AsFd as _, process::ExitCode, sync::mpsc, time::Duration};

use tmli_engine::{
    FailureClass,
    channel::{self, Received, Receiver},
    words::{PROTOCOL, ToHost, ToWorker},
};

use self::{desk::Desk, route::Errand};

/// How often it is looked whether the host is still the parent, should the end of input not come: a fork of the host may
/// hold its end of the channel.
const LOOK_FOR_HOST: Duration = Duration::from_secs(1);
/// A host says hello at once.
const HELLO_WITHIN: Duration = Duration::from_secs(60);

/// Serves until the host ends the channel or itself; then the process ends, whatever it does. An error exit means that
/// standard input is no channel, or that the first words were not those of a host.
pub(crate) fn serve() -> ExitCode {
    // What a defect says goes to the log; the job's answer points there.
    std::panic::set_hook(Box::new(|info| eprintln!("defect: {info}")));
    match begin() {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some((desk, mut receiver, errands))) => {
            read(&desk, &mut receiver, &errands);
            // Not an ordinary end: libtorch's threads are in the middle of something.
            end::now()
        }
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

type Begun = (Desk, Receiver, mpsc::Sender<Errand>);

/// Meets the host, and starts the thread that does errands; `None` when the host is gone already.
fn begin() -> Result<Option<Begun>, String> {
    let by_hand = |e: io::Error| {
        format!(
            "standard input is not the channel of a host ({e}): TMLI's library starts this command; `tmli segment` is \
             for the command line"
        )
    };
    let end = io::stdin().as_fd().try_clone_to_owned().map_err(by_hand)?;
    let (sender, mut receiver) = channel::open(end);
    let desk = Desk::new(sender);
    let hello = match receiver.receive(Some(HELLO_WITHIN)).map_err(by_hand)? {
        Received::Line(line, _) => line,
        Received::Nothing => return Err(by_hand(io::ErrorKind::TimedOut.into())),
        Received::End => return Ok(None),
    };
    let model_memory_bytes = greet(&desk, &hello)?;
    let (errands, to_do) = mpsc::channel();
    let router = desk.clone();
    std::thread::Builder::new()
        .name("devices".to_owned())
        .spawn(move || route::run(&router, &to_do, model_memory_bytes))
        .map_err(|e| format!("can't start a thread: {e}"))?;
    Ok(Some((desk, receiver, errands)))
}

/// Answers the first words; gives the limit for loaded weights.
fn greet(desk: &Desk, line: &str) -> Result<Option<u64>, String> {
    let ours = env!("CARGO_PKG_VERSION");
    let refuse = |reason: String| {
        desk.say(&ToHost::Refused { reason: reason.clone() }, None);
        Err(reason)
    };
    match serde_json::from_str(line) {
        Ok(ToWorker::Hello { protocol: PROTOCOL, model_memory_bytes, .. }) => {
            desk.say(&ToHost::Ready { protocol: PROTOCOL, worker: ours.to_owned() }, None);
            Ok(model_memory_bytes)
        }
        Ok(ToWorker::Hello { protocol, host, .. }) => refuse(format!(
            "the host ({host}) speaks version {protocol} of the words, this worker ({ours}) version {PROTOCOL}"
        )),
        _ => refuse(format!("the first words must be a hello of version {PROTOCOL}")),
    }
}

/// Reads words until the host is gone.
fn read(desk: &Desk, receiver: &mut Receiver, errands: &mpsc::Sender<Errand>) {
    let host = end::parent();
    loop {
        let (line, handle) = match receiver.receive(Some(LOOK_FOR_HOST)) {
            Ok(Received::Line(line, handle)) => (line, handle),
            Ok(Received::Nothing) if end::parent() == host => continue,
            Ok(Received::Nothing | Received::End) => return,
            Err(e) if e.kind() == io::ErrorKind::InvalidData => {
                desk.say(&answer::failed(None, FailureClass::Request, &e), None);
                continue;
            }
            Err(_) => return,
        };
        let errand = match serde_json::from_str(&line) {
            Ok(ToWorker::Describe) => Errand::Describe,
            Ok(ToWorker::Segment(words)) => {
                desk.enter(words.job);
                Errand::Segment(words, handle)
            }
            Ok(ToWorker::Cancel { job }) => {
                desk.cancel(job);
                continue;
            }
            Ok(ToWorker::Hello { .. }) => continue,
            Err(error) => {
                desk.say(&answer::failed(number_in(&line), FailureClass::Request, &error), None);
                continue;
            }
        };
        if errands.send(errand).is_err() {
            // The devices' thread is gone, and with it all that this process is for.
            return;
        }
    }
}

/// The job that words are about which are not understood.
fn number_in(line: &str) -> Option<u64> {
    serde_json::from_str::<serde_json::Value>(line).ok()?.get("job")?.as_u64()
}
