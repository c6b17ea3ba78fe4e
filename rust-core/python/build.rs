//! Keeps our copy of OpenJPEG inside the module: a host such as 3D Slicer has one too, and the two must not meet.

fn main() {
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,--exclude-libs,ALL");
    }
}
