//! Programs from Debian packages that judge results, plastimatch among them: its library computes what SlicerRT's Segment
//! Comparison shows. `cargo xtask test` sets them up.
#![allow(dead_code, unreachable_pub, clippy::print_stdout)]

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// plastimatch; `None`, with a line that says so, where there is none.
pub fn plastimatch() -> Option<Command> {
    debian_program("plastimatch", "plastimatch")
}

/// A program of the packages in this folder of `.deps`, or of the machine.
pub fn debian_program(folder: &str, name: &str) -> Option<Command> {
    let own = repository().join(".deps").join(folder).join("bin").join(name);
    let on_path = env::var_os("PATH").unwrap_or_default();
    let installed = env::split_paths(&on_path).map(|folder| folder.join(name));
    let found = std::iter::once(own).chain(installed).find(|path| path.is_file());
    if found.is_none() {
        println!("skipped: no {name}");
    }
    found.map(Command::new)
}

fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).expect("a package lies two folders deep").to_owned()
}
