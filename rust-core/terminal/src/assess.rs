//! What one patient's folder holds, and whether it can be trained on: the facts behind `inspect` and `train`.

use serde::Serialize;
use tmli_core::VolumeGeometry;
use tmli_io::{
    CtSeries, FolderScan, SeriesEntry, StructureSetEntry, check_belongs_to, read_ct_series, read_structure_set,
};

use crate::{
    case::{ct_series, drawn_on, mask_of, match_set, named_rois},
    files::Names,
    inventory::Patient,
};

/// One patient's folder.
#[derive(Debug, Serialize)]
pub struct PatientReport {
    /// Name of the folder.
    pub id: String,
    /// CT series, scouts included.
    pub series: Vec<SeriesReport>,
    /// RT Structure Sets.
    pub structure_sets: Vec<SetReport>,
    /// Other DICOM objects, a line each.
    pub other: Vec<String>,
    /// Files that are no DICOM.
    pub not_dicom: usize,
    /// Why it can't be trained on; empty when it can.
    pub problems: Vec<String>,
    /// What a person should look at before training.
    pub doubts: Vec<String>,
}

/// One CT series.
#[derive(Debug, Serialize)]
pub struct SeriesReport {
    /// From 1, as shown.
    pub number: usize,
    /// SeriesInstanceUID.
    pub uid: String,
    /// SeriesDescription.
    pub description: String,
    /// Images, the frames of a multi-frame file one by one.
    pub images: usize,
    /// A scout, not a volume.
    pub localizer: bool,
    /// PatientPosition as the files say.
    pub patient_position: String,
    /// The grid, when the series is one.
    pub grid: Option<GridReport>,
    /// Why it is refused, when it is.
    pub refused: Option<String>,
    /// What was odd.
    pub findings: Vec<String>,
}

/// The grid of a CT series.
#[derive(Debug, Serialize)]
pub struct GridReport {
    /// Slices, rows, columns.
    pub shape: [usize; 3],
    /// Between slices, rows, columns.
    pub spacing_mm: [f64; 3],
    /// Where the three axes lead, in words.
    pub axes: String,
    /// HFS, FFS, ... as the image axes look; `None` for oblique images.
    pub position_by_axes: Option<&'static str>,
    /// Lowest and highest slice centre along the patient's length, LPS z.
    pub z_mm: [f64; 2],
}

/// One RT Structure Set.
#[derive(Debug, Serialize)]
pub struct SetReport {
    /// StructureSetLabel.
    pub label: String,
    /// SOPInstanceUID.
    pub uid: String,
    /// Number of the CT series it was drawn on.
    pub series: Option<usize>,
    /// In file order.
    pub rois: Vec<RoiReport>,
    /// Structures for which several ROIs stand; none is chosen.
    pub ambiguous: Vec<String>,
    /// Training sets of which something is missing.
    pub missing: Vec<Missing>,
    /// Why it can't be used.
    pub problems: Vec<String>,
    /// What was odd.
    pub findings: Vec<String>,
}

/// What a structure set lacks of a training set.
#[derive(Debug, Serialize)]
pub struct Missing {
    /// Id of the training set.
    pub set: String,
    /// Its structures without a contour.
    pub structures: Vec<String>,
    /// Whether that is all of them.
    pub all: bool,
}

/// One structure of a set.
#[derive(Debug, Serialize)]
pub struct RoiReport {
    /// As in the file; several names for a union.
    pub names: Vec<String>,
    /// TG-263 name it means, where known.
    pub structure: Option<String>,
    /// Whether the protocol has that structure.
    pub in_protocol: bool,
    /// Loops, lines and points in the file.
    pub contours: usize,
    /// Voxels on the CT's grid, where there is one.
    pub voxels: Option<usize>,
    /// The same in ml.
    pub volume_ml: Option<f64>,
}

/// Looks at one patient's folder: reads the voxels too, as only that shows whether a series is whole.
pub fn assess(patient: &Patient, names: &Names) -> PatientReport {
    let mut report = PatientReport {
        id: patient.id.clone(),
        series: Vec::new(),
        structure_sets: Vec::new(),
        other: Vec::new(),
        not_dicom: 0,
        problems: Vec::new(),
        doubts: Vec::new(),
    };
    let scan = match &patient.scan {
        Ok(scan) => scan,
        Err(e) => {
            report.problems.push(e.to_string());
            return report;
        }
    };
    report.not_dicom = scan.not_dicom;
    report.other =
        scan.other_objects.iter().map(|o| format!("{} x {} ({})", o.count, o.sop_class, o.modality)).collect();
    for (_, error) in scan.unreadable.iter().take(5) {
        report.problems.push(format!("unreadable: {error}"));
    }
    if scan.unreadable.len() > 5 {
        report.problems.push(format!("{} more files are unreadable", scan.unreadable.len() - 5));
    }
    let mut volumes: Vec<(String, CtSeries)> = Vec::new();
    for (n, entry) in scan.ct_series.iter().enumerate() {
        let (series, ct) = assess_series(n + 1, entry);
        report.series.push(series);
        volumes.extend(ct.map(|ct| (entry.series_uid.clone(), ct)));
    }
    for entry in &scan.structure_sets {
        report.structure_sets.push(assess_set(entry, scan, &volumes, names));
    }
    judge(&mut report, scan);
    report
}

fn assess_series(number: usize, entry: &SeriesEntry) -> (SeriesReport, Option<CtSeries>) {
    let mut report = SeriesReport {
        number,
        uid: entry.series_uid.clone(),
        description: entry.description.clone(),
        // A multi-frame file holds several; a file that says no position holds one.
        images: entry.positions_mm().len().max(entry.files.len()),
        localizer: entry.is_localizer,
        patient_position: entry.patient_position.clone(),
        grid: None,
        refused: None,
        findings: Vec::new(),
    };
    if entry.is_localizer {
        return (report, None);
    }
    match read_ct_series(entry) {
        Ok(ct) => {
            report.grid = Some(describe_grid(ct.volume.geometry()));
            report.findings = ct.findings.iter().map(ToString::to_string).collect();
            (report, Some(ct))
        }
        Err(e) => {
            report.refused = Some(e.to_string());
            (report, None)
        }
    }
}

fn assess_set(
    entry: &StructureSetEntry,
    scan: &FolderScan,
    volumes: &[(String, CtSeries)],
    names: &Names,
) -> SetReport {
    let mut report = SetReport {
        label: entry.label.clone(),
        uid: entry.sop_instance_uid.clone(),
        series: None,
        rois: Vec::new(),
        ambiguous: Vec::new(),
        missing: Vec::new(),
        problems: Vec::new(),
        findings: Vec::new(),
    };
    let file = match read_structure_set(&entry.path) {
        Ok(file) => file,
        Err(e) => {
            report.problems.push(e.to_string());
            return report;
        }
    };
    report.findings = file.findings.iter().map(ToString::to_string).collect();
    let mut ct = None;
    match drawn_on(entry, scan) {
        Ok(on) => {
            report.findings.extend(on.note);
            report.series = scan.ct_series.iter().position(|s| s.series_uid == on.series.series_uid).map(|n| n + 1);
            ct = volumes.iter().find(|(uid, _)| *uid == on.series.series_uid).map(|(_, ct)| ct);
            match ct {
                None => report.problems.push("the CT series it was drawn on can't be read".into()),
                Some(ct) => {
                    if let Err(e) = check_belongs_to(&file, &ct.identity) {
                        report.problems.push(e.to_string());
                    }
                }
            }
        }
        Err(reason) => report.problems.push(reason),
    }
    let set = &file.structure_set;
    let matching = match_set(set, names);
    for named in named_rois(set, &matching) {
        let mask = ct.map(|ct| mask_of(set, &named.rois, ct.volume.geometry()));
        let voxels = mask.as_ref().map(|(m, _)| m.count());
        report.findings.extend(mask.map(|(_, findings)| findings).into_iter().flatten());
        let voxel_ml = ct.map(|ct| ct.volume.geometry().voxel_volume_mm3() / 1000.0);
        report.rois.push(RoiReport {
            names: named.rois.iter().map(|&i| set.rois[i].name.clone()).collect(),
            in_protocol: named.known && names.protocol.structure(&named.name).is_some(),
            structure: named.known.then_some(named.name),
            contours: named.rois.iter().map(|&i| set.rois[i].contours.len()).sum(),
            voxels,
            volume_ml: voxels.zip(voxel_ml).map(|(n, ml)| n as f64 * ml),
        });
    }
    for (structure, rois) in &matching.ambiguous {
        let list: Vec<&str> = rois.iter().map(|&i| set.rois[i].name.as_str()).collect();
        report.ambiguous.push(format!("{structure}: {}", list.join(", ")));
    }
    let has = |name: &String| report.rois.iter().any(|r| r.structure.as_ref() == Some(name) && r.contours > 0);
    report.missing = names
        .protocol
        .sets
        .iter()
        .filter(|s| s.id != "all")
        .map(|s| {
            let structures: Vec<String> = s.structures.iter().filter(|n| !has(n)).cloned().collect();
            Missing { set: s.id.clone(), all: structures.len() == s.structures.len(), structures }
        })
        .filter(|m| !m.structures.is_empty())
        .collect();
    report
}

/// Says what keeps the folder from being trained on, and what a person should look at.
fn judge(report: &mut PatientReport, scan: &FolderScan) {
    match ct_series(scan).count() {
        0 => report.problems.push("no CT series".into()),
        1 => {}
        n => report.doubts.push(format!("{n} CT series; the one the structure set was drawn on is taken")),
    }
    match report.structure_sets.as_slice() {
        [] => report.problems.push("no RT Structure Set".into()),
        [set] => {
            report.problems.extend(set.problems.iter().cloned());
            let taken = set.series.and_then(|n| report.series.get(n - 1));
            if let Some(series) = taken {
                report.problems.extend(series.refused.clone());
                let position = series.patient_position.as_str();
                if !matches!(position, "HFS" | "") {
                    report.doubts.push(format!("patient position {position}: the protocol's scans are HFS"));
                }
                if let Some(grid) = &series.grid
                    && grid.spacing_mm[0] > 5.5
                {
                    report
                        .doubts
                        .push(format!("slices are {:.2} mm apart: small organs may be missed", grid.spacing_mm[0]));
                }
            }
            let known = set.rois.iter().filter(|r| r.in_protocol && r.contours > 0).count();
            if set.problems.is_empty() && known == 0 {
                report.problems.push(
                    "no ROI is a structure of the protocol; extend the alias table (--aliases) or name a protocol"
                        .into(),
                );
            }
            let empty = |r: &&RoiReport| r.in_protocol && r.contours > 0 && r.voxels == Some(0);
            let empty: Vec<String> = set.rois.iter().filter(empty).filter_map(|r| r.structure.clone()).collect();
            if !empty.is_empty() {
                report.doubts.push(format!("contours that enclose no voxel centre: {}", empty.join(", ")));
            }
            report
                .doubts
                .extend(set.ambiguous.iter().map(|a| format!("several ROIs for one structure, none taken: {a}")));
            let strangers: Vec<String> =
                set.rois.iter().filter(|r| r.structure.is_none()).flat_map(|r| r.names.clone()).collect();
            if !strangers.is_empty() {
                report.doubts.push(format!("names not recognised: {}", strangers.join(", ")));
            }
        }
        several => report.problems.push(format!("{} RT Structure Sets; leave the one to train on", several.len())),
    }
    report.problems.dedup();
}

/// Shape, spacing and directions.
pub fn describe_grid(geometry: &VolumeGeometry) -> GridReport {
    let [k, j, i] = geometry.axes();
    let n = geometry.shape();
    let corner = |k: usize| geometry.point_from_index([k as f64, 0.0, 0.0]).0[2];
    let (first, last) = (corner(0), corner(n[0] - 1));
    GridReport {
        shape: n,
        spacing_mm: geometry.spacing_mm().to_array(),
        axes: format!("columns to {}, rows to {}, slices to {}", towards(i), towards(j), towards(k)),
        position_by_axes: position_by_axes(i, j),
        z_mm: [first.min(last), first.max(last)],
    }
}

/// Where an axis leads in the patient.
fn towards(axis: [f64; 3]) -> String {
    const NAMES: [[&str; 2]; 3] = [["right", "left"], ["anterior", "posterior"], ["inferior", "superior"]];
    let main = (0..3).max_by(|&a, &b| axis[a].abs().total_cmp(&axis[b].abs())).unwrap_or(0);
    let degrees = axis[main].abs().min(1.0).acos().to_degrees();
    let name = NAMES[main][usize::from(axis[main] > 0.0)];
    if degrees < 0.5 { name.to_owned() } else { format!("{name} ({degrees:.0} degrees off)") }
}

/// The patient position for which a scanner draws axial images with these row and column directions.
fn position_by_axes(along_columns: [f64; 3], along_rows: [f64; 3]) -> Option<&'static str> {
    let is = |axis: [f64; 3], dimension: usize| axis[dimension].abs() > 0.999;
    if !is(along_columns, 0) || !is(along_rows, 1) {
        return None;
    }
    Some(match (along_columns[0] > 0.0, along_rows[1] > 0.0) {
        (true, true) => "HFS",
        (false, true) => "FFS",
        (false, false) => "HFP",
        (true, false) => "FFP",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_told_in_words() {
        assert_eq!(towards([1.0, 0.0, 0.0]), "left");
        assert_eq!(towards([0.0, 0.0, -1.0]), "inferior");
        assert_eq!(towards([0.0, 0.9848, 0.1736]), "posterior (10 degrees off)");
        assert_eq!(position_by_axes([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]), Some("HFS"));
        assert_eq!(position_by_axes([-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]), Some("FFS"));
        assert_eq!(position_by_axes([0.0, 1.0, 0.0], [0.0, 0.0, -1.0]), None);
    }
}
