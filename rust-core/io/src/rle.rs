//! DICOM RLE (PS3.5, annex G), decoded into the memory that the image needs and no more: whatever a damaged header
//! claims.

/// Bytes of the header: the number of segments and fifteen offsets.
const HEADER_BYTES: usize = 64;

/// One frame, little endian, of `pixels` cells of `cell_bytes` bytes. The first segment holds the highest bytes.
pub(crate) fn decode(fragment: &[u8], pixels: usize, cell_bytes: usize) -> Result<Vec<u8>, String> {
    let number = |n: usize| -> Option<usize> {
        let bytes: [u8; 4] = fragment.get(4 * n..4 * n + 4)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    };
    if number(0) != Some(cell_bytes) {
        return Err(format!("expected {cell_bytes} run-length segments, got {:?}", number(0)));
    }
    let mut cells = vec![0; pixels * cell_bytes];
    for segment in 0..cell_bytes {
        let start = number(segment + 1).filter(|&at| at >= HEADER_BYTES).ok_or("a segment begins in the header")?;
        let end = if segment + 1 < cell_bytes { number(segment + 2) } else { Some(fragment.len()) };
        let coded = end.and_then(|end| fragment.get(start..end)).ok_or("a segment lies beyond the data")?;
        let place = cell_bytes - 1 - segment;
        let mut put = cells.iter_mut().skip(place).step_by(cell_bytes);
        let missing = unpack(coded, &mut put);
        if missing > 0 {
            return Err(format!("segment {} of {cell_bytes} lacks pixels", segment + 1));
        }
    }
    Ok(cells)
}

/// Unpacks runs until all places are filled; gives the number of places that are not.
fn unpack<'a>(coded: &[u8], places: &mut (impl ExactSizeIterator<Item = &'a mut u8> + 'a)) -> usize {
    let mut rest = coded;
    while let [control, tail @ ..] = rest {
        let control = usize::from(*control);
        rest = match (control, tail) {
            // The next bytes as they are.
            (0..=127, _) => {
                let (literal, after) = tail.split_at((control + 1).min(tail.len()));
                literal.iter().for_each(|&byte| {
                    if let Some(place) = places.next() {
                        *place = byte;
                    }
                });
                after
            }
            // One byte several times.
            (129.., [byte, after @ ..]) => {
                places.by_ref().take(257 - control).for_each(|place| *place = *byte);
                after
            }
            _ => tail,
        };
        if places.len() == 0 {
            return 0;
        }
    }
    places.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_literals_of_high_and_low_bytes() {
        let mut fragment = vec![0; HEADER_BYTES];
        fragment[0] = 2;
        fragment[4] = 64;
        fragment[8] = 66;
        // High bytes: 1 four times. Low bytes: 5, 6 as they are, then 7 twice.
        fragment.extend([253, 1, 1, 5, 6, 255, 7, 0]);
        assert_eq!(decode(&fragment, 4, 2), Ok(vec![5, 1, 6, 1, 7, 1, 7, 1]));
        assert!(decode(&fragment, 9, 2).is_err());
        assert!(decode(&fragment[..65], 4, 2).is_err());
        assert!(decode(&[0xFF; 64], 4, 2).is_err());
    }
}
