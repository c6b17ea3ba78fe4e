//! Links inside `.deps/`, relative ones: the folder may be moved, copied, or reached through a link of another checkout.

use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Component, Path, PathBuf},
};

use anyhow::{Context as _, Result};

/// Makes `link` lead to `target`, which exists; both lie in `deps`. What was at `link` is replaced.
pub(crate) fn relink(deps: &Path, link: &Path, target: &Path) -> Result<()> {
    let deps = deps.canonicalize()?;
    let (from, to) = (inside(&deps, link)?, inside(&deps, target)?);
    let up = from.parent().into_iter().flat_map(Path::components).map(|_| Component::ParentDir);
    match fs::remove_file(link) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    symlink(up.chain(to.components()).collect::<PathBuf>(), link)?;
    Ok(())
}

/// The path below `deps`, by whatever way `path` goes there. The last part may be a link itself, or missing.
fn inside(deps: &Path, path: &Path) -> Result<PathBuf> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { anyhow::bail!("it has no name") };
    let whole = folder.canonicalize()?.join(name);
    Ok(whole.strip_prefix(deps).context("it lies outside .deps")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `.deps` with a program in `node/bin`, and a checkout that shares it through a link.
    fn shared() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let deps = folder.path().join("main/.deps");
        for name in ["node/bin", "ohif"] {
            fs::create_dir_all(deps.join(name)).unwrap();
        }
        fs::write(deps.join("node/bin/node"), "x").unwrap();
        fs::create_dir(folder.path().join("other")).unwrap();
        symlink(&deps, folder.path().join("other/.deps")).unwrap();
        (folder, deps)
    }

    #[test]
    fn a_link_made_through_another_checkout_outlives_it() {
        let (folder, deps) = shared();
        let other = folder.path().join("other/.deps");
        relink(&other, &other.join("ohif/node"), &other.join("node/bin/node")).unwrap();
        fs::remove_dir_all(folder.path().join("other")).unwrap();
        assert_eq!(fs::read(deps.join("ohif/node")).unwrap(), b"x");
    }

    #[test]
    fn a_link_goes_where_its_folder_goes() {
        let (folder, deps) = shared();
        relink(&deps, &deps.join("ohif/node"), &deps.join("node/bin/node")).unwrap();
        let moved = folder.path().join("moved");
        fs::rename(&deps, &moved).unwrap();
        assert_eq!(fs::read(moved.join("ohif/node")).unwrap(), b"x");
    }

    #[test]
    fn a_broken_link_is_replaced() {
        let (_folder, deps) = shared();
        symlink("/gone", deps.join("ohif/node")).unwrap();
        relink(&deps, &deps.join("ohif/node"), &deps.join("node/bin/node")).unwrap();
        assert_eq!(fs::read(deps.join("ohif/node")).unwrap(), b"x");
    }

    #[test]
    fn nothing_outside_is_linked() {
        let (folder, deps) = shared();
        fs::write(folder.path().join("node"), "x").unwrap();
        let error = relink(&deps, &deps.join("ohif/node"), &folder.path().join("node")).unwrap_err();
        assert!(error.to_string().contains("outside"), "{error}");
    }
}
