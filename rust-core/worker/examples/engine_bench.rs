//! Measures what the engine adds to the network's own time, for `cargo xtask bench engine`. Prints one JSON object a
//! repetition.
//!
//! Arguments: the worker, a folder to work in, how often. A CT of 512 x 512 x 250 voxels goes to the worker, and 25
//! structures that reach from head to foot come back: more than those of a real patient. The model is one 1x1
//! convolution and is left in `FOLDER/model`, for the same measurement from Python.
#![allow(clippy::print_stdout)]

use std::{error::Error, path::PathBuf, time::Instant};

use ndarray::{Array3, Zip};
use serde_json::json;
use tmli_core::{PointLps, SpacingMm, Volume, VolumeGeometry};
use tmli_engine::{DeviceRequest, Engine, EngineOptions, SegmentRequest, SharedVolume};

#[path = "../tests/common/models.rs"]
mod models;

const SHAPE: [usize; 3] = [250, 512, 512];
const STRUCTURES: u8 = 25;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().collect();
    let [_, worker, folder, repeat] = &words[..] else { return Err("worker, folder and number are needed".into()) };
    let folder = PathBuf::from(folder);
    let model = folder.join("model");
    // Cylinders within each other: HU falls from the axis (900) to the skin.
    let limits: Vec<f32> = (0..STRUCTURES).map(|n| -130.5 + 40.0 * f32::from(n)).collect();
    models::threshold_model(&model, &limits);
    let options =
        EngineOptions { worker: Some(worker.into()), log_folder: Some(folder.join("log")), ..EngineOptions::default() };
    let engine = Engine::new(options);
    let ct = patient()?;
    // Starts the worker and loads the model, as the first job of a session does.
    segment(&engine, SharedVolume::from_volume(&ct)?, &model)?;
    for _ in 0..repeat.parse::<usize>()? {
        let start = Instant::now();
        let shared = SharedVolume::from_volume(&ct)?;
        let fill_s = start.elapsed().as_secs_f64();
        let (send_s, take_s, result) = segment(&engine, shared, &model)?;
        let total_s = start.elapsed().as_secs_f64();
        let t = result.timings;
        let voxels: usize = result.segmentation.segments.iter().map(|s| s.mask.count()).sum();
        let steps = json!({
            "fill the shared memory": fill_s, "send the job": send_s, "pack 25 masks": t.pack_s,
            "receive": t.receive_s, "unpack 25 masks": t.unpack_s, "take": take_s,
        });
        let (network_s, load_s) = (t.network_s, t.load_s);
        let overhead_s = total_s - network_s;
        println!(
            "{}",
            json!({ "steps": steps, "load_s": load_s, "network_s": network_s, "total_s": total_s, "overhead_s": overhead_s,
                    "voxels": voxels })
        );
    }
    Ok(())
}

/// Runs a job; gives the seconds of the call that starts it and of the one that takes its result.
fn segment(
    engine: &Engine,
    ct: SharedVolume,
    model: &std::path::Path,
) -> Result<(f64, f64, tmli_engine::SegmentResult), Box<dyn Error>> {
    let start = Instant::now();
    let request =
        SegmentRequest { device: DeviceRequest::Cpu, overlap: 0.0, ..SegmentRequest::new(ct, vec![model.to_owned()]) };
    let job = engine.segment(request)?;
    let send_s = start.elapsed().as_secs_f64();
    job.wait(None);
    let start = Instant::now();
    let result = job.take()?;
    Ok((send_s, start.elapsed().as_secs_f64(), result))
}

fn patient() -> Result<Volume<i16>, Box<dyn Error>> {
    let origin = PointLps::new(-255.5, -255.5, 0.0);
    let grid = VolumeGeometry::axial(SHAPE, origin, SpacingMm::new(5.0, 1.0, 1.0))?;
    let centre = |n: usize, size: usize| (n as f64 + 0.5) / size as f64 * 2.0 - 1.0;
    let slice = Array3::from_shape_fn((1, SHAPE[1], SHAPE[2]), |(_, j, i)| {
        let distance = centre(j, SHAPE[1]).hypot(centre(i, SHAPE[2]));
        if distance > 0.8 { -1000 } else { (900.0 - 1300.0 * distance) as i16 }
    });
    let mut data = Array3::zeros(SHAPE);
    let repeated = slice.broadcast(SHAPE).ok_or("a slice fits every slice")?;
    Zip::from(&mut data).and(repeated).for_each(|to, &from| *to = from);
    Ok(Volume::new(grid, data)?)
}
