//! How much memory a file may take, by what it holds: what it claims to hold never counts.

use crate::{deflated::INFLATION, preflight::Problem};

/// Any file may take this; with what readers have besides it stays below 64 MB.
const FREE_BYTES: u64 = 52 << 20;

/// Further bytes for each byte of the file. Headers of many small frames need three; numbers of two characters in
/// ContourData become eight bytes.
const BYTES_PER_BYTE: u64 = 4;

/// What elements and items take once they are parsed, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Costs {
    /// An element, besides its value.
    pub(crate) element: u64,
    /// An item of a sequence, besides its elements.
    pub(crate) item: u64,
}

/// In the parser's tree: nodes have places for eleven elements, half of them in use, and every item has one.
pub(crate) const PARSER: Costs = Costs { element: 200, item: 1200 };

/// As slices of the file's bytes, in lists that grow by copying.
pub(crate) const BYTE_SET: Costs = Costs { element: 64, item: 192 };

/// One of several texts in a value: the parser makes a string of each, were it one letter.
pub(crate) const TEXT: u64 = 48;

/// The memory that is left for the elements of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room(u64);

impl Room {
    /// Of a file of this many bytes.
    pub(crate) const fn of(bytes: u64) -> Self {
        Self(FREE_BYTES.saturating_add(bytes.saturating_mul(BYTES_PER_BYTE)))
    }

    /// Of a deflated file of this many bytes, beside which what it inflates to is held.
    pub(crate) fn of_deflated(bytes: u64, inflated: u64) -> Self {
        let Self(room) = Self::of(bytes.saturating_mul(INFLATION));
        Self(room.saturating_sub(inflated))
    }

    /// Takes some of it.
    pub(crate) fn take(&mut self, bytes: u64) -> Result<(), Problem> {
        self.0 = self.0.checked_sub(bytes).ok_or(Problem::TooMany)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_files_of_many_small_items_have_room() {
        // A Segmentation of 10,000 frames of 128 x 128 pixels: eight items and thirty elements in 3 kB each.
        let mut room = Room::of(3_000 * 10_000);
        assert_eq!(room.take(10_000 * (8 * PARSER.item + 30 * PARSER.element)), Ok(()));
        // 100,000 contours of four points: two items and eight elements in 300 bytes each.
        let mut room = Room::of(300 * 100_000);
        assert_eq!(room.take(100_000 * (2 * BYTE_SET.item + 8 * BYTE_SET.element)), Ok(()));
    }
}
