//! Where the binary looks for libtorch, so that nobody has to set LD_LIBRARY_PATH: the directory it was built with,
//! then places beside the binary where a package would put it.

fn main() {
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    println!("cargo:rustc-env=TMLI_TARGET={}", std::env::var("TARGET").unwrap_or_default());
    if let Ok(libtorch) = std::env::var("LIBTORCH") {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{libtorch}/lib");
    }
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        for beside in ["$ORIGIN/../lib", "$ORIGIN/libtorch/lib"] {
            println!("cargo:rustc-link-arg=-Wl,-rpath,{beside}");
        }
    }
}
