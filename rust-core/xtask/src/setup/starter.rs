//! `bin/NAME` in a folder of unpacked packages: starts a program where it lies, with the libraries beside it.
//!
//! For everything that starts one: the tests and the bench need not know how Debian lays out its folders.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
};

use anyhow::Result;

/// The script that all names in `bin` lead to.
const SCRIPT: &str = "start";

/// It finds its folder itself, so that the folder may be moved.
fn script(libraries: &[&str]) -> String {
    let path = libraries.iter().map(|folder| format!("$here/{folder}")).collect::<Vec<_>>().join(":");
    format!(
        r#"#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
export LD_LIBRARY_PATH="{path}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"
# DCMTK looks for its dictionary below /usr.
for file in "$here"/usr/share/*dcmtk*/dicom.dic; do
    [ -f "$file" ] && export DCMDICTPATH="$file"
done
exec "$here/usr/bin/$(basename "$0")" "$@"
"#
    )
}

/// Makes `bin` in the folder of the packages, unless it is as it should be.
pub(super) fn write(folder: &Path, libraries: &[&str]) -> Result<()> {
    let (start, wanted) = (folder.join(SCRIPT), script(libraries));
    if fs::read_to_string(&start).is_ok_and(|text| text == wanted) {
        return Ok(());
    }
    let bin = folder.join("bin");
    if bin.exists() {
        fs::remove_dir_all(&bin)?;
    }
    fs::create_dir(&bin)?;
    for entry in fs::read_dir(folder.join("usr/bin"))? {
        symlink(Path::new("..").join(SCRIPT), bin.join(entry?.file_name()))?;
    }
    // The script comes last: without it, all of this is done again.
    let partial = folder.join("start.part");
    fs::write(&partial, wanted)?;
    fs::set_permissions(&partial, fs::Permissions::from_mode(0o755))?;
    Ok(fs::rename(partial, start)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process;

    #[test]
    fn a_program_finds_libraries_and_dictionary_where_its_folder_went() {
        let temp = tempfile::tempdir().unwrap();
        let (before, after) = (temp.path().join("before"), temp.path().join("after that"));
        for name in ["usr/bin", "usr/share/libdcmtk17"] {
            fs::create_dir_all(before.join(name)).unwrap();
        }
        fs::write(before.join("usr/share/libdcmtk17/dicom.dic"), "").unwrap();
        let program = before.join("usr/bin/tell");
        fs::write(&program, "#!/bin/sh\necho \"$LD_LIBRARY_PATH|$DCMDICTPATH|$1|$2\"\n").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        write(&before, &["usr/lib", "usr/lib/blas"]).unwrap();
        write(&before, &["usr/lib", "usr/lib/blas"]).unwrap();
        fs::rename(&before, &after).unwrap();
        let mut tell = process::command(after.join("bin/tell"), temp.path());
        let said = process::output(tell.args(["a b", "c"]).env("LD_LIBRARY_PATH", "/own")).unwrap();
        let at = after.display();
        let dictionary = format!("{at}/usr/share/libdcmtk17/dicom.dic");
        assert_eq!(said.trim(), format!("{at}/usr/lib:{at}/usr/lib/blas:/own|{dictionary}|a b|c"));
    }
}
