//! Loads, reads and writes one large patient, for `cargo xtask bench --compare dicom`.
//!
//! | arguments | what it does |
//! |---|---|
//! | `make FOLDER` | a phantom of 512 x 512 x 250 voxels: `ct/`, `rtstruct.dcm`, `seg.dcm`, its masks as `NAME.bits` and `masks/NAME.nii.gz`, `info.json` |
//! | `measure FOLDER ct` | reads the CT series |
//! | `measure FOLDER read` | reads `rtstruct.dcm` and rasterises its 25 structures |
//! | `measure FOLDER write` | traces the 25 masks and writes them as `tmli.dcm` |
//! | `measure FOLDER seg-read`, `seg-write` | the same with a DICOM Segmentation |
//! | `check FOLDER FILE` | rasterises a structure set that another tool wrote and compares it with the masks |
//!
//! Measuring prints one JSON object: seconds, the most memory of the whole process, and how many structures are exact.
//! A `.bits` file has a bit for every voxel, the lowest first, in the order `[k, j, i]`.
#![allow(clippy::print_stdout)]

use std::{error::Error, fs, path::Path, time::Instant};

use rayon::prelude::*;
use serde_json::json;
use tmli_core::{Mask, Segment, Segmentation, Volume, VolumeGeometry, rasterise, trace};
use tmli_io::{
    CtAttributes, RoiGeneration, RoiToWrite, SegmentToWrite, StructureSetOptions, read_ct_folder, read_segmentation,
    read_structure_set, write_ct_series, write_label_map, write_segmentation, write_structure_set,
};
use tmli_phantom::{Matrix, PhantomOptions, generate};

type Done<T = ()> = Result<T, Box<dyn Error>>;

/// Slices of 5 mm: a child from skull to knees.
const SLICES: usize = 250;

fn main() -> Done {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["make", folder] => make(Path::new(folder)),
        ["measure", folder, "ct"] => measure_ct(Path::new(folder)),
        ["measure", folder, "read"] => measure_read(Path::new(folder), &Path::new(folder).join("rtstruct.dcm")),
        ["measure", folder, "write"] => measure_write(Path::new(folder)),
        ["measure", folder, "seg-read"] => measure_segmentation_read(Path::new(folder)),
        ["measure", folder, "seg-write"] => measure_segmentation_write(Path::new(folder)),
        ["check", folder, file] => measure_read(Path::new(folder), Path::new(file)),
        _ => Err("make FOLDER, measure FOLDER WHAT or check FOLDER FILE".into()),
    }
}

/// The upper part of a phantom, so that it has as many slices as wanted.
fn patient() -> Done<(Volume<i16>, Segmentation)> {
    let child = generate(&PhantomOptions { seed: 1, case: 1, age_years: Some(15.0), matrix: Matrix::M512 });
    let [slices, rows, columns] = child.ct.geometry().shape();
    let below = slices.checked_sub(SLICES).ok_or("the phantom is too short")?;
    let full = child.ct.geometry();
    let origin = full.point_from_index([below as f64, 0.0, 0.0]);
    let geometry = VolumeGeometry::axial([SLICES, rows, columns], origin, full.spacing_mm())?;
    let voxels = child.ct.data().slice(ndarray::s![below.., .., ..]).to_owned();
    let segments = child.segmentation.segments.par_iter().map(|segment| {
        let mut mask = Mask::new(geometry.shape());
        for k in 0..SLICES {
            (0..rows).for_each(|j| mask.row_mut(k, j).copy_from_slice(segment.mask.row(k + below, j)));
        }
        Segment { name: segment.name.clone(), mask }
    });
    let segments = segments.collect();
    Ok((Volume::new(geometry.clone(), voxels)?, Segmentation { geometry, segments }))
}

fn make(folder: &Path) -> Done {
    let (volume, segmentation) = patient()?;
    fs::create_dir_all(folder.join("masks"))?;
    let ct = write_ct_series(&folder.join("ct"), &volume, &CtAttributes::default())?;
    let geometry = volume.geometry();
    let options = StructureSetOptions::default();
    let masks: Vec<(String, Mask)> = segmentation.segments.iter().map(|s| (s.name.clone(), s.mask.clone())).collect();
    write_structure_set(&folder.join("rtstruct.dcm"), &ct, geometry, &rois(&masks, geometry), &options)?;
    write_segmentation(&folder.join("seg.dcm"), &ct, geometry, &segments(&masks), &options)?;
    for segment in &segmentation.segments {
        fs::write(folder.join(format!("{}.bits", segment.name)), bits(&segment.mask))?;
        let one = Segmentation { geometry: geometry.clone(), segments: vec![segment.clone()] };
        write_label_map(&folder.join(format!("masks/{}.nii.gz", segment.name)), &one)?;
    }
    let sum: i64 = volume.data().iter().map(|&hu| i64::from(hu)).sum();
    let names: Vec<&str> = masks.iter().map(|(name, _)| name.as_str()).collect();
    let info = json!({ "shape": geometry.shape(), "names": names, "sum_of_hu": sum });
    Ok(fs::write(folder.join("info.json"), info.to_string())?)
}

fn rois(masks: &[(String, Mask)], geometry: &VolumeGeometry) -> Vec<RoiToWrite> {
    let roi = |(name, mask): &(String, Mask)| RoiToWrite {
        name: name.clone(),
        interpreted_type: "ORGAN".to_owned(),
        colour: [255, 0, 0],
        code: None,
        contours: trace(mask, geometry),
        generation: RoiGeneration::Automatic,
        generation_description: "bench".to_owned(),
    };
    masks.par_iter().map(roi).collect()
}

fn segments(masks: &[(String, Mask)]) -> Vec<SegmentToWrite> {
    let segment = |(name, mask): &(String, Mask)| SegmentToWrite {
        name: name.clone(),
        category: None,
        code: None,
        colour: [255, 0, 0],
        generation: RoiGeneration::Automatic,
        algorithm: "bench".to_owned(),
        mask: mask.clone(),
    };
    masks.iter().map(segment).collect()
}

fn bits(mask: &Mask) -> Vec<u8> {
    let [slices, rows, columns] = mask.shape();
    let mut bytes = Vec::with_capacity(slices * rows * columns / 8);
    for row in (0..slices * rows).map(|n| mask.row(n / rows, n % rows)) {
        // 512 columns are whole words.
        bytes.extend(row.iter().flat_map(|word| word.to_le_bytes()));
    }
    bytes
}

fn masks(folder: &Path) -> Done<Vec<(String, Mask)>> {
    let info: serde_json::Value = serde_json::from_slice(&fs::read(folder.join("info.json"))?)?;
    let shape: [usize; 3] = serde_json::from_value(info["shape"].clone())?;
    let names: Vec<String> = serde_json::from_value(info["names"].clone())?;
    let load = |name: String| -> Done<(String, Mask)> {
        let bytes = fs::read(folder.join(format!("{name}.bits")))?;
        let mut words = bytes.chunks_exact(8).map(|w| w.try_into().map_or(0, u64::from_le_bytes));
        let mut mask = Mask::new(shape);
        for n in 0..shape[0] * shape[1] {
            mask.row_mut(n / shape[1], n % shape[1]).iter_mut().zip(&mut words).for_each(|(word, bits)| *word = bits);
        }
        Ok((name, mask))
    };
    names.into_iter().map(load).collect()
}

fn measure_ct(folder: &Path) -> Done {
    let (ct, times) = timed(|| read_ct_folder(&folder.join("ct"), None));
    let sum: i64 = ct?.volume.data().iter().map(|&hu| i64::from(hu)).sum();
    let info: serde_json::Value = serde_json::from_slice(&fs::read(folder.join("info.json"))?)?;
    let exact = info["sum_of_hu"].as_i64() == Some(sum);
    print(times, if exact { "all voxels" } else { "other voxels" });
    Ok(())
}

fn measure_read(folder: &Path, file: &Path) -> Done {
    let geometry = geometry(folder)?;
    let (read, times) = timed(|| {
        let file = read_structure_set(file)?;
        let rois = file.structure_set.rois;
        let named = rois.into_par_iter().map(|roi| (roi.name, rasterise(&roi.contours, &geometry).mask));
        Ok::<Vec<(String, Mask)>, tmli_io::IoError>(named.collect())
    });
    print(times, &compared(folder, &read?)?);
    Ok(())
}

fn measure_write(folder: &Path) -> Done {
    let ct = read_ct_folder(&folder.join("ct"), None)?;
    let (geometry, identity) = (ct.volume.geometry().clone(), ct.identity.clone());
    drop(ct);
    let masks = masks(folder)?;
    let out = folder.join("tmli.dcm");
    let options = StructureSetOptions::default();
    let (written, times) =
        timed(|| write_structure_set(&out, &identity, &geometry, &rois(&masks, &geometry), &options));
    written?;
    drop(masks);
    let file = read_structure_set(&out)?.structure_set;
    let read: Vec<(String, Mask)> =
        file.rois.into_iter().map(|roi| (roi.name, rasterise(&roi.contours, &geometry).mask)).collect();
    print(times, &compared(folder, &read)?);
    Ok(())
}

fn measure_segmentation_read(folder: &Path) -> Done {
    let geometry = geometry(folder)?;
    let (read, times) = timed(|| read_segmentation(&folder.join("seg.dcm"), &geometry));
    let read: Vec<(String, Mask)> = read?.segmentation.segments.into_iter().map(|s| (s.name, s.mask)).collect();
    print(times, &compared(folder, &read)?);
    Ok(())
}

fn measure_segmentation_write(folder: &Path) -> Done {
    let ct = read_ct_folder(&folder.join("ct"), None)?;
    let (geometry, identity) = (ct.volume.geometry().clone(), ct.identity.clone());
    drop(ct);
    let segments = segments(&masks(folder)?);
    let out = folder.join("tmli-seg.dcm");
    let options = StructureSetOptions::default();
    let (written, times) = timed(|| write_segmentation(&out, &identity, &geometry, &segments, &options));
    written?;
    drop(segments);
    let read = read_segmentation(&out, &geometry)?.segmentation.segments;
    print(times, &compared(folder, &read.into_iter().map(|s| (s.name, s.mask)).collect::<Vec<_>>())?);
    Ok(())
}

/// The grid of the CT series, from its headers.
fn geometry(folder: &Path) -> Done<VolumeGeometry> {
    let scan = tmli_io::scan_folder(&folder.join("ct"))?;
    let series = scan.ct_series.first().ok_or("there is no CT series")?;
    Ok(series.geometry()?.0)
}

/// How many of the true masks were found again, voxel for voxel, and the worst of the others.
fn compared(folder: &Path, read: &[(String, Mask)]) -> Done<String> {
    let truth = masks(folder)?;
    let mut exact = 0;
    let mut worst = (f64::INFINITY, String::new());
    for (name, mask) in &truth {
        let empty = Mask::new(mask.shape());
        let found = read.iter().find(|(other, _)| other == name).map_or(&empty, |(_, mask)| mask);
        exact += usize::from(found == mask);
        let dsc = 2.0 * mask.count_and(found) as f64 / (mask.count() + found.count()) as f64;
        if dsc < worst.0 {
            worst = (dsc, name.clone());
        }
    }
    let all = truth.len();
    Ok(if exact == all {
        format!("{all} of {all}")
    } else {
        format!("{exact} of {all}, {} DSC {:.3}", worst.1, worst.0)
    })
}

struct Times {
    wall_s: f64,
    cpu_s: f64,
    peak_mib: f64,
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Times) {
    let (cpu, start) = (cpu_seconds(), Instant::now());
    let result = work();
    let (wall_s, cpu_s) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    (result, Times { wall_s, cpu_s, peak_mib: peak_mib() })
}

fn print(times: Times, exact: &str) {
    let Times { wall_s, cpu_s, peak_mib } = times;
    println!("{}", json!({ "wall_s": wall_s, "cpu_s": cpu_s, "peak_mib": peak_mib, "exact": exact }));
}

/// Processor time of all threads of this process so far.
fn cpu_seconds() -> f64 {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanoseconds = tasks.filter_map(|task| {
        fs::read_to_string(task.path().join("schedstat")).ok()?.split(' ').next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e9
}

/// The most memory that this process ever had.
fn peak_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}
