//! Deflated data sets: which they are, and what they may inflate to.

use std::io::{self, Read, Seek, SeekFrom};

use dicom_dictionary_std::uids;
use flate2::read::DeflateDecoder;

use crate::preflight::Problem;

/// What deflated data may inflate to: this, and [`INFLATION`] times its size.
const FREE_BYTES: u64 = 16 << 20;

/// Images and contours deflate to a third, rarely to a tenth.
const INFLATION: u64 = 20;

/// Data sets that refer to their pixels.
const JPIP_REFERENCED_DEFLATE: &str = "1.2.840.10008.1.2.4.95";
const JPIP_HTJ2K_REFERENCED_DEFLATE: &str = "1.2.840.10008.1.2.4.205";

/// Whether the whole data set is deflated.
pub(crate) fn is_deflated(transfer_syntax: &str) -> bool {
    matches!(
        transfer_syntax,
        uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN | JPIP_REFERENCED_DEFLATE | JPIP_HTJ2K_REFERENCED_DEFLATE
    )
}

/// Appends to `head` what the data set that begins at `start` inflates to, as far as its size allows. It is inflated twice,
/// so that never more memory is taken than it fills.
pub(crate) fn inflate(
    mut deflated: impl Read + Seek,
    start: u64,
    mut head: Vec<u8>,
) -> io::Result<Result<Vec<u8>, Problem>> {
    let bytes = deflated.seek(SeekFrom::End(0))?.saturating_sub(start);
    let limit = FREE_BYTES.saturating_add(bytes.saturating_mul(INFLATION));
    deflated.seek(SeekFrom::Start(start))?;
    let length = io::copy(&mut DeflateDecoder::new(&mut deflated).take(limit + 1), &mut io::sink())?;
    if length > limit {
        return Ok(Err(Problem::Bomb { limit }));
    }
    deflated.seek(SeekFrom::Start(start))?;
    // One byte more: a full vector would double before it sees that nothing follows.
    head.reserve_exact(length as usize + 1);
    DeflateDecoder::new(deflated).take(limit).read_to_end(&mut head)?;
    Ok(Ok(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_is_stopped() {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        for _ in 0..64 {
            io::Write::write_all(&mut encoder, &vec![0; 1 << 20]).expect("memory");
        }
        let bomb = encoder.finish().expect("memory");
        let limit = FREE_BYTES + INFLATION * bomb.len() as u64;
        assert_eq!(inflate(io::Cursor::new(bomb), 0, Vec::new()).expect("memory"), Err(Problem::Bomb { limit }));
    }
}
