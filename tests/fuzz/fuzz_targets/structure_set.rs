//! Any bytes as an RT Structure Set. What is read is rasterised and traced, and the trace gives the same mask.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tmli_fuzz::{OneFile, grid};

fuzz_target!(|data: &[u8]| {
    let Some(file) = OneFile::new("file", data) else { return };
    let (Ok(read), Some(grid)) = (tmli_io::read_structure_set(file.path()), grid()) else { return };
    for roi in &read.structure_set.rois {
        let mask = tmli_core::rasterise(&roi.contours, &grid).mask;
        assert!(tmli_core::rasterise(&tmli_core::trace(&mask, &grid), &grid).mask == mask);
    }
});
