//! Putting data sets together: one line per attribute, and the bytes of a finished file.

use dicom_core::{DataElement, PrimitiveValue, Tag, VR, value::DataSetSequence};
use dicom_dictionary_std::tags;
use dicom_encoding::{text::SpecificCharacterSet, transfer_syntax::TransferSyntaxIndex};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};

use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use crate::{decimal::decimal_string, dicom_file::chain, identity::SliceReference, uid};

/// A data set that is being written.
#[derive(Debug)]
pub(crate) struct DataSet(InMemDicomObject);

impl DataSet {
    pub(crate) fn new() -> Self {
        Self(InMemDicomObject::new_empty())
    }

    /// Text; an empty text makes an empty element (type 2).
    pub(crate) fn text(&mut self, tag: Tag, vr: VR, value: &str) -> &mut Self {
        let value = if value.is_empty() { PrimitiveValue::Empty } else { PrimitiveValue::from(value) };
        self.0.put(DataElement::new(tag, vr, value));
        self
    }

    /// Text, only where there is any (type 3).
    pub(crate) fn text_if_any(&mut self, tag: Tag, vr: VR, value: &str) -> &mut Self {
        if !value.is_empty() {
            self.text(tag, vr, value);
        }
        self
    }

    /// Unsigned 16-bit number.
    pub(crate) fn us(&mut self, tag: Tag, value: u16) -> &mut Self {
        self.0.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
        self
    }

    /// Unsigned 16-bit numbers.
    pub(crate) fn us_list(&mut self, tag: Tag, values: &[u16]) -> &mut Self {
        self.0.put(DataElement::new(tag, VR::US, PrimitiveValue::U16(values.into())));
        self
    }

    /// Unsigned 32-bit numbers.
    pub(crate) fn ul_list(&mut self, tag: Tag, values: &[u32]) -> &mut Self {
        self.0.put(DataElement::new(tag, VR::UL, PrimitiveValue::U32(values.into())));
        self
    }

    /// The tag of an attribute.
    pub(crate) fn tag(&mut self, tag: Tag, value: Tag) -> &mut Self {
        self.0.put(DataElement::new(tag, VR::AT, PrimitiveValue::from(value)));
        self
    }

    /// Bytes of pixel data.
    pub(crate) fn bytes(&mut self, tag: Tag, bytes: Vec<u8>) -> &mut Self {
        self.0.put(DataElement::new(tag, VR::OB, PrimitiveValue::U8(bytes.into())));
        self
    }

    /// Text as bytes of a type that is not told, padded to an even number.
    pub(crate) fn unknown(&mut self, tag: Tag, mut text: Vec<u8>) -> &mut Self {
        if !text.len().is_multiple_of(2) {
            text.push(b' ');
        }
        self.0.put(DataElement::new(tag, VR::UN, PrimitiveValue::U8(text.into())));
        self
    }

    /// Decimal strings. A number that is not finite is left empty; callers check before.
    pub(crate) fn ds(&mut self, tag: Tag, values: &[f64]) -> &mut Self {
        let texts: Vec<String> = values.iter().map(|&v| decimal_string(v).unwrap_or_default()).collect();
        self.text(tag, VR::DS, &texts.join("\\"))
    }

    /// Integer strings.
    pub(crate) fn is(&mut self, tag: Tag, values: &[i64]) -> &mut Self {
        let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
        self.text(tag, VR::IS, &texts.join("\\"))
    }

    /// 16-bit words of pixel data.
    pub(crate) fn words(&mut self, tag: Tag, words: Vec<u16>) -> &mut Self {
        self.0.put(DataElement::new(tag, VR::OW, PrimitiveValue::U16(words.into())));
        self
    }

    /// A sequence.
    pub(crate) fn sequence(&mut self, tag: Tag, items: Vec<Self>) -> &mut Self {
        let items: Vec<InMemDicomObject> = items.into_iter().map(|item| item.0).collect();
        self.0.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(items)));
        self
    }

    /// A coded term.
    pub(crate) fn code(scheme: &str, value: &str, meaning: &str) -> Self {
        let mut item = Self::new();
        item.text(tags::CODE_VALUE, VR::SH, value);
        item.text(tags::CODING_SCHEME_DESIGNATOR, VR::SH, scheme);
        item.text(tags::CODE_MEANING, VR::LO, meaning);
        item
    }

    /// A reference to an object.
    pub(crate) fn reference(class_uid: &str, instance_uid: &str) -> Self {
        let mut item = Self::new();
        item.text(tags::REFERENCED_SOP_CLASS_UID, VR::UI, class_uid);
        item.text(tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, instance_uid);
        item
    }

    /// A reference to every image of a series. The frames of a multi-frame image are one image.
    pub(crate) fn image_references(slices: &[SliceReference]) -> Vec<Self> {
        let mut images = Vec::with_capacity(slices.len());
        let mut last = "";
        for slice in slices {
            if slice.sop_instance_uid != last {
                images.push(Self::reference(&slice.sop_class_uid, &slice.sop_instance_uid));
            }
            last = &slice.sop_instance_uid;
        }
        images
    }

    /// A reference to one slice: an image, or a frame of one.
    pub(crate) fn slice_reference(slice: &SliceReference) -> Self {
        let mut item = Self::reference(&slice.sop_class_uid, &slice.sop_instance_uid);
        if let Some(frame) = slice.frame_number {
            item.is(tags::REFERENCED_FRAME_NUMBER, &[i64::from(frame)]);
        }
        item
    }

    /// The bytes of the elements alone, to be put into an item of an existing file.
    pub(crate) fn into_item_bytes(self, transfer_syntax: &str, utf8: bool) -> Result<Vec<u8>, String> {
        let syntax = TransferSyntaxRegistry.get(transfer_syntax).ok_or("unknown transfer syntax")?;
        let code = if utf8 { "ISO_IR 192" } else { "ISO_IR 6" };
        let set = SpecificCharacterSet::from_code(code).unwrap_or_default();
        let mut bytes = Vec::new();
        self.0.write_dataset_with_ts_cs(&mut bytes, syntax, set).map_err(|e| chain(&e))?;
        Ok(bytes)
    }

    /// The bytes of the whole file: preamble, file meta information, data set.
    pub(crate) fn into_file(self, transfer_syntax: &str) -> Result<Vec<u8>, String> {
        let meta = FileMetaTableBuilder::new()
            .transfer_syntax(transfer_syntax)
            .implementation_class_uid(uid::IMPLEMENTATION_CLASS_UID)
            .implementation_version_name(uid::IMPLEMENTATION_VERSION);
        let file = self.0.with_meta(meta).map_err(|e| chain(&e))?;
        let mut bytes = Vec::new();
        file.write_all(&mut bytes).map_err(|e| chain(&e))?;
        Ok(bytes)
    }
}

/// Cuts a text at `length` characters, as DICOM counts them.
pub(crate) fn cut(text: &str, length: usize) -> String {
    text.chars().take(length).collect::<String>().trim_end().to_owned()
}

/// What a text value may not hold: backslashes separate values, control characters are for the terminal.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if c == '\\' || c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}
