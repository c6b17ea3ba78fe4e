//! A whole DICOM file in memory, to be read as a [`ByteSet`].

use std::{
    fs::{self, File},
    io::{Cursor, Read, Seek},
    ops::Range,
    path::Path,
};

use dicom_dictionary_std::{tags, uids};

use crate::{
    attributes::{Attributes, trimmed},
    byte_set::{ByteSet, Encoding},
    deflated,
    dicom_file::{Kind, PREAMBLE, look, refusal, sniff},
    error::IoError,
    preflight::EXPLICIT_VR_BIG_ENDIAN,
};

/// The bytes of a file, and where what is in them.
#[derive(Debug)]
pub(crate) struct Loaded {
    label: String,
    /// As on disk; of a deflated file, what it inflates to.
    pub(crate) bytes: Vec<u8>,
    /// The file meta information; empty where there is none.
    pub(crate) meta: Range<usize>,
    /// TransferSyntaxUID, as the file says or as it looks.
    pub(crate) transfer_syntax: String,
    encoding: Encoding,
}

/// Reads a file; `Ok(None)` when it is no DICOM. `label` names it in errors.
pub(crate) fn load(path: &Path, label: &str) -> Result<Option<Loaded>, IoError> {
    let bytes = fs::read(path).map_err(|source| IoError::Read { file: label.to_owned(), source })?;
    understood(bytes, label)
}

/// Reads a file up to its pixel data; of one whose data set is deflated or lacks file meta information, all of it.
pub(crate) fn load_header(path: &Path, label: &str) -> Result<Option<Loaded>, IoError> {
    let read_error = |source| IoError::Read { file: label.to_owned(), source };
    let mut file = File::open(path).map_err(read_error)?;
    let Some(looked) = look(&file, label, Some(tags::PIXEL_DATA))? else { return Ok(None) };
    let whole = file.metadata().map_err(read_error)?.len();
    let end = if looked.walked.deflated_at.is_some() { whole } else { looked.walked.end.min(whole) };
    file.rewind().map_err(read_error)?;
    let mut bytes = Vec::with_capacity(end as usize + 1);
    file.take(end).read_to_end(&mut bytes).map_err(read_error)?;
    understood(bytes, label)
}

fn understood(bytes: Vec<u8>, label: &str) -> Result<Option<Loaded>, IoError> {
    let kind = sniff(&bytes);
    let (meta, transfer_syntax) = match kind {
        Kind::Other => return Ok(None),
        Kind::WithMeta => meta(&bytes, label)?,
        Kind::BareExplicit => (0..0, uids::EXPLICIT_VR_LITTLE_ENDIAN.to_owned()),
        Kind::BareImplicit => (0..0, uids::IMPLICIT_VR_LITTLE_ENDIAN.to_owned()),
    };
    let encoding = match transfer_syntax.as_str() {
        uids::IMPLICIT_VR_LITTLE_ENDIAN => Encoding::IMPLICIT,
        EXPLICIT_VR_BIG_ENDIAN => Encoding { big_endian: true, ..Encoding::EXPLICIT },
        _ => Encoding::EXPLICIT,
    };
    let mut loaded = Loaded { label: label.to_owned(), bytes, meta, transfer_syntax, encoding };
    if deflated::is_deflated(&loaded.transfer_syntax) {
        let start = loaded.meta.end;
        let head = loaded.bytes[..start].to_vec();
        let damaged = |e| IoError::Damaged { file: label.to_owned(), reason: format!("can't be inflated: {e}") };
        let inflated = deflated::inflate(Cursor::new(&loaded.bytes), start as u64, head).map_err(damaged)?;
        loaded.bytes = inflated.map_err(|problem| refusal(&problem, label))?;
    }
    Ok(Some(loaded))
}

impl Loaded {
    /// What follows the file meta information.
    pub(crate) fn data_set(&self) -> Result<ByteSet<'_>, IoError> {
        ByteSet::parse(&self.bytes[self.meta.end..], self.encoding).map_err(|problem| refusal(&problem, &self.label))
    }

    /// The elements of the file meta information.
    pub(crate) fn meta(&self) -> Result<ByteSet<'_>, IoError> {
        ByteSet::parse_group(&self.bytes[self.meta.clone()], 2).map_err(|problem| refusal(&problem, &self.label))
    }
}

/// The elements of group 2, and the transfer syntax they name. Where they name none, the data set tells by its looks.
fn meta(bytes: &[u8], label: &str) -> Result<(Range<usize>, String), IoError> {
    let start = match bytes {
        [b'D', b'I', b'C', b'M', ..] => 4,
        _ if bytes.get(PREAMBLE..PREAMBLE + 4) == Some(b"DICM") => PREAMBLE + 4,
        _ => 0,
    };
    let meta = ByteSet::parse_group(&bytes[start..], 2).map_err(|problem| refusal(&problem, label))?;
    let end = start + meta.whole.len();
    let said = meta.text(tags::TRANSFER_SYNTAX_UID).map(|uid| trimmed(&uid).to_owned());
    let looks_explicit = || bytes.get(end + 4..end + 6).is_some_and(|vr| vr.iter().all(u8::is_ascii_uppercase));
    let syntax = said.unwrap_or_else(|| match looks_explicit() {
        true => uids::EXPLICIT_VR_LITTLE_ENDIAN.to_owned(),
        false => uids::IMPLICIT_VR_LITTLE_ENDIAN.to_owned(),
    });
    Ok((start..end, syntax))
}
