//! Which device a job goes to. A thread of its own: looking for GPUs may load gigabytes of libraries.

use std::{
    collections::BTreeMap,
    os::fd::OwnedFd,
    sync::mpsc::{Receiver, Sender},
};

use sysinfo::System;
use tmli_engine::{
    DeviceDescription, DeviceRequest, FailureClass, WorkerDescription,
    words::{SegmentWords, ToHost},
};
use tmli_nn::{choose_device, libtorch};

use super::{
    answer,
    desk::Desk,
    work::{self, Task},
};

/// Of the machine's memory, for loaded weights, when the host does not say.
const MODEL_SHARE: u64 = 4;

/// What is to be done.
pub(super) enum Errand {
    Describe,
    Segment(Box<SegmentWords>, Option<OwnedFd>),
}

/// Does errands until the process ends.
pub(super) fn run(desk: &Desk, errands: &Receiver<Errand>, model_memory_bytes: Option<u64>) {
    let mut system = System::new();
    system.refresh_memory();
    let model_memory_bytes = model_memory_bytes.unwrap_or(system.total_memory() / MODEL_SHARE);
    let mut queues: BTreeMap<String, Sender<Task>> = BTreeMap::new();
    while let Ok(errand) = errands.recv() {
        match errand {
            Errand::Describe => {
                system.refresh_memory();
                desk.say(&ToHost::Description(describe(&system, model_memory_bytes)), None);
            }
            Errand::Segment(words, ct) => {
                let job = words.job;
                let (device, reason) = choose_device(words.device);
                let name = format!("{device:?}");
                if !queues.contains_key(&name) {
                    match work::start(desk.clone(), device, model_memory_bytes) {
                        Ok(queue) => drop(queues.insert(name.clone(), queue)),
                        Err(error) => eprintln!("can't start a thread: {error}"),
                    }
                }
                let task = Task { words, ct, device: reason };
                if queues.get(&name).is_none_or(|queue| queue.send(task).is_err()) {
                    queues.remove(&name);
                    let why = "the device's thread is not there";
                    desk.close(job, &answer::failed(Some(job), FailureClass::Defect, &why), None);
                }
            }
        }
    }
}

fn describe(system: &System, model_memory_bytes: u64) -> WorkerDescription {
    let (_, auto) = choose_device(DeviceRequest::Auto);
    let (_, cpu) = choose_device(DeviceRequest::Cpu);
    let mut devices = vec![DeviceDescription { name: "cpu".to_owned(), usable: true, reason: cpu }];
    for number in 0.. {
        let (device, reason) = choose_device(DeviceRequest::Cuda(number));
        let usable = device.is_cuda();
        // Why there is no GPU at all is worth a line, why there is not one more is not.
        if usable || number == 0 {
            devices.push(DeviceDescription { name: format!("cuda:{number}"), usable, reason });
        }
        if !usable {
            break;
        }
    }
    WorkerDescription {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        libtorch: libtorch::loaded().and_then(|path| libtorch::version_of(&path)).unwrap_or_default(),
        auto,
        devices,
        memory_bytes: system.total_memory(),
        memory_available_bytes: system.available_memory(),
        model_memory_bytes,
    }
}
