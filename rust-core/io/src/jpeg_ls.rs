//! JPEG-LS (ITU-T T.87), lossless and near-lossless, by a decoder in Rust: no C++ library has to be built.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dicom_encoding::adapters::PixelDataObject;
use dicom_object::DefaultDicomObject;

use crate::codestream::{Size, jpeg_size};

/// One frame, little endian, `cell_bytes` bytes for each pixel.
pub(crate) fn decode(
    object: &DefaultDicomObject,
    frame: usize,
    size: Size,
    cell_bytes: usize,
) -> Result<Vec<u8>, String> {
    let data = frame_data(object, frame)?;
    // The decoder takes memory for the size in the code stream.
    if jpeg_size(&data) != Some(size) {
        return Err("the compressed image has no readable header of the right size".to_owned());
    }
    let (columns, rows) = (size.columns as u32, size.rows as u32);
    let decoded = catch_unwind(AssertUnwindSafe(|| jpegls::decode(&data, columns, rows)));
    let (cells, ..) = match decoded {
        Ok(Ok(decoded)) => decoded,
        Ok(Err(error)) => return Err(error.to_string()),
        Err(_) => return Err("the compressed data makes the decoder fail".to_owned()),
    };
    if cell_bytes == 1 {
        return cells.iter().map(|&cell| u8::try_from(cell).map_err(|_| "values beyond 8 bits".to_owned())).collect();
    }
    Ok(cells.iter().flat_map(|cell| cell.to_le_bytes()).collect())
}

/// The fragments of one frame, joined.
fn frame_data(object: &DefaultDicomObject, frame: usize) -> Result<Vec<u8>, String> {
    let frames = object.number_of_frames().unwrap_or(1) as usize;
    let fragments = object.number_of_fragments().unwrap_or(0) as usize;
    let wanted = match (frames, fragments) {
        (_, n) if n == frames => frame..frame + 1,
        (1, n) => 0..n,
        _ => return Err(format!("{frames} frames are spread over {fragments} fragments")),
    };
    let mut data = Vec::new();
    for n in wanted {
        data.extend_from_slice(&object.fragment(n).ok_or("a fragment is missing")?);
    }
    Ok(data)
}
