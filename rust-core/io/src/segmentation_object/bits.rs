//! One bit for each pixel, frame after frame, the first pixel in the lowest bit; frames don't start on whole bytes.

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

/// `count` (up to 64) bits from bit `at` on, as the lowest bits of a word. `None` beyond the end.
pub(super) fn bits_at(bytes: &[u8], at: usize, count: usize) -> Option<u64> {
    if at.checked_add(count)? > bytes.len().checked_mul(8)? {
        return None;
    }
    let mut word = 0_u64;
    let mut done = 0;
    while done < count {
        let (byte, shift) = ((at + done) / 8, (at + done) % 8);
        let take = (8 - shift).min(count - done);
        let bits = bytes[byte] >> shift & (0xFF >> (8 - take));
        word |= u64::from(bits) << done;
        done += take;
    }
    Some(word)
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
        let mut at = 0;
        for (word, count) in parts {
            assert_eq!(bits_at(&bytes, at, count), Some(word));
            at += count;
        }
        assert_eq!(bits_at(&bytes, 100, 64), None);
    }
}
