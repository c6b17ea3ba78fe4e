//! Deflated data sets: which they are, and what they may inflate to.

use std::io::{self, Read};

use dicom_dictionary_std::uids;
use flate2::read::DeflateDecoder;

use crate::preflight::Problem;

/// What deflated data may inflate to: this, and [`INFLATION`] times its size.
const FREE_BYTES: u64 = 16 << 20;

/// Images and contours deflate to a third, rarely to a tenth.
pub(crate) const INFLATION: u64 = 20;

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

/// Inflates a deflated data set of this many bytes, as far as its size allows.
pub(crate) fn inflate(deflated: impl Read, bytes: u64) -> io::Result<Result<Vec<u8>, Problem>> {
    let limit = FREE_BYTES.saturating_add(bytes.saturating_mul(INFLATION));
    let mut inflated = Vec::new();
    DeflateDecoder::new(deflated).take(limit + 1).read_to_end(&mut inflated)?;
    Ok(if inflated.len() as u64 > limit { Err(Problem::Bomb { limit }) } else { Ok(inflated) })
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
        assert_eq!(inflate(&bomb[..], bomb.len() as u64).expect("memory"), Err(Problem::Bomb { limit }));
    }
}
