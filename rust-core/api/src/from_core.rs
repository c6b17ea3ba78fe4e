//! Numbers for the errors of tmli-core.

use tmli_core::{BodyError, GeometryError, MetricsError, VolumeError, margin::MarginError};

use crate::{ApiError, ErrorNumber};

impl From<GeometryError> for ApiError {
    fn from(error: GeometryError) -> Self {
        let number = match error {
            GeometryError::EmptyShape { .. } => ErrorNumber::EmptyShape,
            GeometryError::Spacing { .. } => ErrorNumber::Spacing,
            GeometryError::Axes { .. } => ErrorNumber::Axes,
            GeometryError::Origin { .. } => ErrorNumber::Origin,
        };
        Self::new(number, error.to_string())
    }
}

impl From<VolumeError> for ApiError {
    fn from(error: VolumeError) -> Self {
        Self::new(ErrorNumber::GridsDiffer, error.to_string())
    }
}

impl From<MetricsError> for ApiError {
    fn from(error: MetricsError) -> Self {
        let number = match error {
            MetricsError::Shape { .. } | MetricsError::Geometry { .. } => ErrorNumber::GridsDiffer,
            MetricsError::Spacing { .. } => ErrorNumber::Spacing,
            MetricsError::TooLarge { .. } => ErrorNumber::TooLarge,
            MetricsError::Option { .. } => ErrorNumber::Option,
        };
        Self::new(number, error.to_string())
    }
}

impl From<MarginError> for ApiError {
    fn from(error: MarginError) -> Self {
        let number = match error {
            MarginError::Value { .. } => ErrorNumber::Margin,
            MarginError::Shape { .. } => ErrorNumber::GridsDiffer,
            MarginError::NoCtv => ErrorNumber::NoCtv,
        };
        Self::new(number, error.to_string())
    }
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        let number = match error {
            BodyError::Shape { .. } => ErrorNumber::GridsDiffer,
            BodyError::NotFound => ErrorNumber::NoBody,
            BodyError::Margin(error) => return error.into(),
        };
        Self::new(number, error.to_string())
    }
}
