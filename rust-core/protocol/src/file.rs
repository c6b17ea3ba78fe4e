//! Reading a protocol's TOML and checking that it makes sense.

use std::collections::HashMap;

use serde::Deserialize;

use crate::{
    error::ProtocolError,
    structures::{ALL, Code, DERIVED, Protocol, Structure, TrainingSet},
    words::key,
};

/// DICOM PS3.3 C.8.8.8.1, the defined terms of RTROIInterpretedType that name a region.
const INTERPRETED_TYPES: [&str; 14] = [
    "ORGAN",
    "CTV",
    "GTV",
    "PTV",
    "EXTERNAL",
    "AVOIDANCE",
    "BOLUS",
    "CAVITY",
    "CONTROL",
    "DOSE_REGION",
    "FIXATION",
    "IRRAD_VOLUME",
    "SUPPORT",
    "TREATED_VOLUME",
];

/// ROIName is a DICOM long string.
const LONGEST_NAME: usize = 64;

/// Limit of the study: a DSC above 0.70 counts as clinically acceptable.
const ACCEPTANCE_DSC: f64 = 0.70;

/// Colours of structures that name none, in turn. Far apart, and visible on grey.
const COLOURS: [[u8; 3]; 8] = [
    [230, 159, 0],
    [86, 180, 233],
    [0, 158, 115],
    [240, 228, 66],
    [0, 114, 178],
    [213, 94, 0],
    [204, 121, 167],
    [170, 170, 170],
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default = "unnamed")]
    name: String,
    #[serde(default, rename = "structure")]
    structures: Vec<StructureEntry>,
    #[serde(default, rename = "set")]
    sets: Vec<SetEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StructureEntry {
    name: String,
    paper_name: Option<String>,
    group: Option<String>,
    code: Option<Code>,
    code_modifier: Option<Code>,
    category: Option<Code>,
    interpreted_type: Option<String>,
    colour: Option<[u8; 3]>,
    acceptance_dsc: Option<f64>,
    #[serde(default)]
    union_of: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetEntry {
    id: String,
    title: Option<String>,
    structures: Vec<String>,
}

fn unnamed() -> String {
    "Unnamed protocol".to_owned()
}

pub(crate) fn read(text: &str) -> Result<Protocol, ProtocolError> {
    let file: File = toml::from_str(text)
        .map_err(|e| ProtocolError::Syntax { what: "protocol file", reason: e.to_string().trim_end().to_owned() })?;
    if file.structures.is_empty() {
        return Err(ProtocolError::NoStructures);
    }
    let mut structures = Vec::new();
    let mut seen = HashMap::new();
    for (number, entry) in file.structures.into_iter().enumerate() {
        let structure = structure(number, entry)?;
        if seen.insert(key(&structure.name), number).is_some() {
            return Err(ProtocolError::DuplicateStructure { name: structure.name });
        }
        structures.push(structure);
    }
    let mut protocol = Protocol { name: file.name, structures, sets: Vec::new() };
    for (number, entry) in file.sets.into_iter().enumerate() {
        let set = training_set(number, entry, &protocol)?;
        protocol.sets.push(set);
    }
    if protocol.set(ALL).is_none() {
        let everything: Vec<String> = protocol.trainable().map(|s| s.name.clone()).collect();
        if !everything.is_empty() {
            let title = "Every structure".to_owned();
            protocol.sets.push(TrainingSet { id: ALL.to_owned(), title, structures: everything });
        }
    }
    Ok(protocol)
}

fn structure(number: usize, entry: StructureEntry) -> Result<Structure, ProtocolError> {
    let name = entry.name;
    if key(&name).is_empty() {
        return Err(ProtocolError::EmptyName { what: format!("structure {}", number + 1) });
    }
    let value_error = |field, got: String, expected| ProtocolError::Value {
        what: format!("structure \"{name}\""),
        field,
        got,
        expected,
    };
    if name.chars().count() > LONGEST_NAME || name.contains('\\') || name.chars().any(char::is_control) {
        return Err(value_error(
            "name",
            name.clone(),
            "at most 64 characters, without backslash or control characters",
        ));
    }
    let interpreted_type = entry.interpreted_type.unwrap_or_else(|| "ORGAN".to_owned());
    if !INTERPRETED_TYPES.contains(&interpreted_type.as_str()) {
        let expected = "a DICOM RTROIInterpretedType such as ORGAN, CTV, GTV, PTV, EXTERNAL, AVOIDANCE";
        return Err(value_error("interpreted_type", interpreted_type, expected));
    }
    let acceptance_dsc = entry.acceptance_dsc.unwrap_or(ACCEPTANCE_DSC);
    if !(0.0..=1.0).contains(&acceptance_dsc) {
        return Err(value_error("acceptance_dsc", acceptance_dsc.to_string(), "a number from 0 to 1"));
    }
    let mut parts: Vec<String> = entry.union_of.iter().map(|part| key(part)).collect();
    parts.sort_unstable();
    parts.dedup();
    let makes_sense = parts.len() == entry.union_of.len() && parts.len() != 1 && !parts.contains(&key(&name));
    if !makes_sense || parts.iter().any(String::is_empty) {
        return Err(ProtocolError::Union { structure: name, parts: entry.union_of });
    }
    Ok(Structure {
        paper_name: entry.paper_name.unwrap_or_else(|| name.clone()),
        group: entry.group.unwrap_or_else(|| "user".to_owned()),
        code: entry.code,
        code_modifier: entry.code_modifier,
        category: entry.category.unwrap_or_else(|| category(&interpreted_type)),
        interpreted_type,
        colour: entry.colour.unwrap_or(COLOURS[number % COLOURS.len()]),
        acceptance_dsc,
        union_of: entry.union_of,
        name,
    })
}

fn category(interpreted_type: &str) -> Code {
    let (scheme, value, meaning) = match interpreted_type {
        "CTV" | "GTV" | "PTV" => ("DCM", "130041", "RT Target"),
        _ => ("SCT", "123037004", "Anatomical Structure"),
    };
    Code { scheme: scheme.to_owned(), value: value.to_owned(), meaning: meaning.to_owned() }
}

fn training_set(number: usize, entry: SetEntry, protocol: &Protocol) -> Result<TrainingSet, ProtocolError> {
    let id = entry.id;
    if id.trim().is_empty() {
        return Err(ProtocolError::EmptyName { what: format!("training set {}", number + 1) });
    }
    if protocol.set(&id).is_some() {
        return Err(ProtocolError::DuplicateSet { id });
    }
    if entry.structures.is_empty() {
        return Err(ProtocolError::EmptySet { id });
    }
    for (position, name) in entry.structures.iter().enumerate() {
        let Some(structure) = protocol.structure(name) else {
            let similar = protocol.structures.iter().find(|s| key(&s.name) == key(name));
            let hint = similar.map_or_else(String::new, |s| format!("; did you mean \"{}\"?", s.name));
            return Err(ProtocolError::UnknownStructure { set: id, structure: name.clone(), hint });
        };
        if structure.group == DERIVED {
            return Err(ProtocolError::DerivedInSet { set: id, structure: name.clone() });
        }
        if entry.structures[..position].contains(name) {
            return Err(ProtocolError::RepeatedInSet { set: id, structure: name.clone() });
        }
    }
    Ok(TrainingSet { title: entry.title.unwrap_or_else(|| id.clone()), id, structures: entry.structures })
}
