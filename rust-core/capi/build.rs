//! Gives the shared library a name that carries the ABI version, so that a program never starts with another one.

#[expect(unreachable_pub, reason = "the library exports it")]
#[path = "src/abi_version.rs"]
mod abi_version;

use abi_version::TMLI_ABI_VERSION;

fn main() {
    println!("cargo::rerun-if-changed=src/abi_version.rs");
    match std::env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux") => {
            println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libtmli.so.{TMLI_ABI_VERSION}");
            // Our copy of OpenJPEG stays inside: a host such as 3D Slicer has one too, and the two must not meet.
            println!("cargo::rustc-cdylib-link-arg=-Wl,--exclude-libs,ALL");
        }
        Ok("macos") => {
            println!("cargo::rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libtmli.{TMLI_ABI_VERSION}.dylib");
        }
        // Windows has no such name: tmli_check_abi tells there.
        _ => {}
    }
}
