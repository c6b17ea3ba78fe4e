//! A DICOM data set over the bytes of its file: values are slices of it, nothing is copied and nothing is converted
//! before it is asked for. For objects that are large because they have many elements, as RT Structure Sets are.
//!
//! No claim in the file is believed before it is held against what is there: nesting, lengths and the number of elements
//! have the limits of [`crate::preflight`].

use dicom_core::{DataDictionary, Tag, VR, dictionary::DataDictionaryEntry};
use dicom_dictionary_std::{StandardDataDictionary, tags};
use dicom_encoding::text::{SpecificCharacterSet, TextCodec};

use crate::{
    attributes::{Attributes, parse_decimal, trimmed},
    iso2022,
    preflight::{ITEM, ITEM_END, MAX_NESTING, Problem, SEQUENCE_END, UNDEFINED, has_long_length},
    room::{BYTE_SET, Room},
};

/// Longer lists of elements are copied as they grow: for a moment their elements are there three times.
const SHORT_LIST: usize = 64;

/// How elements are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Encoding {
    pub(crate) implicit: bool,
    pub(crate) big_endian: bool,
}

impl Encoding {
    pub(crate) const IMPLICIT: Self = Self { implicit: true, big_endian: false };
    pub(crate) const EXPLICIT: Self = Self { implicit: false, big_endian: false };
}

/// A data set, or an item of a sequence.
#[derive(Debug)]
pub(crate) struct ByteSet<'a> {
    /// All its bytes; of an item with header and end marker.
    pub(crate) whole: &'a [u8],
    /// In the order of the file.
    pub(crate) elements: Vec<Element<'a>>,
    encoding: Encoding,
    text: SpecificCharacterSet,
}

/// One element.
#[derive(Debug)]
pub(crate) struct Element<'a> {
    pub(crate) tag: Tag,
    pub(crate) vr: VR,
    /// Header, value and end marker.
    pub(crate) whole: &'a [u8],
    /// The value; empty for a sequence.
    pub(crate) value: &'a [u8],
    items: Vec<ByteSet<'a>>,
}

impl<'a> ByteSet<'a> {
    /// The data set in `bytes`, whose elements may take this memory.
    pub(crate) fn parse(bytes: &'a [u8], encoding: Encoding, room: Room) -> Result<Self, Problem> {
        let mut parser = Parser { bytes, at: 0, room };
        let mut text = SpecificCharacterSet::default();
        let elements = parser.elements(None, encoding, &mut text, 0)?;
        Ok(Self { whole: bytes, elements, encoding, text })
    }

    /// The first elements of `bytes`, as long as they are of one group, in Explicit VR Little Endian: file meta information.
    pub(crate) fn parse_group(bytes: &'a [u8], group: u16) -> Result<Self, Problem> {
        let mut parser = Parser { bytes, at: 0, room: Room::of(bytes.len() as u64) };
        let mut elements = Vec::new();
        while bytes.get(parser.at..parser.at + 2) == Some(&group.to_le_bytes()) {
            let start = parser.at;
            let Header { tag, vr, length } = parser.header(Encoding::EXPLICIT)?;
            let length = length.ok_or(Problem::Lost { position: start as u64 })?;
            let value = &bytes[parser.at..parser.at + length];
            parser.at += length;
            elements.push(Element { tag, vr, whole: &bytes[start..parser.at], value, items: Vec::new() });
        }
        let text = SpecificCharacterSet::default();
        Ok(Self { whole: &bytes[..parser.at], elements, encoding: Encoding::EXPLICIT, text })
    }

    /// Whether its elements are in Implicit VR, as those of a sequence that was passed on as UN are in any file.
    pub(crate) const fn is_implicit(&self) -> bool {
        self.encoding.implicit
    }

    /// The last element of this tag: a later one replaces an earlier one.
    pub(crate) fn element(&self, tag: Tag) -> Option<&Element<'a>> {
        self.elements.iter().rev().find(|element| element.tag == tag)
    }

    fn raw_text(&self, element: &Element<'_>) -> Option<String> {
        if let Some(numbers) = self.binary(element) {
            return numbers.map(|n| n.to_string());
        }
        if element.value.is_empty() {
            return None;
        }
        let plain = SpecificCharacterSet::default();
        let set = match element.vr {
            VR::AE | VR::AS | VR::CS | VR::DA | VR::DS | VR::IS | VR::TM | VR::UI => &plain,
            _ => &self.text,
        };
        Some(set.decode(element.value).unwrap_or_else(|_| String::from_utf8_lossy(element.value).into_owned()))
    }

    /// The first number of a binary value; `None` when it is no binary one, `Some(None)` when it is empty.
    fn binary(&self, element: &Element<'_>) -> Option<Option<i64>> {
        let signed = match element.vr {
            VR::US | VR::UL => false,
            VR::SS | VR::SL => true,
            _ => return None,
        };
        let size = if matches!(element.vr, VR::US | VR::SS) { 2 } else { 4 };
        let Some(bytes) = element.value.get(..size) else { return Some(None) };
        let join = |number: u32, byte: &u8| number << 8 | u32::from(*byte);
        let number =
            if self.encoding.big_endian { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) };
        Some(Some(match (signed, size) {
            (true, 2) => i64::from(number as u16 as i16),
            (true, _) => i64::from(number as i32),
            _ => i64::from(number),
        }))
    }
}

impl Attributes for ByteSet<'_> {
    fn text(&self, tag: Tag) -> Option<String> {
        let text = self.raw_text(self.element(tag)?)?;
        let resolved = iso2022::resolved(&text);
        let text = trimmed(resolved.as_deref().unwrap_or(&text));
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn decimals_of(&self, tag: Tag) -> Option<Vec<Option<f64>>> {
        Some(self.raw_text(self.element(tag)?)?.split('\\').map(parse_decimal).collect())
    }

    fn items(&self, tag: Tag) -> &[Self] {
        self.element(tag).map(|element| element.items.as_slice()).unwrap_or_default()
    }
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    room: Room,
}

/// The header of an element or an item.
struct Header {
    tag: Tag,
    vr: VR,
    /// `None`: up to an end marker.
    length: Option<usize>,
}

impl<'a> Parser<'a> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Problem> {
        let lost = Problem::Lost { position: self.at as u64 };
        let bytes = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk()).ok_or(lost)?;
        self.at += N;
        Ok(*bytes)
    }

    fn u16(&mut self, encoding: Encoding) -> Result<u16, Problem> {
        let bytes = self.array()?;
        Ok(if encoding.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn u32(&mut self, encoding: Encoding) -> Result<u32, Problem> {
        let bytes = self.array()?;
        Ok(if encoding.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn header(&mut self, encoding: Encoding) -> Result<Header, Problem> {
        let tag = Tag(self.u16(encoding)?, self.u16(encoding)?);
        self.room.take(if tag == ITEM { BYTE_SET.item } else { BYTE_SET.element })?;
        let (vr, claimed) = if tag.group() == 0xFFFE {
            (VR::UN, self.u32(encoding)?)
        } else if encoding.implicit {
            let vr = StandardDataDictionary.by_tag(tag).map_or(VR::UN, |entry| entry.vr().relaxed());
            (vr, self.u32(encoding)?)
        } else {
            let vr = VR::from_binary(self.array()?).unwrap_or(VR::UN);
            if has_long_length(vr) {
                self.array::<2>()?;
                (vr, self.u32(encoding)?)
            } else {
                (vr, u32::from(self.u16(encoding)?))
            }
        };
        // What ends an item has no value: its length is zero, and a file that says something else means nothing by it.
        if matches!(tag, ITEM_END | SEQUENCE_END) {
            return Ok(Header { tag, vr, length: Some(0) });
        }
        if claimed == UNDEFINED {
            return Ok(Header { tag, vr, length: None });
        }
        let left = self.bytes.len() - self.at;
        if claimed as usize > left {
            return Err(Problem::TooLong { tag, claimed: u64::from(claimed), left: left as u64 });
        }
        Ok(Header { tag, vr, length: Some(claimed as usize) })
    }

    /// The elements up to `end`, or up to the end marker of an item. The whole data set ends where the file does.
    fn elements(
        &mut self,
        end: Option<usize>,
        encoding: Encoding,
        text: &mut SpecificCharacterSet,
        depth: usize,
    ) -> Result<Vec<Element<'a>>, Problem> {
        if depth > MAX_NESTING {
            return Err(Problem::TooDeep);
        }
        let mut elements = Vec::new();
        // Less than a header at the very end is padding.
        let whole_file = depth == 0;
        while end.is_none_or(|end| self.at < end) && !(whole_file && self.bytes.len() - self.at < 8) {
            let start = self.at;
            let Header { tag, vr, length } = self.header(encoding)?;
            if tag == ITEM_END && !whole_file {
                break;
            }
            if tag.group() == 0xFFFE {
                return Err(Problem::Lost { position: start as u64 });
            }
            let (mut value, mut items) = (&self.bytes[..0], Vec::new());
            match (length, self.inner_encoding(tag, vr, length, encoding)) {
                (None, _) if tag == tags::PIXEL_DATA => self.skip_fragments(encoding)?,
                (_, Some(inner)) => {
                    let end = length.map(|length| self.at + length);
                    items = self.items(end, inner, text, depth + 1)?;
                }
                (Some(length), None) => {
                    value = &self.bytes[self.at..self.at + length];
                    self.at += length;
                }
                (None, None) => return Err(Problem::Lost { position: start as u64 }),
            }
            if tag == tags::SPECIFIC_CHARACTER_SET {
                let first = value.split(|&byte| byte == b'\\').next().unwrap_or_default();
                let code = String::from_utf8_lossy(first);
                *text = SpecificCharacterSet::from_code(trimmed(&code)).unwrap_or_default();
            }
            if elements.len() >= SHORT_LIST {
                self.room.take(2 * BYTE_SET.element)?;
            }
            elements.push(Element { tag, vr, whole: &self.bytes[start..self.at], value, items });
        }
        // There may be a hundred thousand items: none keeps places that it does not use.
        elements.shrink_to_fit();
        Ok(elements)
    }

    /// Compressed pixels (DICOM PS3.5, A.4): nothing that is read this way has any.
    fn skip_fragments(&mut self, encoding: Encoding) -> Result<(), Problem> {
        loop {
            match self.header(encoding)? {
                Header { tag: ITEM, length: Some(length), .. } => self.at += length,
                Header { tag: SEQUENCE_END, .. } => return Ok(()),
                _ => return Err(Problem::Lost { position: self.at as u64 }),
            }
        }
    }

    /// How the items of an element are encoded; `None` when it is no sequence.
    ///
    /// A system that didn't know a sequence passed it on as UN, in Implicit VR (DICOM PS3.5, 6.2.2); some passed on what
    /// they had.
    fn inner_encoding(&self, tag: Tag, vr: VR, length: Option<usize>, encoding: Encoding) -> Option<Encoding> {
        if vr == VR::SQ {
            return Some(encoding);
        }
        let is_known = || StandardDataDictionary.by_tag(tag).is_some_and(|entry| entry.vr().relaxed() == VR::SQ);
        let begins_an_item = || self.bytes.get(self.at..self.at + 4) == Some(&[0xFE, 0xFF, 0x00, 0xE0]);
        if length.is_some() && !(vr == VR::UN && is_known() && begins_an_item()) {
            return None;
        }
        // After the header of the first item and the tag of its first element: two letters, or a length.
        let letters = self.bytes.get(self.at + 12..self.at + 14);
        let explicit = letters.and_then(|b| VR::from_binary([b[0], b[1]])).is_some();
        Some(if explicit { Encoding::EXPLICIT } else { Encoding::IMPLICIT })
    }

    fn items(
        &mut self,
        end: Option<usize>,
        encoding: Encoding,
        text: &SpecificCharacterSet,
        depth: usize,
    ) -> Result<Vec<ByteSet<'a>>, Problem> {
        let mut items = Vec::new();
        while end.is_none_or(|end| self.at < end) {
            let start = self.at;
            let Header { tag, length, .. } = self.header(encoding)?;
            match tag {
                ITEM => {
                    let end = length.map(|length| self.at + length);
                    let mut text = text.clone();
                    let elements = self.elements(end, encoding, &mut text, depth)?;
                    items.push(ByteSet { whole: &self.bytes[start..self.at], elements, encoding, text });
                }
                SEQUENCE_END => break,
                _ => return Err(Problem::Lost { position: start as u64 }),
            }
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests;
