//! The C library `libtmli`: `include/tmli.h`, which cbindgen makes from this crate, and `include/tmli.hpp` on top of it.
//!
//! # Rules of the interface
//! - A function returns `tmli_error_t *`: NULL is success. Out-parameters come last and are written on success only.
//! - Handles are opaque. What a function hands out is freed by the caller and lives on its own, whatever it was taken from.
//! - NULL where a handle, text or buffer is needed is an error, not a crash; so are sizes that overflow.
//! - No panic crosses: every function goes through one guard (`error::guard`).
//! - Masks and booleans from outside are `uint8_t`: any value but 0 is true.
//!
//! # Safety
//! The exported functions are safe Rust. What C hands over comes in the types of [`boundary`], the only file with `unsafe`
//! code; a test holds that.
#![expect(unsafe_code, reason = "exporting a symbol counts as unsafe; a test keeps the rest in boundary.rs")]

pub mod abi_version;
mod boundary;
pub mod contours;
pub mod ct_series;
pub mod engine;
pub mod error;
pub mod geometry;
pub mod job;
pub mod margin;
pub mod mask;
pub mod metrics;
pub mod protocol;
pub mod segmentation;
pub mod structure_set;
pub mod texts;
pub mod version;
pub mod volume;

/// What several threads may use at once, as `tmli.h` says of every handle.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<contours::Contours>();
    shared::<ct_series::CtSeries>();
    shared::<engine::Engine>();
    shared::<engine::Worker>();
    shared::<error::Error>();
    shared::<geometry::Geometry>();
    shared::<job::Job>();
    shared::<job::JobResult>();
    shared::<mask::Mask>();
    shared::<protocol::Protocol>();
    shared::<segmentation::Segmentation>();
    shared::<structure_set::StructureSet>();
    shared::<texts::Texts>();
    shared::<volume::Volume>();
};

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn unsafe_code_stands_in_one_file() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for entry in fs::read_dir(folder).expect("the sources are there") {
            let path = entry.expect("an entry").path();
            let text = fs::read_to_string(&path).expect("a source file");
            // Exporting a symbol is an attribute; this test's own words are in pieces.
            let uses = text.replace("#[unsafe(no_mangle)]", "").contains(concat!("unsa", "fe {"))
                || text.contains(concat!("unsa", "fe impl"))
                || text.contains(concat!("unsa", "fe fn"));
            assert_eq!(uses, path.ends_with("boundary.rs"), "{}", path.display());
        }
    }
}
