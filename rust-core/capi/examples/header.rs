//! Prints `include/tmli.h`. `cargo xtask codegen` writes it down, `cargo xtask test` compares.

use std::path::Path;

/// Rust types of `boundary.rs` that are plain pointers in C.
const POINTERS: [&str; 4] = ["Text", "Out_", "Buffer_", "BufferMut_"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut config = cbindgen::Config::from_file(here.join("cbindgen.toml"))?;
    config.header = Some(std::fs::read_to_string(here.join("header.txt"))?.trim_end().to_owned());
    let mut header = Vec::new();
    cbindgen::Builder::new()
        .with_config(config)
        .with_crate(here)
        .with_src(here.join("../api/src/error_number.rs"))
        .generate()?
        .write(&mut header);
    let header = with_plain_pointers(&String::from_utf8(header)?);
    std::io::Write::write_all(&mut std::io::stdout().lock(), header.as_bytes())?;
    Ok(())
}

/// cbindgen gives each instance of a generic type a typedef; C programmers want to see the pointer itself.
fn with_plain_pointers(header: &str) -> String {
    let blocks = header.split("\n\n");
    let (pointers, rest): (Vec<&str>, Vec<&str>) = blocks.partition(|block| pointer(block).is_some());
    let mut text = rest.join("\n\n");
    for (pointer, name) in pointers.into_iter().filter_map(pointer) {
        // A text is a pointer itself.
        let pointer = pointer.replace("const Text *", "const char *const *");
        for before in ["(", " "] {
            text = text.replace(&format!("{before}{name} "), &format!("{before}{pointer}"));
        }
    }
    text
}

/// `const char *` and `Text` of `typedef const char *Text;`, with or without a comment above.
fn pointer(block: &str) -> Option<(&str, &str)> {
    let line = block.lines().last()?;
    let (pointer, name) = line.strip_prefix("typedef ")?.strip_suffix(';')?.rsplit_once('*')?;
    let known = POINTERS.iter().any(|known| name == *known || known.ends_with('_') && name.starts_with(known));
    known.then(|| (&line["typedef ".len()..][..pointer.len() + 1], name))
}
