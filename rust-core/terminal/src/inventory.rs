//! Which patients a folder holds: one folder may be one patient, or a cohort with a sub-folder for each.

use std::path::Path;

use rayon::prelude::*;
use tmli_io::{FolderScan, IoError, scan_folder};

use crate::{
    cancel,
    failure::{Explain, Outcome},
    files::{require_folder, shown},
    progress::{Progress, Verbosity},
};

/// One patient's folder.
pub struct Patient {
    /// Name of the sub-folder. Chosen by the hospital, so it may identify a patient: shown to the user, never logged.
    pub id: String,
    /// What is in it, or why it can't be listed.
    pub scan: Result<FolderScan, IoError>,
}

/// The patients of a folder.
pub struct Inventory {
    /// Whether every patient has a sub-folder.
    pub is_cohort: bool,
    /// Sorted by id.
    pub patients: Vec<Patient>,
}

/// Lists the patients of a folder by the headers of all files in it.
pub fn take_inventory(dir: &Path, argument: &str, verbosity: Verbosity) -> Outcome<Inventory> {
    require_folder(dir, argument)?;
    let mut subfolders = Vec::new();
    let mut has_files = false;
    for entry in std::fs::read_dir(dir).explain_with(shown(argument, dir), "check that you may open the folder")? {
        let path = entry.explain_with(shown(argument, dir), "check that you may open the folder")?.path();
        let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden {
            subfolders.push(path);
        } else if path.is_file() && !hidden {
            has_files = has_files || is_dicom(&path);
        }
    }
    subfolders.sort();
    let whole = |dir: &Path| vec![Patient { id: folder_name(dir), scan: scan_folder(dir) }];
    if has_files || subfolders.is_empty() {
        return Ok(Inventory { is_cohort: false, patients: whole(dir) });
    }
    let mut progress = Progress::new(verbosity, "reading headers", subfolders.len());
    let mut patients = Vec::with_capacity(subfolders.len());
    for chunk in subfolders.chunks(rayon::current_num_threads().max(1)) {
        cancel::check()?;
        patients.par_extend(chunk.par_iter().map(|path| Patient { id: folder_name(path), scan: scan_folder(path) }));
        progress.set(patients.len(), subfolders.len(), "");
    }
    progress.clear();
    if is_cohort(&patients) {
        Ok(Inventory { is_cohort: true, patients })
    } else {
        Ok(Inventory { is_cohort: false, patients: whole(dir) })
    }
}

/// Whether sub-folders are patients, not the parts of one (`CT/` and `RTSTRUCT/`, or two scans of one study).
fn is_cohort(patients: &[Patient]) -> bool {
    let scans: Vec<&FolderScan> = patients.iter().filter_map(|p| p.scan.as_ref().ok()).collect();
    let with_ct: Vec<_> = scans.iter().filter(|s| !s.ct_series.is_empty()).collect();
    match with_ct.as_slice() {
        [] => false,
        // One patient and folders without any DICOM (notes, NIfTI) are no cohort.
        [one] => {
            let beside = scans.iter().filter(|s| !s.structure_sets.is_empty() || !s.other_objects.is_empty()).count();
            !one.structure_sets.is_empty() && (beside > 1 || patients.len() == 1)
        }
        [first, rest @ ..] => {
            let study = &first.ct_series[0].study_uid;
            !rest.iter().all(|s| s.ct_series.iter().all(|c| &c.study_uid == study))
        }
    }
}

/// A DICOM file has its mark after 128 bytes; files without it are left to the scan of the folder that holds them.
fn is_dicom(path: &Path) -> bool {
    use std::io::Read;
    let mut start = [0; 132];
    std::fs::File::open(path).and_then(|mut f| f.read_exact(&mut start)).is_ok() && &start[128..] == b"DICM"
}

/// The last part of a path, also of `.` and `..`.
fn folder_name(path: &Path) -> String {
    let resolved = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    resolved.file_name().map_or_else(|| "case".to_owned(), |n| n.to_string_lossy().into_owned())
}
