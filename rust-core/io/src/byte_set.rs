//! A DICOM data set over the bytes of its file: values are slices of it, nothing is copied and nothing is converted
//! before it is asked for. For objects that are large because they have many items, as RT Structure Sets are.
//!
//! The whole data set is walked over once, and no claim in it is believed before it is held against what is there: nesting,
//! lengths and the number of elements have limits. Of what is within sequences nothing is kept: an item is parsed when its
//! turn comes, so a million of them take no more memory than one.

use dicom_core::{DataDictionary, Tag, VR, dictionary::DataDictionaryEntry};
use dicom_dictionary_std::{StandardDataDictionary, tags};
use dicom_encoding::text::{SpecificCharacterSet, TextCodec};

use crate::{
    attributes::{Attributes, LONGEST_TEXT, parse_decimal, trimmed},
    iso2022,
    preflight::{ITEM, ITEM_END, MAX_NESTING, Problem, SEQUENCE_END, UNDEFINED},
    value_representation::has_long_length,
};

/// Elements of one data set or item, not counting those of its items; images have some hundred, with all private ones.
pub(crate) const MAX_ELEMENTS: usize = 20_000;

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
    /// What the items of its elements are parsed from.
    bytes: &'a [u8],
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
    sequence: Option<Sequence>,
}

/// Where the items of a sequence are.
#[derive(Clone, Copy, Debug)]
struct Sequence {
    start: usize,
    /// `None`: up to its end marker.
    end: Option<usize>,
    encoding: Encoding,
}

/// The items of a sequence, one after another.
#[derive(Clone)]
pub(crate) struct Items<'a> {
    parser: Parser<'a>,
    sequence: Sequence,
    text: SpecificCharacterSet,
}

/// An item that has not been parsed.
pub(crate) struct Item<'a> {
    parser: Parser<'a>,
    start: usize,
    /// `None`: up to its end marker.
    end: Option<usize>,
    encoding: Encoding,
    text: SpecificCharacterSet,
}

impl<'a> ByteSet<'a> {
    /// The data set in `bytes`.
    pub(crate) fn parse(bytes: &'a [u8], encoding: Encoding) -> Result<Self, Problem> {
        let mut parser = Parser { bytes, at: 0 };
        let mut kept = Kept::default();
        parser.elements(None, encoding, 0, Some(&mut kept))?;
        Ok(Self { whole: bytes, elements: kept.elements, encoding, text: kept.text, bytes })
    }

    /// The first elements of `bytes`, as long as they are of one group, in Explicit VR Little Endian: file meta information.
    pub(crate) fn parse_group(bytes: &'a [u8], group: u16) -> Result<Self, Problem> {
        let mut parser = Parser { bytes, at: 0 };
        let mut elements = Vec::new();
        while bytes.get(parser.at..parser.at + 2) == Some(&group.to_le_bytes()) {
            let start = parser.at;
            let Header { tag, vr, length } = parser.header(Encoding::EXPLICIT)?;
            let length = length.ok_or(Problem::Lost { position: start as u64 })?;
            let value = &bytes[parser.at..parser.at + length];
            parser.at += length;
            if elements.len() >= MAX_ELEMENTS {
                return Err(Problem::TooMany);
            }
            elements.push(Element { tag, vr, whole: &bytes[start..parser.at], value, sequence: None });
        }
        let text = SpecificCharacterSet::default();
        Ok(Self { whole: &bytes[..parser.at], elements, encoding: Encoding::EXPLICIT, text, bytes })
    }

    /// Whether its elements are in Implicit VR, as those of a sequence that was passed on as UN are in any file.
    pub(crate) const fn is_implicit(&self) -> bool {
        self.encoding.implicit
    }

    /// The last element of this tag: a later one replaces an earlier one.
    pub(crate) fn element(&self, tag: Tag) -> Option<&Element<'a>> {
        self.elements.iter().rev().find(|element| element.tag == tag)
    }

    /// The items of a sequence, each parsed when its turn comes; none when the sequence is absent.
    pub(crate) fn items(&self, tag: Tag) -> impl Iterator<Item = ByteSet<'a>> + use<'a> {
        self.unparsed_items(tag).map(Item::parse)
    }

    /// The same, for those who parse them elsewhere: in parallel, say.
    pub(crate) fn unparsed_items(&self, tag: Tag) -> Items<'a> {
        let nothing = Sequence { start: 0, end: Some(0), encoding: self.encoding };
        let sequence = self.element(tag).and_then(|element| element.sequence).unwrap_or(nothing);
        let parser = Parser { bytes: self.bytes, at: sequence.start };
        Items { parser, sequence, text: self.text.clone() }
    }

    fn raw_text(&self, element: &Element<'_>) -> Option<String> {
        if let Some(numbers) = self.binary(element) {
            return numbers.map(|n| n.to_string());
        }
        if element.value.is_empty() || element.value.len() > LONGEST_TEXT {
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
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        let Sequence { end, encoding, .. } = self.sequence;
        let start = self.parser.at;
        // All of it was walked over before: what could be wrong with it has been found.
        let end = self.parser.item(end, encoding).ok().flatten()?;
        let parser = self.parser.clone();
        // An item ends where its last element does, which may be beyond what it said.
        self.parser.elements(end, encoding, 1, None).ok()?;
        Some(Item { parser, start, end, encoding, text: self.text.clone() })
    }
}

impl<'a> Item<'a> {
    pub(crate) fn parse(mut self) -> ByteSet<'a> {
        let mut kept = Kept { elements: Vec::new(), text: self.text };
        // As for the items: it was walked over before.
        let walked = self.parser.elements(self.end, self.encoding, 1, Some(&mut kept));
        debug_assert!(walked.is_ok(), "{walked:?}");
        let bytes = self.parser.bytes;
        let whole = &bytes[self.start..self.parser.at];
        ByteSet { whole, elements: kept.elements, encoding: self.encoding, text: kept.text, bytes }
    }
}

/// What a walk keeps of one data set or item.
#[derive(Default)]
struct Kept<'a> {
    elements: Vec<Element<'a>>,
    text: SpecificCharacterSet,
}

#[derive(Clone)]
struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
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
        depth: usize,
        mut kept: Option<&mut Kept<'a>>,
    ) -> Result<(), Problem> {
        if depth > MAX_NESTING {
            return Err(Problem::TooDeep);
        }
        let mut count = 0;
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
            count += 1;
            if count > MAX_ELEMENTS {
                return Err(Problem::TooMany);
            }
            let (mut value, mut sequence) = (&self.bytes[..0], None);
            match (length, self.inner_encoding(tag, vr, length, encoding)) {
                (None, _) if tag == tags::PIXEL_DATA => self.skip_fragments(encoding)?,
                (_, Some(inner)) => {
                    let end = length.map(|length| self.at + length);
                    sequence = Some(Sequence { start: self.at, end, encoding: inner });
                    while let Some(end) = self.item(end, inner)? {
                        self.elements(end, inner, depth + 1, None)?;
                    }
                }
                (Some(length), None) => {
                    value = &self.bytes[self.at..self.at + length];
                    self.at += length;
                }
                (None, None) => return Err(Problem::Lost { position: start as u64 }),
            }
            let Some(kept) = kept.as_deref_mut() else { continue };
            if tag == tags::SPECIFIC_CHARACTER_SET {
                let first = value.split(|&byte| byte == b'\\').next().unwrap_or_default();
                let code = String::from_utf8_lossy(first);
                kept.text = SpecificCharacterSet::from_code(trimmed(&code)).unwrap_or_default();
            }
            kept.elements.push(Element { tag, vr, whole: &self.bytes[start..self.at], value, sequence });
        }
        Ok(())
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

    /// Steps into the next item of a sequence that ends at `end`, and tells where the item ends (`None`: at its end
    /// marker); `Ok(None)` when there is no further one.
    fn item(&mut self, end: Option<usize>, encoding: Encoding) -> Result<Option<Option<usize>>, Problem> {
        if end.is_some_and(|end| self.at >= end) {
            return Ok(None);
        }
        let start = self.at;
        let Header { tag, length, .. } = self.header(encoding)?;
        match tag {
            ITEM => Ok(Some(length.map(|length| self.at + length))),
            SEQUENCE_END => Ok(None),
            _ => Err(Problem::Lost { position: start as u64 }),
        }
    }
}

#[cfg(test)]
mod tests;
