//! A walk over a file's element headers before the parser sees it. The parser allocates what a header claims and recurses
//! into nested sequences: here no claim goes beyond the end of the file, and nesting ends at [`MAX_NESTING`].
//!
//! What the elements that are there will take in memory is counted too, see [`crate::room`].
//!
//! The walk judges nothing else. What it does not understand it leaves to the parser.

use std::{
    io::{self, BufRead, Seek, SeekFrom},
    ops::Range,
};

use crate::{
    deflated::is_deflated,
    room::{self, Room},
    value_representation::{has_long_length, is_split, unit},
};
use dicom_core::{DataDictionary, Tag, VR, dictionary::DataDictionaryEntry};
use dicom_dictionary_std::{StandardDataDictionary, tags, uids};

/// Sequences within sequences; real files have up to about ten.
pub(crate) const MAX_NESTING: usize = 64;

/// DICOM PS3.5, 9.1.
const LONGEST_UID: u32 = 64;

/// A length that is not told: an end marker follows (DICOM PS3.5, 7.5).
pub(crate) const UNDEFINED: u32 = u32::MAX;
pub(crate) const ITEM: Tag = Tag(0xFFFE, 0xE000);
pub(crate) const ITEM_END: Tag = Tag(0xFFFE, 0xE00D);
pub(crate) const SEQUENCE_END: Tag = Tag(0xFFFE, 0xE0DD);

/// What the walk found wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// An element claims more bytes than the file has left.
    TooLong {
        /// Which.
        tag: Tag,
        /// Bytes it claims.
        claimed: u64,
        /// Bytes from there to the end of the file.
        left: u64,
    },
    /// An item or an end marker where none can be, or none where one must be: the parser would go its own way from there.
    Lost {
        /// Bytes from the beginning of the file.
        position: u64,
    },
    /// A value of numbers that ends within a number: the parser would take what is left over for the next element.
    Uneven {
        /// Which.
        tag: Tag,
        /// Its bytes.
        length: u32,
        /// Bytes of each number.
        unit: u32,
    },
    /// Sequences nested too deep.
    TooDeep,
    /// More elements than real files have: each takes memory.
    TooMany,
    /// Deflated data that grows beyond what its size allows.
    Bomb {
        /// Bytes allowed.
        limit: u64,
    },
}

/// What a walk that found nothing wrong found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Walked {
    /// Where it ended, in bytes from the beginning.
    pub(crate) end: u64,
    /// Where PerFrameFunctionalGroupsSequence is. It is not for the parser, whose tree of it would be larger than the
    /// image: [`crate::multi_frame`] reads it.
    pub(crate) per_frame: Option<Range<u64>>,
    /// Where the deflated data set begins, in a file that has one. It has not been walked over.
    pub(crate) deflated_at: Option<u64>,
}

#[derive(Clone, Copy)]
struct Level {
    /// Whether items are expected, or elements.
    items: bool,
    /// Where it ends; `None` until its end marker.
    end: Option<u64>,
    implicit: bool,
}

struct Walk<R> {
    reader: R,
    position: u64,
    length: u64,
    big_endian: bool,
    room: Room,
    walked: Walked,
    /// Where PerFrameFunctionalGroupsSequence began, within it.
    per_frame_since: Option<u64>,
}

impl<R: BufRead + Seek> Walk<R> {
    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        self.position += N as u64;
        Ok(bytes)
    }

    fn u16(&mut self) -> io::Result<u16> {
        let bytes = self.bytes()?;
        Ok(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn u32(&mut self) -> io::Result<u32> {
        let bytes = self.bytes()?;
        Ok(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn tag(&mut self) -> io::Result<Tag> {
        Ok(Tag(self.u16()?, self.u16()?))
    }

    fn skip(&mut self, length: u32) -> io::Result<()> {
        self.position += u64::from(length);
        self.reader.seek_relative(i64::from(length))
    }

    /// Skips a text and counts its backslashes.
    fn backslashes(&mut self, length: u32) -> io::Result<u64> {
        let (mut left, mut count) = (length as usize, 0);
        while left > 0 {
            let bytes = self.reader.fill_buf()?;
            if bytes.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let part = &bytes[..bytes.len().min(left)];
            count += part.iter().filter(|&&byte| byte == b'\\').count() as u64;
            let done = part.len();
            left -= done;
            self.reader.consume(done);
        }
        self.position += u64::from(length);
        Ok(count)
    }

    fn fits(&self, tag: Tag, length: u32) -> Result<(), Problem> {
        let left = self.length.saturating_sub(self.position);
        let claimed = u64::from(length);
        if length != UNDEFINED && claimed > left { Err(Problem::TooLong { tag, claimed, left }) } else { Ok(()) }
    }

    /// Nothing follows the last element: what is left over there does no harm.
    fn is_even(&self, tag: Tag, vr: VR, length: u32) -> Result<(), Problem> {
        let unit = unit(vr);
        let last = self.position + u64::from(length) >= self.length;
        if length.is_multiple_of(unit) || last { Ok(()) } else { Err(Problem::Uneven { tag, length, unit }) }
    }

    /// The rest of an element header: its VR (UN where nothing says) and its length.
    fn header(&mut self, tag: Tag, implicit: bool) -> io::Result<(VR, u32)> {
        if implicit {
            let vr = StandardDataDictionary.by_tag(tag).map_or(VR::UN, |entry| entry.vr().relaxed());
            return Ok((vr, self.u32()?));
        }
        // The parser takes a VR that it doesn't know for UN.
        let vr = VR::from_binary(self.bytes()?).unwrap_or(VR::UN);
        if !has_long_length(vr) {
            return Ok((vr, u32::from(self.u16()?)));
        }
        self.bytes::<2>()?;
        Ok((vr, self.u32()?))
    }

    fn data_set(&mut self, implicit: bool, until: Option<Tag>) -> io::Result<Result<(), Problem>> {
        let mut levels = vec![Level { items: false, end: None, implicit }];
        while let Some(&level) = levels.last() {
            if levels.len() == 1
                && let Some(start) = self.per_frame_since.take()
            {
                self.walked.per_frame = Some(start..self.position);
            }
            if level.end.is_some_and(|end| self.position >= end) {
                levels.pop();
                continue;
            }
            let start = self.position;
            let tag = self.tag()?;
            if self.per_frame_since.is_none()
                && let Err(problem) = self.room.take(if tag == ITEM { room::ITEM } else { room::ELEMENT })
            {
                return Ok(Err(problem));
            }
            if tag.group() == 0xFFFE {
                let length = self.u32()?;
                match (tag, level.items) {
                    (ITEM, true) => {
                        if let Err(problem) = self.fits(tag, length) {
                            return Ok(Err(problem));
                        }
                        let end = (length != UNDEFINED).then(|| self.position + u64::from(length));
                        levels.push(Level { items: false, end, ..level });
                    }
                    (SEQUENCE_END, true) | (ITEM_END, false) if levels.len() > 1 => {
                        levels.pop();
                    }
                    _ => return Ok(Err(Problem::Lost { position: self.position })),
                }
                continue;
            }
            if level.items {
                return Ok(Err(Problem::Lost { position: self.position }));
            }
            if levels.len() == 1 && until.is_some_and(|until| tag >= until) {
                self.position = start;
                return Ok(Ok(()));
            }
            let (vr, length) = self.header(tag, level.implicit)?;
            if let Err(problem) = self.fits(tag, length) {
                return Ok(Err(problem));
            }
            if tag == tags::PIXEL_DATA && length == UNDEFINED {
                if let Err(problem) = self.fragments()? {
                    return Ok(Err(problem));
                }
            } else if vr == VR::SQ || length == UNDEFINED {
                if levels.len() >= 2 * MAX_NESTING {
                    return Ok(Err(Problem::TooDeep));
                }
                let end = (length != UNDEFINED).then(|| self.position + u64::from(length));
                // A sequence hidden in UN is encoded in Implicit VR (DICOM PS3.5, 6.2.2), but the parser goes on as before:
                // what it will read is what must be checked.
                let is_per_frame = levels.len() == 1 && tag == tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE;
                if is_per_frame && self.walked.per_frame.is_none() {
                    self.per_frame_since = Some(start);
                }
                levels.push(Level { items: true, end, ..level });
            } else {
                if let Err(problem) = self.is_even(tag, vr, length) {
                    return Ok(Err(problem));
                }
                let texts = if is_split(vr) { self.backslashes(length)? } else { self.skip(length).map(|()| 0)? };
                if self.per_frame_since.is_none()
                    && let Err(problem) = self.room.take(texts * room::TEXT)
                {
                    return Ok(Err(problem));
                }
            }
        }
        Ok(Ok(()))
    }

    /// The fragments of encapsulated pixel data, up to their end marker.
    fn fragments(&mut self) -> io::Result<Result<(), Problem>> {
        loop {
            let (tag, length) = (self.tag()?, self.u32()?);
            if tag != ITEM || length == UNDEFINED {
                return Ok(Ok(()));
            }
            if let Err(problem) = self.fits(tag, length) {
                return Ok(Err(problem));
            }
            self.skip(length)?;
        }
    }

    /// The file meta information; gives the transfer syntax.
    ///
    /// Its end is where its group length says, whatever the groups of its elements are: so does the parser, and a walk
    /// that begins the data set elsewhere checks other bytes than the parser reads.
    fn meta(&mut self) -> io::Result<Result<String, Problem>> {
        let mut syntax = String::new();
        let tag = self.tag()?;
        let (_, length) = self.header(tag, false)?;
        if tag != tags::FILE_META_INFORMATION_GROUP_LENGTH || length != 4 {
            // The parser refuses such a file at once.
            return Ok(Ok(syntax));
        }
        let group_length = self.u32()?;
        let end = self.position + u64::from(group_length);
        while self.position < end {
            let tag = self.tag()?;
            let length = if tag.group() == 0xFFFE { self.u32()? } else { self.header(tag, false)?.1 };
            if length == UNDEFINED {
                return Ok(Ok(String::new()));
            }
            if let Err(problem) = self.fits(tag, length) {
                return Ok(Err(problem));
            }
            if tag == tags::TRANSFER_SYNTAX_UID {
                if length > LONGEST_UID {
                    return Ok(Err(Problem::Lost { position: self.position }));
                }
                syntax.clear();
                for _ in 0..length {
                    syntax.push(char::from(self.bytes::<1>()?[0]));
                }
            } else {
                self.skip(length)?;
            }
        }
        Ok(Ok(syntax))
    }
}

/// Walks over a file, up to the tag `until` of the data set or to its end. `bare`: the transfer syntax of a data set without
/// file meta information; otherwise the reader is at the file's beginning. A file that ends within a header is left to the
/// parser.
pub(crate) fn check<R: BufRead + Seek>(
    mut reader: R,
    bare: Option<&str>,
    until: Option<Tag>,
) -> io::Result<Result<Walked, Problem>> {
    let length = reader.seek(SeekFrom::End(0))?;
    reader.seek(SeekFrom::Start(0))?;
    let (room, walked) = (Room::default(), Walked::default());
    let mut walk = Walk { reader, position: 0, length, big_endian: false, room, walked, per_frame_since: None };
    match walk.run(bare, until) {
        Err(e) if e.kind() != io::ErrorKind::UnexpectedEof => return Err(e),
        Ok(Err(problem)) => return Ok(Err(problem)),
        Ok(Ok(())) | Err(_) => {}
    }
    // The file may end within the sequence.
    let unended = walk.per_frame_since.map(|start| start..length);
    Ok(Ok(Walked { end: walk.position, per_frame: unended.or(walk.walked.per_frame), ..walk.walked }))
}

impl<R: BufRead + Seek> Walk<R> {
    fn run(&mut self, bare: Option<&str>, until: Option<Tag>) -> io::Result<Result<(), Problem>> {
        let syntax = match bare {
            Some(syntax) => syntax.to_owned(),
            None => {
                let start = self.start_of_meta()?;
                self.reader.seek(SeekFrom::Start(start))?;
                self.position = start;
                match self.meta()? {
                    Ok(syntax) => syntax,
                    Err(problem) => return Ok(Err(problem)),
                }
            }
        };
        match syntax.trim_end_matches(|c: char| c.is_whitespace() || c == '\0') {
            // The parser refuses a file that names none.
            "" => Ok(Ok(())),
            // Deflated data can't be walked over without inflating it.
            syntax if is_deflated(syntax) => {
                self.walked.deflated_at = Some(self.position);
                Ok(Ok(()))
            }
            syntax => {
                self.big_endian = syntax == EXPLICIT_VR_BIG_ENDIAN;
                self.data_set(syntax == uids::IMPLICIT_VR_LITTLE_ENDIAN, until)
            }
        }
    }

    /// After the letters "DICM", or 0 where there are none.
    fn start_of_meta(&mut self) -> io::Result<u64> {
        let mut head = [0; 132];
        let got = {
            let mut filled = 0;
            while filled < head.len() {
                match self.reader.read(&mut head[filled..])? {
                    0 => break,
                    n => filled += n,
                }
            }
            filled
        };
        Ok(match &head[..got] {
            [.., b'D', b'I', b'C', b'M'] if got == 132 => 132,
            [b'D', b'I', b'C', b'M', ..] => 4,
            _ => 0,
        })
    }
}

/// Retired, but still met.
pub(crate) const EXPLICIT_VR_BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";

#[cfg(test)]
mod tests;
