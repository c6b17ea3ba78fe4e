//! NIfTI-1 headers and voxels, as far as label maps need them (<https://nifti.nimh.nih.gov/nifti-1>).

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use flate2::read::MultiGzDecoder;
use tmli_core::Affine;

const HEADER_BYTES: usize = 348;

/// The header, with the map from voxel index to RAS already chosen.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    /// Voxels along i, j, k of the file (the first runs fastest).
    pub(crate) shape: [usize; 3],
    /// From `(i, j, k)` of the file to RAS mm.
    pub(crate) ras_from_ijk: Affine,
    sample: Sample,
    big_endian: bool,
    data_offset: u64,
    slope: f64,
    intercept: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sample {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

impl Sample {
    const fn from_code(code: i16) -> Option<Self> {
        Some(match code {
            2 => Self::U8,
            4 => Self::I16,
            8 => Self::I32,
            16 => Self::F32,
            64 => Self::F64,
            256 => Self::I8,
            512 => Self::U16,
            768 => Self::U32,
            1024 => Self::I64,
            1280 => Self::U64,
            _ => return None,
        })
    }

    const fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }
}

/// Numbers of the header in the file's byte order.
struct Fields<'a> {
    bytes: &'a [u8; HEADER_BYTES],
    big_endian: bool,
}

impl Fields<'_> {
    fn array<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut bytes: [u8; N] = std::array::from_fn(|n| self.bytes[at + n]);
        if self.big_endian {
            bytes.reverse();
        }
        bytes
    }

    fn i16(&self, at: usize) -> i16 {
        i16::from_le_bytes(self.array(at))
    }

    fn f32(&self, at: usize) -> f64 {
        f64::from(f32::from_le_bytes(self.array(at)))
    }
}

/// Opens a NIfTI file, compressed or not, and reads its header. The reader is at the file's beginning + 348.
pub(crate) fn open(path: &Path) -> Result<(Header, Box<dyn Read>), String> {
    let said = |e: io::Error| e.to_string();
    let mut file = File::open(path).map_err(said)?;
    let mut magic = [0; 2];
    file.read_exact(&mut magic).map_err(said)?;
    file.seek(SeekFrom::Start(0)).map_err(said)?;
    let file = BufReader::with_capacity(1 << 18, file);
    let mut reader: Box<dyn Read> = match magic {
        [0x1F, 0x8B] => Box::new(MultiGzDecoder::new(file)),
        _ => Box::new(file),
    };
    let mut bytes = [0; HEADER_BYTES];
    reader.read_exact(&mut bytes).map_err(|e| format!("no NIfTI header ({e})"))?;
    Ok((Header::parse(&bytes)?, reader))
}

impl Header {
    fn parse(bytes: &[u8; HEADER_BYTES]) -> Result<Self, String> {
        let size = i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let big_endian = match (size, size.swap_bytes()) {
            (348, _) => false,
            (_, 348) => true,
            (540, _) | (_, 540) => return Err("NIfTI-2 is not read; save it as NIfTI-1".to_owned()),
            _ => return Err("not a NIfTI file (its header should begin with 348)".to_owned()),
        };
        if &bytes[344..348] != b"n+1\0" {
            return Err("header and voxels should be in one file (.nii or .nii.gz)".to_owned());
        }
        let f = Fields { bytes, big_endian };
        let dimensions: Vec<i16> = (0..8).map(|n| f.i16(40 + 2 * n)).collect();
        let count = usize::try_from(dimensions[0]).unwrap_or(0);
        if !(3..=7).contains(&count) || dimensions[4..=count].iter().any(|&n| n > 1) {
            return Err(format!("expected 3 dimensions, got {dimensions:?}"));
        }
        let mut shape = [0; 3];
        for (n, &d) in shape.iter_mut().zip(&dimensions[1..4]) {
            *n = usize::try_from(d).ok().filter(|&n| n > 0).ok_or(format!("impossible dimensions {dimensions:?}"))?;
        }
        let code = f.i16(70);
        let sample = Sample::from_code(code).ok_or(format!("voxels should be plain numbers, got data type {code}"))?;
        let offset = f.f32(108);
        if !(HEADER_BYTES as f64..1e9).contains(&offset) {
            return Err(format!("voxels should begin after the header, got {offset}"));
        }
        let (slope, intercept) = (f.f32(112), f.f32(116));
        let scaled = slope.is_finite() && intercept.is_finite() && slope != 0.0;
        Ok(Self {
            shape,
            ras_from_ijk: affine(&f)?,
            sample,
            big_endian,
            data_offset: offset as u64,
            slope: if scaled { slope } else { 1.0 },
            intercept: if scaled { intercept } else { 0.0 },
        })
    }

    /// Reads all voxels from a reader that [`open`] gave, in file order, scaled.
    pub(crate) fn values(&self, reader: &mut dyn Read, mut each: impl FnMut(usize, f64)) -> Result<(), String> {
        let gap = self.data_offset - HEADER_BYTES as u64;
        io::copy(&mut (&mut *reader).take(gap), &mut io::sink()).map_err(|e| e.to_string())?;
        let size = self.sample.bytes();
        let slab = self.shape[0] * self.shape[1];
        let mut bytes = vec![0; slab * size];
        for k in 0..self.shape[2] {
            reader
                .read_exact(&mut bytes)
                .map_err(|e| format!("it ends in layer {} of {}: {e}", k + 1, self.shape[2]))?;
            for (n, cell) in bytes.chunks_exact(size).enumerate() {
                each(k * slab + n, self.value(cell) * self.slope + self.intercept);
            }
        }
        Ok(())
    }

    fn value(&self, cell: &[u8]) -> f64 {
        let mut b = [0; 8];
        b[..cell.len()].copy_from_slice(cell);
        if self.big_endian {
            b[..cell.len()].reverse();
        }
        let [b0, b1, b2, b3, ..] = b;
        match self.sample {
            Sample::U8 => f64::from(b0),
            Sample::I8 => f64::from(b0 as i8),
            Sample::U16 => f64::from(u16::from_le_bytes([b0, b1])),
            Sample::I16 => f64::from(i16::from_le_bytes([b0, b1])),
            Sample::U32 => f64::from(u32::from_le_bytes([b0, b1, b2, b3])),
            Sample::I32 => f64::from(i32::from_le_bytes([b0, b1, b2, b3])),
            Sample::U64 => u64::from_le_bytes(b) as f64,
            Sample::I64 => i64::from_le_bytes(b) as f64,
            Sample::F32 => f64::from(f32::from_le_bytes([b0, b1, b2, b3])),
            Sample::F64 => f64::from_le_bytes(b),
        }
    }
}

/// The sform where there is one, otherwise the qform ("method 3" and "method 2" of the standard).
fn affine(f: &Fields<'_>) -> Result<Affine, String> {
    let (qform, sform) = (f.i16(252), f.i16(254));
    if sform > 0 {
        let row = |r: usize| -> [f64; 4] { std::array::from_fn(|c| f.f32(280 + 16 * r + 4 * c)) };
        let rows = [row(0), row(1), row(2)];
        let linear = rows.map(|[a, b, c, _]| [a, b, c]);
        return Ok(Affine { linear, translation: rows.map(|r| r[3]) });
    }
    if qform <= 0 {
        return Err("it says neither by sform nor by qform where its voxels are".to_owned());
    }
    let (b, c, d) = (f.f32(256), f.f32(260), f.f32(264));
    let a = (1.0 - (b * b + c * c + d * d)).max(0.0).sqrt();
    let rotation = [
        [a * a + b * b - c * c - d * d, 2.0 * (b * c - a * d), 2.0 * (b * d + a * c)],
        [2.0 * (b * c + a * d), a * a + c * c - b * b - d * d, 2.0 * (c * d - a * b)],
        [2.0 * (b * d - a * c), 2.0 * (c * d + a * b), a * a + d * d - b * b - c * c],
    ];
    let handedness = if f.f32(76) < 0.0 { -1.0 } else { 1.0 };
    let scale = [f.f32(80), f.f32(84), f.f32(88) * handedness];
    let linear = rotation.map(|row| std::array::from_fn(|n| row[n] * scale[n]));
    Ok(Affine { linear, translation: [f.f32(268), f.f32(272), f.f32(276)] })
}
