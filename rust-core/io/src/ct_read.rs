//! A CT series as a volume in Hounsfield units.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use dicom_dictionary_std::{tags, uids};
use dicom_object::DefaultDicomObject;
use ndarray::Array3;
use rayon::prelude::*;
use tmli_core::{Volume, VolumeGeometry};

use crate::{
    attributes::Attributes,
    codestream::Size,
    dicom_file::{self, Extent},
    error::IoError,
    finding::Finding,
    header::SliceHeader,
    identity::{CtIdentity, PatientStudy, SliceReference},
    pixels::{self, PixelReport},
    preflight::EXPLICIT_VR_BIG_ENDIAN,
    scan::{FolderScan, SeriesEntry, scan_files, scan_folder},
    series, uid,
};

/// A CT series: voxels in Hounsfield units, and what identifies it.
#[derive(Clone, Debug)]
pub struct CtSeries {
    /// HU, `[k, j, i]`; k ascends along the normal (row direction x column direction). Rows and columns are the
    /// file's, so the axes of a feet-first or prone scan differ from a head-first supine one, the points don't.
    pub volume: Volume<i16>,
    /// Attributes that an RT Structure Set on this series repeats.
    pub identity: CtIdentity,
    /// SeriesDescription (free text: may hold anything, show it only to the user who owns the data).
    pub description: String,
    /// What was odd, e.g. values beyond the range of i16.
    pub findings: Vec<Finding>,
}

/// A CT series without its voxels.
#[derive(Clone, Debug)]
pub struct CtHeaders {
    /// Where the voxels would be.
    pub geometry: VolumeGeometry,
    /// Attributes that an RT Structure Set on this series repeats.
    pub identity: CtIdentity,
    /// SeriesDescription, as in [`CtSeries::description`].
    pub description: String,
    /// What was odd.
    pub findings: Vec<Finding>,
}

/// What identifies the one CT series that these files are: for writing a structure set on a scan whose voxels are in
/// memory already. Reads headers only; other objects among the files are passed over.
///
/// # Errors
/// As [`read_ct_folder`].
pub fn read_ct_headers(files: Vec<PathBuf>) -> Result<CtHeaders, IoError> {
    let mut scan = scan_files(files);
    if !scan.unreadable.is_empty() {
        return Err(scan.unreadable.swap_remove(0).1);
    }
    let entry = &scan.ct_series[choose(&scan, None)?];
    let stack = series::stack(&entry.headers)?;
    let headers: Vec<&SliceHeader> = stack.order.iter().map(|&n| &entry.headers[n]).collect();
    let first = headers[0];
    let label = first.place();
    let object = dicom_file::open(&first.path, &label, Extent::Header)?.ok_or(IoError::NotDicom { file: label })?;
    let mut findings = stack.findings;
    let position_reference = object.text_or_empty(tags::POSITION_REFERENCE_INDICATOR);
    let identity = identity(&headers, patient_study(&object), position_reference, &mut findings);
    Ok(CtHeaders { geometry: stack.geometry, identity, description: entry.description.clone(), findings })
}

/// Reads the voxels of a series, slices in parallel.
///
/// # Errors
/// [`IoError::Geometry`] when the slices make no volume; everything that can be wrong with one file, naming the slice.
pub fn read_ct_series(entry: &SeriesEntry) -> Result<CtSeries, IoError> {
    let stack = series::stack(&entry.headers)?;
    let headers: Vec<&SliceHeader> = stack.order.iter().map(|&n| &entry.headers[n]).collect();
    let [slices, rows, columns] = stack.geometry.shape();
    let size = Size { rows, columns };

    headers.iter().try_for_each(|header| plausible(header, slices as u64))?;
    let multi_frame = multi_frame_files(&headers)?;
    let mut data = Array3::<i16>::zeros((slices, rows, columns));
    let voxels = data.as_slice_mut().unwrap_or_default();
    let read: Vec<(PixelReport, Option<PatientStudy>, String)> = voxels
        .par_chunks_mut(rows * columns)
        .zip(headers.par_iter())
        .enumerate()
        .map(|(k, (hu, header))| {
            let label = header.place();
            let opened = match multi_frame.get(header.path.as_path()) {
                Some(_) => None,
                None => Some(open(header)?),
            };
            let Some(object) = opened.as_ref().or_else(|| multi_frame.get(header.path.as_path())) else {
                return Err(IoError::NotDicom { file: label });
            };
            let report = pixels::hounsfield(object, &label, size, (header.frame.unwrap_or(0), header.rescale), hu)?;
            let first = k == 0;
            let position_reference =
                if first { object.text_or_empty(tags::POSITION_REFERENCE_INDICATOR) } else { String::new() };
            Ok((report, first.then(|| patient_study(object)), position_reference))
        })
        .collect::<Result<_, IoError>>()?;

    let mut findings = stack.findings;
    for (report, header) in read.iter().map(|(report, ..)| report).zip(&headers) {
        findings.extend(pixel_findings(report, header));
    }
    summarise(&mut findings);
    let (patient, position_reference) = read
        .into_iter()
        .next()
        .map(|(_, patient, reference)| (patient.unwrap_or_default(), reference))
        .unwrap_or_default();
    let identity = identity(&headers, patient, position_reference, &mut findings);
    let volume = Volume::new(stack.geometry, data)
        .map_err(|e| IoError::Invalid { what: "the volume", reason: e.to_string() })?;
    Ok(CtSeries { volume, identity, description: entry.description.clone(), findings })
}

fn open(header: &SliceHeader) -> Result<DefaultDicomObject, IoError> {
    let label = header.place();
    dicom_file::open(&header.path, &label, Extent::All)?.ok_or(IoError::NotDicom { file: label })
}

/// Files with several frames are opened once, not once for each frame.
fn multi_frame_files<'a>(headers: &[&'a SliceHeader]) -> Result<HashMap<&'a Path, DefaultDicomObject>, IoError> {
    let mut files = HashMap::new();
    for header in headers.iter().filter(|header| header.frame.is_some()) {
        if !files.contains_key(header.path.as_path()) {
            files.insert(header.path.as_path(), open(header)?);
        }
    }
    Ok(files)
}

/// A compressed image of more pixels than this is refused: no scanner makes it, and its memory would be claimed by a file
/// that doesn't have to hold it.
const MAX_COMPRESSED_PIXELS: u64 = 2048 * 2048;

/// The same of all images of a series: 8000 of 512 x 512.
const MAX_COMPRESSED_VOXELS: u64 = 1 << 31;

/// Refuses images that are larger than their files can be, before memory is taken for them.
fn plausible(header: &SliceHeader, slices: u64) -> Result<(), IoError> {
    let bytes = std::fs::metadata(&header.path).map_err(|source| IoError::Read { file: header.place(), source })?.len();
    let pixels = header.rows as u64 * header.columns as u64;
    let uncompressed = matches!(
        header.transfer_syntax.as_str(),
        "" | uids::IMPLICIT_VR_LITTLE_ENDIAN | uids::EXPLICIT_VR_LITTLE_ENDIAN | EXPLICIT_VR_BIG_ENDIAN
    );
    if uncompressed {
        let expected = pixels.saturating_mul(u64::try_from(header.frames).unwrap_or(1).max(1));
        if expected > bytes {
            let part = "the pixel data".to_owned();
            return Err(IoError::Truncated { file: header.place(), part, expected, got: bytes });
        }
        return Ok(());
    }
    let too_large = |expected: String| IoError::Value {
        file: header.place(),
        attribute: "Rows, Columns",
        expected,
        got: format!("{slices} of {} x {}", header.rows, header.columns),
    };
    if pixels > MAX_COMPRESSED_PIXELS {
        return Err(too_large(format!("at most {MAX_COMPRESSED_PIXELS} pixels in a compressed image")));
    }
    if pixels.saturating_mul(slices) > MAX_COMPRESSED_VOXELS {
        return Err(too_large(format!("at most {MAX_COMPRESSED_VOXELS} voxels in a compressed series")));
    }
    Ok(())
}

/// Reads the CT series of a folder: the only one, or the one of this SeriesInstanceUID or number in the list that
/// [`IoError::SeveralSeries`] shows. Scouts count only when they are asked for.
///
/// # Errors
/// As [`scan_folder`] and [`read_ct_series`]; [`IoError::NoCt`], [`IoError::SeveralSeries`], [`IoError::NoSuchSeries`].
/// A DICOM file that can't be read, lying beside the slices of the series, is an error too: it may be one of them.
pub fn read_ct_folder(dir: &Path, series_uid: Option<&str>) -> Result<CtSeries, IoError> {
    let mut scan = scan_folder(dir)?;
    let chosen = choose(&scan, series_uid);
    let n = match chosen {
        Ok(n) => n,
        // A folder with nothing but a broken CT: say what broke it.
        Err(IoError::NoCt { .. }) if !scan.unreadable.is_empty() && scan.structure_sets.is_empty() => {
            return Err(scan.unreadable.swap_remove(0).1);
        }
        Err(e) => return Err(e),
    };
    let folders: HashSet<_> = scan.ct_series[n].files.iter().filter_map(|f| f.parent()).collect();
    let beside = scan.unreadable.iter().position(|(path, _)| path.parent().is_some_and(|p| folders.contains(p)));
    if let Some(at) = beside {
        return Err(scan.unreadable.swap_remove(at).1);
    }
    let elsewhere = scan.unreadable.len();
    let mut series = read_ct_series(&scan.ct_series[n])?;
    if elsewhere > 0 {
        series.findings.push(Finding::general(format!(
            "{elsewhere} DICOM file(s) in other folders can't be read and were left out"
        )));
    }
    Ok(series)
}

fn choose(scan: &FolderScan, wanted: Option<&str>) -> Result<usize, IoError> {
    let list = || scan.ct_series.iter().enumerate().map(|(n, s)| format!("  {}: {}", n + 1, s.in_words())).collect();
    if scan.ct_series.is_empty() {
        return Err(IoError::NoCt { found: scan.in_words() });
    }
    if let Some(wanted) = wanted {
        let by_uid = scan.ct_series.iter().position(|s| !s.series_uid.is_empty() && s.series_uid == wanted);
        let by_number = wanted.parse::<usize>().ok().filter(|n| (1..=scan.ct_series.len()).contains(n));
        return by_uid
            .or(by_number.map(|n| n - 1))
            .ok_or_else(|| IoError::NoSuchSeries { wanted: wanted.to_owned(), series: list() });
    }
    let scans: Vec<usize> = (0..scan.ct_series.len()).filter(|&n| !scan.ct_series[n].is_localizer).collect();
    match (scans.as_slice(), scan.ct_series.len()) {
        (&[one], _) => Ok(one),
        (_, 1) => Ok(0),
        _ => Err(IoError::SeveralSeries { series: list() }),
    }
}

fn patient_study(object: &DefaultDicomObject) -> PatientStudy {
    PatientStudy {
        patient_name: object.text_or_empty(tags::PATIENT_NAME),
        patient_id: object.text_or_empty(tags::PATIENT_ID),
        birth_date: object.text_or_empty(tags::PATIENT_BIRTH_DATE),
        sex: object.text_or_empty(tags::PATIENT_SEX),
        age: object.text_or_empty(tags::PATIENT_AGE),
        study_date: object.text_or_empty(tags::STUDY_DATE),
        study_time: object.text_or_empty(tags::STUDY_TIME),
        accession_number: object.text_or_empty(tags::ACCESSION_NUMBER),
        referring_physician: object.text_or_empty(tags::REFERRING_PHYSICIAN_NAME),
        study_id: object.text_or_empty(tags::STUDY_ID),
        study_description: object.text_or_empty(tags::STUDY_DESCRIPTION),
        character_set: object.text_or_empty(tags::SPECIFIC_CHARACTER_SET),
    }
}

/// What an RT Structure Set needs; UIDs that anonymisation removed are made up, the same ones every time.
fn identity(
    headers: &[&SliceHeader],
    patient: PatientStudy,
    position_reference: String,
    findings: &mut Vec<Finding>,
) -> CtIdentity {
    let first = headers[0];
    let frame = first.frame_of_reference.clone().unwrap_or_default();
    let mut made_up: Vec<&str> = Vec::new();
    let mut or_made_up = |uid: &str, what: &'static str, n: usize| {
        if !uid.is_empty() {
            return uid.to_owned();
        }
        if made_up.last() != Some(&what) {
            made_up.push(what);
        }
        uid::derived(&["made up", &frame, &first.sop_instance_uid, what, &n.to_string()])
    };
    let study_uid = or_made_up(&first.study_uid, "StudyInstanceUID", 0);
    let series_uid = or_made_up(&first.series_uid, "SeriesInstanceUID", 0);
    let slices = headers
        .iter()
        .enumerate()
        .map(|(k, h)| SliceReference {
            sop_class_uid: if h.sop_class_uid.is_empty() {
                uids::CT_IMAGE_STORAGE.into()
            } else {
                h.sop_class_uid.clone()
            },
            sop_instance_uid: or_made_up(&h.sop_instance_uid, "SOPInstanceUID", k),
            frame_number: h.frame.and_then(|n| u32::try_from(n + 1).ok()),
            position: h.position,
        })
        .collect();
    if !made_up.is_empty() {
        findings.push(Finding::general(format!(
            "the files have no {}; a structure set will refer to made-up ones, so other systems can't link it to this scan",
            made_up.join(", ")
        )));
    }
    CtIdentity {
        patient,
        study_uid,
        series_uid,
        frame_of_reference_uid: first.frame_of_reference.clone(),
        position_reference,
        patient_position: first.patient_position.clone(),
        slices,
    }
}

fn pixel_findings(report: &PixelReport, header: &SliceHeader) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut say = |message: String| {
        findings.push(Finding { slice_mm: header.position_mm(), ..Finding::general(message) });
    };
    if report.saturated > 0 {
        say(format!(
            "{} voxels lie beyond {} to {} HU and were set to these limits",
            report.saturated,
            i16::MIN,
            i16::MAX
        ));
    }
    if let Some(hu) = report.doubtful_padding_hu {
        say(format!("PixelPaddingValue stands for {hu:.0} HU, which tissue has too; it was not taken for padding"));
    }
    if report.no_rescale {
        say("no RescaleSlope and RescaleIntercept; stored values were taken for HU".to_owned());
    }
    findings
}

/// The same message on every slice becomes one.
fn summarise(findings: &mut Vec<Finding>) {
    let mut kept: Vec<(Finding, usize)> = Vec::new();
    for finding in findings.drain(..) {
        match kept.iter_mut().find(|(k, _)| k.message == finding.message) {
            Some((_, count)) => *count += 1,
            None => kept.push((finding, 1)),
        }
    }
    findings.extend(kept.into_iter().map(|(finding, count)| match count {
        1 => finding,
        _ => Finding { slice_mm: None, message: format!("{} ({count} slices)", finding.message), ..finding },
    }));
}
