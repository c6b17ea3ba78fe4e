//! Where the worker looks for libtorch, so that nobody has to set LD_LIBRARY_PATH: the directory it was built with, then
//! places beside it where a package would put libtorch.

fn main() {
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    if let Ok(libtorch) = std::env::var("LIBTORCH") {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{libtorch}/lib");
    }
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        for beside in ["$ORIGIN/../lib", "$ORIGIN/libtorch/lib"] {
            println!("cargo:rustc-link-arg=-Wl,-rpath,{beside}");
        }
    }
}
