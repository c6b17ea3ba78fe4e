//! How much memory a file may take besides what it honestly is: its bytes, what they inflate to, and the pixels and points
//! that they hold. Whatever else is made of a file takes its room here, and what it only claims never counts.

use crate::preflight::Problem;

/// Any file may take this; with what readers have besides it stays below 64 MB.
const BYTES: u64 = 48 << 20;

/// An element in the parser's tree, besides its value: nodes have places for eleven elements, half of them in use.
pub(crate) const ELEMENT: u64 = 200;

/// An item in the parser's tree, besides its elements: each has a node.
pub(crate) const ITEM: u64 = 1200;

/// One of several texts in a value: the parser makes a string of each, were it one letter.
pub(crate) const TEXT: u64 = 72;

/// A ROI and its place in tables, besides its texts and contours.
const ROI: u64 = 600;

/// A ROI of which an item of this many bytes speaks: its texts are kept, some of them twice.
pub(crate) const fn roi(item: &[u8]) -> u64 {
    ROI + 2 * item.len() as u64
}

/// A contour, besides its points, in a list that grows by copying.
pub(crate) const CONTOUR: u64 = 128;

/// Something odd, in words.
pub(crate) const FINDING: u64 = 300;

/// A UID and its place in a set.
pub(crate) const fn uid(text: &str) -> u64 {
    200 + text.len() as u64
}

/// The header of one of several frames.
pub(crate) const FRAME: u64 = 2500;

/// The memory that is left for what is made of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room(u64);

impl Default for Room {
    fn default() -> Self {
        Self(BYTES)
    }
}

impl Room {
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
    fn real_files_have_room() {
        // A CT image that refers to a thousand others, with five hundred attributes of its own.
        let mut room = Room::default();
        assert_eq!(room.take(500 * ELEMENT + 1000 * (ITEM + 3 * ELEMENT)), Ok(()));
        // An enhanced CT of 8000 frames.
        let mut room = Room::default();
        assert_eq!(room.take(8000 * FRAME), Ok(()));
        // A structure set of 200 ROIs with 150,000 contours on 2000 images.
        let mut room = Room::default();
        assert_eq!(room.take(2 * 200 * roi(&[0; 300]) + 150_000 * CONTOUR + 2000 * uid("1.2.826.0.1.3680043")), Ok(()));
    }
}
