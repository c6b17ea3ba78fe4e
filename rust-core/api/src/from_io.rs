//! Numbers for the errors of tmli-io.

use tmli_io::{IoError, SeriesGeometryError};

use crate::{ApiError, ErrorNumber};

impl From<IoError> for ApiError {
    fn from(error: IoError) -> Self {
        let number = match &error {
            IoError::Folder { .. } => ErrorNumber::Folder,
            IoError::EmptyFolder => ErrorNumber::EmptyFolder,
            IoError::NoCt { .. } => ErrorNumber::NoCt,
            IoError::SeveralSeries { .. } => ErrorNumber::SeveralSeries,
            IoError::NoSuchSeries { .. } => ErrorNumber::NoSuchSeries,
            IoError::Read { .. } => ErrorNumber::FileRead,
            IoError::NotDicom { .. } => ErrorNumber::NotDicom,
            IoError::Damaged { .. } => ErrorNumber::Damaged,
            IoError::Truncated { .. } => ErrorNumber::Truncated,
            IoError::Missing { .. } => ErrorNumber::MissingAttribute,
            IoError::Value { .. } => ErrorNumber::BadAttribute,
            IoError::TransferSyntax { .. } => ErrorNumber::TransferSyntax,
            IoError::Decode { .. } => ErrorNumber::Decode,
            IoError::Unsupported { .. } => ErrorNumber::UnsupportedObject,
            IoError::Geometry(reason) => series(reason),
            IoError::OtherPatient { .. } => ErrorNumber::OtherPatient,
            IoError::OtherFrame { .. } => ErrorNumber::OtherFrame,
            IoError::WrongObject { .. } => ErrorNumber::WrongObject,
            IoError::LabelGrid { .. } => ErrorNumber::LabelGrid,
            IoError::LabelMap { .. } => ErrorNumber::LabelMap,
            IoError::DiskFull { .. } => ErrorNumber::DiskFull,
            IoError::Write { .. } => ErrorNumber::FileWrite,
            IoError::Invalid { .. } => ErrorNumber::InvalidToWrite,
        };
        Self::new(number, error.to_string())
    }
}

/// Why a series is no volume.
const fn series(reason: &SeriesGeometryError) -> ErrorNumber {
    match reason {
        SeriesGeometryError::SingleSlice { .. } => ErrorNumber::SingleSlice,
        SeriesGeometryError::DuplicatePositions { .. } => ErrorNumber::DuplicatePositions,
        SeriesGeometryError::MissingSlices { .. } => ErrorNumber::MissingSlices,
        SeriesGeometryError::UnevenSpacing { .. } => ErrorNumber::UnevenSpacing,
        SeriesGeometryError::GantryTilt { .. } => ErrorNumber::GantryTilt,
        SeriesGeometryError::Sideways { .. } => ErrorNumber::SidewaysSlice,
        SeriesGeometryError::MixedOrientations { .. } => ErrorNumber::MixedOrientations,
        SeriesGeometryError::MixedPatientPositions { .. } => ErrorNumber::MixedPatientPositions,
        SeriesGeometryError::MixedSizes { .. } => ErrorNumber::MixedSizes,
        SeriesGeometryError::MixedPixelSpacing { .. } => ErrorNumber::MixedPixelSpacing,
        SeriesGeometryError::MixedFrames { .. } => ErrorNumber::MixedFrames,
        SeriesGeometryError::Orientation { .. } => ErrorNumber::BadOrientation,
        SeriesGeometryError::Grid(_) => ErrorNumber::SeriesGrid,
    }
}
