//! Everything that can go wrong when reading or writing. No message holds a patient's name, a patient's number or a
//! path: a slice is named by its position, a file by its place in the folder.

use std::io;

/// Why something could not be read or written, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum IoError {
    /// The folder can't be opened or listed.
    #[error("the folder can't be read: {source}; check that it exists and that you may open it")]
    Folder {
        /// What the system said.
        source: io::Error,
    },
    /// Nothing in the folder.
    #[error("the folder holds no file at all; point to the folder with the DICOM files of one patient")]
    EmptyFolder,
    /// Files, but none of them a CT image.
    #[error("the folder holds no CT image: {found}; point to the folder with the CT series")]
    NoCt {
        /// What is there instead, in words.
        found: String,
    },
    /// More than one CT series, and nobody said which.
    #[error("expected one CT series, got {count}:\n{list}\nname the one to read by its number or UID", count = series.len(), list = series.join("\n"))]
    SeveralSeries {
        /// A line each: number in this list, slices, spacing, orientation, UID.
        series: Vec<String>,
    },
    /// The series that was asked for is not in the folder.
    #[error("the folder holds no CT series {wanted}; it holds:\n{list}", list = series.join("\n"))]
    NoSuchSeries {
        /// UID or number.
        wanted: String,
        /// A line each, as in [`IoError::SeveralSeries`].
        series: Vec<String>,
    },
    /// A file can't be opened or read.
    #[error("{file} can't be read: {source}")]
    Read {
        /// E.g. "file 12 of 60".
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// No DICOM file at all.
    #[error("{file} is not a DICOM file (neither preamble nor readable data set)")]
    NotDicom {
        /// E.g. "file 12 of 60".
        file: String,
    },
    /// The DICOM data set is damaged.
    #[error("{file} is damaged: {reason}; copy or export it again")]
    Damaged {
        /// E.g. "file 12 of 60".
        file: String,
        /// Which part, and why.
        reason: String,
    },
    /// The file ends early.
    #[error("{file} is truncated: {part} should have {expected} bytes, got {got}; copy or export it again")]
    Truncated {
        /// E.g. "file 12 of 60 (slice at -120.00 mm)".
        file: String,
        /// E.g. "pixel data".
        part: String,
        /// Bytes.
        expected: u64,
        /// Bytes.
        got: u64,
    },
    /// A value is absent that can't be done without.
    #[error("{file} has no {attribute}, which is needed to {purpose}")]
    Missing {
        /// E.g. "file 12 of 60".
        file: String,
        /// DICOM keyword.
        attribute: &'static str,
        /// What for.
        purpose: &'static str,
    },
    /// A value is there but makes no sense.
    #[error("{file}: {attribute} should be {expected}, got {got}")]
    Value {
        /// E.g. "file 12 of 60".
        file: String,
        /// DICOM keyword.
        attribute: &'static str,
        /// In words.
        expected: String,
        /// In words.
        got: String,
    },
    /// The codec is not built in.
    #[error(
        "{file} is compressed as {name} ({uid}), which TMLI can't decode; export the series uncompressed (Explicit VR Little Endian)"
    )]
    TransferSyntax {
        /// E.g. "file 12 of 60".
        file: String,
        /// Name of the transfer syntax.
        name: String,
        /// UID of the transfer syntax.
        uid: String,
    },
    /// The codec gave up.
    #[error("{file}: the image can't be decoded ({reason}); export the series uncompressed")]
    Decode {
        /// E.g. "file 12 of 60 (slice at -120.00 mm)".
        file: String,
        /// What the codec said.
        reason: String,
    },
    /// A kind of object that is not read.
    #[error("{what} can't be read yet; {advice}")]
    Unsupported {
        /// In words.
        what: String,
        /// What to do instead.
        advice: &'static str,
    },
    /// The slices of a series don't make a volume.
    #[error("the CT series can't be read as a volume: {0}")]
    Geometry(#[from] SeriesGeometryError),
    /// The structures are of somebody else.
    #[error(
        "the structures belong to another patient than the CT series ({what} differs); check that both are of the same patient"
    )]
    OtherPatient {
        /// Which attribute differs (never its value).
        what: &'static str,
    },
    /// The structures' coordinates are of another scan.
    #[error(
        "the structures are in frame of reference {got}, the CT series in {expected}: their coordinates don't fit this scan; choose the CT series that they were drawn on"
    )]
    OtherFrame {
        /// UID of the CT's frame.
        expected: String,
        /// UID of the structures' frame.
        got: String,
    },
    /// The object is of another class.
    #[error("{file} is {got}, expected {expected}")]
    WrongObject {
        /// E.g. "the file".
        file: String,
        /// In words.
        expected: &'static str,
        /// In words.
        got: String,
    },
    /// A label map on another grid.
    #[error("the label map is not on the grid of the CT series: {reason}; export it on the CT's own grid")]
    LabelGrid {
        /// Expected and got.
        reason: String,
    },
    /// A label map that can't be understood.
    #[error("the label map can't be read: {reason}")]
    LabelMap {
        /// Expected and got.
        reason: String,
    },
    /// The disk is full.
    #[error(
        "the disk is full: at least {needed_bytes} bytes were needed for {what}; free some space or choose another disk (nothing half-written was left behind)"
    )]
    DiskFull {
        /// E.g. "the structure set".
        what: String,
        /// Of this file.
        needed_bytes: u64,
    },
    /// The file could not be written.
    #[error("{what} can't be written: {source} (nothing half-written was left behind)")]
    Write {
        /// E.g. "the structure set".
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// What is to be written makes no valid file.
    #[error("{what} can't be written: {reason}")]
    Invalid {
        /// E.g. "the structure set".
        what: &'static str,
        /// Expected and got.
        reason: String,
    },
}

/// Why the slices of a series don't make a volume. Positions are in mm along the normal of the slices, which for
/// axial slices of a head-first supine patient is z.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SeriesGeometryError {
    /// One slice has no spacing to a neighbour.
    #[error(
        "it has one slice only (at {position_mm:.2} mm), so the spacing between slices is unknown; at least two slices are needed"
    )]
    SingleSlice {
        /// Where it is.
        position_mm: f64,
    },
    /// Slices at one place.
    #[error(
        "{count} slices lie at the same position, {position_mm:.2} mm (duplicates: {duplicates_mm:.2?} mm); leave one slice at each position, or export one acquisition only"
    )]
    DuplicatePositions {
        /// The first such position.
        position_mm: f64,
        /// Slices there.
        count: usize,
        /// Every position with more than one slice.
        duplicates_mm: Vec<f64>,
    },
    /// A gap of a multiple of the spacing.
    #[error(
        "{count} slice(s) are missing between {below_mm:.2} and {above_mm:.2} mm (spacing elsewhere {spacing_mm:.3} mm; gaps after: {gaps_after_mm:.2?} mm); export the whole series"
    )]
    MissingSlices {
        /// Last slice before the first gap.
        below_mm: f64,
        /// First slice after the first gap.
        above_mm: f64,
        /// Missing in the first gap.
        count: usize,
        /// Everywhere else.
        spacing_mm: f64,
        /// Slices after which slices are missing.
        gaps_after_mm: Vec<f64>,
    },
    /// Spacing changes along the series.
    #[error(
        "the spacing between slices is not uniform: {first_mm:.3} mm from {from_mm:.2} mm on, but {other_mm:.3} mm between {below_mm:.2} and {above_mm:.2} mm; reconstruct with one spacing, or export the parts as separate series"
    )]
    UnevenSpacing {
        /// First slice.
        from_mm: f64,
        /// Spacing there.
        first_mm: f64,
        /// Spacing that differs first.
        other_mm: f64,
        /// Slice below it.
        below_mm: f64,
        /// Slice above it.
        above_mm: f64,
    },
    /// Slice origins move sideways.
    #[error(
        "the gantry was tilted: slice origins move sideways by {shift_mm:.3} mm from slice to slice (tilt {tilt_degrees:.1} degrees, slices at {first_mm:.2} to {last_mm:.2} mm); a sheared stack is not a volume, reconstruct or resample it without tilt"
    )]
    GantryTilt {
        /// Sideways shift between neighbours.
        shift_mm: f64,
        /// Angle between the line of origins and the normal.
        tilt_degrees: f64,
        /// First slice.
        first_mm: f64,
        /// Last slice.
        last_mm: f64,
    },
    /// A slice sits sideways from where its neighbours put it.
    #[error(
        "the slice at {position_mm:.2} mm is shifted sideways by {shift_mm:.3} mm against the line of the other slices; the series is not one stack"
    )]
    Sideways {
        /// Which slice.
        position_mm: f64,
        /// How far.
        shift_mm: f64,
    },
    /// Slices of several orientations.
    #[error(
        "slices have different orientations: {expected:.4?} (row, column) at {first_mm:.2} mm, but {got:.4?} at {other_mm:.2} mm ({differing} of {count} slices differ); export them as separate series"
    )]
    MixedOrientations {
        /// Row and column direction of the first slice.
        expected: Box<[f64; 6]>,
        /// That of the slice that differs first.
        got: Box<[f64; 6]>,
        /// First slice.
        first_mm: f64,
        /// Slice that differs first, along the normal of the first.
        other_mm: f64,
        /// How many differ.
        differing: usize,
        /// Of how many.
        count: usize,
    },
    /// Slices of several patient positions.
    #[error(
        "slices have different patient positions: {expected} at {first_mm:.2} mm, {got} at {other_mm:.2} mm; head-first and feet-first scans are read as separate series"
    )]
    MixedPatientPositions {
        /// PatientPosition of the first slice.
        expected: String,
        /// That of the slice that differs first.
        got: String,
        /// First slice.
        first_mm: f64,
        /// Slice that differs first.
        other_mm: f64,
    },
    /// Slices of several sizes.
    #[error(
        "slices have different sizes: {expected:?} (rows, columns) at {first_mm:.2} mm, {got:?} at {other_mm:.2} mm; export them as separate series"
    )]
    MixedSizes {
        /// Rows and columns of the first slice.
        expected: [usize; 2],
        /// Those of the slice that differs first.
        got: [usize; 2],
        /// First slice.
        first_mm: f64,
        /// Slice that differs first.
        other_mm: f64,
    },
    /// Slices of several pixel spacings.
    #[error(
        "slices have different pixel spacings: {expected:?} mm (between rows, between columns) at {first_mm:.2} mm, {got:?} mm at {other_mm:.2} mm; export them as separate series"
    )]
    MixedPixelSpacing {
        /// Spacing of the first slice.
        expected: [f64; 2],
        /// That of the slice that differs first.
        got: [f64; 2],
        /// First slice.
        first_mm: f64,
        /// Slice that differs first.
        other_mm: f64,
    },
    /// Slices of several frames of reference.
    #[error(
        "slices are in different frames of reference (at {first_mm:.2} mm and at {other_mm:.2} mm), so their positions can't be compared; export them as separate series"
    )]
    MixedFrames {
        /// First slice.
        first_mm: f64,
        /// Slice that differs first.
        other_mm: f64,
    },
    /// Directions that are none.
    #[error("ImageOrientationPatient should be two unit vectors at right angles, got {got:.4?}")]
    Orientation {
        /// Row and column direction.
        got: [f64; 6],
    },
    /// The grid itself is impossible.
    #[error(transparent)]
    Grid(#[from] tmli_core::GeometryError),
}
