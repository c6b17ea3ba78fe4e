//! Any bytes as NRRD.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tmli_fuzz::{OneFile, grid, only_uncaught_panics_count};

fuzz_target!(init: only_uncaught_panics_count(), |data: &[u8]| {
    let Some(file) = OneFile::new("a.nrrd", data) else { return };
    if let Some(grid) = grid() {
        let _ = tmli_io::read_nrrd(file.path(), &grid);
    }
});
