//! `tmli_ct_series_t`: a CT series that was read from DICOM files.

use std::{
    ffi::{CString, c_char},
    path::Path,
};

use tmli_io::{CtIdentity, read_ct_folder};

use crate::{
    boundary::{Out, Text, c_text, given},
    error::{Error, free, guard},
    texts::Texts,
    volume::Volume,
};

/// A CT series: its volume, and what an RT Structure Set must repeat to be filed under the same patient and study.
///
/// Free it with `tmli_ct_series_free`. May be used by several threads at once.
#[derive(Debug)]
pub struct CtSeries {
    volume: Volume,
    identity: CtIdentity,
    series_uid: CString,
    patient_position: CString,
    findings: Vec<String>,
}

impl CtSeries {
    pub(crate) fn identity(&self) -> &CtIdentity {
        &self.identity
    }

    pub(crate) fn volume(&self) -> &Volume {
        &self.volume
    }
}

/// Reads the CT series of a folder and all folders below it. `series_uid` is the SeriesInstanceUID of the one to read, or
/// NULL when there is one only; the error for several lists them.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_ct_series_read(
    folder: Text<'_>,
    series_uid: Text<'_>,
    series: Out<'_, Box<CtSeries>>,
) -> Option<Box<Error>> {
    guard(|| {
        let slot = series.needed("series")?;
        let folder = folder.needed("folder")?;
        let read = read_ct_folder(Path::new(folder), series_uid.optional("series_uid")?)?;
        slot.put(Box::new(CtSeries {
            series_uid: c_text(&read.identity.series_uid),
            patient_position: c_text(&read.identity.patient_position),
            findings: read.findings.iter().map(ToString::to_string).collect(),
            volume: Volume::new(read.volume),
            identity: read.identity,
        }));
        Ok(())
    })
}

/// The volume in Hounsfield units: a handle of its own, to be freed; its voxels are not copied.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_ct_series_volume(series: Option<&CtSeries>, volume: Out<'_, Box<Volume>>) -> Option<Box<Error>> {
    guard(|| {
        let (series, slot) = (given(series, "series")?, volume.needed("volume")?);
        slot.put(Box::new(series.volume.clone()));
        Ok(())
    })
}

/// The SeriesInstanceUID. The text lives as long as the series.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_ct_series_uid(
    series: Option<&CtSeries>,
    series_uid: Out<'_, *const c_char>,
) -> Option<Box<Error>> {
    guard(|| {
        let (series, slot) = (given(series, "series")?, series_uid.needed("series_uid")?);
        slot.put(series.series_uid.as_ptr());
        Ok(())
    })
}

/// PatientPosition: HFS, FFS, HFP, ...; empty where the files don't say. The text lives as long as the series.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_ct_series_patient_position(
    series: Option<&CtSeries>,
    patient_position: Out<'_, *const c_char>,
) -> Option<Box<Error>> {
    guard(|| {
        let (series, slot) = (given(series, "series")?, patient_position.needed("patient_position")?);
        slot.put(series.patient_position.as_ptr());
        Ok(())
    })
}

/// What was odd but could be read: a list, to be freed.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_ct_series_findings(
    series: Option<&CtSeries>,
    findings: Out<'_, Box<Texts>>,
) -> Option<Box<Error>> {
    guard(|| {
        let (series, slot) = (given(series, "series")?, findings.needed("findings")?);
        slot.put(Texts::new(&series.findings));
        Ok(())
    })
}

/// Frees the series. Volumes that were taken from it stay. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn tmli_ct_series_free(series: Option<Box<CtSeries>>) {
    free(series);
}
