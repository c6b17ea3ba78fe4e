//! Numbers for the errors of tmli-protocol.

use tmli_protocol::ProtocolError;

use crate::{ApiError, ErrorNumber};

impl From<ProtocolError> for ApiError {
    fn from(error: ProtocolError) -> Self {
        let number = match error {
            ProtocolError::Syntax { .. } => ErrorNumber::ProtocolFile,
            ProtocolError::EmptyName { .. }
            | ProtocolError::NoStructures
            | ProtocolError::DuplicateStructure { .. }
            | ProtocolError::DuplicateSet { .. }
            | ProtocolError::EmptySet { .. }
            | ProtocolError::UnknownStructure { .. }
            | ProtocolError::RepeatedInSet { .. }
            | ProtocolError::DerivedInSet { .. }
            | ProtocolError::Value { .. }
            | ProtocolError::Union { .. } => ErrorNumber::ProtocolContents,
            ProtocolError::AliasConflict { .. } | ProtocolError::EmptyAlias { .. } => ErrorNumber::AliasTable,
        };
        Self::new(number, error.to_string())
    }
}
