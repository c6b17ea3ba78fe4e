//! The numbers of errors. Made by `cargo xtask codegen` from errors.toml; change that and run it again.

/// What kind of error it is: Python has an exception class for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// Not the fault of any input: 1 to 99.
    General,
    /// What the caller gave: geometry, buffers, names, options: 100 to 199.
    Input,
    /// Files and what is in them: CT series, RT Structure Sets, label maps: 200 to 299.
    Dicom,
    /// Model folders: 300 to 399.
    Model,
    /// Segmentation jobs and the worker process that runs them: 400 to 499.
    Engine,
    /// Stopped by the caller: 500 to 599.
    Cancelled,
    /// TMLI itself, or parts of it that don't belong together: 900 to 999.
    Defect,
}

/// The number of an error. Numbers and names stay as they are from version to version; new ones come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i32)]
pub enum ErrorNumber {
    /// There is not enough memory for a volume or mask of this size.
    OutOfMemory = 1,
    /// A pointer or handle is NULL.
    NullArgument = 100,
    /// A text is not UTF-8, or holds a zero byte.
    Text = 101,
    /// The sizes of an array multiply to more than memory can address.
    SizeOverflow = 102,
    /// A buffer and its geometry have different sizes.
    BufferSize = 103,
    /// A volume has an axis without voxels.
    EmptyShape = 104,
    /// Voxel spacing is not positive and finite.
    Spacing = 105,
    /// Image axes are not unit vectors at right angles.
    Axes = 106,
    /// The position of the first voxel is not a finite point.
    Origin = 107,
    /// Volumes, masks or segmentations are not on the same grid.
    GridsDiffer = 108,
    /// A name is empty, too long, given twice, or holds control characters.
    Name = 109,
    /// An option has a value that it can't have.
    Option = 110,
    /// Two masks are too far apart to be compared.
    TooLarge = 111,
    /// An index is beyond the end of a list or volume.
    Index = 112,
    /// There is no structure or ROI of that name.
    NoSuchStructure = 113,
    /// lps_from_ijk is not the matrix of a voxel grid.
    Matrix = 114,
    /// A margin is negative, not a number, or larger than 100 mm.
    Margin = 115,
    /// A planning target volume was asked for without a clinical target volume.
    NoCtv = 116,
    /// A buffer does not start at a multiple of its values' size.
    Alignment = 117,
    /// No body was found in the CT.
    NoBody = 118,
    /// A protocol file or alias table can't be read.
    ProtocolFile = 130,
    /// A protocol file contradicts itself.
    ProtocolContents = 131,
    /// An alias table contradicts itself.
    AliasTable = 132,
    /// A folder can't be read.
    Folder = 200,
    /// A folder holds no file at all.
    EmptyFolder = 201,
    /// A folder holds no CT image.
    NoCt = 202,
    /// A folder holds several CT series.
    SeveralSeries = 203,
    /// The CT series that was asked for is not in the folder.
    NoSuchSeries = 204,
    /// A file can't be opened or read.
    FileRead = 205,
    /// A file is not DICOM.
    NotDicom = 206,
    /// A DICOM data set is damaged.
    Damaged = 207,
    /// A file ends early.
    Truncated = 208,
    /// A DICOM attribute is missing that can't be done without.
    MissingAttribute = 209,
    /// A DICOM attribute has a value that makes no sense.
    BadAttribute = 210,
    /// A compression is not supported.
    TransferSyntax = 211,
    /// A compressed image can't be decoded.
    Decode = 212,
    /// An object of this kind can't be read.
    UnsupportedObject = 213,
    /// The structures belong to another patient than the CT series.
    OtherPatient = 214,
    /// The structures are in another frame of reference than the CT series.
    OtherFrame = 215,
    /// A DICOM file is of another kind than expected.
    WrongObject = 216,
    /// A label map is not on the grid of the CT series.
    LabelGrid = 217,
    /// A label map can't be read.
    LabelMap = 218,
    /// The disk is full.
    DiskFull = 219,
    /// A file can't be written.
    FileWrite = 220,
    /// What is to be written makes no valid file.
    InvalidToWrite = 221,
    /// The file to write exists already.
    FileExists = 222,
    /// A CT series has one slice only.
    SingleSlice = 240,
    /// Several slices of a CT series lie at the same position.
    DuplicatePositions = 241,
    /// Slices of a CT series are missing.
    MissingSlices = 242,
    /// The spacing between slices of a CT series changes.
    UnevenSpacing = 243,
    /// A CT series was scanned with a tilted gantry.
    GantryTilt = 244,
    /// A slice of a CT series is shifted sideways.
    SidewaysSlice = 245,
    /// Slices of a CT series have different orientations.
    MixedOrientations = 246,
    /// Slices of a CT series have different patient positions.
    MixedPatientPositions = 247,
    /// Slices of a CT series have different numbers of rows or columns.
    MixedSizes = 248,
    /// Slices of a CT series have different pixel spacings.
    MixedPixelSpacing = 249,
    /// Slices of a CT series are in different frames of reference.
    MixedFrames = 250,
    /// ImageOrientationPatient is not two unit vectors at right angles.
    BadOrientation = 251,
    /// The slices of a CT series make no voxel grid.
    SeriesGrid = 252,
    /// A network or job has a setting that it can't have.
    ModelSetting = 300,
    /// A CT can't be segmented with this model.
    UnsuitableCt = 301,
    /// A structure was asked for that no model knows.
    NoModelForStructure = 302,
    /// A file of a model folder can't be read or written.
    ModelFile = 303,
    /// A file of a model folder is missing.
    ModelFileMissing = 304,
    /// model.json can't be understood.
    ManifestSyntax = 305,
    /// A model folder has another format version than this program reads.
    ModelFormatVersion = 306,
    /// model.json contradicts itself.
    ManifestContents = 307,
    /// The weights are not those that model.json was written for.
    WeightsHash = 308,
    /// The weights can't be read.
    WeightsSyntax = 309,
    /// The weights are of another network than model.json says.
    WeightsShape = 310,
    /// The worker refused a model folder.
    ModelRefused = 320,
    /// The program tmli-worker, which runs the networks, is missing.
    WorkerNotFound = 400,
    /// The worker can't be started.
    WorkerStart = 401,
    /// The worker ended while something was asked of it.
    WorkerEnded = 402,
    /// The worker did not answer and was ended.
    WorkerSilent = 403,
    /// The library and its worker don't understand each other.
    WorkerVersion = 404,
    /// Shared memory or the channel to the worker can't be made.
    SharedMemory = 405,
    /// The worker can't do what was asked for.
    JobRequest = 410,
    /// The worker can't use the volume.
    JobVolume = 411,
    /// There is not enough memory for the job on any device that may be used.
    JobMemory = 412,
    /// libtorch failed during the job.
    JobLibtorch = 413,
    /// The engine was stopped before the job was done.
    EngineStopped = 420,
    /// The result of a job was asked for before the job was done.
    NotDone = 421,
    /// The result of a job was taken already.
    Taken = 422,
    /// The job was cancelled.
    Cancelled = 500,
    /// TMLI came to a point that it should never come to.
    Panic = 900,
    /// The program was compiled for another version of the library.
    AbiVersion = 901,
    /// The worker failed by a defect of its own.
    WorkerDefect = 902,
}

impl ErrorNumber {
    /// Every number, ascending.
    pub const ALL: &[Self] = &[
        Self::OutOfMemory,
        Self::NullArgument,
        Self::Text,
        Self::SizeOverflow,
        Self::BufferSize,
        Self::EmptyShape,
        Self::Spacing,
        Self::Axes,
        Self::Origin,
        Self::GridsDiffer,
        Self::Name,
        Self::Option,
        Self::TooLarge,
        Self::Index,
        Self::NoSuchStructure,
        Self::Matrix,
        Self::Margin,
        Self::NoCtv,
        Self::Alignment,
        Self::NoBody,
        Self::ProtocolFile,
        Self::ProtocolContents,
        Self::AliasTable,
        Self::Folder,
        Self::EmptyFolder,
        Self::NoCt,
        Self::SeveralSeries,
        Self::NoSuchSeries,
        Self::FileRead,
        Self::NotDicom,
        Self::Damaged,
        Self::Truncated,
        Self::MissingAttribute,
        Self::BadAttribute,
        Self::TransferSyntax,
        Self::Decode,
        Self::UnsupportedObject,
        Self::OtherPatient,
        Self::OtherFrame,
        Self::WrongObject,
        Self::LabelGrid,
        Self::LabelMap,
        Self::DiskFull,
        Self::FileWrite,
        Self::InvalidToWrite,
        Self::FileExists,
        Self::SingleSlice,
        Self::DuplicatePositions,
        Self::MissingSlices,
        Self::UnevenSpacing,
        Self::GantryTilt,
        Self::SidewaysSlice,
        Self::MixedOrientations,
        Self::MixedPatientPositions,
        Self::MixedSizes,
        Self::MixedPixelSpacing,
        Self::MixedFrames,
        Self::BadOrientation,
        Self::SeriesGrid,
        Self::ModelSetting,
        Self::UnsuitableCt,
        Self::NoModelForStructure,
        Self::ModelFile,
        Self::ModelFileMissing,
        Self::ManifestSyntax,
        Self::ModelFormatVersion,
        Self::ManifestContents,
        Self::WeightsHash,
        Self::WeightsSyntax,
        Self::WeightsShape,
        Self::ModelRefused,
        Self::WorkerNotFound,
        Self::WorkerStart,
        Self::WorkerEnded,
        Self::WorkerSilent,
        Self::WorkerVersion,
        Self::SharedMemory,
        Self::JobRequest,
        Self::JobVolume,
        Self::JobMemory,
        Self::JobLibtorch,
        Self::EngineStopped,
        Self::NotDone,
        Self::Taken,
        Self::Cancelled,
        Self::Panic,
        Self::AbiVersion,
        Self::WorkerDefect,
    ];

    /// What kind of error it is.
    pub const fn class(self) -> ErrorClass {
        match self {
            Self::OutOfMemory => ErrorClass::General,
            Self::NullArgument
            | Self::Text
            | Self::SizeOverflow
            | Self::BufferSize
            | Self::EmptyShape
            | Self::Spacing
            | Self::Axes
            | Self::Origin
            | Self::GridsDiffer
            | Self::Name
            | Self::Option
            | Self::TooLarge
            | Self::Index
            | Self::NoSuchStructure
            | Self::Matrix
            | Self::Margin
            | Self::NoCtv
            | Self::Alignment
            | Self::NoBody
            | Self::ProtocolFile
            | Self::ProtocolContents
            | Self::AliasTable => ErrorClass::Input,
            Self::Folder
            | Self::EmptyFolder
            | Self::NoCt
            | Self::SeveralSeries
            | Self::NoSuchSeries
            | Self::FileRead
            | Self::NotDicom
            | Self::Damaged
            | Self::Truncated
            | Self::MissingAttribute
            | Self::BadAttribute
            | Self::TransferSyntax
            | Self::Decode
            | Self::UnsupportedObject
            | Self::OtherPatient
            | Self::OtherFrame
            | Self::WrongObject
            | Self::LabelGrid
            | Self::LabelMap
            | Self::DiskFull
            | Self::FileWrite
            | Self::InvalidToWrite
            | Self::FileExists
            | Self::SingleSlice
            | Self::DuplicatePositions
            | Self::MissingSlices
            | Self::UnevenSpacing
            | Self::GantryTilt
            | Self::SidewaysSlice
            | Self::MixedOrientations
            | Self::MixedPatientPositions
            | Self::MixedSizes
            | Self::MixedPixelSpacing
            | Self::MixedFrames
            | Self::BadOrientation
            | Self::SeriesGrid => ErrorClass::Dicom,
            Self::ModelSetting
            | Self::UnsuitableCt
            | Self::NoModelForStructure
            | Self::ModelFile
            | Self::ModelFileMissing
            | Self::ManifestSyntax
            | Self::ModelFormatVersion
            | Self::ManifestContents
            | Self::WeightsHash
            | Self::WeightsSyntax
            | Self::WeightsShape
            | Self::ModelRefused => ErrorClass::Model,
            Self::WorkerNotFound
            | Self::WorkerStart
            | Self::WorkerEnded
            | Self::WorkerSilent
            | Self::WorkerVersion
            | Self::SharedMemory
            | Self::JobRequest
            | Self::JobVolume
            | Self::JobMemory
            | Self::JobLibtorch
            | Self::EngineStopped
            | Self::NotDone
            | Self::Taken => ErrorClass::Engine,
            Self::Cancelled => ErrorClass::Cancelled,
            Self::Panic | Self::AbiVersion | Self::WorkerDefect => ErrorClass::Defect,
        }
    }

    /// Its name in C, after the prefix, and in Python.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OutOfMemory => "OUT_OF_MEMORY",
            Self::NullArgument => "NULL_ARGUMENT",
            Self::Text => "TEXT",
            Self::SizeOverflow => "SIZE_OVERFLOW",
            Self::BufferSize => "BUFFER_SIZE",
            Self::EmptyShape => "EMPTY_SHAPE",
            Self::Spacing => "SPACING",
            Self::Axes => "AXES",
            Self::Origin => "ORIGIN",
            Self::GridsDiffer => "GRIDS_DIFFER",
            Self::Name => "NAME",
            Self::Option => "OPTION",
            Self::TooLarge => "TOO_LARGE",
            Self::Index => "INDEX",
            Self::NoSuchStructure => "NO_SUCH_STRUCTURE",
            Self::Matrix => "MATRIX",
            Self::Margin => "MARGIN",
            Self::NoCtv => "NO_CTV",
            Self::Alignment => "ALIGNMENT",
            Self::NoBody => "NO_BODY",
            Self::ProtocolFile => "PROTOCOL_FILE",
            Self::ProtocolContents => "PROTOCOL_CONTENTS",
            Self::AliasTable => "ALIAS_TABLE",
            Self::Folder => "FOLDER",
            Self::EmptyFolder => "EMPTY_FOLDER",
            Self::NoCt => "NO_CT",
            Self::SeveralSeries => "SEVERAL_SERIES",
            Self::NoSuchSeries => "NO_SUCH_SERIES",
            Self::FileRead => "FILE_READ",
            Self::NotDicom => "NOT_DICOM",
            Self::Damaged => "DAMAGED",
            Self::Truncated => "TRUNCATED",
            Self::MissingAttribute => "MISSING_ATTRIBUTE",
            Self::BadAttribute => "BAD_ATTRIBUTE",
            Self::TransferSyntax => "TRANSFER_SYNTAX",
            Self::Decode => "DECODE",
            Self::UnsupportedObject => "UNSUPPORTED_OBJECT",
            Self::OtherPatient => "OTHER_PATIENT",
            Self::OtherFrame => "OTHER_FRAME",
            Self::WrongObject => "WRONG_OBJECT",
            Self::LabelGrid => "LABEL_GRID",
            Self::LabelMap => "LABEL_MAP",
            Self::DiskFull => "DISK_FULL",
            Self::FileWrite => "FILE_WRITE",
            Self::InvalidToWrite => "INVALID_TO_WRITE",
            Self::FileExists => "FILE_EXISTS",
            Self::SingleSlice => "SINGLE_SLICE",
            Self::DuplicatePositions => "DUPLICATE_POSITIONS",
            Self::MissingSlices => "MISSING_SLICES",
            Self::UnevenSpacing => "UNEVEN_SPACING",
            Self::GantryTilt => "GANTRY_TILT",
            Self::SidewaysSlice => "SIDEWAYS_SLICE",
            Self::MixedOrientations => "MIXED_ORIENTATIONS",
            Self::MixedPatientPositions => "MIXED_PATIENT_POSITIONS",
            Self::MixedSizes => "MIXED_SIZES",
            Self::MixedPixelSpacing => "MIXED_PIXEL_SPACING",
            Self::MixedFrames => "MIXED_FRAMES",
            Self::BadOrientation => "BAD_ORIENTATION",
            Self::SeriesGrid => "SERIES_GRID",
            Self::ModelSetting => "MODEL_SETTING",
            Self::UnsuitableCt => "UNSUITABLE_CT",
            Self::NoModelForStructure => "NO_MODEL_FOR_STRUCTURE",
            Self::ModelFile => "MODEL_FILE",
            Self::ModelFileMissing => "MODEL_FILE_MISSING",
            Self::ManifestSyntax => "MANIFEST_SYNTAX",
            Self::ModelFormatVersion => "MODEL_FORMAT_VERSION",
            Self::ManifestContents => "MANIFEST_CONTENTS",
            Self::WeightsHash => "WEIGHTS_HASH",
            Self::WeightsSyntax => "WEIGHTS_SYNTAX",
            Self::WeightsShape => "WEIGHTS_SHAPE",
            Self::ModelRefused => "MODEL_REFUSED",
            Self::WorkerNotFound => "WORKER_NOT_FOUND",
            Self::WorkerStart => "WORKER_START",
            Self::WorkerEnded => "WORKER_ENDED",
            Self::WorkerSilent => "WORKER_SILENT",
            Self::WorkerVersion => "WORKER_VERSION",
            Self::SharedMemory => "SHARED_MEMORY",
            Self::JobRequest => "JOB_REQUEST",
            Self::JobVolume => "JOB_VOLUME",
            Self::JobMemory => "JOB_MEMORY",
            Self::JobLibtorch => "JOB_LIBTORCH",
            Self::EngineStopped => "ENGINE_STOPPED",
            Self::NotDone => "NOT_DONE",
            Self::Taken => "TAKEN",
            Self::Cancelled => "CANCELLED",
            Self::Panic => "PANIC",
            Self::AbiVersion => "ABI_VERSION",
            Self::WorkerDefect => "WORKER_DEFECT",
        }
    }

    /// What happened, without the facts of the case.
    pub const fn title(self) -> &'static str {
        match self {
            Self::OutOfMemory => "There is not enough memory for a volume or mask of this size",
            Self::NullArgument => "A pointer or handle is NULL",
            Self::Text => "A text is not UTF-8, or holds a zero byte",
            Self::SizeOverflow => "The sizes of an array multiply to more than memory can address",
            Self::BufferSize => "A buffer and its geometry have different sizes",
            Self::EmptyShape => "A volume has an axis without voxels",
            Self::Spacing => "Voxel spacing is not positive and finite",
            Self::Axes => "Image axes are not unit vectors at right angles",
            Self::Origin => "The position of the first voxel is not a finite point",
            Self::GridsDiffer => "Volumes, masks or segmentations are not on the same grid",
            Self::Name => "A name is empty, too long, given twice, or holds control characters",
            Self::Option => "An option has a value that it can't have",
            Self::TooLarge => "Two masks are too far apart to be compared",
            Self::Index => "An index is beyond the end of a list or volume",
            Self::NoSuchStructure => "There is no structure or ROI of that name",
            Self::Matrix => "lps_from_ijk is not the matrix of a voxel grid",
            Self::Margin => "A margin is negative, not a number, or larger than 100 mm",
            Self::NoCtv => "A planning target volume was asked for without a clinical target volume",
            Self::Alignment => "A buffer does not start at a multiple of its values' size",
            Self::NoBody => "No body was found in the CT",
            Self::ProtocolFile => "A protocol file or alias table can't be read",
            Self::ProtocolContents => "A protocol file contradicts itself",
            Self::AliasTable => "An alias table contradicts itself",
            Self::Folder => "A folder can't be read",
            Self::EmptyFolder => "A folder holds no file at all",
            Self::NoCt => "A folder holds no CT image",
            Self::SeveralSeries => "A folder holds several CT series",
            Self::NoSuchSeries => "The CT series that was asked for is not in the folder",
            Self::FileRead => "A file can't be opened or read",
            Self::NotDicom => "A file is not DICOM",
            Self::Damaged => "A DICOM data set is damaged",
            Self::Truncated => "A file ends early",
            Self::MissingAttribute => "A DICOM attribute is missing that can't be done without",
            Self::BadAttribute => "A DICOM attribute has a value that makes no sense",
            Self::TransferSyntax => "A compression is not supported",
            Self::Decode => "A compressed image can't be decoded",
            Self::UnsupportedObject => "An object of this kind can't be read",
            Self::OtherPatient => "The structures belong to another patient than the CT series",
            Self::OtherFrame => "The structures are in another frame of reference than the CT series",
            Self::WrongObject => "A DICOM file is of another kind than expected",
            Self::LabelGrid => "A label map is not on the grid of the CT series",
            Self::LabelMap => "A label map can't be read",
            Self::DiskFull => "The disk is full",
            Self::FileWrite => "A file can't be written",
            Self::InvalidToWrite => "What is to be written makes no valid file",
            Self::FileExists => "The file to write exists already",
            Self::SingleSlice => "A CT series has one slice only",
            Self::DuplicatePositions => "Several slices of a CT series lie at the same position",
            Self::MissingSlices => "Slices of a CT series are missing",
            Self::UnevenSpacing => "The spacing between slices of a CT series changes",
            Self::GantryTilt => "A CT series was scanned with a tilted gantry",
            Self::SidewaysSlice => "A slice of a CT series is shifted sideways",
            Self::MixedOrientations => "Slices of a CT series have different orientations",
            Self::MixedPatientPositions => "Slices of a CT series have different patient positions",
            Self::MixedSizes => "Slices of a CT series have different numbers of rows or columns",
            Self::MixedPixelSpacing => "Slices of a CT series have different pixel spacings",
            Self::MixedFrames => "Slices of a CT series are in different frames of reference",
            Self::BadOrientation => "ImageOrientationPatient is not two unit vectors at right angles",
            Self::SeriesGrid => "The slices of a CT series make no voxel grid",
            Self::ModelSetting => "A network or job has a setting that it can't have",
            Self::UnsuitableCt => "A CT can't be segmented with this model",
            Self::NoModelForStructure => "A structure was asked for that no model knows",
            Self::ModelFile => "A file of a model folder can't be read or written",
            Self::ModelFileMissing => "A file of a model folder is missing",
            Self::ManifestSyntax => "model.json can't be understood",
            Self::ModelFormatVersion => "A model folder has another format version than this program reads",
            Self::ManifestContents => "model.json contradicts itself",
            Self::WeightsHash => "The weights are not those that model.json was written for",
            Self::WeightsSyntax => "The weights can't be read",
            Self::WeightsShape => "The weights are of another network than model.json says",
            Self::ModelRefused => "The worker refused a model folder",
            Self::WorkerNotFound => "The program tmli-worker, which runs the networks, is missing",
            Self::WorkerStart => "The worker can't be started",
            Self::WorkerEnded => "The worker ended while something was asked of it",
            Self::WorkerSilent => "The worker did not answer and was ended",
            Self::WorkerVersion => "The library and its worker don't understand each other",
            Self::SharedMemory => "Shared memory or the channel to the worker can't be made",
            Self::JobRequest => "The worker can't do what was asked for",
            Self::JobVolume => "The worker can't use the volume",
            Self::JobMemory => "There is not enough memory for the job on any device that may be used",
            Self::JobLibtorch => "libtorch failed during the job",
            Self::EngineStopped => "The engine was stopped before the job was done",
            Self::NotDone => "The result of a job was asked for before the job was done",
            Self::Taken => "The result of a job was taken already",
            Self::Cancelled => "The job was cancelled",
            Self::Panic => "TMLI came to a point that it should never come to",
            Self::AbiVersion => "The program was compiled for another version of the library",
            Self::WorkerDefect => "The worker failed by a defect of its own",
        }
    }

    /// What to do.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::OutOfMemory => "Close other programs, or work on a part of the scan.",
            Self::NullArgument => "Pass what the call before gave, and check that call's error first.",
            Self::Text => "Pass UTF-8. Paths and names come from other encodings on some systems.",
            Self::SizeOverflow => {
                "Check the shape: slices, rows, columns. Sizes of another integer type may have been read wrongly."
            }
            Self::BufferSize => {
                "Pass one value for each voxel, in the order [k, j, i] (slice, row, column), without padding."
            }
            Self::EmptyShape => "Pass a shape of at least one voxel on each axis: slices, rows, columns.",
            Self::Spacing => "Pass distances between voxel centres in mm.",
            Self::Axes => {
                "Resample a sheared image first. In lps_from_ijk the columns are the i, j and k axis, each as long as the spacing."
            }
            Self::Origin => "Pass the centre of voxel [0, 0, 0] in LPS mm.",
            Self::GridsDiffer => {
                "Resample one onto the other's grid. Shape, origin, spacing, directions and frame of reference must agree."
            }
            Self::Name => {
                "Give each structure a name of its own with 1 to 64 printable characters, e.g. of AAPM TG-263."
            }
            Self::Option => "The message names the option and what it may be.",
            Self::TooLarge => "Check that both masks are of the same scan; crop the volume otherwise.",
            Self::Index => "Ask for the count first; indices start at 0.",
            Self::NoSuchStructure => "The message lists the names that are there; names are compared exactly.",
            Self::Matrix => {
                "Pass 4 x 4 numbers row by row: i, j and k axis (each as long as the spacing) and the origin as columns, last row 0 0 0 1. RAS matrices need their first two rows negated."
            }
            Self::Margin => "Pass margins in mm, 0 to 100, towards the six sides of the patient.",
            Self::NoCtv => "Name at least one CTV and its margin.",
            Self::Alignment => "Pass memory that was made for values of this type, not a place within other data.",
            Self::NoBody => "Check that the values are Hounsfield units; or name the body's contour yourself.",
            Self::ProtocolFile => "Compare it with rust-core/protocol/data; the message tells line and column.",
            Self::ProtocolContents => "Correct the structure or training set that the message names.",
            Self::AliasTable => "Keep one line for each alias.",
            Self::Folder => "Check that it exists and that you may open it.",
            Self::EmptyFolder => "Point to the folder with the DICOM files of one patient.",
            Self::NoCt => "Point to the folder with the CT series.",
            Self::SeveralSeries => "Name the one to read by its SeriesInstanceUID or its number in the message.",
            Self::NoSuchSeries => "Take one of those that the message lists.",
            Self::FileRead => "Check that it exists and that you may read it.",
            Self::NotDicom => "Export it again from the planning system or the archive.",
            Self::Damaged => "Copy or export the file again.",
            Self::Truncated => "Copy or export the file again.",
            Self::MissingAttribute => "Export again without removing attributes; some anonymisers remove too much.",
            Self::BadAttribute => "Export again; the message names the attribute.",
            Self::TransferSyntax => "Export the series uncompressed (Explicit VR Little Endian).",
            Self::Decode => "Export the series uncompressed (Explicit VR Little Endian).",
            Self::UnsupportedObject => "The message says what to do instead.",
            Self::OtherPatient => "Check that both are of the same patient.",
            Self::OtherFrame => "Choose the CT series that they were drawn on.",
            Self::WrongObject => "Choose another file.",
            Self::LabelGrid => "Export it on the CT's own grid.",
            Self::LabelMap => "Export it again as NIfTI or NRRD.",
            Self::DiskFull => "Free some space or choose another disk. Nothing half-written was left behind.",
            Self::FileWrite => {
                "Check that the folder exists and that you may write there. Nothing half-written was left behind."
            }
            Self::InvalidToWrite => "The message says what is wrong with it.",
            Self::FileExists => "Choose another name, or allow overwriting.",
            Self::SingleSlice => "Export the whole series: the spacing between slices needs two.",
            Self::DuplicatePositions => "Export one acquisition or phase only.",
            Self::MissingSlices => "Export the whole series.",
            Self::UnevenSpacing => "Reconstruct with one spacing, or export the parts as separate series.",
            Self::GantryTilt => "Reconstruct or resample it without tilt.",
            Self::SidewaysSlice => "Export one stack of slices as a series.",
            Self::MixedOrientations => "Export them as separate series.",
            Self::MixedPatientPositions => "Read head-first and feet-first scans as separate series.",
            Self::MixedSizes => "Export them as separate series.",
            Self::MixedPixelSpacing => "Export them as separate series.",
            Self::MixedFrames => "Export them as separate series.",
            Self::BadOrientation => "Export the series again.",
            Self::SeriesGrid => "Export the series again; the message says what is impossible.",
            Self::ModelSetting => "The message says what it may be.",
            Self::UnsuitableCt => "Choose another model, or another CT; the message says why they don't go together.",
            Self::NoModelForStructure => {
                "Choose from those that the message lists, or add a model that was trained for it."
            }
            Self::ModelFile => "Check that the model folder exists and that you may read it.",
            Self::ModelFileMissing => "Copy the model folder again, whole: model.json and weights.safetensors.",
            Self::ManifestSyntax => "Restore it from the original model folder.",
            Self::ModelFormatVersion => "Update TMLI, or export the model again.",
            Self::ManifestContents => "Train or export the model again.",
            Self::WeightsHash => "Copy the model folder again, whole.",
            Self::WeightsSyntax => "Copy the model folder again, whole.",
            Self::WeightsShape => "The folder mixes files of two models: copy it again.",
            Self::ModelRefused => "Copy the model folder again, whole; the message says what is wrong with it.",
            Self::WorkerNotFound => {
                "Install it (pip install tmli-engine, or cargo build --release -p tmli-worker), or name it in the variable TMLI_WORKER."
            }
            Self::WorkerStart => "Check that the file is a program for this system and may be run.",
            Self::WorkerEnded => "Look into its log, whose place the message tells; the next job starts a new worker.",
            Self::WorkerSilent => "Try again; if it happens again, report it with the log.",
            Self::WorkerVersion => "Install TMLI and its worker in the same version.",
            Self::SharedMemory => "Close other programs, then try again.",
            Self::JobRequest => "Change the request; the message says what it may be.",
            Self::JobVolume => "Check the CT; the message says what is wrong with it.",
            Self::JobMemory => "Close other programs, work on a region, or use a smaller model.",
            Self::JobLibtorch => "Try the CPU; if it happens again, report it with the worker's log.",
            Self::EngineStopped => "Start the job again.",
            Self::NotDone => "Wait for the job, or look at its status.",
            Self::Taken => "Keep the first result; there is only one.",
            Self::Cancelled => "Start it again when it is wanted after all.",
            Self::Panic => {
                "This is a defect of TMLI. Please report the message; it holds no patient data. The process may go on; discard the objects of the failed call."
            }
            Self::AbiVersion => {
                "Install the library that the program came with, or compile the program again with the header of this one."
            }
            Self::WorkerDefect => {
                "This is a defect of TMLI. Please report it with the worker's log; it holds no patient data."
            }
        }
    }
}
