//! `tmli-worker probe`: libtorch and device.

use tmli_nn::{DeviceRequest, choose_device, device::device_id, libtorch};
use tmli_terminal::{
    failure::{Explain, Outcome},
    output::print,
    probe::{Libtorch, Probe},
};

/// Runs the command.
pub(crate) fn run() -> Outcome {
    let (device, reason) = choose_device(DeviceRequest::Auto);
    let probe = Probe {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        libtorch: libtorch::loaded().map(|path| Libtorch { version: libtorch::version_of(&path), path }),
        device: device_id(device),
        reason,
    };
    print(serde_json::to_string(&probe).explain("the answer can't be written as JSON")?)
}
