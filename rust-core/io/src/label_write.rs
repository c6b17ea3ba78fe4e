//! Label maps for other programs: NIfTI and NRRD on the grid of a CT series.

use std::{
    io::{self, Write},
    path::Path,
};

use flate2::{Compression, write::GzEncoder};
use tmli_core::{Segmentation, VolumeGeometry};

use crate::{atomic::write_atomically, error::IoError};

const WHAT: &str = "the label map";

/// Writes a label map (`.nii` or `.nii.gz`): voxel value n + 1 is segment n. Where segments overlap, the last one wins;
/// gives the number of voxels that belong to several, which a label map can't keep.
///
/// # Errors
/// [`IoError::Invalid`] when an axis has more than 32767 voxels or there are more than 65535 segments, otherwise as
/// [`write_atomically`].
pub fn write_label_map(path: &Path, segmentation: &Segmentation) -> Result<usize, IoError> {
    let header = header(&segmentation.geometry, segmentation.segments.len())?;
    let compressed = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gz"));
    write_atomically(path, WHAT, |out| {
        if compressed {
            let mut gz = GzEncoder::new(out, Compression::fast());
            gz.write_all(&header)?;
            let overlaps = voxels(&mut gz, segmentation)?;
            gz.finish()?;
            Ok(overlaps)
        } else {
            out.write_all(&header)?;
            voxels(out, segmentation)
        }
    })
}

/// NIfTI-1 header (348 bytes and four of no extension); RAS, as the format wants it.
fn header(geometry: &VolumeGeometry, segments: usize) -> Result<Vec<u8>, IoError> {
    let invalid = |reason: &str| IoError::Invalid { what: WHAT, reason: reason.to_owned() };
    let [k, j, i] = geometry.shape();
    let mut header = vec![0_u8; 352];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &348_i32.to_le_bytes());
    if u16::try_from(segments).is_err() {
        return Err(invalid("it can hold 65535 segments at most"));
    }
    put(40, &3_i16.to_le_bytes());
    for (n, size) in [i, j, k, 1, 1, 1, 1].into_iter().enumerate() {
        let size = i16::try_from(size).map_err(|_| invalid("an axis has more than 32767 voxels"))?;
        put(42 + 2 * n, &size.to_le_bytes());
    }
    // Unsigned 16 bits.
    put(70, &512_i16.to_le_bytes());
    put(72, &16_i16.to_le_bytes());
    let spacing = geometry.spacing_mm();
    for (n, mm) in [1.0, spacing.i, spacing.j, spacing.k].into_iter().enumerate() {
        put(76 + 4 * n, &(mm as f32).to_le_bytes());
    }
    put(108, &352_f32.to_le_bytes());
    put(112, &1_f32.to_le_bytes());
    // Millimetres; the sform says where voxels are, in the scanner's coordinates.
    put(123, &[2]);
    put(254, &1_i16.to_le_bytes());
    let map = geometry.lps_from_ijk();
    for row in 0..3 {
        let sign = if row < 2 { -1.0 } else { 1.0 };
        let [a, b, c] = map.linear[row];
        for (n, value) in [a, b, c, map.translation[row]].into_iter().enumerate() {
            put(280 + 16 * row + 4 * n, &((sign * value) as f32).to_le_bytes());
        }
    }
    put(344, b"n+1\0");
    Ok(header)
}

/// Slice after slice, 16 bits each.
fn voxels(out: &mut dyn Write, segmentation: &Segmentation) -> io::Result<usize> {
    let [slices, rows, columns] = segmentation.geometry.shape();
    let mut overlaps = 0;
    let mut labels = vec![0_u16; rows * columns];
    let mut bytes = Vec::with_capacity(2 * labels.len());
    for k in 0..slices {
        labels.fill(0);
        for (n, segment) in segmentation.segments.iter().enumerate() {
            for (j, row) in labels.chunks_exact_mut(columns).enumerate() {
                let words = segment.mask.row(k, j);
                for (i, label) in row.iter_mut().enumerate() {
                    if words[i / 64] >> (i % 64) & 1 == 1 {
                        overlaps += usize::from(*label != 0);
                        *label = n as u16 + 1;
                    }
                }
            }
        }
        bytes.clear();
        bytes.extend(labels.iter().flat_map(|label| label.to_le_bytes()));
        out.write_all(&bytes)?;
    }
    Ok(overlaps)
}

/// Writes a segmentation as 3D Slicer keeps it (`.seg.nrrd`), gzip within: one layer for each segment, so overlaps are
/// kept. `colours` are RGB, by segment; grey where there are too few.
///
/// # Errors
/// As [`write_atomically`].
pub fn write_seg_nrrd(path: &Path, segmentation: &Segmentation, colours: &[[u8; 3]]) -> Result<(), IoError> {
    let text = nrrd_header(segmentation, colours);
    write_atomically(path, WHAT, |out| {
        out.write_all(text.as_bytes())?;
        let mut gz = GzEncoder::new(out, Compression::fast());
        let [slices, rows, columns] = segmentation.geometry.shape();
        let layers = segmentation.segments.len();
        let mut bytes = vec![0_u8; columns * layers];
        for k in 0..slices {
            for j in 0..rows {
                bytes.fill(0);
                for (n, segment) in segmentation.segments.iter().enumerate() {
                    let words = segment.mask.row(k, j);
                    for i in (0..columns).filter(|i| words[i / 64] >> (i % 64) & 1 == 1) {
                        bytes[i * layers + n] = 1;
                    }
                }
                gz.write_all(&bytes)?;
            }
        }
        gz.finish().map(|_| ())
    })
}

fn nrrd_header(segmentation: &Segmentation, colours: &[[u8; 3]]) -> String {
    let geometry = &segmentation.geometry;
    let [slices, rows, columns] = geometry.shape();
    let map = geometry.lps_from_ijk();
    let vector = |v: [f64; 3]| format!("({},{},{})", v[0], v[1], v[2]);
    let direction = |axis: usize| vector(std::array::from_fn(|row| map.linear[row][axis]));
    let layers = segmentation.segments.len();
    let mut text = format!(
        "NRRD0004\ntype: unsigned char\ndimension: 4\nspace: left-posterior-superior\n\
         sizes: {layers} {columns} {rows} {slices}\nspace directions: none {} {} {}\nkinds: list domain domain domain\n\
         encoding: gzip\nspace origin: {}\n",
        direction(0),
        direction(1),
        direction(2),
        vector(map.translation),
    );
    for (n, segment) in segmentation.segments.iter().enumerate() {
        let name: String = segment.name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let rgb = colours.get(n).copied().unwrap_or([128; 3]).map(|c| f64::from(c) / 255.0);
        text.push_str(&format!(
            "Segment{n}_ID:=Segment_{}\nSegment{n}_Name:={name}\nSegment{n}_Color:={} {} {}\nSegment{n}_Layer:={n}\n\
             Segment{n}_LabelValue:=1\nSegment{n}_Extent:=0 {} 0 {} 0 {}\n",
            n + 1,
            rgb[0],
            rgb[1],
            rgb[2],
            columns - 1,
            rows - 1,
            slices - 1,
        ));
    }
    text.push_str("Segmentation_MasterRepresentation:=Binary labelmap\n\n");
    text
}
