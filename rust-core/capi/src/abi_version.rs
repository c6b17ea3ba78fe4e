//! The version of the binary interface: read by the build script too.

/// Version of the binary interface that this header describes. It grows with every change after which a program that was
/// compiled before can't use the library any more; see `tmli_check_abi`.
pub const TMLI_ABI_VERSION: u32 = 1;
