//! Measures pairs of masks from files, for `cargo xtask bench --compare metrics`. Prints one JSON object a line.
//!
//! Arguments: folder, profile, input (`bytes` or `labels`). The folder holds `pairs.json` (shape, spacing, names) and
//! for every name `NAME.reference.bits` and `NAME.prediction.bits`: a bit each, lowest first, `[k, j, i]` order.
#![allow(clippy::print_stdout)]

use std::{error::Error, fs, path::Path, time::Instant};

use ndarray::Array3;
use serde_json::{Value, json};
use tmli_core::{
    MetricOptions, Profile, SpacingMm,
    metrics::{NamedMetrics, compare_byte_masks, compare_label_maps},
};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().collect();
    let [_, folder, profile, input] = &words[..] else { return Err("folder, profile and input are needed".into()) };
    let folder = Path::new(folder);
    let pairs: Value = serde_json::from_slice(&fs::read(folder.join("pairs.json"))?)?;
    let number = |at: &str| pairs.pointer(at).and_then(Value::as_f64).ok_or("a number is missing");
    let shape = (number("/shape/0")? as usize, number("/shape/1")? as usize, number("/shape/2")? as usize);
    let spacing = SpacingMm::new(number("/spacing_mm/0")?, number("/spacing_mm/1")?, number("/spacing_mm/2")?);
    let names: Vec<&str> = pairs["names"].as_array().ok_or("no names")?.iter().filter_map(Value::as_str).collect();
    let profile = Profile::from_name(profile).ok_or("no such profile")?;
    let options = MetricOptions { profile, ..MetricOptions::default() };
    let load = |name: &str, which: &str| -> Result<Array3<u8>, Box<dyn Error>> {
        let bits = fs::read(folder.join(format!("{name}.{which}.bits")))?;
        let bytes = bits.iter().flat_map(|byte| (0..8).map(move |n| byte >> n & 1)).collect();
        Ok(Array3::from_shape_vec(shape, bytes)?)
    };

    let found = if input == "labels" {
        let map = |which: &str| -> Result<Array3<u8>, Box<dyn Error>> {
            let mut map = Array3::zeros(shape);
            for (n, name) in names.iter().enumerate() {
                map.zip_mut_with(&load(name, which)?, |label, &inside| {
                    if inside != 0 {
                        *label = n as u8 + 1;
                    }
                });
            }
            Ok(map)
        };
        let (a, b) = (map("reference")?, map("prediction")?);
        let start = cpu_seconds();
        let sum: u64 = [&a, &b].into_iter().flatten().map(|&label| u64::from(label)).sum();
        println!("{}", json!({ "reading_cpu_s": cpu_seconds() - start, "sum": sum }));
        let labels: Vec<(u8, &str)> = (1..).zip(names.iter().copied()).collect();
        timed(|| compare_label_maps(a.view(), b.view(), &labels, spacing, &options))?
    } else {
        let mut masks = Vec::new();
        for name in &names {
            masks.push((*name, load(name, "reference")?, load(name, "prediction")?));
        }
        let views: Vec<_> = masks.iter().map(|(name, a, b)| (*name, a.view(), b.view())).collect();
        timed(|| compare_byte_masks(&views, spacing, &options))?
    };
    for NamedMetrics { name, metrics } in found {
        println!(
            "{}",
            json!({ "name": name, "dsc": metrics.dsc, "hd_mm": metrics.hd_mm, "hd95_mm": metrics.hd95_mm, "asd_mm": metrics.asd_mm })
        );
    }
    Ok(())
}

fn timed<T, E>(work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    // The high-water mark starts anew at what is in use now.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let (cpu, memory, start) = (cpu_seconds(), status_mib("VmRSS"), Instant::now());
    let result = work();
    println!(
        "{}",
        json!({
            "wall_s": start.elapsed().as_secs_f64(),
            "cpu_s": cpu_seconds() - cpu,
            "extra_mib": status_mib("VmHWM") - memory,
        })
    );
    result
}

/// Processor time of all threads of this process so far.
fn cpu_seconds() -> f64 {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanoseconds = tasks.filter_map(|task| {
        fs::read_to_string(task.path().join("schedstat")).ok()?.split(' ').next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e9
}

fn status_mib(name: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}
