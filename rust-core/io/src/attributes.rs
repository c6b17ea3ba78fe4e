//! Values of DICOM attributes, forgiving about encodings: padded, typed as UN, numbers as text or text as numbers.

use dicom_core::{PrimitiveValue, Tag, value::Value};
use dicom_object::{InMemDicomObject, mem::InMemElement};

use crate::iso2022;

/// Text without the padding that DICOM allows around it.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\0')
}

/// Bytes of the longest value that is read as text: longer ones are no names, numbers or UIDs, and would be copied.
pub(crate) const LONGEST_TEXT: usize = 1 << 16;

/// The value of an element as one text, values separated by backslashes.
fn raw_text(element: &InMemElement) -> Option<String> {
    match element.value() {
        Value::Primitive(value) if value.calculate_byte_len() > LONGEST_TEXT => None,
        Value::Primitive(PrimitiveValue::U8(bytes)) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Value::Primitive(PrimitiveValue::Empty) | Value::Sequence(_) | Value::PixelSequence(_) => None,
        Value::Primitive(PrimitiveValue::Str(text)) => Some(text.clone()),
        Value::Primitive(PrimitiveValue::Strs(texts)) => Some(texts.join("\\")),
        Value::Primitive(other) => Some(other.to_str().into_owned()),
    }
}

/// A decimal string; a decimal comma is understood.
pub(crate) fn parse_decimal(text: &str) -> Option<f64> {
    let text = trimmed(text);
    let number = match text.parse::<f64>() {
        Ok(number) => number,
        Err(_) => text.replace(',', ".").parse().ok()?,
    };
    number.is_finite().then_some(number)
}

/// What every reader asks of a data set.
pub(crate) trait Attributes: Sized {
    /// One text, trimmed; `None` when absent or empty. Of several values, all of them with their backslashes.
    fn text(&self, tag: Tag) -> Option<String>;
    /// All numbers, `None` for what is no number; `None` when absent or empty.
    fn decimals_of(&self, tag: Tag) -> Option<Vec<Option<f64>>>;

    /// One text, empty when absent.
    fn text_or_empty(&self, tag: Tag) -> String {
        self.text(tag).unwrap_or_default()
    }

    /// The first number.
    fn decimal(&self, tag: Tag) -> Option<f64> {
        self.decimals_of(tag)?.into_iter().next()?
    }

    /// One whole number. Some writers put "1.0" into whole numbers.
    fn int(&self, tag: Tag) -> Option<i64> {
        let number = self.decimal(tag)?;
        (number.fract() == 0.0 && number.abs() < 1e15).then_some(number as i64)
    }

    /// Exactly `N` numbers.
    fn decimals<const N: usize>(&self, tag: Tag) -> Option<[f64; N]> {
        let numbers: Option<Vec<f64>> = self.decimals_of(tag)?.into_iter().collect();
        numbers?.try_into().ok()
    }
}

impl Attributes for InMemDicomObject {
    fn text(&self, tag: Tag) -> Option<String> {
        let text = raw_text(self.get(tag)?)?;
        let resolved = iso2022::resolved(&text);
        let text = trimmed(resolved.as_deref().unwrap_or(&text));
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn decimals_of(&self, tag: Tag) -> Option<Vec<Option<f64>>> {
        Some(raw_text(self.get(tag)?)?.split('\\').map(parse_decimal).collect())
    }
}

/// The items of a sequence of a parsed object; none when it is absent.
pub(crate) fn items(object: &InMemDicomObject, tag: Tag) -> &[InMemDicomObject] {
    object.get(tag).and_then(|e| e.value().items()).unwrap_or_default()
}
