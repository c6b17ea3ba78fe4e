//! One bit for each pixel, frame after frame, the first pixel in the lowest bit; frames don't start on whole bytes.

use std::borrow::Cow;

use dicom_core::PrimitiveValue;

/// Appends bits.
#[derive(Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits in use of the last byte; 0 when it is full.
    used: usize,
}

impl BitWriter {
    /// Appends the lowest `count` bits of a word.
    pub(super) fn push(&mut self, word: u64, count: usize) {
        let mut done = 0;
        while done < count {
            if self.used == 0 {
                self.bytes.push(0);
            }
            let take = (8 - self.used).min(count - done);
            let bits = (word >> done) as u8 & (0xFF >> (8 - take));
            if let Some(last) = self.bytes.last_mut() {
                *last |= bits << self.used;
            }
            self.used = (self.used + take) % 8;
            done += take;
        }
    }

    /// The bytes, padded to an even number.
    pub(super) fn finish(mut self) -> Vec<u8> {
        if !self.bytes.len().is_multiple_of(2) {
            self.bytes.push(0);
        }
        self.bytes
    }
}

/// The bits of pixel data, in the bytes or the words that the parser made of it.
pub(super) enum PackedBits<'a> {
    Bytes(Cow<'a, [u8]>),
    Words(&'a [u16]),
}

impl<'a> PackedBits<'a> {
    pub(super) fn new(value: &'a PrimitiveValue) -> Self {
        match value {
            PrimitiveValue::U16(words) => Self::Words(words),
            other => Self::Bytes(other.to_bytes()),
        }
    }

    /// Number of bytes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Words(words) => 2 * words.len(),
        }
    }

    fn byte(&self, n: usize) -> u8 {
        match self {
            Self::Bytes(bytes) => bytes[n],
            Self::Words(words) => words[n / 2].to_le_bytes()[n % 2],
        }
    }

    /// `count` (up to 64) bits from bit `at` on, as the lowest bits of a word. `None` beyond the end.
    pub(super) fn at(&self, at: usize, count: usize) -> Option<u64> {
        if at.checked_add(count)? > self.bytes().checked_mul(8)? {
            return None;
        }
        let mut word = 0_u64;
        let mut done = 0;
        while done < count {
            let (byte, shift) = ((at + done) / 8, (at + done) % 8);
            let take = (8 - shift).min(count - done);
            let bits = self.byte(byte) >> shift & (0xFF >> (8 - take));
            word |= u64::from(bits) << done;
            done += take;
        }
        Some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_back_wherever_they_lie() {
        let parts = [(0b1011, 4), (u64::MAX, 64), (0, 3), (0x1234_5678_9ABC, 47), (1, 1)];
        let mut writer = BitWriter::default();
        parts.iter().for_each(|&(word, count)| writer.push(word, count));
        let bytes = writer.finish();
        assert_eq!(bytes.len(), 16);
        let words: Vec<u16> = bytes.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        for value in [PrimitiveValue::from(bytes), PrimitiveValue::U16(words.into())] {
            let bits = PackedBits::new(&value);
            let mut at = 0;
            for (word, count) in parts {
                assert_eq!(bits.at(at, count), Some(word));
                at += count;
            }
            assert_eq!(bits.at(100, 64), None);
        }
    }
}
