//! The TMLI protocol: structures, training sets, names.

use std::sync::OnceLock;

use pyo3::{prelude::*, types::PyDict};
use tmli_protocol::{AliasTable, Protocol as Core};

use crate::error::computed;

/// The protocol that is compiled in, read once.
pub(crate) fn tmli_protocol() -> &'static Core {
    static PROTOCOL: OnceLock<Core> = OnceLock::new();
    PROTOCOL.get_or_init(Core::tmli)
}

/// A coded concept, as DICOM writes it.
#[pyclass(module = "tmli", frozen, get_all, from_py_object)]
#[derive(Clone, Debug)]
pub(crate) struct Code {
    /// CodingSchemeDesignator, e.g. SCT (SNOMED CT) or DCM.
    scheme: String,
    /// CodeValue.
    value: String,
    /// CodeMeaning.
    meaning: String,
}

#[pymethods]
impl Code {
    fn __repr__(&self) -> String {
        format!("<tmli.Code {} {} {:?}>", self.scheme, self.value, self.meaning)
    }
}

impl From<&tmli_protocol::Code> for Code {
    fn from(code: &tmli_protocol::Code) -> Self {
        Self { scheme: code.scheme.clone(), value: code.value.clone(), meaning: code.meaning.clone() }
    }
}

/// One structure of the protocol.
#[pyclass(module = "tmli", frozen, get_all, from_py_object)]
#[derive(Clone, Debug)]
pub(crate) struct Structure {
    /// TG-263 name, e.g. Kidney_L.
    name: String,
    /// The name in the study's tables, e.g. "left kidney".
    paper_name: String,
    /// oar1, oar2, oar3, ctv1, ctv2, ctv3 or derived.
    group: String,
    /// What it is, or None.
    code: Option<Code>,
    /// Which side, or None.
    code_modifier: Option<Code>,
    /// What kind of thing it is.
    category: Code,
    /// DICOM RTROIInterpretedType: ORGAN, CTV, PTV, EXTERNAL.
    interpreted_type: String,
    /// Display colour (red, green, blue), 0 to 255.
    colour: (u8, u8, u8),
    /// A DSC above this counts as clinically acceptable.
    acceptance_dsc: f64,
    /// ROIs that make up this structure where the parts are contoured, e.g. Lung_L and Lung_R for Lungs.
    union_of: Vec<String>,
}

#[pymethods]
impl Structure {
    fn __repr__(&self) -> String {
        format!("<tmli.Structure {} ({})>", self.name, self.group)
    }
}

impl From<&tmli_protocol::Structure> for Structure {
    fn from(s: &tmli_protocol::Structure) -> Self {
        Self {
            name: s.name.clone(),
            paper_name: s.paper_name.clone(),
            group: s.group.clone(),
            code: s.code.as_ref().map(Code::from),
            code_modifier: s.code_modifier.as_ref().map(Code::from),
            category: Code::from(&s.category),
            interpreted_type: s.interpreted_type.clone(),
            colour: s.colour.into(),
            acceptance_dsc: s.acceptance_dsc,
            union_of: s.union_of.clone(),
        }
    }
}

/// Structures that one network learns together.
#[pyclass(module = "tmli", frozen, get_all, from_py_object)]
#[derive(Clone, Debug)]
pub(crate) struct TrainingSet {
    /// As on the command line, e.g. oar1.
    id: String,
    /// In words.
    title: String,
    /// Names of structures, in the order of the network's outputs.
    structures: Vec<String>,
}

#[pymethods]
impl TrainingSet {
    fn __repr__(&self) -> String {
        format!("<tmli.TrainingSet {} of {} structures>", self.id, self.structures.len())
    }
}

/// What to contour, and which structures are trained together.
#[pyclass(module = "tmli", frozen, get_all)]
#[derive(Debug)]
pub(crate) struct Protocol {
    /// Name of the protocol.
    name: String,
    /// In the order in which they are shown and written.
    structures: Vec<Structure>,
    /// In the order in which they are trained.
    sets: Vec<TrainingSet>,
}

#[pymethods]
impl Protocol {
    /// The structure of that TG-263 name, or None.
    fn structure(&self, name: &str) -> Option<Structure> {
        self.structures.iter().find(|structure| structure.name == name).cloned()
    }

    fn __repr__(&self) -> String {
        format!("<tmli.Protocol {} of {} structures>", self.name, self.structures.len())
    }
}

/// The TMLI protocol: 22 organs at risk, CTV1 to CTV3, PTV and External, with names, codes, colours and limits.
#[pyfunction]
pub(crate) fn protocol(py: Python<'_>) -> PyResult<Protocol> {
    computed(py, || {
        let core = tmli_protocol();
        let set = |set: &tmli_protocol::TrainingSet| TrainingSet {
            id: set.id.clone(),
            title: set.title.clone(),
            structures: set.structures.clone(),
        };
        Protocol {
            name: core.name.clone(),
            structures: core.structures.iter().map(Structure::from).collect(),
            sets: core.sets.iter().map(set).collect(),
        }
    })
}

/// For each name of a ROI, as hospitals write them, the TG-263 name; None where it is not known. Case, punctuation and
/// usual abbreviations don't matter. Several names may stand for one structure: the caller chooses.
#[pyfunction]
pub(crate) fn match_rois<'py>(py: Python<'py>, names: Vec<String>) -> PyResult<Bound<'py, PyDict>> {
    static ALIASES: OnceLock<AliasTable> = OnceLock::new();
    let found: Vec<Option<String>> = computed(py, || {
        let aliases = ALIASES.get_or_init(AliasTable::builtin);
        let one = |name: &String| {
            // One at a time, so that two names of one structure don't count as ambiguous.
            let matching = tmli_protocol::match_rois([name.as_str()], aliases, tmli_protocol());
            let own = matching.matched.into_iter().next().map(|(_, structure)| structure);
            own.or_else(|| aliases.resolve(name).map(str::to_owned))
        };
        names.iter().map(one).collect()
    })?;
    let matched = PyDict::new(py);
    for (name, structure) in names.iter().zip(found) {
        matched.set_item(name, structure)?;
    }
    Ok(matched)
}
