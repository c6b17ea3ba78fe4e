//! Just enough of JPEG and JPEG 2000 headers to know an image's size before its decoder is trusted with it.

/// Rows and columns of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

fn be16(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
}

fn be32(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?)).ok()
}

/// Size of a JPEG 2000 image, from the SIZ marker of its codestream (ISO 15444-1, A.5.1). A JP2 box may be around it.
pub(crate) fn jpeg2000_size(bytes: &[u8]) -> Option<Size> {
    const START_AND_SIZE: [u8; 4] = [0xFF, 0x4F, 0xFF, 0x51];
    let start = bytes.windows(4).take(4096).position(|w| w == START_AND_SIZE)? + 4;
    // Length (2), capabilities (2), then width, height and the offset of the image in the reference grid.
    let (width, height) = (be32(bytes, start + 4)?, be32(bytes, start + 8)?);
    let (left, top) = (be32(bytes, start + 12)?, be32(bytes, start + 16)?);
    Some(Size { rows: height.checked_sub(top)?, columns: width.checked_sub(left)? })
}

/// Size of a JPEG image, from its start-of-frame marker (ITU T.81, B.2.2).
pub(crate) fn jpeg_size(bytes: &[u8]) -> Option<Size> {
    if bytes.get(..2)? != [0xFF, 0xD8] {
        return None;
    }
    let mut at = 2;
    loop {
        if *bytes.get(at)? != 0xFF {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            0xFF => at += 1,
            // Start of frame, of any process (F7: JPEG-LS); C4, C8 and CC are no frames.
            0xF7 | 0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                return Some(Size { rows: be16(bytes, at + 5)?, columns: be16(bytes, at + 7)? });
            }
            0xDA | 0xD9 => return None,
            _ => at += 2 + be16(bytes, at + 2)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_of_a_jpeg_frame() {
        let mut jpeg = vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2];
        jpeg.extend([0xFF, 0xC3, 0, 11, 12, 2, 0, 1, 128, 1, 1, 0x11, 0]);
        assert_eq!(jpeg_size(&jpeg), Some(Size { rows: 512, columns: 384 }));
        assert_eq!(jpeg_size(&jpeg[..12]), None);
        assert_eq!(jpeg_size(b"GIF89a"), None);
    }

    #[test]
    fn size_of_a_jpeg_2000_image_excludes_its_offset() {
        let mut j2k = vec![0xFF, 0x4F, 0xFF, 0x51, 0, 41, 0, 0];
        for value in [500_u32, 300, 20, 10] {
            j2k.extend(value.to_be_bytes());
        }
        assert_eq!(jpeg2000_size(&j2k), Some(Size { rows: 290, columns: 480 }));
        assert_eq!(jpeg2000_size(&j2k[..20]), None);
    }
}
