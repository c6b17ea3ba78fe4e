//! One patient's CT series and RT Structure Set together: which set is on which series, and the masks of structures.

use tmli_core::{Mask, RoiNumber, StructureSet, VolumeGeometry};
use tmli_io::{FolderScan, SeriesEntry, StructureSetEntry, rasterise_roi};
use tmli_protocol::{RoiMatching, match_rois};

use crate::files::Names;

/// CT series that hold a volume: scouts are left aside.
pub fn ct_series(scan: &FolderScan) -> impl Iterator<Item = &SeriesEntry> {
    scan.ct_series.iter().filter(|s| !s.is_localizer)
}

/// The CT series that a structure set was drawn on.
pub struct DrawnOn<'a> {
    /// The series.
    pub series: &'a SeriesEntry,
    /// Said when the file's own reference did not lead there.
    pub note: Option<String>,
}

/// Finds the CT series that a structure set was drawn on: by its reference, else by the frame of reference, else the
/// only one there is. Contours are in patient coordinates, so a dangling reference does no harm.
pub fn drawn_on<'a>(set: &StructureSetEntry, scan: &'a FolderScan) -> Result<DrawnOn<'a>, String> {
    let all: Vec<&SeriesEntry> = ct_series(scan).collect();
    let only = |found: &[&'a SeriesEntry]| (found.len() == 1).then(|| found[0]);
    let referenced: Vec<_> =
        all.iter().copied().filter(|s| set.referenced_series_uids.contains(&s.series_uid)).collect();
    if let Some(series) = only(&referenced) {
        return Ok(DrawnOn { series, note: None });
    }
    let refers = if set.referenced_series_uids.is_empty() { "refers to no series" } else { "refers to another series" };
    let shares_frame =
        |s: &&SeriesEntry| s.frame_of_reference.is_some() && s.frame_of_reference == set.frame_of_reference;
    let same_frame: Vec<_> = all.iter().copied().filter(shares_frame).collect();
    if let Some(series) = only(&same_frame) {
        return Ok(DrawnOn { series, note: Some(format!("it {refers}; matched by the frame of reference")) });
    }
    match (all.len(), only(&all)) {
        (_, Some(series)) => {
            Ok(DrawnOn { series, note: Some(format!("it {refers}; taken as drawn on the only CT series here")) })
        }
        (0, _) => Err("there is no CT series to draw it on; put the CT series into the same folder".into()),
        (n, _) => Err(format!("it {refers}, and there are {n} CT series; leave the one that it was drawn on")),
    }
}

/// One structure of a structure set.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedRois {
    /// TG-263 name where the ROI's name is known, else the ROI's own name.
    pub name: String,
    /// Indices of its ROIs: several for a union such as both lungs.
    pub rois: Vec<usize>,
    /// Whether the name is known.
    pub known: bool,
}

/// Matches the ROIs of a set to structures.
pub fn match_set(set: &StructureSet, names: &Names) -> RoiMatching {
    match_rois(set.rois.iter().map(|r| r.name.as_str()), &names.aliases, &names.protocol)
}

/// Every ROI of a set under one name each, in file order; nothing is left out.
pub fn named_rois(set: &StructureSet, matching: &RoiMatching) -> Vec<NamedRois> {
    let mut named: Vec<NamedRois> = Vec::new();
    let known = |name: &String, rois: Vec<usize>| NamedRois { name: name.clone(), rois, known: true };
    named.extend(matching.matched.iter().chain(&matching.not_in_protocol).map(|(i, name)| known(name, vec![*i])));
    named.extend(matching.unions.iter().map(|(name, rois)| known(name, rois.clone())));
    let by_own_name = matching.ambiguous.iter().flat_map(|(_, rois)| rois).chain(&matching.unrecognised);
    for &i in by_own_name {
        named.push(NamedRois { name: set.rois[i].name.clone(), rois: vec![i], known: false });
    }
    named.sort_by_key(|n| n.rois.clone());
    // ROIs of one name stay apart: the number tells them from each other.
    for n in 0..named.len() {
        if named[..n].iter().any(|earlier| earlier.name == named[n].name) {
            let RoiNumber(number) = set.rois[named[n].rois[0]].number;
            named[n].name = format!("{} (ROI {number})", named[n].name);
        }
    }
    named
}

/// The voxels of one or several ROIs, and what was odd about their contours.
pub fn mask_of(set: &StructureSet, rois: &[usize], geometry: &VolumeGeometry) -> (Mask, Vec<String>) {
    let mut mask = Mask::new(geometry.shape());
    let mut findings = Vec::new();
    for &i in rois {
        let Some(roi) = set.rois.get(i) else { continue };
        let (voxels, odd) = rasterise_roi(roi, geometry);
        mask.union_with(&voxels);
        findings.extend(odd.iter().map(ToString::to_string));
    }
    (mask, findings)
}

/// The mask of a structure by its TG-263 name: `None` where it was not contoured, or not clearly.
pub fn structure_mask(
    set: &StructureSet,
    matching: &RoiMatching,
    structure: &str,
    geometry: &VolumeGeometry,
) -> Option<Mask> {
    let matched = matching.matched.iter().find(|(_, name)| name == structure).map(|(i, _)| vec![*i]);
    let union = || matching.unions.iter().find(|(name, _)| name == structure).map(|(_, rois)| rois.clone());
    let rois = matched.or_else(union)?;
    // A ROI without contours is a line in a template that nobody filled in: it says nothing about the voxels.
    let drawn = rois.iter().any(|&i| !set.rois[i].contours.is_empty());
    drawn.then(|| mask_of(set, &rois, geometry).0)
}

/// The ROIs that a user means by a name: a ROI's own name comes first, then the structure that the name stands for.
/// `None` where there is none, or not clearly one.
pub fn find_rois(set: &StructureSet, matching: &RoiMatching, names: &Names, wanted: &str) -> Option<Vec<usize>> {
    let own: Vec<usize> = (0..set.rois.len()).filter(|&i| set.rois[i].name == wanted).collect();
    if !own.is_empty() {
        return (own.len() == 1).then_some(own);
    }
    let meant = names.aliases.resolve(wanted).unwrap_or(wanted);
    let mut named = named_rois(set, matching);
    let at = named.iter().position(|n| n.name == wanted).or_else(|| named.iter().position(|n| n.name == meant))?;
    Some(named.swap_remove(at).rois)
}

#[cfg(test)]
mod tests {
    use tmli_core::Roi;

    use super::*;
    use crate::files::NamesArgs;

    fn set(names: &[&str]) -> StructureSet {
        let roi = |(i, name): (usize, &&str)| Roi {
            number: RoiNumber(i as i32 + 1),
            name: (*name).to_owned(),
            interpreted_type: None,
            colour: None,
            generation_description: None,
            contours: Vec::new(),
        };
        StructureSet {
            label: String::new(),
            frame_of_reference: None,
            rois: names.iter().enumerate().map(roi).collect(),
        }
    }

    #[test]
    fn no_roi_is_left_out_and_equal_names_stay_apart() {
        let matching = RoiMatching {
            matched: vec![(1, "Liver".into())],
            ambiguous: vec![("Heart".into(), vec![0, 3])],
            unrecognised: vec![2],
            ..Default::default()
        };
        let names: Vec<String> =
            named_rois(&set(&["heart", "Leber", "x", "heart"]), &matching).into_iter().map(|n| n.name).collect();
        assert_eq!(names, ["heart", "Liver", "x", "heart (ROI 4)"]);
    }

    #[test]
    fn a_user_names_a_roi_as_it_is_in_the_file_or_by_its_structure() {
        let names = NamesArgs { protocol: None, aliases: None }.load().expect("built in");
        let set = set(&["Lt Lung", "Rt Lung", "Leber", "ring", "ring", "CTV1"]);
        let found = |wanted: &str| find_rois(&set, &match_set(&set, &names), &names, wanted);
        assert_eq!(found("Lt Lung"), Some(vec![0]));
        assert_eq!(found("Lungs"), Some(vec![0, 1]));
        assert_eq!((found("Liver"), found("liver"), found("CTV1")), (Some(vec![2]), Some(vec![2]), Some(vec![5])));
        assert_eq!((found("ring"), found("Heart")), (None, None), "two of them, none of it");
    }
}
