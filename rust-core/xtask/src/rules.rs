//! The rules of the house that no other tool checks: which crate may know which, and what may be linked.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::{process, repo::Repo};

/// Crates that may link libtorch, whatever lies between. Everything else must start without it.
const MAY_LINK_TORCH: [&str; 2] = ["tmli-nn", "tmli-worker"];
/// Crates that may call tch themselves.
const MAY_CALL_TORCH: [&str; 1] = ["tmli-nn"];
/// Pairs that never meet: neither may depend on the other, near or far.
const STRANGERS: [(&str, &str); 4] =
    [("tmli-io", "tmli-nn"), ("tmli-core", "tmli-io"), ("tmli-core", "tmli-nn"), ("tmli-phantom", "tmli-io")];
/// The only directions between the pairs of strangers that are meant.
const MEANT: [(&str, &str); 2] = [("tmli-io", "tmli-core"), ("tmli-nn", "tmli-core")];
/// Only this crate, and what crosses all crates, knows DICOM.
const MAY_KNOW_DICOM: [&str; 2] = ["tmli-io", "tmli-tests"];
/// What tmli-core must not name: it computes and does nothing else.
const INPUT_OUTPUT: [&str; 6] = ["std::fs", "std::net", "std::process", "std::env", "std::io", "std::thread"];
/// A file longer than this holds more than one idea.
const LONG_FILE_LINES: usize = 400;

/// What `cargo metadata` tells, as far as it matters here.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    packages: Vec<Package>,
    workspace_members: BTreeSet<String>,
    resolve: Resolve,
}

#[derive(Debug, Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    manifest_path: String,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Debug, Deserialize)]
struct Kind {
    kind: Option<String>,
}

/// Asks cargo, without the network when it can be done.
pub(crate) fn metadata(repo: &Repo) -> Result<Metadata> {
    let text = process::output(&mut process::cargo(repo.root(), &["metadata", "--format-version", "1", "--locked"]))?;
    serde_json::from_str(&text).context("cargo metadata has another shape than expected")
}

/// Everything that is wrong; empty when all rules hold.
pub(crate) fn broken(repo: &Repo, metadata: &Metadata) -> Result<Vec<String>> {
    let mut found = directions(metadata);
    for package in metadata.packages.iter().filter(|p| metadata.workspace_members.contains(&p.id)) {
        let text = fs::read_to_string(&package.manifest_path).context("a Cargo.toml cannot be read")?;
        found.extend(own_versions(&package.name, &toml::from_str(&text)?));
    }
    found.extend(core_computes_only(&repo.join("rust-core/core/src"))?);
    let deny: toml::Table = toml::from_str(&fs::read_to_string(repo.join("deny.toml"))?)?;
    found.extend(licences(metadata, &deny)?);
    Ok(found)
}

/// Source files that got long, with their length.
pub(crate) fn long_files(repo: &Repo) -> Result<Vec<(String, usize)>> {
    let listing =
        process::output(process::command("git", repo.root()).args(["ls-files", "*.rs", "*.py", "*.cpp", "*.h*"]))?;
    let mut long: Vec<_> = listing
        .lines()
        .filter_map(|name| Some((name.to_owned(), fs::read_to_string(repo.join(name)).ok()?.lines().count())))
        .filter(|(_, lines)| *lines > LONG_FILE_LINES)
        .collect();
    long.sort_by_key(|(_, lines)| std::cmp::Reverse(*lines));
    Ok(long)
}

fn directions(metadata: &Metadata) -> Vec<String> {
    let names: BTreeMap<&str, &str> = metadata.packages.iter().map(|p| (p.id.as_str(), p.name.as_str())).collect();
    let nodes: BTreeMap<&str, &Node> = metadata.resolve.nodes.iter().map(|n| (n.id.as_str(), n)).collect();
    let mut found = Vec::new();
    for member in &metadata.workspace_members {
        let Some(&name) = names.get(member.as_str()) else { continue };
        let direct = neighbours(&nodes, member, true).filter_map(|id| names.get(id).copied()).collect::<BTreeSet<_>>();
        let reach =
            reachable(&nodes, member).into_iter().filter_map(|id| names.get(id).copied()).collect::<BTreeSet<_>>();
        if reach.contains("torch-sys") && !MAY_LINK_TORCH.contains(&name) {
            found.push(format!("{name} links libtorch; only {} may", MAY_LINK_TORCH.join(", ")));
        }
        if (direct.contains("tch") || direct.contains("torch-sys")) && !MAY_CALL_TORCH.contains(&name) {
            found.push(format!("{name} depends on tch itself; only {} may", MAY_CALL_TORCH.join(", ")));
        }
        if direct.iter().any(|d| d.starts_with("dicom-")) && !MAY_KNOW_DICOM.contains(&name) {
            found.push(format!("{name} depends on a dicom crate; only tmli-io knows a DICOM tag"));
        }
        for (a, b) in STRANGERS.into_iter().flat_map(|(a, b)| [(a, b), (b, a)]) {
            if name == a && reach.contains(b) && !MEANT.contains(&(a, b)) {
                found.push(format!("{a} depends on {b}; the two must not meet"));
            }
        }
    }
    found
}

/// Direct dependencies. Tests of a crate may use more than the crate itself, so these count only where asked for.
fn neighbours<'a>(
    nodes: &BTreeMap<&'a str, &'a Node>,
    id: &str,
    with_tests: bool,
) -> impl Iterator<Item = &'a str> + use<'a> {
    let deps: &'a [Dependency] = nodes.get(id).map_or(&[], |node| &node.deps);
    let counts = move |kind: &Kind| with_tests || kind.kind.as_deref() != Some("dev");
    deps.iter().filter(move |dep| dep.dep_kinds.iter().any(counts)).map(|dep| dep.pkg.as_str())
}

fn reachable<'a>(nodes: &BTreeMap<&'a str, &'a Node>, from: &str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&str> = neighbours(nodes, from, false).collect();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            open.extend(neighbours(nodes, id, false));
        }
    }
    seen
}

/// Dependencies that do not come from the workspace's version table.
fn own_versions(package: &str, manifest: &toml::Table) -> Vec<String> {
    let tables = ["dependencies", "dev-dependencies", "build-dependencies"];
    let targets = manifest.get("target").and_then(toml::Value::as_table).into_iter().flat_map(|t| t.values());
    let places = std::iter::once(manifest).chain(targets.filter_map(toml::Value::as_table));
    let mut found = Vec::new();
    for place in places {
        for (name, value) in tables.iter().filter_map(|t| place.get(*t)?.as_table()).flatten() {
            if value.get("workspace").and_then(toml::Value::as_bool) != Some(true) {
                found.push(format!(
                    "{package}: `{name}` must say `workspace = true`; versions stand in the root Cargo.toml"
                ));
            }
        }
    }
    found
}

fn core_computes_only(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(core_computes_only(&path)?);
            continue;
        }
        let text = fs::read_to_string(&path)?;
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for word in INPUT_OUTPUT.iter().filter(|word| line.contains(*word)) {
                let file = path.file_name().unwrap_or_default().to_string_lossy();
                found.push(format!("tmli-core does no input or output, but {file}:{} names {word}", number + 1));
            }
        }
    }
    Ok(found)
}

/// Packages whose licence is not in deny.toml's list. cargo-deny looks deeper where it is installed.
fn licences(metadata: &Metadata, deny: &toml::Table) -> Result<Vec<String>> {
    let list = deny.get("licenses").and_then(|l| l.get("allow")).and_then(toml::Value::as_array);
    let allowed: BTreeSet<&str> =
        list.context("deny.toml has no licenses.allow")?.iter().filter_map(toml::Value::as_str).collect();
    let mut found = Vec::new();
    for package in &metadata.packages {
        let whose = format!("{} {}", package.name, package.version);
        let Some(licence) = package.license.as_deref() else {
            found.push(format!("{whose} names no licence"));
            continue;
        };
        // Older crates write "MIT/Apache-2.0".
        let expression = spdx::Expression::parse_mode(licence, spdx::ParseMode::LAX);
        let fine = expression.is_ok_and(|e| e.evaluate(|need| allowed.contains(need.to_string().as_str())));
        if !fine {
            found.push(format!("{whose} has the licence {licence}, which deny.toml does not allow"));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(edges: &[(&str, &str)]) -> Metadata {
        let names: BTreeSet<&str> = edges.iter().flat_map(|(a, b)| [*a, *b]).collect();
        let package = |name: &&str| Package {
            id: (*name).to_owned(),
            name: (*name).to_owned(),
            version: "1.0.0".to_owned(),
            license: Some("MIT OR Apache-2.0".to_owned()),
            manifest_path: String::new(),
        };
        let node = |name: &&str| Node {
            id: (*name).to_owned(),
            deps: edges
                .iter()
                .filter(|(from, _)| from == name)
                .map(|(_, to)| Dependency { pkg: (*to).to_owned(), dep_kinds: vec![Kind { kind: None }] })
                .collect(),
        };
        Metadata {
            packages: names.iter().map(package).collect(),
            workspace_members: names.iter().filter(|n| n.starts_with("tmli")).map(|n| (*n).to_owned()).collect(),
            resolve: Resolve { nodes: names.iter().map(node).collect() },
        }
    }

    #[test]
    fn the_intended_directions_are_fine() {
        let good = [("tmli-nn", "tch"), ("tch", "torch-sys"), ("tmli-worker", "tmli-nn"), ("tmli", "tmli-io")];
        let more = [("tmli-io", "tmli-core"), ("tmli-nn", "tmli-core"), ("tmli-io", "dicom-object")];
        assert_eq!(directions(&metadata(&[&good[..], &more[..]].concat())), Vec::<String>::new());
    }

    #[test]
    fn io_and_nn_do_not_meet_even_through_a_third() {
        let found = directions(&metadata(&[("tmli-nn", "tmli-protocol"), ("tmli-protocol", "tmli-io")]));
        assert_eq!(found, ["tmli-nn depends on tmli-io; the two must not meet"]);
    }

    #[test]
    fn nobody_else_links_or_calls_libtorch() {
        let found = directions(&metadata(&[("tmli-phantom", "tmli-nn"), ("tmli-nn", "tch"), ("tch", "torch-sys")]));
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("tmli-phantom links libtorch"), "{found:?}");
        let found =
            directions(&metadata(&[("tmli", "tmli-worker"), ("tmli-worker", "tmli-nn"), ("tmli-nn", "torch-sys")]));
        assert!(found.iter().any(|line| line.starts_with("tmli links libtorch")), "{found:?}");
        let found = directions(&metadata(&[("tmli", "tch")]));
        assert!(found[0].starts_with("tmli depends on tch itself"), "{found:?}");
    }

    #[test]
    fn a_version_outside_the_table_is_found() {
        let manifest = "[dependencies]\na.workspace = true\nb = \"1\"\n[target.'cfg(unix)'.dev-dependencies]\nc = { path = \"x\" }";
        let found = own_versions("tmli-x", &toml::from_str(manifest).unwrap());
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("`b`") && found[1].contains("`c`"));
    }

    #[test]
    fn a_licence_that_is_not_listed_is_found_and_one_alternative_is_enough() {
        let deny = toml::from_str("[licenses]\nallow = [\"MIT\", \"Unicode-3.0\"]").unwrap();
        let mut metadata = metadata(&[("a", "b")]);
        metadata.packages[0].license = Some("(MIT OR Apache-2.0) AND Unicode-3.0".to_owned());
        metadata.packages[1].license = Some("GPL-3.0-only".to_owned());
        let found = licences(&metadata, &deny).unwrap();
        assert_eq!(found, ["b 1.0.0 has the licence GPL-3.0-only, which deny.toml does not allow"]);
    }
}
