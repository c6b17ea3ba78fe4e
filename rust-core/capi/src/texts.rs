//! `tmli_texts_t`: a list of texts.

use std::ffi::{CString, c_char};

use tmli_api::checks;

use crate::{
    boundary::{Out, c_text, given},
    error::{Error, free, guard},
};

/// A list of texts in UTF-8: findings, names, notes.
///
/// Free it with `tmli_texts_free`. May be read by several threads at once.
#[derive(Debug)]
pub struct Texts(Vec<CString>);

impl Texts {
    /// A list for C.
    pub(crate) fn new<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Box<Self> {
        Box::new(Self(texts.into_iter().map(|text| c_text(text.as_ref())).collect()))
    }
}

/// How many texts there are.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_texts_count(texts: Option<&Texts>, count: Out<'_, usize>) -> Option<Box<Error>> {
    guard(|| {
        let (texts, count) = (given(texts, "texts")?, count.needed("count")?);
        count.put(texts.0.len());
        Ok(())
    })
}

/// The text at `index`, from 0 on. It lives as long as the list.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_texts_get(
    texts: Option<&Texts>,
    index: usize,
    text: Out<'_, *const c_char>,
) -> Option<Box<Error>> {
    guard(|| {
        let (texts, slot) = (given(texts, "texts")?, text.needed("text")?);
        let text = texts.0.get(index).ok_or_else(|| checks::no_such_index("texts", index, texts.0.len()))?;
        slot.put(text.as_ptr());
        Ok(())
    })
}

/// Frees the list. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_texts_free(texts: Option<Box<Texts>>) {
    free(texts);
}
