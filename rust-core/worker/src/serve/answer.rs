//! What is said of a job that failed.

use std::fmt::Display;

use tmli_engine::{FailureClass, words::ToHost};
use tmli_nn::{ModelError, NnError};

/// Why a job failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) class: FailureClass,
    pub(super) message: String,
}

impl Failure {
    pub(super) fn new(class: FailureClass, message: impl Display) -> Self {
        Self { class, message: message.to_string() }
    }

    /// The same, with the model that it is about.
    pub(super) fn about(self, what: impl Display) -> Self {
        Self { message: format!("{what}: {}", self.message), ..self }
    }
}

impl From<NnError> for Failure {
    fn from(error: NnError) -> Self {
        let class = match &error {
            NnError::Model(error) => return Self::from_model(error),
            NnError::Torch { .. } => FailureClass::Libtorch,
            NnError::OutOfMemory { .. } => FailureClass::Memory,
            NnError::NotFinite => FailureClass::Model,
            _ => FailureClass::Defect,
        };
        Self::new(class, error)
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        Self::from_model(&error)
    }
}

impl Failure {
    fn from_model(error: &ModelError) -> Self {
        let class = match error {
            ModelError::Setting { .. } | ModelError::UnknownStructure { .. } => FailureClass::Request,
            ModelError::Unsuitable { .. } => FailureClass::Volume,
            _ => FailureClass::Model,
        };
        Self::new(class, error)
    }
}

/// The words for it, with what to do.
pub(super) fn failed(job: Option<u64>, class: FailureClass, message: &dyn Display) -> ToHost {
    let hint = match class {
        FailureClass::Request => "change the request",
        FailureClass::Volume => "check the CT's geometry, and that it is a CT in Hounsfield units",
        FailureClass::Model => "copy the model folder again, whole, or take another model",
        FailureClass::Memory => "close other programs, choose fewer structures or a region, or compute on the CPU",
        FailureClass::Libtorch => "try again on the CPU; if it happens again, report it with the log",
        _ => "report it with the log, which holds no patient data",
    };
    ToHost::Failed { job, class, message: message.to_string(), hint: hint.to_owned() }
}
