//! Stored pixel values of one image, and their way to Hounsfield units.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dicom_core::value::{PrimitiveValue, Value};
use dicom_dictionary_std::{tags, uids};
use dicom_encoding::{Codec, adapters::PixelDataObject, transfer_syntax::TransferSyntaxIndex};
use dicom_object::DefaultDicomObject;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use crate::{
    attributes::Attributes,
    codestream::{self, Size},
    error::IoError,
    header::Rescale,
    jpeg_ls, rle,
};

/// What padding outside of the scanned circle becomes: air.
pub(crate) const PADDING_HU: i16 = -1024;

/// A padding value that stands for more than this is not believed: tissue has such values too.
const HIGHEST_PADDING_HU: f64 = -500.0;

/// How pixels are stored.
#[derive(Clone, Copy, Debug)]
struct Encoding {
    bits_allocated: u16,
    bits_stored: u32,
    high_bit: u32,
    signed: bool,
}

impl Encoding {
    fn new(object: &DefaultDicomObject, label: &str) -> Result<Self, IoError> {
        let value = |attribute, expected: &str, got: i64| IoError::Value {
            file: label.to_owned(),
            attribute,
            expected: expected.to_owned(),
            got: got.to_string(),
        };
        let bits_allocated = object.int(tags::BITS_ALLOCATED).ok_or_else(|| IoError::Missing {
            file: label.to_owned(),
            attribute: "BitsAllocated",
            purpose: "read the pixels",
        })?;
        if bits_allocated != 8 && bits_allocated != 16 {
            return Err(value("BitsAllocated", "8 or 16", bits_allocated));
        }
        let bits_stored = object.int(tags::BITS_STORED).unwrap_or(bits_allocated);
        if !(1..=bits_allocated).contains(&bits_stored) {
            return Err(value("BitsStored", "between 1 and BitsAllocated", bits_stored));
        }
        let high_bit = object.int(tags::HIGH_BIT).unwrap_or(bits_stored - 1);
        if !(bits_stored - 1..bits_allocated).contains(&high_bit) {
            return Err(value("HighBit", "between BitsStored - 1 and BitsAllocated - 1", high_bit));
        }
        let samples = object.int(tags::SAMPLES_PER_PIXEL).unwrap_or(1);
        if samples != 1 {
            return Err(value("SamplesPerPixel", "1", samples));
        }
        Ok(Self {
            bits_allocated: bits_allocated as u16,
            bits_stored: bits_stored as u32,
            high_bit: high_bit as u32,
            signed: object.int(tags::PIXEL_REPRESENTATION) == Some(1),
        })
    }

    /// The number in the stored bits of a 16-bit cell; bits above and below them (overlays, rubbish) don't count.
    fn value(self, cell: u16) -> i32 {
        let unused_above = 15 - self.high_bit;
        let unused_below = self.high_bit + 1 - self.bits_stored;
        let top = cell << unused_above;
        if self.signed {
            i32::from(top as i16) >> (unused_above + unused_below)
        } else {
            i32::from(top) >> (unused_above + unused_below)
        }
    }
}

/// What was odd about the values of an image.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PixelReport {
    /// Values beyond i16, set to its limits.
    pub(crate) saturated: usize,
    /// A padding value that was left as it is, in HU.
    pub(crate) doubtful_padding_hu: Option<f64>,
    /// No rescale in the file: stored values were taken for HU.
    pub(crate) no_rescale: bool,
}

/// Fills `hu` (rows x columns of the header) with the Hounsfield units of the image, or of one of its frames.
pub(crate) fn hounsfield(
    object: &DefaultDicomObject,
    label: &str,
    size: Size,
    (frame, rescale): (usize, Rescale),
    hu: &mut [i16],
) -> Result<PixelReport, IoError> {
    let encoding = Encoding::new(object, label)?;
    let mut report = PixelReport { no_rescale: rescale == Rescale::default(), ..PixelReport::default() };
    let (slope, intercept) = (rescale.slope.unwrap_or(1.0), rescale.intercept.unwrap_or(0.0));
    if slope == 0.0 {
        return Err(IoError::Value {
            file: label.to_owned(),
            attribute: "RescaleSlope",
            expected: "a number other than 0".to_owned(),
            got: "0".to_owned(),
        });
    }

    let mut padding = padding_range(object, encoding);
    if let Some((low, high)) = padding {
        let highest = (f64::from(low) * slope + intercept).max(f64::from(high) * slope + intercept);
        if highest > HIGHEST_PADDING_HU {
            report.doubtful_padding_hu = Some(highest);
            padding = None;
        }
    }
    let mut convert = |cell: u16| {
        let stored = encoding.value(cell);
        // Padding may use bits that values don't: -2000 in a 16-bit cell of 12-bit values.
        let whole = if encoding.signed { i32::from(cell as i16) } else { i32::from(cell) };
        let is_padding = |(low, high): (i32, i32)| (low..=high).contains(&stored) || (low..=high).contains(&whole);
        if padding.is_some_and(is_padding) {
            return PADDING_HU;
        }
        let value = (f64::from(stored) * slope + intercept).round_ties_even();
        let limited = value.clamp(f64::from(i16::MIN), f64::from(i16::MAX));
        report.saturated += usize::from(limited != value);
        limited as i16
    };
    cells(object, label, size, frame, encoding, |index, cell| hu[index] = convert(cell))?;
    Ok(report)
}

/// Stored values that stand for "nothing here", from PixelPaddingValue and PixelPaddingRangeLimit.
fn padding_range(object: &DefaultDicomObject, encoding: Encoding) -> Option<(i32, i32)> {
    // In Implicit VR the sign is up to the reader, so only the 16 bits count.
    let read = |tag| {
        let bits = object.int(tag)? as u16;
        Some(if encoding.signed { i32::from(bits as i16) } else { i32::from(bits) })
    };
    let value = read(tags::PIXEL_PADDING_VALUE)?;
    let limit = read(tags::PIXEL_PADDING_RANGE_LIMIT).unwrap_or(value);
    Some((value.min(limit), value.max(limit)))
}

/// Calls `put(index, cell)` for every pixel, with its 16-bit cell as stored.
fn cells(
    object: &DefaultDicomObject,
    label: &str,
    size: Size,
    frame: usize,
    encoding: Encoding,
    mut put: impl FnMut(usize, u16),
) -> Result<(), IoError> {
    let count = size.rows * size.columns;
    let cell_bytes = usize::from(encoding.bits_allocated / 8);
    let (start, end) = (frame * count, (frame + 1) * count);
    let element = object.get(tags::PIXEL_DATA).ok_or_else(|| IoError::Missing {
        file: label.to_owned(),
        attribute: "PixelData",
        purpose: "read the image",
    })?;
    let truncated = |got: usize| IoError::Truncated {
        file: label.to_owned(),
        part: "the pixel data".to_owned(),
        expected: (end * cell_bytes) as u64,
        got: got as u64,
    };
    match element.value() {
        // The common case, without a copy: words as the parser has them.
        Value::Primitive(PrimitiveValue::U16(words)) if cell_bytes == 2 => {
            let words = words.get(start..end).ok_or_else(|| truncated(words.len() * 2))?;
            words.iter().enumerate().for_each(|(n, &word)| put(n, word));
        }
        Value::Primitive(value) => {
            let bytes = value.to_bytes();
            let bytes = bytes.get(start * cell_bytes..end * cell_bytes).ok_or_else(|| truncated(bytes.len()))?;
            put_bytes(bytes, cell_bytes, put);
        }
        Value::PixelSequence(_) => {
            let bytes = decode(object, label, size, frame, cell_bytes)?;
            let bytes = bytes.get(..count * cell_bytes).ok_or_else(|| truncated(bytes.len()))?;
            put_bytes(bytes, cell_bytes, put);
        }
        Value::Sequence(_) => {
            return Err(IoError::Damaged { file: label.to_owned(), reason: "PixelData is a sequence".to_owned() });
        }
    }
    Ok(())
}

fn put_bytes(bytes: &[u8], cell_bytes: usize, mut put: impl FnMut(usize, u16)) {
    if cell_bytes == 1 {
        bytes.iter().enumerate().for_each(|(n, &byte)| put(n, u16::from(byte)));
    } else {
        bytes.chunks_exact(2).enumerate().for_each(|(n, pair)| put(n, u16::from_le_bytes([pair[0], pair[1]])));
    }
}

/// One decoded frame, little endian.
fn decode(
    object: &DefaultDicomObject,
    label: &str,
    size: Size,
    frame: usize,
    cell_bytes: usize,
) -> Result<Vec<u8>, IoError> {
    let uid = object.meta().transfer_syntax().trim_end_matches(['\0', ' ']);
    let failed = |reason: String| IoError::Decode { file: label.to_owned(), reason };
    // Decoders fill what the image has and leave the rest 0: an image of another size must not pass.
    let fragments = object.number_of_fragments().unwrap_or(0) as usize;
    let frames = usize::try_from(object.number_of_frames().unwrap_or(1)).unwrap_or(1);
    if let Some(fragment) = object.fragment(if fragments == frames { frame } else { 0 })
        && let Some(inner) = coded_size(uid, &fragment)
        && inner != size
    {
        return Err(failed(format!(
            "the compressed image has {} x {} pixels, the header says {} x {} (rows x columns)",
            inner.rows, inner.columns, size.rows, size.columns
        )));
    }
    if uid == uids::RLE_LOSSLESS {
        let fragment = object.fragment(frame).ok_or_else(|| failed("the frame is missing".to_owned()))?;
        return rle::decode(&fragment, size.rows * size.columns, cell_bytes).map_err(failed);
    }
    if uid == uids::JPEGLS_LOSSLESS || uid == uids::JPEGLS_NEAR_LOSSLESS {
        return jpeg_ls::decode(object, frame, size, cell_bytes).map_err(failed);
    }
    let syntax = TransferSyntaxRegistry.get(uid);
    let Some(Codec::EncapsulatedPixelData(Some(codec), _)) = syntax.map(dicom_encoding::TransferSyntax::codec) else {
        let name = syntax.map_or("an unknown transfer syntax", |s| s.name()).to_owned();
        return Err(IoError::TransferSyntax { file: label.to_owned(), name, uid: uid.to_owned() });
    };
    let decoded = catch_unwind(AssertUnwindSafe(|| {
        let mut bytes = Vec::new();
        codec.decode_frame(object, frame as u32, &mut bytes).map(|()| bytes)
    }));
    match decoded {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(e)) => Err(failed(crate::dicom_file::chain(&e))),
        Err(_) => Err(failed("the compressed data makes the decoder fail".to_owned())),
    }
}

fn coded_size(transfer_syntax: &str, fragment: &[u8]) -> Option<Size> {
    match transfer_syntax {
        uids::JPEG2000_LOSSLESS | uids::JPEG2000 | uids::HTJ2K_LOSSLESS | uids::HTJ2K_LOSSLESS_RPCL | uids::HTJ2K => {
            codestream::jpeg2000_size(fragment)
        }
        _ => codestream::jpeg_size(fragment),
    }
}

#[cfg(test)]
mod tests;
