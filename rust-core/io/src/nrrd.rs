//! Reading NRRD segmentations (`.nrrd`, `.seg.nrrd`) onto the grid of a CT series
//! (<https://teem.sourceforge.net/nrrd/format.html>).

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use flate2::read::MultiGzDecoder;
use tmli_core::{Affine, Mask, Segment, Segmentation, VolumeGeometry};

use crate::{error::IoError, label_map};

/// A header longer than this is none.
const MAX_HEADER_BYTES: u64 = 1 << 20;

/// More layers or segments than this are refused: each segment takes a mask of the whole grid.
const MAX_SEGMENTS: usize = 256;

/// Reads a segmentation of 3D Slicer (`.seg.nrrd`), or a label map (`.nrrd`) whose labels become segments `Label 1`,
/// `Label 2` and so on. It must be on the grid `geometry`, though its axes may be in another order and direction.
///
/// # Errors
/// [`IoError::LabelGrid`] when the grids differ, [`IoError::LabelMap`] when the file can't be read.
pub fn read_nrrd(path: &Path, geometry: &VolumeGeometry) -> Result<Segmentation, IoError> {
    let unreadable = |reason: String| IoError::LabelMap { reason };
    let file = File::open(path).map_err(|e| unreadable(e.to_string()))?;
    let mut reader = BufReader::with_capacity(1 << 18, file);
    let header = Header::read(&mut reader).map_err(unreadable)?;
    let map = label_map::axis_map(header.shape, &header.ras_from_ijk, geometry)
        .map_err(|reason| IoError::LabelGrid { reason })?;
    let mut data: Box<dyn Read> = if header.gzip { Box::new(MultiGzDecoder::new(reader)) } else { Box::new(reader) };

    let mut masks: BTreeMap<(usize, u64), Mask> =
        header.segments.iter().map(|s| ((s.layer, s.label), Mask::new(geometry.shape()))).collect();
    let described = !header.segments.is_empty();
    let [ni, nj, nk] = header.shape;
    let mut row = vec![0_u8; header.layers * ni * header.bytes];
    for k in 0..nk {
        for j in 0..nj {
            data.read_exact(&mut row).map_err(|e| unreadable(format!("it ends in layer {} of {nk}: {e}", k + 1)))?;
            for (n, cell) in row.chunks_exact(header.bytes).enumerate() {
                let label = header.value(cell);
                if label == 0 {
                    continue;
                }
                let (layer, i) = (n % header.layers, n / header.layers);
                if !described && !masks.contains_key(&(layer, label)) {
                    if masks.len() == MAX_SEGMENTS {
                        return Err(unreadable(format!("it has more than {MAX_SEGMENTS} labels")));
                    }
                    masks.insert((layer, label), Mask::new(geometry.shape()));
                }
                if let Some(mask) = masks.get_mut(&(layer, label)) {
                    mask.set(label_map::moved([i, j, k], header.shape, &map), true);
                }
            }
        }
    }
    let segments = if described {
        let taken = header.segments.iter().filter_map(|s| Some((s.name.clone(), masks.remove(&(s.layer, s.label))?)));
        taken.map(|(name, mask)| Segment { name, mask }).collect()
    } else {
        masks.into_iter().map(|((_, label), mask)| Segment { name: format!("Label {label}"), mask }).collect()
    };
    Ok(Segmentation { geometry: geometry.clone(), segments })
}

struct SegmentKeys {
    name: String,
    layer: usize,
    label: u64,
}

struct Header {
    layers: usize,
    /// Voxels along i, j, k of the file.
    shape: [usize; 3],
    ras_from_ijk: Affine,
    /// For each value.
    bytes: usize,
    big_endian: bool,
    gzip: bool,
    segments: Vec<SegmentKeys>,
}

impl Header {
    fn read(reader: &mut impl BufRead) -> Result<Self, String> {
        let mut fields: HashMap<String, String> = HashMap::new();
        let mut limited = reader.take(MAX_HEADER_BYTES);
        for n in 0.. {
            let mut line = Vec::new();
            limited.read_until(b'\n', &mut line).map_err(|e| e.to_string())?;
            if line.last() != Some(&b'\n') {
                return Err("not a NRRD file (its header has no end)".to_owned());
            }
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if n == 0 {
                if !line.starts_with("NRRD000") {
                    return Err("not a NRRD file (it should begin with NRRD000)".to_owned());
                }
            } else if line.is_empty() {
                break;
            } else if let Some((key, value)) = line.split_once(":=").or_else(|| line.split_once(": ")) {
                fields.insert(key.trim().to_lowercase(), value.trim().to_owned());
            }
        }
        Self::parse(&fields)
    }

    fn parse(fields: &HashMap<String, String>) -> Result<Self, String> {
        let field = |key: &str| fields.get(key).map(String::as_str).ok_or_else(|| format!("it has no field \"{key}\""));
        if fields.contains_key("data file") || fields.contains_key("datafile") {
            return Err("header and voxels should be in one file".to_owned());
        }
        let sizes: Option<Vec<usize>> = field("sizes")?.split_whitespace().map(|s| s.parse().ok()).collect();
        let (layers, shape) = match sizes.as_deref() {
            Some(&[i, j, k]) => (1, [i, j, k]),
            Some(&[layers, i, j, k]) if (1..=MAX_SEGMENTS).contains(&layers) => (layers, [i, j, k]),
            _ => return Err(format!("sizes should be three, or layers and three, got {}", field("sizes")?)),
        };
        let bytes = match field("type")? {
            "unsigned char" | "uchar" | "uint8" | "uint8_t" | "signed char" | "int8" => 1,
            "short" | "signed short" | "int16" | "int16_t" | "unsigned short" | "ushort" | "uint16" | "uint16_t" => 2,
            "int" | "signed int" | "int32" | "int32_t" | "unsigned int" | "uint" | "uint32" | "uint32_t" => 4,
            other => return Err(format!("labels should be whole numbers, got type {other}")),
        };
        let gzip = match field("encoding")? {
            "raw" => false,
            "gzip" | "gz" => true,
            other => return Err(format!("encoding should be raw or gzip, got {other}")),
        };
        Ok(Self {
            layers,
            shape,
            ras_from_ijk: affine(field("space")?, field("space directions")?, field("space origin")?)?,
            bytes,
            big_endian: fields.get("endian").is_some_and(|e| e == "big"),
            gzip,
            segments: segments(fields)?,
        })
    }

    fn value(&self, cell: &[u8]) -> u64 {
        let join = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        if self.big_endian { cell.iter().fold(0, join) } else { cell.iter().rev().fold(0, join) }
    }
}

fn segments(fields: &HashMap<String, String>) -> Result<Vec<SegmentKeys>, String> {
    let mut segments = Vec::new();
    for n in 0..=MAX_SEGMENTS {
        let key = |what: &str| fields.get(&format!("segment{n}_{what}"));
        let (Some(id), number) = (key("id"), |what: &str| key(what).and_then(|v| v.parse::<u64>().ok())) else { break };
        if n == MAX_SEGMENTS {
            return Err(format!("it has more than {MAX_SEGMENTS} segments"));
        }
        segments.push(SegmentKeys {
            name: key("name").unwrap_or(id).clone(),
            layer: number("layer").unwrap_or(0) as usize,
            label: number("labelvalue").unwrap_or(1),
        });
    }
    Ok(segments)
}

fn affine(space: &str, directions: &str, origin: &str) -> Result<Affine, String> {
    let signs = match space.to_lowercase().as_str() {
        "left-posterior-superior" | "lps" => [-1.0, -1.0, 1.0],
        "right-anterior-superior" | "ras" => [1.0; 3],
        other => return Err(format!("space should be left-posterior-superior, got {other}")),
    };
    let vector = |text: &str| -> Option<[f64; 3]> {
        let inner = text.trim().strip_prefix('(')?.strip_suffix(')')?;
        let numbers: Option<Vec<f64>> = inner.split(',').map(|x| x.trim().parse().ok()).collect();
        let numbers: [f64; 3] = numbers?.try_into().ok()?;
        Some(std::array::from_fn(|n| numbers[n] * signs[n]))
    };
    let columns: Option<Vec<[f64; 3]>> =
        directions.replace("none", "").split_inclusive(')').filter(|t| t.contains('(')).map(vector).collect();
    let columns: Option<[[f64; 3]; 3]> = columns.and_then(|c| c.try_into().ok());
    let (Some(columns), Some(translation)) = (columns, vector(origin)) else {
        return Err("space directions and space origin should be vectors of three numbers".to_owned());
    };
    Ok(Affine { linear: std::array::from_fn(|row| std::array::from_fn(|axis| columns[axis][row])), translation })
}
