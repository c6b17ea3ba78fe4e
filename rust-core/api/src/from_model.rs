//! Numbers for the errors of tmli-model.

use tmli_model::ModelError;

use crate::{ApiError, ErrorNumber};

impl From<ModelError> for ApiError {
    fn from(error: ModelError) -> Self {
        let number = match error {
            ModelError::Setting { .. } => ErrorNumber::ModelSetting,
            ModelError::Unsuitable { .. } => ErrorNumber::UnsuitableCt,
            ModelError::UnknownStructure { .. } => ErrorNumber::NoModelForStructure,
            ModelError::Io { .. } => ErrorNumber::ModelFile,
            ModelError::FileMissing { .. } => ErrorNumber::ModelFileMissing,
            ModelError::ManifestSyntax { .. } => ErrorNumber::ManifestSyntax,
            ModelError::FormatVersion { .. } => ErrorNumber::ModelFormatVersion,
            ModelError::ManifestContents { .. } => ErrorNumber::ManifestContents,
            ModelError::WeightsHash { .. } => ErrorNumber::WeightsHash,
            ModelError::WeightsSyntax { .. } => ErrorNumber::WeightsSyntax,
            ModelError::WeightsShape { .. } => ErrorNumber::WeightsShape,
        };
        Self::new(number, error.to_string())
    }
}
