//! What the header of one CT image says about its place in a series.

use std::path::PathBuf;

use dicom_dictionary_std::tags;
use dicom_object::DefaultDicomObject;

use crate::{attributes::Attributes, series::Axes, series::dot};

/// The header of one image.
#[derive(Clone, Debug)]
pub(crate) struct SliceHeader {
    pub(crate) path: PathBuf,
    /// Names the file in errors, e.g. "file 12 of 60".
    pub(crate) label: String,
    pub(crate) sop_class_uid: String,
    pub(crate) sop_instance_uid: String,
    pub(crate) study_uid: String,
    pub(crate) series_uid: String,
    pub(crate) frame_of_reference: Option<String>,
    pub(crate) patient_position: String,
    pub(crate) is_localizer: bool,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) frames: i64,
    /// Index in the file, for a frame of a multi-frame image whose frames have headers of their own.
    pub(crate) frame: Option<usize>,
    /// Between rows, between columns.
    pub(crate) pixel_spacing_mm: Option<[f64; 2]>,
    /// Row direction, column direction.
    pub(crate) orientation: Option<[f64; 6]>,
    pub(crate) position: Option<[f64; 3]>,
    pub(crate) slice_thickness_mm: Option<f64>,
    pub(crate) rescale: Rescale,
    pub(crate) transfer_syntax: String,
    pub(crate) series_number: Option<i32>,
    pub(crate) series_description: String,
}

/// The way from stored values to Hounsfield units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Rescale {
    pub(crate) slope: Option<f64>,
    pub(crate) intercept: Option<f64>,
}

impl Rescale {
    pub(crate) fn of(attributes: &impl Attributes) -> Self {
        Self { slope: attributes.decimal(tags::RESCALE_SLOPE), intercept: attributes.decimal(tags::RESCALE_INTERCEPT) }
    }

    /// What is missing is taken from `other`.
    pub(crate) fn or(self, other: Self) -> Self {
        Self { slope: self.slope.or(other.slope), intercept: self.intercept.or(other.intercept) }
    }
}

impl SliceHeader {
    pub(crate) fn new(path: PathBuf, label: String, object: &DefaultDicomObject) -> Self {
        let size = |tag| object.int(tag).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        let meta_uid = |uid: &str| Some(uid.trim_matches(['\0', ' ']).to_owned()).filter(|u| !u.is_empty());
        let meta = object.meta();
        Self {
            path,
            label,
            sop_class_uid: object
                .text(tags::SOP_CLASS_UID)
                .or_else(|| meta_uid(meta.media_storage_sop_class_uid()))
                .unwrap_or_default(),
            sop_instance_uid: object
                .text(tags::SOP_INSTANCE_UID)
                .or_else(|| meta_uid(meta.media_storage_sop_instance_uid()))
                .unwrap_or_default(),
            study_uid: object.text_or_empty(tags::STUDY_INSTANCE_UID),
            series_uid: object.text_or_empty(tags::SERIES_INSTANCE_UID),
            frame_of_reference: object.text(tags::FRAME_OF_REFERENCE_UID),
            patient_position: object.text_or_empty(tags::PATIENT_POSITION),
            is_localizer: object
                .text(tags::IMAGE_TYPE)
                .is_some_and(|t| t.split('\\').any(|v| v.trim().eq_ignore_ascii_case("LOCALIZER"))),
            rows: size(tags::ROWS),
            columns: size(tags::COLUMNS),
            frames: object.int(tags::NUMBER_OF_FRAMES).unwrap_or(1),
            frame: None,
            pixel_spacing_mm: object.decimals(tags::PIXEL_SPACING),
            orientation: object.decimals(tags::IMAGE_ORIENTATION_PATIENT),
            position: object.decimals(tags::IMAGE_POSITION_PATIENT),
            slice_thickness_mm: object.decimal(tags::SLICE_THICKNESS),
            rescale: Rescale::of(&**object),
            transfer_syntax: meta_uid(meta.transfer_syntax()).unwrap_or_default(),
            series_number: object.int(tags::SERIES_NUMBER).and_then(|n| i32::try_from(n).ok()),
            series_description: object.text_or_empty(tags::SERIES_DESCRIPTION),
        }
    }

    /// Position along the slice's own normal, in mm.
    pub(crate) fn position_mm(&self) -> Option<f64> {
        let axes = Axes::new(self.orientation?).ok()?;
        Some(dot(self.position?, axes.normal))
    }

    /// The file, and the slice's position where it has one.
    pub(crate) fn place(&self) -> String {
        match self.position_mm() {
            Some(mm) => format!("{} (slice at {mm:.2} mm)", self.label),
            None => self.label.clone(),
        }
    }
}
