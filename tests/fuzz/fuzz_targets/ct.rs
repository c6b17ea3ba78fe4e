//! Any bytes as a CT image, pixels included.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tmli_fuzz::OneFile;

fuzz_target!(|data: &[u8]| {
    let Some(file) = OneFile::new("file", data) else { return };
    let _ = tmli_io::read_ct_folder(file.folder(), None);
});
