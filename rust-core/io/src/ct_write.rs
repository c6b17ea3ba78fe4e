//! A volume as a CT series, like a scanner's.

use std::path::Path;

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};
use ndarray::ArrayView2;
use rayon::prelude::*;
use tmli_core::{Volume, VolumeGeometry};

use crate::{
    atomic,
    dataset::{DataSet, clean, cut},
    error::IoError,
    identity::{CtIdentity, PatientStudy, SliceReference},
    uid,
};

/// What the files say about a synthetic patient and its scan.
#[derive(Clone, Debug)]
pub struct CtAttributes {
    /// PatientName, e.g. `Phantom^Child 001`.
    pub patient_name: String,
    /// PatientID.
    pub patient_id: String,
    /// PatientSex: `M`, `F`, `O` or empty.
    pub sex: String,
    /// PatientAge in years, where known.
    pub age_years: Option<f64>,
    /// PatientSize in metres, where known.
    pub height_m: Option<f64>,
    /// StudyDate, `YYYYMMDD`.
    pub study_date: String,
    /// StudyTime, `HHMMSS`.
    pub study_time: String,
    /// StudyDescription.
    pub study_description: String,
    /// SeriesDescription.
    pub series_description: String,
    /// PatientPosition, e.g. `HFS`.
    pub patient_position: String,
    /// Manufacturer.
    pub manufacturer: String,
    /// ManufacturerModelName.
    pub model_name: String,
    /// Tube voltage in kV.
    pub kvp: f64,
    /// UIDs are derived from it and from the patient's ID: the same seed gives the same UIDs.
    pub seed: u64,
}

impl Default for CtAttributes {
    fn default() -> Self {
        Self {
            patient_name: "Phantom^".into(),
            patient_id: "PHANTOM".into(),
            sex: String::new(),
            age_years: None,
            height_m: None,
            study_date: "20240101".into(),
            study_time: "120000".into(),
            study_description: "TMLI phantom".into(),
            series_description: "CT 5 mm".into(),
            patient_position: "HFS".into(),
            manufacturer: "TMLI".into(),
            model_name: "Phantom".into(),
            kvp: 120.0,
            seed: 0,
        }
    }
}

/// How Hounsfield units are stored: exactly, in the way scanners do where the values allow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Storage {
    bits_stored: u16,
    signed: bool,
    intercept: i32,
}

impl Storage {
    fn choose(minimum: i16, maximum: i16) -> Self {
        match (minimum >= -1024, maximum <= 3071) {
            (true, true) => Self { bits_stored: 12, signed: false, intercept: -1024 },
            (true, false) => Self { bits_stored: 16, signed: false, intercept: -1024 },
            (false, _) => Self { bits_stored: 16, signed: true, intercept: 0 },
        }
    }

    fn cell(self, hu: i16) -> u16 {
        // The bit pattern is the same for signed and unsigned cells.
        (i32::from(hu) - self.intercept) as u16
    }
}

/// Writes a volume in Hounsfield units as one CT file per slice (`0001.dcm` ... in the order of k) into `dir`, which is
/// made when absent. Explicit VR Little Endian, 16-bit cells, exact whatever the values.
///
/// # Errors
/// As [`crate::write_atomically`]; [`IoError::Invalid`] for attributes that no DICOM file can hold.
pub fn write_ct_series(dir: &Path, volume: &Volume<i16>, attributes: &CtAttributes) -> Result<CtIdentity, IoError> {
    const WHAT: &str = "the CT series";
    std::fs::create_dir_all(dir).map_err(|source| IoError::Write { what: WHAT.to_owned(), source })?;
    let geometry = volume.geometry();
    let [_, rows, columns] = geometry.shape();
    if rows.max(columns) > usize::from(u16::MAX) {
        let reason = format!("an image should have at most 65535 rows and columns, got {rows} x {columns}");
        return Err(IoError::Invalid { what: WHAT, reason });
    }
    let identity = identity(geometry, attributes);
    let data = volume.data();
    let (minimum, maximum) = data.iter().fold((i16::MAX, i16::MIN), |(low, high), &v| (low.min(v), high.max(v)));
    let storage = Storage::choose(minimum, maximum);
    (0..geometry.shape()[0]).into_par_iter().try_for_each(|k| {
        let file = slice(k, data.index_axis(ndarray::Axis(0), k), geometry, storage, &identity, attributes);
        let bytes = file
            .into_file(uids::EXPLICIT_VR_LITTLE_ENDIAN)
            .map_err(|reason| IoError::Invalid { what: WHAT, reason })?;
        atomic::write_bytes_without_sync(&dir.join(format!("{:04}.dcm", k + 1)), WHAT, &bytes)
    })?;
    Ok(identity)
}

fn identity(geometry: &VolumeGeometry, a: &CtAttributes) -> CtIdentity {
    let seed = a.seed.to_string();
    let derived = |what: &str, n: usize| uid::derived(&["CT series", &seed, &a.patient_id, what, &n.to_string()]);
    let frame = match geometry.frame_of_reference() {
        Some(frame) if uid::is_valid(&frame.0) => frame.0.clone(),
        _ => derived("frame of reference", 0),
    };
    let all_ascii = [&a.patient_name, &a.patient_id, &a.study_description, &a.series_description]
        .iter()
        .all(|text| text.is_ascii());
    CtIdentity {
        patient: PatientStudy {
            patient_name: cut(&clean(&a.patient_name), 64),
            patient_id: cut(&clean(&a.patient_id), 64),
            sex: a.sex.clone(),
            age: a.age_years.map(age_string).unwrap_or_default(),
            study_date: a.study_date.clone(),
            study_time: a.study_time.clone(),
            study_id: "1".to_owned(),
            study_description: cut(&clean(&a.study_description), 64),
            character_set: if all_ascii { "ISO_IR 100" } else { "ISO_IR 192" }.to_owned(),
            ..PatientStudy::default()
        },
        study_uid: derived("study", 0),
        series_uid: derived("series", 0),
        frame_of_reference_uid: Some(frame),
        position_reference: String::new(),
        patient_position: a.patient_position.clone(),
        slices: (0..geometry.shape()[0])
            .map(|k| SliceReference {
                sop_class_uid: uids::CT_IMAGE_STORAGE.to_owned(),
                sop_instance_uid: derived("image", k),
                frame_number: None,
                position: Some(position(geometry, k)),
            })
            .collect(),
    }
}

/// ImagePositionPatient as it is in the file: rounded to what a decimal string holds.
fn position(geometry: &VolumeGeometry, k: usize) -> [f64; 3] {
    let exact = geometry.point_from_index([k as f64, 0.0, 0.0]).0;
    exact.map(|x| crate::decimal::decimal_string(x).and_then(|t| t.parse().ok()).unwrap_or(x))
}

/// DICOM age string: months below two years, years from there on.
fn age_string(years: f64) -> String {
    let years = years.clamp(0.0, 150.0);
    if years < 2.0 { format!("{:03}M", (years * 12.0) as u32) } else { format!("{:03}Y", years as u32) }
}

fn slice(
    k: usize,
    hu: ArrayView2<'_, i16>,
    geometry: &VolumeGeometry,
    storage: Storage,
    identity: &CtIdentity,
    a: &CtAttributes,
) -> DataSet {
    let p = &identity.patient;
    let spacing = geometry.spacing_mm();
    let [_, column, row] = geometry.axes();
    let mut file = DataSet::new();
    file.text(tags::SPECIFIC_CHARACTER_SET, VR::CS, &p.character_set)
        .text(tags::IMAGE_TYPE, VR::CS, "ORIGINAL\\PRIMARY\\AXIAL")
        .text(tags::SOP_CLASS_UID, VR::UI, uids::CT_IMAGE_STORAGE)
        .text(tags::SOP_INSTANCE_UID, VR::UI, &identity.slices[k].sop_instance_uid)
        .text(tags::MODALITY, VR::CS, "CT")
        .text(tags::ACCESSION_NUMBER, VR::SH, "")
        .text(tags::MANUFACTURER, VR::LO, &cut(&clean(&a.manufacturer), 64))
        .text(tags::MANUFACTURER_MODEL_NAME, VR::LO, &cut(&clean(&a.model_name), 64))
        .text(tags::SOFTWARE_VERSIONS, VR::LO, env!("CARGO_PKG_VERSION"))
        .text(tags::REFERRING_PHYSICIAN_NAME, VR::PN, "");
    for tag in [tags::STUDY_DATE, tags::SERIES_DATE, tags::ACQUISITION_DATE, tags::CONTENT_DATE] {
        file.text(tag, VR::DA, &p.study_date);
    }
    for tag in [tags::STUDY_TIME, tags::SERIES_TIME, tags::ACQUISITION_TIME, tags::CONTENT_TIME] {
        file.text(tag, VR::TM, &p.study_time);
    }
    file.text_if_any(tags::STUDY_DESCRIPTION, VR::LO, &p.study_description)
        .text_if_any(tags::SERIES_DESCRIPTION, VR::LO, &cut(&clean(&a.series_description), 64))
        .text(tags::PATIENT_NAME, VR::PN, &p.patient_name)
        .text(tags::PATIENT_ID, VR::LO, &p.patient_id)
        .text(tags::PATIENT_BIRTH_DATE, VR::DA, &p.birth_date)
        .text(tags::PATIENT_SEX, VR::CS, &p.sex)
        .text_if_any(tags::PATIENT_AGE, VR::AS, &p.age);
    if let Some(height) = a.height_m {
        file.ds(tags::PATIENT_SIZE, &[height]);
    }
    file.text(tags::BODY_PART_EXAMINED, VR::CS, "WHOLEBODY")
        .text(tags::SCAN_OPTIONS, VR::CS, "HELICAL MODE")
        .ds(tags::SLICE_THICKNESS, &[spacing.k])
        .ds(tags::KVP, &[a.kvp])
        .text(tags::PATIENT_POSITION, VR::CS, &a.patient_position)
        .ds(tags::GANTRY_DETECTOR_TILT, &[0.0])
        .text(tags::CONVOLUTION_KERNEL, VR::SH, "STANDARD")
        .text(tags::STUDY_INSTANCE_UID, VR::UI, &identity.study_uid)
        .text(tags::SERIES_INSTANCE_UID, VR::UI, &identity.series_uid)
        .text(tags::STUDY_ID, VR::SH, &p.study_id)
        .is(tags::SERIES_NUMBER, &[2])
        .is(tags::ACQUISITION_NUMBER, &[1])
        .is(tags::INSTANCE_NUMBER, &[k as i64 + 1])
        .ds(tags::IMAGE_POSITION_PATIENT, &position(geometry, k))
        .ds(tags::IMAGE_ORIENTATION_PATIENT, &[row, column].concat())
        .text(tags::FRAME_OF_REFERENCE_UID, VR::UI, identity.frame_of_reference_uid.as_deref().unwrap_or_default())
        .text(tags::POSITION_REFERENCE_INDICATOR, VR::LO, &identity.position_reference);
    pixels(&mut file, hu, [spacing.j, spacing.i], storage);
    file
}

fn pixels(file: &mut DataSet, hu: ArrayView2<'_, i16>, pixel_spacing_mm: [f64; 2], storage: Storage) {
    let (rows, columns) = hu.dim();
    file.us(tags::SAMPLES_PER_PIXEL, 1)
        .text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2")
        .us(tags::ROWS, u16::try_from(rows).unwrap_or(u16::MAX))
        .us(tags::COLUMNS, u16::try_from(columns).unwrap_or(u16::MAX))
        .ds(tags::PIXEL_SPACING, &pixel_spacing_mm)
        .us(tags::BITS_ALLOCATED, 16)
        .us(tags::BITS_STORED, storage.bits_stored)
        .us(tags::HIGH_BIT, storage.bits_stored - 1)
        .us(tags::PIXEL_REPRESENTATION, u16::from(storage.signed))
        .ds(tags::WINDOW_CENTER, &[40.0])
        .ds(tags::WINDOW_WIDTH, &[400.0])
        .ds(tags::RESCALE_INTERCEPT, &[f64::from(storage.intercept)])
        .ds(tags::RESCALE_SLOPE, &[1.0])
        .text(tags::RESCALE_TYPE, VR::LO, "HU")
        .words(tags::PIXEL_DATA, hu.iter().map(|&v| storage.cell(v)).collect());
}
