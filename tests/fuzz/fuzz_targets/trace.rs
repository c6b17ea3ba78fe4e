//! Any bytes as a mask: however it is drawn, rasterising gives it back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tmli_core::{Holes, Mask, TraceOptions, rasterise, trace_with};
use tmli_fuzz::{grid, only_uncaught_panics_count};

fuzz_target!(init: only_uncaught_panics_count(), |data: &[u8]| {
    let Some(grid) = grid() else { return };
    let bit = |n: usize| data.get(n / 8).is_some_and(|byte| byte >> (n % 8) & 1 == 1);
    let mask = Mask::from_fn(grid.shape(), |[k, j, i]| bit((k * 16 + j) * 16 + i));
    for holes in [Holes::Loops, Holes::Xor, Holes::Keyhole] {
        for smooth in [false, true] {
            let contours = trace_with(&mask, &grid, TraceOptions { smooth, holes });
            assert!(rasterise(&contours, &grid).mask == mask, "{holes:?} {smooth}");
        }
    }
});
