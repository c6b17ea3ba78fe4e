//! The one place where bytes are handed to the DICOM parser: what looks like DICOM, how much of it is read, and what
//! its failures mean. Checks that must come before the parser belong here too.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
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
    preflight::{self, Problem},
    room::Room,
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

/// Opens and parses a file; `Ok(None)` when it is no DICOM. `label` names it in errors.
pub(crate) fn open(path: &Path, label: &str, extent: Extent) -> Result<Option<DefaultDicomObject>, IoError> {
    let read_error = |source: io::Error| IoError::Read { file: label.to_owned(), source };
    let mut file = File::open(path).map_err(read_error)?;
    let mut head = Vec::with_capacity(PREAMBLE + 8);
    (&mut file).take((PREAMBLE + 8) as u64).read_to_end(&mut head).map_err(read_error)?;
    let kind = sniff(&head);
    if kind == Kind::Other {
        return Ok(None);
    }
    let bare_syntax = match kind {
        Kind::BareExplicit => Some(uids::EXPLICIT_VR_LITTLE_ENDIAN),
        Kind::BareImplicit => Some(uids::IMPLICIT_VR_LITTLE_ENDIAN),
        Kind::WithMeta | Kind::Other => None,
    };
    // A data set without file meta information is parsed whole.
    let until = extent.until().filter(|_| bare_syntax.is_none());
    let walked = preflight::check(BufReader::new(&file), bare_syntax, until, None).map_err(read_error)?;
    let walked = walked.map_err(|problem| refusal(&problem, label))?;
    if let Some(start) = walked.deflated_at {
        return open_deflated(file, start, &head, label).map(Some);
    }
    file.seek(SeekFrom::Start(0)).map_err(read_error)?;
    // The parser is not ours: whatever it stumbles over must not take the caller down.
    guarded(label, || match kind {
        Kind::WithMeta => {
            let mut options = OpenFileOptions::new();
            if let Some(tag) = until {
                options = options.read_until(tag);
            }
            // A whole image is read in one go, a header in small steps.
            let capacity = if extent == Extent::All { 1 << 18 } else { 1 << 14 };
            options.from_reader(BufReader::with_capacity(capacity, &file)).map_err(|e| chain(&e))
        }
        Kind::BareExplicit => bare(&file, uids::EXPLICIT_VR_LITTLE_ENDIAN),
        Kind::BareImplicit | Kind::Other => bare(&file, uids::IMPLICIT_VR_LITTLE_ENDIAN),
    })
    .map(Some)
}

/// A deflated file: inflated within limits, walked over like any other, then parsed.
fn open_deflated(mut file: File, start: u64, head: &[u8], label: &str) -> Result<DefaultDicomObject, IoError> {
    let read_error = |source: io::Error| IoError::Read { file: label.to_owned(), source };
    let damaged = |e: io::Error| IoError::Damaged { file: label.to_owned(), reason: format!("can't be inflated: {e}") };
    file.seek(SeekFrom::Start(start)).map_err(read_error)?;
    let bytes = file.metadata().map_err(read_error)?.len().saturating_sub(start);
    let inflated = deflated::inflate(BufReader::new(&file), bytes).map_err(damaged)?;
    let inflated = inflated.map_err(|problem| refusal(&problem, label))?;
    let syntax = Some(uids::EXPLICIT_VR_LITTLE_ENDIAN);
    let room = Room::of_deflated(bytes, inflated.len() as u64);
    let walked = preflight::check(io::Cursor::new(&inflated), syntax, None, Some(room)).map_err(read_error)?;
    walked.map_err(|problem| refusal(&problem, label))?;
    let meta_at = if head.get(PREAMBLE..PREAMBLE + 4) == Some(b"DICM") { PREAMBLE as u64 } else { 0 };
    file.seek(SeekFrom::Start(meta_at)).map_err(read_error)?;
    guarded(label, || {
        let meta = FileMetaTable::from_reader(BufReader::new(&file)).map_err(|e| chain(&e))?;
        Ok(data_set(&inflated[..], uids::EXPLICIT_VR_LITTLE_ENDIAN)?.with_exact_meta(meta))
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

fn bare(file: &File, transfer_syntax: &str) -> Result<DefaultDicomObject, String> {
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
        Problem::TooMany => {
            IoError::Damaged { file, reason: "it has more elements than a file of its size can hold".to_owned() }
        }
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
