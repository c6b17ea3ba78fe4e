//! Which library this is.

use std::ffi::c_char;

use tmli_api::{ApiError, ErrorNumber};

use crate::{
    abi_version::TMLI_ABI_VERSION,
    error::{Error, guard},
};

/// The version of the library, e.g. "0.1.0". Lives as long as the library.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

/// The version of the binary interface of the library that was loaded.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_abi_version() -> u32 {
    TMLI_ABI_VERSION
}

/// Checks that the library has the binary interface that the program was compiled for: `tmli_check_abi(TMLI_ABI_VERSION)`.
/// The first call a program makes. Fails with `TMLI_ERROR_ABI_VERSION`.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_check_abi(compiled_for: u32) -> Option<Box<Error>> {
    guard(|| {
        if compiled_for == TMLI_ABI_VERSION {
            return Ok(());
        }
        let message = format!(
            "the program was compiled for version {compiled_for} of the binary interface, the library {} has version \
             {TMLI_ABI_VERSION}",
            env!("CARGO_PKG_VERSION")
        );
        Err(ApiError::new(ErrorNumber::AbiVersion, message))
    })
}
