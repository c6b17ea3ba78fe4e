//! `docs/reference/c-api.md`, from the comments of `tmli.h`.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, bail};

/// One declaration of the header with its comment.
struct Item<'a> {
    words: String,
    declaration: &'a str,
}

impl Item<'_> {
    /// The opaque type that is declared here.
    fn handle(&self) -> Option<&str> {
        let names = self.declaration.strip_prefix("typedef struct ")?.strip_suffix(';')?;
        names.split_once(' ').filter(|(tag, name)| tag == name).map(|(_, name)| name)
    }

    /// The function that is declared here.
    fn function(&self) -> Option<&str> {
        let (before, _) = self.declaration.split_once('(')?;
        let name = before.rsplit([' ', '*']).next()?;
        (self.declaration.ends_with(");") && name.starts_with("tmli_")).then_some(name)
    }
}

/// The page.
pub(super) fn page(header: &str, made: &str) -> Result<String> {
    let (about, rest) =
        header.strip_prefix("/**").and_then(|text| text.split_once("*/")).context("tmli.h begins otherwise")?;
    let items: Vec<Item<'_>> = rest.split("\n\n").filter_map(item).collect();
    let handles: Vec<&str> = items.iter().filter_map(Item::handle).collect();
    if handles.is_empty() {
        bail!("tmli.h declares no handle");
    }
    let owner = |function: &str| {
        let fits = |handle: &&&str| function.starts_with(&format!("{}_", handle.trim_end_matches("_t")));
        handles.iter().filter(fits).max_by_key(|handle| handle.len()).copied()
    };
    let mut page = format!(
        "# The C interface\n\n{made}\n{}\n\n[How to call it](../how-to/call-from-cpp.md). `tmli.hpp` wraps each handle in a class.\n",
        plain(about)
    );
    let list = |page: &mut String, whose: Option<&str>| {
        for item in &items {
            if item.function().is_some_and(|name| owner(name) == whose) {
                let _ = write!(page, "\n```c\n{}\n```\n\n{}\n", item.declaration, item.words);
            }
        }
    };
    page += "\n## General\n";
    list(&mut page, None);
    for handle in &handles {
        let about = items.iter().find(|item| item.handle() == Some(handle)).map_or("", |item| &item.words);
        write!(page, "\n## {handle}\n\n{about}\n")?;
        list(&mut page, Some(handle));
    }
    page += "\n## Structures and numbers\n\nThe numbers of `tmli_error` are on [a page of their own](errors.md).\n";
    for item in &items {
        let is_data = item.declaration.starts_with("typedef struct {") || item.declaration.starts_with("enum ");
        if is_data && !item.declaration.starts_with("enum tmli_error\n") {
            write!(page, "\n{}\n\n```c\n{}\n```\n", item.words, without_conditions(item.declaration))?;
        }
    }
    Ok(page)
}

fn item(block: &str) -> Option<Item<'_>> {
    let (words, declaration) = block.trim().strip_prefix("/**")?.split_once("*/\n")?;
    Some(Item { words: plain(words), declaration: declaration.trim() })
}

/// A comment's text without its stars.
fn plain(comment: &str) -> String {
    let lines = comment.lines().map(|line| line.trim().trim_start_matches('*').strip_prefix(' ').unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// What an enum looks like to a reader, without the lines for C and C++ of several ages.
fn without_conditions(declaration: &str) -> String {
    let lines = declaration.lines().filter(|line| !line.starts_with('#') && !line.starts_with("  :"));
    let end = |line: &&str| line.starts_with("typedef") && !line.ends_with('{');
    let mut kept: Vec<&str> = lines.filter(|line| !end(line)).collect();
    if kept.get(1).is_some_and(|line| line.trim() == "{") {
        kept[1] = "{";
    }
    kept.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "/**\n * About.\n */\n\n#ifndef TMLI_H\n\n/**\n * A mask.\n */\ntypedef struct tmli_mask_t tmli_mask_t;\n\n\
                          /**\n * A size.\n */\ntypedef struct {\n  size_t k;\n} tmli_shape_t;\n\n\
                          /**\n * Frees it.\n */\nvoid tmli_mask_free(tmli_mask_t *mask);\n\n\
                          /**\n * Which.\n */\nconst char *tmli_version(void);\n";

    #[test]
    fn functions_stand_with_their_handle() {
        let page = page(HEADER, "").unwrap();
        let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text} in {page}"));
        assert!(place("About.") < place("## General") && place("tmli_version(void)") < place("## tmli_mask_t"));
        assert!(place("## tmli_mask_t") < place("void tmli_mask_free(tmli_mask_t *mask);"));
        assert!(place("## Structures and numbers") < place("size_t k;"));
    }
}
