//! Writing a BINARY segmentation on the CT series that it was made on.

use std::path::Path;

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};
use tmli_core::{Mask, VolumeGeometry};

use super::{bits::BitWriter, colour};
use crate::{
    atomic::write_bytes_atomically,
    dataset::{DataSet, clean, cut},
    error::IoError,
    identity::CtIdentity,
    structure_set::{self, RESEARCH_USE, RoiCode, RoiGeneration, StructureSetOptions},
    uid,
};

const WHAT: &str = "the segmentation";

/// One segment to write.
#[derive(Clone, Debug)]
pub struct SegmentToWrite {
    /// SegmentLabel, e.g. `Kidney_L`.
    pub name: String,
    /// What kind of thing it is, e.g. SCT 123037004 "Body structure" (which is written when there is none).
    pub category: Option<RoiCode>,
    /// What it is, e.g. SCT 64033007 "Kidney"; the category again when there is none.
    pub code: Option<RoiCode>,
    /// Display colour, RGB.
    pub colour: [u8; 3],
    /// How it was made.
    pub generation: RoiGeneration,
    /// SegmentAlgorithmName: name and version; cut at 64 characters.
    pub algorithm: String,
    /// Its voxels on the grid of the CT series.
    pub mask: Mask,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenSegmentation {
    /// SOPInstanceUID of the new file.
    pub sop_instance_uid: String,
    /// Names of the segments in the file, in the order of their numbers 1..N.
    pub written: Vec<String>,
    /// Names of the segments left out because they have no voxel.
    pub empty: Vec<String>,
    /// Slices in the file, over all segments.
    pub frames: usize,
}

/// Writes a DICOM Segmentation (BINARY, Explicit VR Little Endian), whole or not at all. Slices without a voxel of a
/// segment are left out; segments may overlap. UIDs are new in every file, also where `options` fix the time.
///
/// # Errors
/// [`IoError::Invalid`] when a mask is not on the grid of the CT series or every mask is empty, otherwise as
/// [`crate::write_atomically`].
pub fn write_segmentation(
    path: &Path,
    ct: &CtIdentity,
    geometry: &VolumeGeometry,
    segments: &[SegmentToWrite],
    options: &StructureSetOptions,
) -> Result<WrittenSegmentation, IoError> {
    let invalid = |reason: String| IoError::Invalid { what: WHAT, reason };
    let shape = geometry.shape();
    if ct.slices.len() != shape[0] {
        return Err(invalid(format!("the grid should have {} slices, got {}", ct.slices.len(), shape[0])));
    }
    if let Some(other) = segments.iter().find(|s| s.mask.shape() != shape) {
        let got = other.mask.shape();
        return Err(invalid(format!("{} should be on a grid of {shape:?} (k, j, i), got {got:?}", other.name)));
    }
    let (full, empty): (Vec<&SegmentToWrite>, Vec<_>) = segments.iter().partition(|s| !s.mask.is_empty());
    if full.is_empty() {
        return Err(invalid(format!("none of its {} segments has a voxel", segments.len())));
    }
    let frames: Vec<(usize, usize)> = full
        .iter()
        .enumerate()
        .flat_map(|(n, segment)| {
            let used = move |k: &usize| segment.mask.slice_words(*k).0.iter().any(|&w| w != 0);
            (0..shape[0]).filter(used).map(move |k| (n, k))
        })
        .collect();
    let instance = uid::unique();
    let mut file = DataSet::new();
    general(&mut file, ct, &full, &instance, options);
    image(&mut file, shape, frames.len());
    file.sequence(tags::SEGMENT_SEQUENCE, full.iter().enumerate().map(|(n, s)| segment_item(n, s)).collect());
    dimensions(&mut file);
    functional_groups(&mut file, ct, geometry, &frames);
    references(&mut file, ct);
    file.bytes(tags::PIXEL_DATA, pixels(&full, &frames, shape));
    let bytes = file.into_file(uids::EXPLICIT_VR_LITTLE_ENDIAN).map_err(invalid)?;
    write_bytes_atomically(path, WHAT, &bytes)?;
    let names = |segments: &[&SegmentToWrite]| segments.iter().map(|s| s.name.clone()).collect();
    Ok(WrittenSegmentation {
        sop_instance_uid: instance,
        written: names(&full),
        empty: names(&empty),
        frames: frames.len(),
    })
}

fn general(
    file: &mut DataSet,
    ct: &CtIdentity,
    segments: &[&SegmentToWrite],
    instance: &str,
    options: &StructureSetOptions,
) {
    let (date, time) = options.fixed_time.clone().unwrap_or_else(structure_set::now);
    let p = &ct.patient;
    let own = segments.iter().flat_map(|s| {
        [&s.name, &s.algorithm].into_iter().chain(s.code.iter().chain(&s.category).map(|code| &code.meaning))
    });
    let texts = [&p.patient_name, &p.patient_id, &p.study_description, &options.series_description, &p.study_id];
    let others = [&p.accession_number, &p.referring_physician, &ct.position_reference, &options.manufacturer];
    let rest = [&options.model_name, &options.software_version];
    let all_ascii = own.chain(texts).chain(others).chain(rest).all(|text| text.is_ascii());
    file.text_if_any(tags::SPECIFIC_CHARACTER_SET, VR::CS, if all_ascii { "" } else { "ISO_IR 192" });
    structure_set::patient_and_study(file, ct);
    file.text(tags::SOP_CLASS_UID, VR::UI, uids::SEGMENTATION_STORAGE)
        .text(tags::SOP_INSTANCE_UID, VR::UI, instance)
        .text(tags::INSTANCE_CREATION_DATE, VR::DA, &date)
        .text(tags::INSTANCE_CREATION_TIME, VR::TM, &time)
        .text(tags::CONTENT_DATE, VR::DA, &date)
        .text(tags::CONTENT_TIME, VR::TM, &time)
        .text(tags::MODALITY, VR::CS, "SEG")
        .text(tags::SERIES_INSTANCE_UID, VR::UI, &uid::unique())
        .is(tags::SERIES_NUMBER, &[i64::from(options.series_number)])
        .text_if_any(tags::SERIES_DESCRIPTION, VR::LO, &cut(&clean(&options.series_description), 64))
        .is(tags::INSTANCE_NUMBER, &[1])
        .text(tags::MANUFACTURER, VR::LO, &cut(&clean(&options.manufacturer), 64))
        .text(tags::MANUFACTURER_MODEL_NAME, VR::LO, &cut(&clean(&options.model_name), 64))
        .text(tags::DEVICE_SERIAL_NUMBER, VR::LO, "1")
        .text(tags::SOFTWARE_VERSIONS, VR::LO, &cut(&clean(&options.software_version), 64))
        .text(tags::FRAME_OF_REFERENCE_UID, VR::UI, &structure_set::frame_of(ct))
        .text(tags::POSITION_REFERENCE_INDICATOR, VR::LO, &ct.position_reference)
        .text(tags::CONTENT_LABEL, VR::CS, "SEGMENTATION")
        .text(tags::CONTENT_DESCRIPTION, VR::LO, &cut(RESEARCH_USE, 64))
        .text(tags::CONTENT_CREATOR_NAME, VR::PN, "");
}

fn image(file: &mut DataSet, [_, rows, columns]: [usize; 3], frames: usize) {
    file.text(tags::IMAGE_TYPE, VR::CS, "DERIVED\\PRIMARY")
        .us(tags::SAMPLES_PER_PIXEL, 1)
        .text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2")
        .is(tags::NUMBER_OF_FRAMES, &[frames as i64])
        .us(tags::ROWS, u16::try_from(rows).unwrap_or(u16::MAX))
        .us(tags::COLUMNS, u16::try_from(columns).unwrap_or(u16::MAX))
        .us(tags::BITS_ALLOCATED, 1)
        .us(tags::BITS_STORED, 1)
        .us(tags::HIGH_BIT, 0)
        .us(tags::PIXEL_REPRESENTATION, 0)
        .text(tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "00")
        .text(tags::SEGMENTATION_TYPE, VR::CS, "BINARY")
        // Whether they do is not looked into: readers must not rely on it.
        .text(tags::SEGMENTS_OVERLAP, VR::CS, "UNDEFINED");
}

fn segment_item(n: usize, segment: &SegmentToWrite) -> DataSet {
    let code = |code: &RoiCode| DataSet::code(&code.scheme, &code.value, &cut(&clean(&code.meaning), 64));
    let body = RoiCode { scheme: "SCT".into(), value: "123037004".into(), meaning: "Body structure".into() };
    let category = segment.category.as_ref().unwrap_or(&body);
    let mut item = DataSet::new();
    item.us(tags::SEGMENT_NUMBER, u16::try_from(n + 1).unwrap_or(u16::MAX))
        .text(tags::SEGMENT_LABEL, VR::LO, &cut(&clean(&segment.name), 64))
        .text(tags::SEGMENT_ALGORITHM_TYPE, VR::CS, segment.generation.as_dicom())
        .sequence(tags::SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE, vec![code(category)])
        .sequence(tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE, vec![code(segment.code.as_ref().unwrap_or(category))])
        .us_list(tags::RECOMMENDED_DISPLAY_CIE_LAB_VALUE, &colour::lab_from_rgb(segment.colour));
    if segment.generation != RoiGeneration::Manual {
        let name = cut(&clean(&segment.algorithm), 64);
        item.text(tags::SEGMENT_ALGORITHM_NAME, VR::LO, if name.is_empty() { "unknown" } else { &name });
    }
    item
}

/// Frames are counted by segment, then by slice.
fn dimensions(file: &mut DataSet) {
    let organization = uid::unique();
    let index = |pointer, group| {
        let mut item = DataSet::new();
        item.text(tags::DIMENSION_ORGANIZATION_UID, VR::UI, &organization)
            .tag(tags::DIMENSION_INDEX_POINTER, pointer)
            .tag(tags::FUNCTIONAL_GROUP_POINTER, group);
        item
    };
    let indices = vec![
        index(tags::REFERENCED_SEGMENT_NUMBER, tags::SEGMENT_IDENTIFICATION_SEQUENCE),
        index(tags::IMAGE_POSITION_PATIENT, tags::PLANE_POSITION_SEQUENCE),
    ];
    let mut item = DataSet::new();
    item.text(tags::DIMENSION_ORGANIZATION_UID, VR::UI, &organization);
    file.sequence(tags::DIMENSION_ORGANIZATION_SEQUENCE, vec![item]).sequence(tags::DIMENSION_INDEX_SEQUENCE, indices);
}

/// A sequence of one item with one attribute set.
fn one(fill: impl FnOnce(&mut DataSet)) -> Vec<DataSet> {
    let mut item = DataSet::new();
    fill(&mut item);
    vec![item]
}

fn functional_groups(file: &mut DataSet, ct: &CtIdentity, geometry: &VolumeGeometry, frames: &[(usize, usize)]) {
    let (spacing, [_, column, row]) = (geometry.spacing_mm(), geometry.axes());
    let shared = one(|shared| {
        let measures = one(|m| {
            m.ds(tags::SLICE_THICKNESS, &[spacing.k])
                .ds(tags::SPACING_BETWEEN_SLICES, &[spacing.k])
                .ds(tags::PIXEL_SPACING, &[spacing.j, spacing.i]);
        });
        let orientation = one(|o| {
            o.ds(tags::IMAGE_ORIENTATION_PATIENT, &[row, column].concat());
        });
        shared
            .sequence(tags::PIXEL_MEASURES_SEQUENCE, measures)
            .sequence(tags::PLANE_ORIENTATION_SEQUENCE, orientation);
    });
    file.sequence(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, shared);
    let per_frame = frames.iter().map(|&(segment, k)| frame_item(ct, geometry, segment, k)).collect();
    file.sequence(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, per_frame);
}

fn frame_item(ct: &CtIdentity, geometry: &VolumeGeometry, segment: usize, k: usize) -> DataSet {
    let slice = &ct.slices[k];
    let position = slice.position.unwrap_or_else(|| geometry.point_from_index([k as f64, 0.0, 0.0]).0);
    let number = segment as u32 + 1;
    let mut source = DataSet::slice_reference(slice);
    source.text(tags::SPATIAL_LOCATIONS_PRESERVED, VR::CS, "YES").sequence(
        tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE,
        vec![DataSet::code("DCM", "121322", "Source image for image processing operation")],
    );
    let mut frame = DataSet::new();
    frame
        .sequence(
            tags::DERIVATION_IMAGE_SEQUENCE,
            one(|d| {
                d.sequence(tags::SOURCE_IMAGE_SEQUENCE, vec![source])
                    .sequence(tags::DERIVATION_CODE_SEQUENCE, vec![DataSet::code("DCM", "113076", "Segmentation")]);
            }),
        )
        .sequence(
            tags::FRAME_CONTENT_SEQUENCE,
            one(|c| {
                c.ul_list(tags::DIMENSION_INDEX_VALUES, &[number, k as u32 + 1]);
            }),
        )
        .sequence(
            tags::PLANE_POSITION_SEQUENCE,
            one(|p| {
                p.ds(tags::IMAGE_POSITION_PATIENT, &position);
            }),
        )
        .sequence(
            tags::SEGMENT_IDENTIFICATION_SEQUENCE,
            one(|s| {
                s.us(tags::REFERENCED_SEGMENT_NUMBER, number as u16);
            }),
        );
    frame
}

fn references(file: &mut DataSet, ct: &CtIdentity) {
    let series = one(|s| {
        s.text(tags::SERIES_INSTANCE_UID, VR::UI, &ct.series_uid)
            .sequence(tags::REFERENCED_INSTANCE_SEQUENCE, DataSet::image_references(&ct.slices));
    });
    file.sequence(tags::REFERENCED_SERIES_SEQUENCE, series);
}

fn pixels(segments: &[&SegmentToWrite], frames: &[(usize, usize)], [_, rows, columns]: [usize; 3]) -> Vec<u8> {
    let mut bits = BitWriter::default();
    for &(segment, k) in frames {
        for j in 0..rows {
            for (w, &word) in segments[segment].mask.row(k, j).iter().enumerate() {
                bits.push(word, (columns - w * 64).min(64));
            }
        }
    }
    bits.finish()
}
