//! Structures, training sets, and the protocol that holds them.

use serde::{Deserialize, Serialize};

use crate::{error::ProtocolError, file};

/// The group of structures that are made from others (a PTV from CTVs) or from the image (the body), never trained.
pub const DERIVED: &str = "derived";

/// The id of the set of everything that can be trained.
pub const ALL: &str = "all";

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
    /// The TMLI protocol: 22 organs at risk, CTV1 to CTV3, PTV and External as derived ones, the training sets `oar1`,
    /// `oar2`, `oar3`, `ctv1`, `ctv2`, `ctv3`, and `all` with the 25 structures that can be trained.
    #[expect(clippy::expect_used, reason = "the file is compiled in, and a test reads it")]
    pub fn tmli() -> Self {
        Self::from_toml(include_str!("../data/tmli.toml")).expect("the protocol that is compiled in is valid")
    }

    /// A protocol from a TOML file's text. The format is explained at the head of `data/tmli.toml`.
    ///
    /// # Errors
    /// When the text is no such file, or contradicts itself: a set that names an unknown structure, two structures of
    /// one name, an empty set, a value out of range.
    ///
    /// ```
    /// use tmli_protocol::Protocol;
    ///
    /// let protocol = Protocol::from_toml(r#"
    ///     name = "Abdomen"
    ///
    ///     [[structure]]
    ///     name = "Liver"
    ///     colour = [221, 130, 101]
    ///
    ///     [[structure]]
    ///     name = "Kidneys"
    ///     union_of = ["Kidney_L", "Kidney_R"]
    ///
    ///     [[set]]
    ///     id = "abdomen"
    ///     structures = ["Liver", "Kidneys"]
    /// "#)?;
    /// assert_eq!(protocol.structures_of("abdomen").len(), 2);
    /// assert_eq!(protocol.structure("Liver").map(|s| s.acceptance_dsc), Some(0.7));
    ///
    /// let wrong = Protocol::from_toml("[[structure]]\nname = \"Liver\"\n[[set]]\nid = \"a\"\nstructures = [\"liver\"]");
    /// assert_eq!(
    ///     wrong.unwrap_err().to_string(),
    ///     "training set \"a\" names \"liver\", which is no structure of the protocol; did you mean \"Liver\"?"
    /// );
    /// # Ok::<(), tmli_protocol::ProtocolError>(())
    /// ```
    pub fn from_toml(text: &str) -> Result<Self, ProtocolError> {
        file::read(text)
    }

    /// The structures that networks learn: all but those of the group [`DERIVED`].
    pub fn trainable(&self) -> impl Iterator<Item = &Structure> {
        self.structures.iter().filter(|s| s.group != DERIVED)
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
