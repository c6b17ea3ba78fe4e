//! Which device computes, and why, in words a user can act on.

use tch::Device;
use tmli_model::DeviceRequest;

use crate::libtorch_cuda::{self, CudaLibrary};

/// The device to compute on, and why this one, in plain words. Falls back to the CPU with the reason; sets the number
/// of CPU threads to the number of physical cores.
pub fn choose_device(request: DeviceRequest) -> (Device, String) {
    let threads = use_physical_cores();
    let on_cpu = |why: String| (Device::Cpu, format!("CPU with {}: {why}", count(threads, "thread")));
    let wanted = match request {
        DeviceRequest::Cpu => return on_cpu("as requested".to_owned()),
        DeviceRequest::Auto => 0,
        DeviceRequest::Cuda(n) => n,
    };
    match libtorch_cuda::load() {
        CudaLibrary::NoDriver => on_cpu("there is no NVIDIA driver on this machine".to_owned()),
        CudaLibrary::NotInstalled => on_cpu(
            "there is an NVIDIA driver, but libtorch has no CUDA part; run `cargo xtask setup --cuda` to add it"
                .to_owned(),
        ),
        CudaLibrary::Broken(reason) => on_cpu(format!(
            "libtorch's CUDA part can't be loaded ({reason}); run `cargo xtask setup --cuda` to complete it"
        )),
        CudaLibrary::Loaded => {
            let gpus = if tch::Cuda::is_available() { tch::Cuda::device_count().max(0) as usize } else { 0 };
            if gpus == 0 {
                on_cpu("libtorch finds no usable GPU; check `nvidia-smi` and the driver's version".to_owned())
            } else if wanted >= gpus {
                on_cpu(format!("cuda:{wanted} was asked for, but there is only {}", count(gpus, "GPU")))
            } else {
                (Device::Cuda(wanted), format!("NVIDIA GPU {wanted} of {gpus}"))
            }
        }
    }
}

/// Lets torch use one thread per physical core (hyper-threads only compete for the same arithmetic units), and returns
/// that number. Results on the CPU are the same from run to run only for the same number.
pub fn use_physical_cores() -> usize {
    let available = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = num_cpus::get_physical().clamp(1, available);
    tch::set_num_threads(threads as i32);
    threads
}

/// A device in words.
pub fn device_name(device: Device) -> String {
    match device {
        Device::Cuda(n) => format!("GPU {n}"),
        Device::Cpu => "the CPU".to_owned(),
        other => format!("{other:?}"),
    }
}

/// A device as [`DeviceRequest`] writes it: `cpu`, `cuda:0`.
pub fn device_id(device: Device) -> String {
    match device {
        Device::Cuda(n) => DeviceRequest::Cuda(n).to_string(),
        _ => DeviceRequest::Cpu.to_string(),
    }
}

fn count(n: usize, thing: &str) -> String {
    if n == 1 { format!("1 {thing}") } else { format!("{n} {thing}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_is_always_there_and_the_reason_is_told() {
        let (device, reason) = choose_device(DeviceRequest::Cpu);
        assert_eq!(device, Device::Cpu);
        assert!(reason.starts_with("CPU with ") && reason.ends_with("as requested"), "{reason}");
    }

    #[test]
    fn a_gpu_that_is_not_there_falls_back_with_a_reason() {
        let (device, reason) = choose_device(DeviceRequest::Cuda(4096));
        assert_eq!(device, Device::Cpu);
        assert!(reason.len() > "CPU with 1 thread: ".len(), "{reason}");
    }
}
