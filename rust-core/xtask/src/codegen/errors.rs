//! What is made from `rust-core/api/errors.toml`: the Rust enum, the Python exceptions and the page for people.

use std::{collections::BTreeSet, fmt::Write as _};

use anyhow::{Result, bail};
use serde::Deserialize;

/// The table of errors.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Errors {
    class: Vec<Class>,
    error: Vec<Error>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Class {
    id: String,
    numbers: [u32; 2],
    python_class: String,
    python_bases: Vec<String>,
    title: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Error {
    number: u32,
    name: String,
    title: String,
    hint: String,
}

impl Errors {
    /// The table from its text, checked: numbers and names are given once, ascend, and lie in a class.
    pub(super) fn read(text: &str) -> Result<Self> {
        let errors: Self = toml::from_str(text)?;
        for pair in errors.error.windows(2) {
            if pair[0].number >= pair[1].number {
                bail!("errors.toml: {} comes after {}; numbers must ascend", pair[1].number, pair[0].number);
            }
        }
        let mut names = BTreeSet::new();
        for error in &errors.error {
            let Error { number, name, title, hint } = error;
            if !name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') || !names.insert(name) {
                bail!("errors.toml: {name} ({number}) must be a name of its own in capitals and underscores");
            }
            if title.ends_with('.') || !hint.ends_with('.') || format!("{title}{hint}").contains(['"', '\\', '\n', '|'])
            {
                bail!(
                    "errors.toml: {name}: a title has no full stop, a hint has one, and neither holds quotes or bars"
                );
            }
            errors.class_of(error)?;
        }
        Ok(errors)
    }

    fn class_of(&self, error: &Error) -> Result<&Class> {
        let within = |class: &&Class| (class.numbers[0]..=class.numbers[1]).contains(&error.number);
        match self.class.iter().filter(within).collect::<Vec<_>>()[..] {
            [class] => Ok(class),
            _ => bail!("errors.toml: {} ({}) must lie within the numbers of one class", error.name, error.number),
        }
    }

    fn of<'a>(&'a self, class: &'a Class) -> impl Iterator<Item = &'a Error> {
        self.error.iter().filter(|error| (class.numbers[0]..=class.numbers[1]).contains(&error.number))
    }

    /// `rust-core/api/src/error_number.rs`, before rustfmt.
    pub(super) fn rust(&self) -> Result<String> {
        let mut text = String::from(
            "//! The numbers of errors. Made by `cargo xtask codegen` from errors.toml; change that and run it again.\n\n\
             /// What kind of error it is: Python has an exception class for each.\n\
             #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]\n\
             pub enum ErrorClass {\n",
        );
        for class in &self.class {
            writeln!(text, "    /// {}: {} to {}.", class.title, class.numbers[0], class.numbers[1])?;
            writeln!(text, "    {},", camel(&class.id))?;
        }
        text += "}\n\n\
                 /// The number of an error. Numbers and names stay as they are from version to version; new ones come.\n\
                 #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]\n\
                 #[repr(i32)]\n\
                 pub enum ErrorNumber {\n";
        for Error { number, name, title, .. } in &self.error {
            writeln!(text, "    /// {title}.\n    {} = {number},", camel(name))?;
        }
        text += "}\n\nimpl ErrorNumber {\n    /// Every number, ascending.\n    pub const ALL: &[Self] = &[\n";
        for error in &self.error {
            writeln!(text, "        Self::{},", camel(&error.name))?;
        }
        text += "    ];\n\n    /// What kind of error it is.\n    pub const fn class(self) -> ErrorClass {\n        match self {\n";
        for class in &self.class {
            let arms: Vec<String> = self.of(class).map(|error| format!("Self::{}", camel(&error.name))).collect();
            if !arms.is_empty() {
                writeln!(text, "            {} => ErrorClass::{},", arms.join(" | "), camel(&class.id))?;
            }
        }
        text += "        }\n    }\n";
        type Part = fn(&Error) -> &str;
        let parts: [(&str, &str, Part); 3] = [
            ("name", "Its name in C, after the prefix, and in Python.", |e| &e.name),
            ("title", "What happened, without the facts of the case.", |e| &e.title),
            ("hint", "What to do.", |e| &e.hint),
        ];
        for (function, doc, part) in parts {
            write!(
                text,
                "\n    /// {doc}\n    pub const fn {function}(self) -> &'static str {{\n        match self {{\n"
            )?;
            for error in &self.error {
                writeln!(text, "            Self::{} => \"{}\",", camel(&error.name), part(error))?;
            }
            text += "        }\n    }\n";
        }
        text += "}\n";
        Ok(text)
    }

    /// `rust-core/python/python/tmli/_errors.py`.
    pub(super) fn python(&self) -> Result<String> {
        let mut text = String::from(
            "\"\"\"Exceptions of TMLI. Made by `cargo xtask codegen` from rust-core/api/errors.toml; change that and run it again.\"\"\"\n\n\
             from __future__ import annotations\n\n\
             from enum import IntEnum\n\n\n\
             class ErrorNumber(IntEnum):\n    \"\"\"The numbers of errors; they stay as they are from version to version.\"\"\"\n\n",
        );
        for Error { number, name, .. } in &self.error {
            writeln!(text, "    {name} = {number}")?;
        }
        text += "\n\nclass TmliError(Exception):\n\
                 \x20   \"\"\"An error of TMLI: str() says what happened, `number` names the kind of error, `hint` says what to do.\"\"\"\n\n\
                 \x20   def __init__(self, number: int, message: str, hint: str) -> None:\n\
                 \x20       super().__init__(number, message, hint)\n\
                 \x20       self.number = number\n\
                 \x20       self.message = message\n\
                 \x20       self.hint = hint\n\n\
                 \x20   def __str__(self) -> str:\n\
                 \x20       return self.message\n";
        for class in self.class.iter().filter(|class| class.python_class != "TmliError") {
            let bases = std::iter::once("TmliError").chain(class.python_bases.iter().map(String::as_str));
            let bases: Vec<&str> = bases.collect();
            let [first, last] = class.numbers;
            write!(
                text,
                "\n\nclass {}({}):\n    \"\"\"{}: {first} to {last}.\"\"\"\n",
                class.python_class,
                bases.join(", "),
                class.title
            )?;
        }
        text += "\n\n_CLASSES: list[tuple[range, type[TmliError]]] = [\n";
        for class in &self.class {
            writeln!(text, "    (range({}, {}), {}),", class.numbers[0], class.numbers[1] + 1, class.python_class)?;
        }
        text += "]\n\n\n\
                 def error(number: int, message: str, hint: str) -> TmliError:\n\
                 \x20   \"\"\"The exception of that number, in the class that its range belongs to.\"\"\"\n\
                 \x20   for numbers, kind in _CLASSES:\n\
                 \x20       if number in numbers:\n\
                 \x20           return kind(number, message, hint)\n\
                 \x20   return TmliError(number, message, hint)\n";
        Ok(text)
    }

    /// `docs/reference/errors.md`.
    pub(super) fn page(&self, made: &str) -> Result<String> {
        let mut page = format!(
            "# Errors\n\n{made}\n\
             From `rust-core/api/errors.toml`. Every error that leaves the C library or the Python module has one of these\n\
             numbers, which stay as they are from version to version; its message tells the facts of the case: what was expected,\n\
             what was found, and where. No message holds a patient's name or number.\n\n\
             In C the names begin with `TMLI_ERROR_`; in Python they are members of `tmli.ErrorNumber`.\n"
        );
        for class in &self.class {
            let errors: Vec<&Error> = self.of(class).collect();
            if errors.is_empty() {
                continue;
            }
            let [first, last] = class.numbers;
            write!(
                page,
                "\n## {}\n\n{first} to {last}. Python: `tmli.{}`.\n\n| number | name | what happened | what to do |\n|---|---|---|---|\n",
                class.title, class.python_class
            )?;
            for Error { number, name, title, hint } in errors {
                writeln!(page, "| {number} | `{name}` | {title} | {hint} |")?;
            }
        }
        Ok(page)
    }
}

/// `NO_CT` becomes `NoCt`.
fn camel(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_ascii_uppercase() + &rest.to_ascii_lowercase()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLASSES: &str = "[[class]]\nid = \"input\"\nnumbers = [100, 199]\npython_class = \"InputError\"\n\
                           python_bases = [\"ValueError\"]\ntitle = \"Given\"\n";

    fn table(errors: &[(u32, &str)]) -> Result<Errors> {
        let lines = errors.iter().map(|(number, name)| {
            format!("[[error]]\nnumber = {number}\nname = \"{name}\"\ntitle = \"It is odd\"\nhint = \"Look.\"\n")
        });
        Errors::read(&(CLASSES.to_owned() + &lines.collect::<String>()))
    }

    #[test]
    fn an_error_is_the_same_in_every_language() {
        let errors = table(&[(100, "ODD_SHAPE")]).unwrap();
        let rust = errors.rust().unwrap();
        assert!(rust.contains("    /// It is odd.\n    OddShape = 100,\n"), "{rust}");
        assert!(rust.contains("Self::OddShape => ErrorClass::Input,"), "{rust}");
        let python = errors.python().unwrap();
        assert!(
            python.contains("    ODD_SHAPE = 100\n") && python.contains("(range(100, 200), InputError)"),
            "{python}"
        );
        assert!(errors.page("").unwrap().contains("| 100 | `ODD_SHAPE` | It is odd | Look. |"));
    }

    #[test]
    fn a_number_that_is_given_twice_or_lies_in_no_class_is_refused() {
        for wrong in
            [&[(100, "A"), (100, "B")][..], &[(101, "A"), (100, "B")], &[(300, "A")], &[(100, "A"), (101, "A")]]
        {
            assert!(table(wrong).is_err(), "{wrong:?}");
        }
    }
}
