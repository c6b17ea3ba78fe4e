//! Pictures of phantoms, to look at: `cargo run --release -p tmli-phantom --example render -- OUT_DIR [AGE] [CASE] [128|256|512]`.
#![allow(clippy::print_stdout, reason = "an example talks to its user")]

use std::{fs::File, io::BufWriter, path::Path};

use tmli_phantom::{Matrix, Phantom, PhantomOptions, generate};

type Rgb = [u8; 3];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let out = Path::new(arguments.first().ok_or("usage: render OUT_DIR [AGE] [CASE] [128|256|512]")?);
    let age_years = arguments.get(1).map(|a| a.parse()).transpose()?;
    let case = arguments.get(2).map_or(Ok(0), |c| c.parse())?;
    let matrix = match arguments.get(3).map(String::as_str) {
        Some("512") => Matrix::M512,
        Some("128") => Matrix::M128,
        _ => Matrix::M256,
    };
    std::fs::create_dir_all(out)?;
    let start = std::time::Instant::now();
    let child = generate(&PhantomOptions { seed: 7, case, age_years, matrix });
    println!(
        "{:.1} years, {:?}, {:.0} cm, made in {:.2?}",
        child.age_years,
        child.sex,
        child.height_cm,
        start.elapsed()
    );
    let voxel = child.ct.geometry().voxel_volume_mm3() / 1000.0;
    for segment in &child.segmentation.segments {
        println!("{:>14} {:9.2} ml", segment.name, segment.mask.count() as f64 * voxel);
    }
    let [slices, rows, columns] = child.ct.geometry().shape();
    let spacing = child.ct.geometry().spacing_mm();
    let tall = (spacing.k / spacing.j).round().max(1.0) as usize;
    for overlay in [false, true] {
        let name = |view: &str| out.join(format!("{view}{}.png", if overlay { "_labels" } else { "" }));
        // Several planes side by side; the head is up.
        let coronal = |v: usize, u: usize| {
            let plane = u / columns;
            let j = rows / 2 - rows / 20 + plane * rows / 14 - rows / 14;
            pixel(&child, [slices - 1 - v / tall, j, u % columns], overlay)
        };
        write(&name("coronal"), 3 * columns, slices * tall, coronal)?;
        let sagittal = |v: usize, u: usize| {
            let i = columns / 2 + (u / rows) * columns / 16;
            pixel(&child, [slices - 1 - v / tall, u % rows, i], overlay)
        };
        write(&name("sagittal"), 3 * rows, slices * tall, sagittal)?;
        for (part, low) in [("head", 0.82), ("chest", 0.55), ("belly", 0.38), ("pelvis", 0.20), ("legs", 0.0)] {
            let (across, down) = (4, 3);
            let half = columns * 3 / 4;
            let axial = |v: usize, u: usize| {
                let n = v / half * across + u / half;
                let reach = if part == "head" || part == "legs" { 0.18 } else { 0.17 };
                let k = (slices as f64 * (low + reach * (1.0 - (n as f64 + 0.5) / 12.0))) as usize;
                let border = columns / 8;
                pixel(&child, [k.min(slices - 1), v % half + border, u % half + border], overlay)
            };
            write(&name(part), across * half, down * half, axial)?;
        }
    }
    Ok(())
}

/// Grey value in a soft-tissue window (bones squeezed into the top), coloured where structures are.
fn pixel(child: &Phantom, kji: [usize; 3], overlay: bool) -> Rgb {
    let hu = f64::from(child.ct.data()[kji]);
    let grey = if hu < 250.0 { (hu + 200.0) / 450.0 * 190.0 } else { 190.0 + (hu - 250.0) / 1200.0 * 65.0 };
    let lung = (hu + 1000.0) / 800.0 * 45.0;
    let mut rgb = [grey.max(lung).clamp(0.0, 255.0); 3];
    if overlay {
        for (n, segment) in child.segmentation.segments.iter().enumerate() {
            if segment.mask.get(kji) {
                let weight = if segment.name == "Bag_Bowel" { 0.15 } else { 0.45 };
                for (value, colour) in rgb.iter_mut().zip(PALETTE[n % PALETTE.len()]) {
                    *value += weight * (f64::from(colour) - *value);
                }
            }
        }
    }
    rgb.map(|x| x as u8)
}

const PALETTE: [Rgb; 25] = [
    [250, 250, 125],
    [200, 100, 60],
    [230, 120, 160],
    [97, 165, 245],
    [206, 40, 84],
    [221, 130, 31],
    [216, 32, 205],
    [222, 254, 32],
    [194, 142, 0],
    [94, 242, 0],
    [0, 200, 255],
    [255, 200, 0],
    [120, 200, 120],
    [20, 200, 220],
    [185, 102, 83],
    [85, 202, 83],
    [62, 162, 114],
    [211, 251, 143],
    [205, 167, 142],
    [104, 204, 143],
    [104, 142, 178],
    [150, 90, 60],
    [255, 0, 0],
    [255, 128, 0],
    [255, 0, 255],
];

fn write(
    path: &Path,
    width: usize,
    height: usize,
    colour: impl Fn(usize, usize) -> Rgb,
) -> Result<(), Box<dyn std::error::Error>> {
    let bytes: Vec<u8> =
        (0..height).flat_map(|v| (0..width).map(move |u| (v, u))).flat_map(|(v, u)| colour(v, u)).collect();
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(path)?), width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&bytes)?;
    Ok(())
}
