//! The one place where bytes are handed to the DICOM parser: what looks like DICOM, how much of it is read, and what
//! its failures mean. Checks that must come before the parser belong here too.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use dicom_encoding::transfer_syntax::TransferSyntaxIndex;
use dicom_object::{DefaultDicomObject, FileMetaTable, FileMetaTableBuilder, InMemDicomObject, OpenFileOptions};
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use crate::{
    deflated,
    error::IoError,
    preflight::{self, Problem, Walked},
};

/// Bytes before the letters "DICM".
pub(crate) const PREAMBLE: usize = 128;

/// How a file begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Preamble and/or file meta information.
    WithMeta,
    /// A bare data set, Explicit VR Little Endian.
    BareExplicit,
    /// A bare data set, Implicit VR Little Endian.
    BareImplicit,
    /// No DICOM.
    Other,
}

pub(crate) fn sniff(head: &[u8]) -> Kind {
    if head.get(PREAMBLE..PREAMBLE + 4) == Some(b"DICM") || head.get(..4) == Some(b"DICM") {
        return Kind::WithMeta;
    }
    let Some(&[g0, g1, e0, e1, v0, v1, l0, l1]) = head.get(..8) else { return Kind::Other };
    let (group, element) = (u16::from_le_bytes([g0, g1]), u16::from_le_bytes([e0, e1]));
    let explicit = v0.is_ascii_uppercase() && v1.is_ascii_uppercase();
    match group {
        2 if element <= 0x0102 && explicit => Kind::WithMeta,
        // A bare data set starts with the first elements of group 8; anything else is a guess too wild.
        8 if element <= 0x0060 && explicit => Kind::BareExplicit,
        8 if element <= 0x0060 && u32::from_le_bytes([v0, v1, l0, l1]) <= 256 => Kind::BareImplicit,
        _ => Kind::Other,
    }
}

/// How much of a file is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// What the object is: group 8, with its class and its modality.
    Kind,
    /// Everything before the pixel data.
    Header,
    /// The whole data set.
    All,
}

impl Extent {
    /// The first tag that is not wanted.
    const fn until(self) -> Option<Tag> {
        match self {
            Self::Kind => Some(Tag(0x0009, 0x0000)),
            Self::Header => Some(tags::PIXEL_DATA),
            Self::All => None,
        }
    }
}

/// The class and the modality of an object stand within this many bytes, text attributes of the study before them or not.
const BEGINNING: u64 = 4096;

/// Whether a file may be an object of this class or modality: a glance at its beginning, which spares reading what is
/// something else.
pub(crate) fn mentions(path: &Path, label: &str, class: &str, modality: &str) -> Result<bool, IoError> {
    let read_error = |source: io::Error| IoError::Read { file: label.to_owned(), source };
    let mut beginning = Vec::new();
    File::open(path).map_err(read_error)?.take(BEGINNING).read_to_end(&mut beginning).map_err(read_error)?;
    let holds = |text: &str| beginning.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    Ok(holds(class) || holds(modality))
}

/// A file without one of its parts.
struct Without<'a> {
    file: &'a File,
    /// Bytes up to the part; `None` after it.
    before: Option<u64>,
    part: u64,
}

impl<'a> Without<'a> {
    /// Reads `file` from its beginning.
    fn new(mut file: &'a File, part: Option<Range<u64>>) -> io::Result<Self> {
        file.seek(SeekFrom::Start(0))?;
        let bytes = part.as_ref().map_or(0, |part| part.end - part.start);
        Ok(Self { file, before: part.map(|part| part.start), part: bytes })
    }
}

impl Read for Without<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.before == Some(0) {
            self.file.seek_relative(i64::try_from(self.part).map_err(io::Error::other)?)?;
            self.before = None;
        }
        let Some(before) = &mut self.before else { return self.file.read(bytes) };
        let read = self.file.take(*before).read(bytes)?;
        // Before the end of the file there was something a moment ago.
        *before = if read == 0 && !bytes.is_empty() { 0 } else { *before - read as u64 };
        Ok(read)
    }
}

/// What a file is, before anything of it is parsed.
pub(crate) struct Looked {
    kind: Kind,
    /// Its first bytes.
    head: Vec<u8>,
    pub(crate) walked: Walked,
}

/// Walks over a file, up to the tag `until`, or over all of a data set without file meta information; `Ok(None)` when it
/// is no DICOM.
pub(crate) fn look(file: &File, label: &str, until: Option<Tag>) -> Result<Option<Looked>, IoError> {
    let read_error = |source: io::Error| IoError::Read { file: label.to_owned(), source };
    let mut head = Vec::with_capacity(PREAMBLE + 8);
    file.take((PREAMBLE + 8) as u64).read_to_end(&mut head).map_err(read_error)?;
    let kind = sniff(&head);
    let (bare_syntax, until) = match kind {
        Kind::Other => return Ok(None),
        Kind::WithMeta => (None, until),
        Kind::BareExplicit => (Some(uids::EXPLICIT_VR_LITTLE_ENDIAN), None),
        Kind::BareImplicit => (Some(uids::IMPLICIT_VR_LITTLE_ENDIAN), None),
    };
    let walked = preflight::check(BufReader::new(file), bare_syntax, until).map_err(read_error)?;
    let walked = walked.map_err(|problem| refusal(&problem, label))?;
    Ok(Some(Looked { kind, head, walked }))
}

/// Opens and parses a file; `Ok(None)` when it is no DICOM. `label` names it in errors. What it says of each frame is left
/// out: that is for [`crate::multi_frame`].
pub(crate) fn open(path: &Path, label: &str, extent: Extent) -> Result<Option<DefaultDicomObject>, IoError> {
    let read_error = |source: io::Error| IoError::Read { file: label.to_owned(), source };
    let file = File::open(path).map_err(read_error)?;
    let Some(Looked { kind, head, walked }) = look(&file, label, extent.until())? else { return Ok(None) };
    if let Some(start) = walked.deflated_at {
        return open_deflated(file, start, &head, label).map(Some);
    }
    let file = Without::new(&file, walked.per_frame).map_err(read_error)?;
    // The parser is not ours: whatever it stumbles over must not take the caller down.
    guarded(label, || match kind {
        Kind::WithMeta => {
            let mut options = OpenFileOptions::new();
            if let Some(tag) = extent.until() {
                options = options.read_until(tag);
            }
            // A whole image is read in one go, a header in small steps.
            let capacity = if extent == Extent::All { 1 << 18 } else { 1 << 14 };
            options.from_reader(BufReader::with_capacity(capacity, file)).map_err(|e| chain(&e))
        }
        Kind::BareExplicit => bare(file, uids::EXPLICIT_VR_LITTLE_ENDIAN),
        Kind::BareImplicit | Kind::Other => bare(file, uids::IMPLICIT_VR_LITTLE_ENDIAN),
    })
    .map(Some)
}

/// A deflated file: inflated within limits, walked over like any other, then parsed.
fn open_deflated(mut file: File, start: u64, head: &[u8], label: &str) -> Result<DefaultDicomObject, IoError> {
    let read_error = |source: io::Error| IoError::Read { file: label.to_owned(), source };
    let damaged = |e: io::Error| IoError::Damaged { file: label.to_owned(), reason: format!("can't be inflated: {e}") };
    let inflated = deflated::inflate(&mut file, start, Vec::new()).map_err(damaged)?;
    let inflated = inflated.map_err(|problem| refusal(&problem, label))?;
    let syntax = Some(uids::EXPLICIT_VR_LITTLE_ENDIAN);
    let walked = preflight::check(io::Cursor::new(&inflated), syntax, None).map_err(read_error)?;
    let walked = walked.map_err(|problem| refusal(&problem, label))?;
    let end = inflated.len() as u64;
    let Range { start: before, end: after } = walked.per_frame.unwrap_or(end..end);
    let (before, after) = (&inflated[..before as usize], &inflated[after as usize..]);
    let meta_at = if head.get(PREAMBLE..PREAMBLE + 4) == Some(b"DICM") { PREAMBLE as u64 } else { 0 };
    file.seek(SeekFrom::Start(meta_at)).map_err(read_error)?;
    guarded(label, || {
        let meta = FileMetaTable::from_reader(BufReader::new(&file)).map_err(|e| chain(&e))?;
        Ok(data_set(before.chain(after), uids::EXPLICIT_VR_LITTLE_ENDIAN)?.with_exact_meta(meta))
    })
}

/// Runs the parser; its failures and its panics become errors.
fn guarded(
    label: &str,
    parse: impl FnOnce() -> Result<DefaultDicomObject, String>,
) -> Result<DefaultDicomObject, IoError> {
    match catch_unwind(AssertUnwindSafe(parse)) {
        Ok(Ok(object)) => Ok(object),
        Ok(Err(reason)) => Err(IoError::Damaged { file: label.to_owned(), reason }),
        Err(_) => {
            Err(IoError::Damaged { file: label.to_owned(), reason: "the data set makes the parser fail".to_owned() })
        }
    }
}

fn data_set(reader: impl Read, transfer_syntax: &str) -> Result<InMemDicomObject, String> {
    let syntax = TransferSyntaxRegistry.get(transfer_syntax).ok_or("unknown transfer syntax")?;
    InMemDicomObject::read_dataset_with_ts(reader, syntax).map_err(|e| chain(&e))
}

fn bare(file: Without<'_>, transfer_syntax: &str) -> Result<DefaultDicomObject, String> {
    let object = data_set(BufReader::new(file), transfer_syntax)?;
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(transfer_syntax)
        .media_storage_sop_class_uid("")
        .media_storage_sop_instance_uid("")
        .build()
        .map_err(|e| chain(&e))?;
    Ok(object.with_exact_meta(meta))
}

/// An error with all its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

pub(crate) fn refusal(problem: &Problem, label: &str) -> IoError {
    let file = label.to_owned();
    match *problem {
        Problem::TooLong { tag: tags::PIXEL_DATA, claimed, left } => {
            IoError::Truncated { file, part: "the pixel data".to_owned(), expected: claimed, got: left }
        }
        Problem::TooLong { tag, claimed, left } => IoError::Damaged {
            file,
            reason: format!(
                "element {tag} claims {claimed} bytes, the file has {left} left; it is truncated or wrongly encoded"
            ),
        },
        Problem::Lost { position } => {
            IoError::Damaged { file, reason: format!("its sequences can't be followed beyond byte {position}") }
        }
        Problem::Uneven { tag, length, unit } => IoError::Damaged {
            file,
            reason: format!(
                "element {tag} has {length} bytes, which is no multiple of the {unit} of each of its numbers"
            ),
        },
        Problem::TooMany => IoError::Damaged {
            file,
            reason: "it has more elements than any real file and would take too much memory".to_owned(),
        },
        Problem::Bomb { limit } => IoError::Damaged {
            file,
            reason: format!("its deflated data grows beyond {limit} bytes, which no image or structure set does"),
        },
        Problem::TooDeep => IoError::Damaged {
            file,
            reason: format!("more than {} sequences are nested within each other", preflight::MAX_NESTING),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_pictures_are_no_dicom() {
        assert_eq!(sniff(b"patient,age\n1,2\n"), Kind::Other);
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\n0000"), Kind::Other);
        assert_eq!(sniff(b""), Kind::Other);
        assert_eq!(sniff(&[0; 400]), Kind::Other);
    }

    #[test]
    fn data_sets_without_a_preamble_are_recognised() {
        assert_eq!(sniff(b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100"), Kind::BareExplicit);
        assert_eq!(sniff(b"\x08\x00\x05\x00\x0a\x00\x00\x00ISO_IR 100"), Kind::BareImplicit);
        assert_eq!(sniff(b"\x02\x00\x00\x00UL\x04\x00"), Kind::WithMeta);
    }
}
