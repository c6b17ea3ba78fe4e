"""Exceptions of TMLI. Made by `cargo xtask codegen` from rust-core/api/errors.toml; change that and run it again."""

from __future__ import annotations

from enum import IntEnum


class ErrorNumber(IntEnum):
    """The numbers of errors; they stay as they are from version to version."""

    OUT_OF_MEMORY = 1
    NULL_ARGUMENT = 100
    TEXT = 101
    SIZE_OVERFLOW = 102
    BUFFER_SIZE = 103
    EMPTY_SHAPE = 104
    SPACING = 105
    AXES = 106
    ORIGIN = 107
    GRIDS_DIFFER = 108
    NAME = 109
    OPTION = 110
    TOO_LARGE = 111
    INDEX = 112
    NO_SUCH_STRUCTURE = 113
    MATRIX = 114
    MARGIN = 115
    NO_CTV = 116
    ALIGNMENT = 117
    NO_BODY = 118
    PROTOCOL_FILE = 130
    PROTOCOL_CONTENTS = 131
    ALIAS_TABLE = 132
    FOLDER = 200
    EMPTY_FOLDER = 201
    NO_CT = 202
    SEVERAL_SERIES = 203
    NO_SUCH_SERIES = 204
    FILE_READ = 205
    NOT_DICOM = 206
    DAMAGED = 207
    TRUNCATED = 208
    MISSING_ATTRIBUTE = 209
    BAD_ATTRIBUTE = 210
    TRANSFER_SYNTAX = 211
    DECODE = 212
    UNSUPPORTED_OBJECT = 213
    OTHER_PATIENT = 214
    OTHER_FRAME = 215
    WRONG_OBJECT = 216
    LABEL_GRID = 217
    LABEL_MAP = 218
    DISK_FULL = 219
    FILE_WRITE = 220
    INVALID_TO_WRITE = 221
    FILE_EXISTS = 222
    SINGLE_SLICE = 240
    DUPLICATE_POSITIONS = 241
    MISSING_SLICES = 242
    UNEVEN_SPACING = 243
    GANTRY_TILT = 244
    SIDEWAYS_SLICE = 245
    MIXED_ORIENTATIONS = 246
    MIXED_PATIENT_POSITIONS = 247
    MIXED_SIZES = 248
    MIXED_PIXEL_SPACING = 249
    MIXED_FRAMES = 250
    BAD_ORIENTATION = 251
    SERIES_GRID = 252
    MODEL_SETTING = 300
    UNSUITABLE_CT = 301
    NO_MODEL_FOR_STRUCTURE = 302
    MODEL_FILE = 303
    MODEL_FILE_MISSING = 304
    MANIFEST_SYNTAX = 305
    MODEL_FORMAT_VERSION = 306
    MANIFEST_CONTENTS = 307
    WEIGHTS_HASH = 308
    WEIGHTS_SYNTAX = 309
    WEIGHTS_SHAPE = 310
    MODEL_REFUSED = 320
    WORKER_NOT_FOUND = 400
    WORKER_START = 401
    WORKER_ENDED = 402
    WORKER_SILENT = 403
    WORKER_VERSION = 404
    SHARED_MEMORY = 405
    JOB_REQUEST = 410
    JOB_VOLUME = 411
    JOB_MEMORY = 412
    JOB_LIBTORCH = 413
    ENGINE_STOPPED = 420
    NOT_DONE = 421
    TAKEN = 422
    CANCELLED = 500
    PANIC = 900
    ABI_VERSION = 901
    WORKER_DEFECT = 902


class TmliError(Exception):
    """An error of TMLI: str() says what happened, `number` names the kind of error, `hint` says what to do."""

    def __init__(self, number: int, message: str, hint: str) -> None:
        super().__init__(number, message, hint)
        self.number = number
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message


class InputError(TmliError, ValueError):
    """What the caller gave: geometry, buffers, names, options: 100 to 199."""


class DicomError(TmliError):
    """Files and what is in them: CT series, RT Structure Sets, label maps: 200 to 299."""


class ModelError(TmliError):
    """Model folders: 300 to 399."""


class EngineError(TmliError, RuntimeError):
    """Segmentation jobs and the worker process that runs them: 400 to 499."""


class Cancelled(TmliError):
    """Stopped by the caller: 500 to 599."""


class DefectError(TmliError, RuntimeError):
    """TMLI itself, or parts of it that don't belong together: 900 to 999."""


_CLASSES: list[tuple[range, type[TmliError]]] = [
    (range(1, 100), TmliError),
    (range(100, 200), InputError),
    (range(200, 300), DicomError),
    (range(300, 400), ModelError),
    (range(400, 500), EngineError),
    (range(500, 600), Cancelled),
    (range(900, 1000), DefectError),
]


def error(number: int, message: str, hint: str) -> TmliError:
    """The exception of that number, in the class that its range belongs to."""
    for numbers, kind in _CLASSES:
        if number in numbers:
            return kind(number, message, hint)
    return TmliError(number, message, hint)
