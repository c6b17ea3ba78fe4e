//! Reading a BINARY segmentation onto the grid of a CT series.

use std::{collections::HashMap, path::Path};

use dicom_core::value::Value;
use dicom_dictionary_std::{tags, uids};
use dicom_object::DefaultDicomObject;
use tmli_core::{Mask, Segment, Segmentation, VolumeGeometry, geometry::GRID_TOLERANCE_MM};

use super::{bits::PackedBits, colour};
use crate::{
    attributes::{Attributes, items},
    dicom_file::{self, Extent, refusal},
    error::IoError,
    finding::Finding,
    loaded,
    multi_frame::{Frame, Frames},
    room::{self, Room},
    structure_set::{OfPatient, PatientKey, RoiCode},
};

const LABEL: &str = "the segmentation file";

/// More segments than this are refused: each takes a mask of the whole grid.
const MAX_SEGMENTS: usize = 256;

/// Frames may be this far from the grid: files round positions to 0.01 mm.
const PLACE_TOLERANCE_MM: f64 = 0.05;

/// What a segment is, besides its voxels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentRead {
    /// SegmentNumber.
    pub number: i64,
    /// SegmentLabel.
    pub name: String,
    /// Display colour, RGB.
    pub colour: Option<[u8; 3]>,
    /// SegmentedPropertyTypeCodeSequence.
    pub code: Option<RoiCode>,
}

/// A segmentation on the grid that it was read onto.
#[derive(Clone, Debug)]
pub struct SegmentationFile {
    /// Masks, in the order of `segments`. Segments may overlap.
    pub segmentation: Segmentation,
    /// What the file says about each.
    pub segments: Vec<SegmentRead>,
    /// SOPInstanceUID.
    pub sop_instance_uid: String,
    /// SeriesInstanceUIDs of the images it was drawn on, as it says.
    pub referenced_series_uids: Vec<String>,
    /// Whom it belongs to.
    pub patient: PatientKey,
    /// FrameOfReferenceUID, where the file says.
    pub frame_of_reference_uid: Option<String>,
    /// What was odd.
    pub findings: Vec<Finding>,
}

/// Reads a DICOM Segmentation of type BINARY onto the grid `geometry`: its frames must be slices of this grid. Whether
/// it is of the same patient and in the same frame of reference, [`crate::check_belongs_to`] tells.
///
/// # Errors
/// [`IoError::LabelGrid`] when a frame is no slice of the grid, [`IoError::Unsupported`] for fractional and compressed
/// segmentations, otherwise what can be wrong with a file.
pub fn read_segmentation(path: &Path, geometry: &VolumeGeometry) -> Result<SegmentationFile, IoError> {
    let object = dicom_file::open(path, LABEL, Extent::All)?.ok_or(IoError::NotDicom { file: LABEL.to_owned() })?;
    let class = object.text_or_empty(tags::SOP_CLASS_UID);
    if class != uids::SEGMENTATION_STORAGE {
        let got = format!("of modality {}", object.text(tags::MODALITY).unwrap_or_else(|| "(none)".to_owned()));
        return Err(IoError::WrongObject { file: LABEL.to_owned(), expected: "a DICOM Segmentation", got });
    }
    let bits = object.int(tags::BITS_ALLOCATED).unwrap_or(1);
    if bits != 1 || object.text(tags::SEGMENTATION_TYPE).is_some_and(|t| t != "BINARY") {
        return Err(IoError::Unsupported {
            what: "a segmentation that is not BINARY".to_owned(),
            advice: "export it as a BINARY segmentation",
        });
    }
    let mut findings = Vec::new();
    let segments = described(&object, &mut findings)?;
    let header = loaded::load_header(path, LABEL)?.ok_or(IoError::NotDicom { file: LABEL.to_owned() })?;
    let frames = Frames::of(&header.data_set()?);
    let masks = masks(&object, &frames, geometry, &segments, &mut findings)?;
    for (segment, mask) in segments.iter().zip(&masks) {
        if mask.is_empty() {
            findings.push(Finding::general(format!("segment {} has no voxel", segment.number)));
        }
    }
    let named = segments.iter().zip(masks).map(|(s, mask)| Segment { name: s.name.clone(), mask }).collect();
    let series = items(&object, tags::REFERENCED_SERIES_SEQUENCE);
    Ok(SegmentationFile {
        segmentation: Segmentation { geometry: geometry.clone(), segments: named },
        segments,
        sop_instance_uid: object.text_or_empty(tags::SOP_INSTANCE_UID),
        referenced_series_uids: series.iter().filter_map(|s| s.text(tags::SERIES_INSTANCE_UID)).collect(),
        patient: PatientKey {
            patient_id: object.text_or_empty(tags::PATIENT_ID),
            patient_name: object.text_or_empty(tags::PATIENT_NAME),
        },
        frame_of_reference_uid: object.text(tags::FRAME_OF_REFERENCE_UID),
        findings,
    })
}

impl OfPatient for SegmentationFile {
    fn patient(&self) -> &PatientKey {
        &self.patient
    }

    fn frame_of_reference_uid(&self) -> Option<&str> {
        self.frame_of_reference_uid.as_deref()
    }
}

fn described(object: &DefaultDicomObject, findings: &mut Vec<Finding>) -> Result<Vec<SegmentRead>, IoError> {
    let described = items(object, tags::SEGMENT_SEQUENCE);
    if described.len() > MAX_SEGMENTS {
        return Err(IoError::Value {
            file: LABEL.to_owned(),
            attribute: "SegmentSequence",
            expected: format!("at most {MAX_SEGMENTS} segments"),
            got: described.len().to_string(),
        });
    }
    let mut segments: Vec<SegmentRead> = Vec::new();
    for item in described {
        let number = item.int(tags::SEGMENT_NUMBER).unwrap_or(0);
        if segments.iter().any(|s| s.number == number) {
            findings.push(Finding::general(format!("segment {number} is described twice; the first was taken")));
            continue;
        }
        let lab = item.get(tags::RECOMMENDED_DISPLAY_CIE_LAB_VALUE).and_then(|e| e.to_multi_int::<u16>().ok());
        let code = items(item, tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE).first();
        segments.push(SegmentRead {
            number,
            name: item.text(tags::SEGMENT_LABEL).unwrap_or_else(|| format!("Segment {number}")),
            colour: lab.and_then(|lab| <[u16; 3]>::try_from(lab).ok()).map(colour::rgb_from_lab),
            code: code.map(|c| RoiCode {
                scheme: c.text_or_empty(tags::CODING_SCHEME_DESIGNATOR),
                value: c.text_or_empty(tags::CODE_VALUE),
                meaning: c.text_or_empty(tags::CODE_MEANING),
            }),
        });
    }
    Ok(segments)
}

fn masks(
    object: &DefaultDicomObject,
    described: &Frames<'_>,
    geometry: &VolumeGeometry,
    segments: &[SegmentRead],
    findings: &mut Vec<Finding>,
) -> Result<Vec<Mask>, IoError> {
    let [slices, rows, columns] = geometry.shape();
    let size = |tag| object.int(tag).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let got = [size(tags::ROWS), size(tags::COLUMNS)];
    let grid_error = |reason: String| IoError::LabelGrid { reason };
    if got != [rows, columns] {
        return Err(grid_error(format!("expected {:?} rows and columns, got {got:?}", [rows, columns])));
    }
    let element = object.get(tags::PIXEL_DATA).ok_or_else(|| IoError::Missing {
        file: LABEL.to_owned(),
        attribute: "PixelData",
        purpose: "read the segments",
    })?;
    let Value::Primitive(value) = element.value() else {
        return Err(IoError::Unsupported {
            what: "a compressed segmentation".to_owned(),
            advice: "export it uncompressed (Explicit VR Little Endian)",
        });
    };
    let bits = PackedBits::new(value);
    let frames = described.count();
    let truncated = || IoError::Truncated {
        file: LABEL.to_owned(),
        part: "the pixel data".to_owned(),
        expected: (frames as u64).saturating_mul((rows * columns) as u64).div_ceil(8),
        got: bits.bytes() as u64,
    };
    if (bits.bytes() as u64) < (frames as u64).saturating_mul((rows * columns) as u64).div_ceil(8) {
        return Err(truncated());
    }
    let index: HashMap<i64, usize> = segments.iter().enumerate().map(|(n, s)| (s.number, n)).collect();
    // Each for itself, not copies of one: then the system gives memory only where a frame has something to say.
    let mut masks: Vec<Mask> = segments.iter().map(|_| Mask::new([slices, rows, columns])).collect();
    let mut room = Room::default();
    for (frame, said) in described.iter().enumerate() {
        let number =
            said.group(tags::SEGMENT_IDENTIFICATION_SEQUENCE).and_then(|g| g.int(tags::REFERENCED_SEGMENT_NUMBER));
        let Some(&segment) = number.and_then(|n| index.get(&n)) else {
            room.take(room::FINDING).map_err(|problem| refusal(&problem, LABEL))?;
            findings.push(Finding::general(format!("frame {} is of no described segment; left out", frame + 1)));
            continue;
        };
        let k = slice_of(&said, frame, geometry).map_err(grid_error)?;
        for j in 0..rows {
            let start = (frame * rows + j) * columns;
            for (w, word) in masks[segment].row_mut(k, j).iter_mut().enumerate() {
                let count = (columns - w * 64).min(64);
                *word |= bits.at(start + w * 64, count).ok_or_else(truncated)?;
            }
        }
    }
    Ok(masks)
}

/// The slice of the grid that a frame is.
fn slice_of(said: &Frame<'_, '_>, frame: usize, geometry: &VolumeGeometry) -> Result<usize, String> {
    let group = |tag| said.group(tag);
    let position: [f64; 3] = group(tags::PLANE_POSITION_SEQUENCE)
        .and_then(|g| g.decimals(tags::IMAGE_POSITION_PATIENT))
        .ok_or_else(|| format!("frame {} says no position", frame + 1))?;
    let [slices, rows, columns] = geometry.shape();
    let k = geometry.index_from_point(tmli_core::PointLps(position))[0].round();
    if !(k >= 0.0 && k < slices as f64) {
        return Err(format!("frame {} lies at {position:.2?} mm, beyond the grid", frame + 1));
    }
    let orientation: [f64; 6] = group(tags::PLANE_ORIENTATION_SEQUENCE)
        .and_then(|g| g.decimals(tags::IMAGE_ORIENTATION_PATIENT))
        .ok_or_else(|| format!("frame {} says no orientation", frame + 1))?;
    let spacing: [f64; 2] = group(tags::PIXEL_MEASURES_SEQUENCE)
        .and_then(|g| g.decimals(tags::PIXEL_SPACING))
        .ok_or_else(|| format!("frame {} says no pixel spacing", frame + 1))?;
    // Three corners of the slice decide where all its voxels are.
    let last = [(0.0, 0.0), ((rows - 1) as f64, 0.0), (0.0, (columns - 1) as f64)];
    for (j, i) in last {
        let expected = geometry.point_from_index([k, j, i]).0;
        let off = (0..3)
            .map(|x| position[x] + orientation[x] * spacing[1] * i + orientation[3 + x] * spacing[0] * j - expected[x])
            .map(|d| d * d)
            .sum::<f64>()
            .sqrt();
        if off.is_nan() || off > PLACE_TOLERANCE_MM.max(GRID_TOLERANCE_MM) {
            return Err(format!("frame {} is {off:.3} mm off the nearest slice", frame + 1));
        }
    }
    Ok(k as usize)
}
