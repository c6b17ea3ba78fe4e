//! Structures of any file that TMLI reads, as masks on the grid of a CT series.

use std::path::Path;

use tmli_core::{Mask, Roi, RoiNumber, StructureSet, VolumeGeometry, trace};
use tmli_io::{
    CtSeries, FileKind, OfPatient, RoiCode, StructureSetFile, check_belongs_to, file_kind, rasterise_roi,
    read_label_map, read_nrrd, read_segmentation, read_structure_set, reference_findings,
};
use tmli_terminal::{
    failure::{Explain, Failure, Outcome},
    files::shown,
};

/// Which label of a label map is which structure.
pub(crate) type LabelNames = [(u32, String)];

/// One structure of a file.
pub(crate) struct Part {
    /// As the file or the user names it.
    pub(crate) name: String,
    /// RGB, where the file says.
    pub(crate) colour: Option<[u8; 3]>,
    /// RTROIInterpretedType, where the file says.
    pub(crate) interpreted_type: Option<String>,
    /// What it is, where the file says.
    pub(crate) code: Option<RoiCode>,
    /// Its voxels.
    pub(crate) mask: Mask,
}

/// All structures of a file.
pub(crate) struct Source {
    /// In words, e.g. "a NIfTI label map".
    pub(crate) kind: &'static str,
    /// In the order of the file, or of the command line.
    pub(crate) parts: Vec<Part>,
    /// What was odd.
    pub(crate) findings: Vec<String>,
}

/// `5=Liver`.
pub(crate) fn parse_label(text: &str) -> Result<(u32, String), String> {
    let (label, name) = text.split_once('=').ok_or("expected LABEL=NAME, e.g. 5=Liver")?;
    let label: u32 = label.trim().parse().map_err(|_| format!("\"{label}\" is no label: a whole number is needed"))?;
    let name = name.trim();
    match (label, name.is_empty()) {
        (0, _) => Err("label 0 is the background".into()),
        (_, true) => Err("a name is needed after the equals sign".into()),
        _ => Ok((label, name.to_owned())),
    }
}

/// Structures in the order of the command line, each with its labels.
fn by_structure(map: &LabelNames, argument: &str) -> Outcome<Vec<(String, Vec<u32>)>> {
    let mut structures: Vec<(String, Vec<u32>)> = Vec::new();
    for (n, (label, name)) in map.iter().enumerate() {
        if map[..n].iter().any(|(l, _)| l == label) {
            return Err(Failure::usage(format!("{argument} names label {label} twice"), "give each label once"));
        }
        match structures.iter_mut().find(|(s, _)| s == name) {
            Some((_, labels)) => labels.push(*label),
            None => structures.push((name.clone(), vec![*label])),
        }
    }
    Ok(structures)
}

/// Where a file and its labels stand on the command line.
pub(crate) struct Place<'a> {
    /// E.g. `--reference`.
    pub(crate) argument: &'a str,
    /// The file.
    pub(crate) path: &'a Path,
    /// E.g. `--reference-map`.
    pub(crate) map_argument: &'a str,
    /// Empty where the user named none.
    pub(crate) map: &'a LabelNames,
    /// Take DICOM structures of another patient or frame of reference too.
    pub(crate) ignore_identity: bool,
}

impl Place<'_> {
    fn about(&self) -> String {
        shown(self.argument, self.path)
    }

    fn no_map(&self, kind: &str) -> Outcome {
        if self.map.is_empty() { Ok(()) } else { Err(self.map_refused(kind)) }
    }

    fn map_refused(&self, kind: &str) -> Failure {
        let message = format!("{} is for label maps, but {} is {kind}", self.map_argument, self.about());
        Failure::usage(message, format!("leave {} out: the file names its structures itself", self.map_argument))
    }

    /// Reads the structures onto the grid of the CT series.
    pub(crate) fn read(&self, ct: &CtSeries) -> Outcome<Source> {
        match file_kind(self.path).explain(self.about())? {
            FileKind::StructureSet => self.structure_set(ct),
            FileKind::Segmentation => self.segmentation(ct),
            FileKind::Nifti => self.label_map(ct.volume.geometry()),
            FileKind::Nrrd => self.nrrd(ct.volume.geometry()),
        }
    }

    /// What is doubtful about whose structures these are; an error where it is wrong.
    fn check_identity(&self, file: &impl OfPatient, ct: &CtSeries) -> Outcome<Option<String>> {
        match check_belongs_to(file, &ct.identity) {
            Err(error) if self.ignore_identity => Ok(Some(format!("{error}; ignored, as --ignore-identity says"))),
            checked => checked.map(|()| None).explain(self.about()),
        }
    }

    /// Reads the structures as contours, with what was odd: those of a structure set as they are, others traced, which
    /// loses no voxel.
    pub(crate) fn read_as_set(&self, ct: &CtSeries) -> Outcome<(StructureSet, Vec<String>)> {
        if file_kind(self.path).explain(self.about())? == FileKind::StructureSet {
            self.no_map("an RT Structure Set")?;
            let file = read_structure_set(self.path).explain(self.about())?;
            let findings = self.oddities(&file, ct)?;
            return Ok((file.structure_set, findings));
        }
        let source = self.read(ct)?;
        let roi = |(n, part): (i32, Part)| Roi {
            number: RoiNumber(n),
            name: part.name,
            interpreted_type: part.interpreted_type,
            colour: part.colour,
            generation_description: None,
            contours: trace(&part.mask, ct.volume.geometry()),
        };
        let rois = (1..).zip(source.parts).map(roi).collect();
        Ok((StructureSet { label: String::new(), frame_of_reference: None, rois }, source.findings))
    }

    /// What is odd about a structure set before its contours are filled.
    fn oddities(&self, file: &StructureSetFile, ct: &CtSeries) -> Outcome<Vec<String>> {
        let doubt = self.check_identity(file, ct)?;
        let references = reference_findings(file, &ct.identity);
        Ok(doubt.into_iter().chain(file.findings.iter().chain(&references).map(ToString::to_string)).collect())
    }

    fn structure_set(&self, ct: &CtSeries) -> Outcome<Source> {
        let kind = "an RT Structure Set";
        self.no_map(kind)?;
        let file = read_structure_set(self.path).explain(self.about())?;
        let mut findings = self.oddities(&file, ct)?;
        let mut parts = Vec::new();
        for roi in file.structure_set.rois {
            let (mask, odd) = rasterise_roi(&roi, ct.volume.geometry());
            findings.extend(odd.iter().map(ToString::to_string));
            parts.push(Part {
                name: roi.name,
                colour: roi.colour,
                interpreted_type: roi.interpreted_type,
                code: None,
                mask,
            });
        }
        Ok(Source { kind, parts, findings })
    }

    fn segmentation(&self, ct: &CtSeries) -> Outcome<Source> {
        let kind = "a DICOM Segmentation";
        self.no_map(kind)?;
        let file = read_segmentation(self.path, ct.volume.geometry()).explain(self.about())?;
        let doubt = self.check_identity(&file, ct)?;
        let parts = file.segments.into_iter().zip(file.segmentation.segments).map(|(said, segment)| Part {
            name: segment.name,
            colour: said.colour,
            interpreted_type: None,
            code: said.code,
            mask: segment.mask,
        });
        let findings = doubt.into_iter().chain(file.findings.iter().map(ToString::to_string)).collect();
        Ok(Source { kind, parts: parts.collect(), findings })
    }

    fn label_map(&self, geometry: &VolumeGeometry) -> Outcome<Source> {
        if self.map.is_empty() {
            let message = format!("{} is a NIfTI label map, which holds numbers and no names", self.about());
            let advice = format!("say which label is which structure, e.g. {} 5=Liver,6=Stomach", self.map_argument);
            return Err(Failure::usage(message, advice));
        }
        let labels = read_label_map(self.path, geometry).explain(self.about())?;
        let masks = by_structure(self.map, self.map_argument)?.into_iter().map(|(name, wanted)| {
            let mask = Mask::from_fn(geometry.shape(), |kji| wanted.contains(&labels[kji]));
            (name, mask)
        });
        Ok(Source { kind: "a NIfTI label map", parts: masks.map(Part::plain).collect(), findings: Vec::new() })
    }

    fn nrrd(&self, geometry: &VolumeGeometry) -> Outcome<Source> {
        let read = read_nrrd(self.path, geometry).explain(self.about())?;
        let segments = read.segments.into_iter().map(|segment| (segment.name, segment.mask));
        if self.map.is_empty() {
            return Ok(Source {
                kind: "an NRRD segmentation",
                parts: segments.map(Part::plain).collect(),
                findings: Vec::new(),
            });
        }
        let segments: Vec<(String, Mask)> = segments.collect();
        // The reader calls what has no name by its label.
        let label_of = |name: &str| name.strip_prefix("Label ")?.parse::<u32>().ok();
        if let Some((name, _)) = segments.iter().find(|(name, _)| label_of(name).is_none()) {
            return Err(self.map_refused(&format!("an NRRD segmentation with named segments ({name}, ...)")));
        }
        let masks = by_structure(self.map, self.map_argument)?.into_iter().map(|(name, wanted)| {
            let mut mask = Mask::new(geometry.shape());
            let chosen = segments.iter().filter(|(label, _)| label_of(label).is_some_and(|l| wanted.contains(&l)));
            chosen.for_each(|(_, part)| mask.union_with(part));
            (name, mask)
        });
        Ok(Source { kind: "an NRRD label map", parts: masks.map(Part::plain).collect(), findings: Vec::new() })
    }
}

impl Part {
    fn plain((name, mask): (String, Mask)) -> Self {
        Self { name, colour: None, interpreted_type: None, code: None, mask }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_read_and_nonsense_is_refused() {
        assert_eq!(parse_label("5=Liver"), Ok((5, "Liver".into())));
        for wrong in ["Liver", "x=Liver", "0=Liver", "5="] {
            assert!(parse_label(wrong).is_err(), "{wrong}");
        }
        let pairs = [(2, "Kidney".to_owned()), (5, "Liver".into()), (3, "Kidney".into())];
        let structures = by_structure(&pairs, "--map").expect("valid");
        assert_eq!(structures, [("Kidney".into(), vec![2, 3]), ("Liver".into(), vec![5])]);
        assert!(by_structure(&[(2, "A".into()), (2, "B".into())], "--map").is_err());
    }
}
