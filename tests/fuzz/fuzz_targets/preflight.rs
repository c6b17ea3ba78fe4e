//! Any bytes as a DICOM file: the walk before the parser, and the parser on headers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tmli_fuzz::{OneFile, only_uncaught_panics_count};

fuzz_target!(init: only_uncaught_panics_count(), |data: &[u8]| {
    let Some(file) = OneFile::new("file", data) else { return };
    let _ = tmli_io::scan_folder(file.folder());
});
