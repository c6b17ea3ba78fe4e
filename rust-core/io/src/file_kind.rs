//! What a file with structures is: told by its content, never by its name.

use std::{fs::File, io::Read, path::Path};

use dicom_dictionary_std::uids;

use crate::{
    dicom_file::{self, Kind},
    error::IoError,
};

/// A kind of file that structures are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// DICOM RT Structure Set: [`crate::read_structure_set`].
    StructureSet,
    /// DICOM Segmentation: [`crate::read_segmentation`].
    Segmentation,
    /// NIfTI label map, gzip or not: [`crate::read_label_map`].
    Nifti,
    /// NRRD, e.g. a segmentation of 3D Slicer: [`crate::read_nrrd`].
    Nrrd,
}

const LABEL: &str = "the file";

/// sizeof_hdr of NIfTI-1 and NIfTI-2.
const NIFTI_HEADER_BYTES: [i32; 2] = [348, 540];

/// Looks at the beginning of a file.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("labels");
/// std::fs::write(&path, b"NRRD0004\ntype: uchar\n")?;
/// assert_eq!(tmli_io::file_kind(&path)?, tmli_io::FileKind::Nrrd);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`IoError::Read`], and [`IoError::WrongObject`] for everything that holds no structures.
pub fn file_kind(path: &Path) -> Result<FileKind, IoError> {
    let read_error = |source| IoError::Read { file: LABEL.to_owned(), source };
    let mut head = Vec::new();
    File::open(path).map_err(read_error)?.take(256).read_to_end(&mut head).map_err(read_error)?;
    if head.starts_with(b"NRRD") {
        return Ok(FileKind::Nrrd);
    }
    // Of the formats that are read, NIfTI alone is compressed as a whole.
    if head.starts_with(&[0x1F, 0x8B]) {
        return Ok(FileKind::Nifti);
    }
    let size = head.first_chunk().map(|bytes| i32::from_le_bytes(*bytes));
    if size.is_some_and(|n| NIFTI_HEADER_BYTES.contains(&n) || NIFTI_HEADER_BYTES.contains(&n.swap_bytes())) {
        return Ok(FileKind::Nifti);
    }
    let wrong = |got: &str| IoError::WrongObject {
        file: LABEL.to_owned(),
        expected: "an RT Structure Set, a DICOM Segmentation, a NIfTI label map or an NRRD segmentation",
        got: got.to_owned(),
    };
    if dicom_file::sniff(&head) == Kind::Other {
        return Err(wrong("no DICOM, NIfTI or NRRD file"));
    }
    if dicom_file::mentions(path, LABEL, uids::RT_STRUCTURE_SET_STORAGE, "RTSTRUCT")? {
        return Ok(FileKind::StructureSet);
    }
    if dicom_file::mentions(path, LABEL, uids::SEGMENTATION_STORAGE, uids::SEGMENTATION_STORAGE)? {
        return Ok(FileKind::Segmentation);
    }
    Err(wrong("a DICOM object of another kind"))
}
