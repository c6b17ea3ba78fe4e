//! Tells the program what it was built for.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-env=TMLI_TARGET={}", std::env::var("TARGET").unwrap_or_default());
}
