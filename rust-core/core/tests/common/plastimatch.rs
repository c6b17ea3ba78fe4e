//! The program plastimatch, whose library computes what SlicerRT's Segment Comparison shows.
#![allow(unreachable_pub, clippy::print_stdout)]

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// plastimatch from `.deps/plastimatch` or from PATH; `None`, with a line that says so, where there is none.
/// `cargo xtask test` sets it up.
pub fn plastimatch() -> Option<Command> {
    let folder = repository().join(".deps/plastimatch/usr");
    let own = folder.join("bin/plastimatch");
    if own.is_file() {
        let mut command = Command::new(own);
        // ITK and plastimatch lie in `lib` itself, BLAS and LAPACK in folders of their own.
        let common = folder.join("lib/x86_64-linux-gnu");
        let folders = [folder.join("lib"), common.join("blas"), common.join("lapack"), common];
        command.env("LD_LIBRARY_PATH", env::join_paths(folders).expect("no colon in the path"));
        command.env("DCMDICTPATH", folder.join("share/libdcmtk17/dicom.dic"));
        return Some(command);
    }
    let on_path = env::var_os("PATH")?;
    let found = env::split_paths(&on_path).map(|folder| folder.join("plastimatch")).find(|path| path.is_file());
    if found.is_none() {
        println!("skipped: no plastimatch");
    }
    found.map(Command::new)
}

fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).expect("a package lies two folders deep").to_owned()
}
