//! Any bytes as a CT series of two images, pixels included.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tmli_fuzz::{OneFile, next_slice, only_uncaught_panics_count};

fuzz_target!(init: only_uncaught_panics_count(), |data: &[u8]| {
    let Some(file) = OneFile::new("file", data) else { return };
    if let Some(next) = next_slice(data)
        && std::fs::write(file.folder().join("next"), next).is_err()
    {
        return;
    }
    let _ = tmli_io::read_ct_folder(file.folder(), None);
});
