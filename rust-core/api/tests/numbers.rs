//! The table of errors holds nothing that is never used.

use std::{fs, path::Path};

use tmli_api::ErrorNumber;

fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("error_number.rs") {
            text.push_str(&fs::read_to_string(path).expect("a source file"));
        }
    }
}

#[test]
fn every_number_is_given_to_something() {
    let rust_core = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("rust-core");
    let mut text = String::new();
    for name in ["api", "capi", "python"] {
        sources(&rust_core.join(name).join("src"), &mut text);
    }
    for number in ErrorNumber::ALL {
        let used = |end: &str| text.contains(&format!("ErrorNumber::{number:?}{end}"));
        assert!([",", ")", " ", ";", "\n", "."].into_iter().any(used), "{} is given to nothing", number.name());
    }
}
