"""RT Structure Sets that refer to the CT as it came from the scanner. The CT is never written again.

A planning system shows a structure set only on the very images it names. So the SOPInstanceUIDs must be those of the
original files, found by what Slicer remembers of them or in a folder that the user names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from . import geometry, segmentation
from .core import tmli
from .errors import Problem, as_problem
from .work import Progress, Steps, until

INSTANCE_UIDS = "DICOM.instanceUIDs"
"""Where Slicer's DICOM browser notes the SOPInstanceUIDs of a volume, separated by blanks."""

FOLDER = "TMLI.CTFolder"
"""The attribute of a volume that says where its DICOM files are: by the reader of TMLI, or because a person said so."""

_WHERE_FROM = (
    "Choose the folder of the CT's DICOM files under Export, or load the CT through Slicer's DICOM module. "
    "TMLI writes no new CT: the planning system would not know it."
)


class Database(Protocol):
    """What is asked of Slicer's DICOM database."""

    def fileForInstance(self, uid: str) -> str:  # noqa: N802 (Slicer's name)
        """The file of an image; empty when it is not known."""


@dataclass(frozen=True)
class Origin:
    """The CT series that a structure set will refer to."""

    identity: tmli.CtIdentity

    def in_words(self) -> str:
        """Which series that is, for a person to check."""
        identity = self.identity
        name = f"'{identity.description}'" if identity.description else "without description"
        count = len(identity.sop_instance_uids)
        return f"CT series {name}, {count} images, {identity.patient_position}\nSeriesInstanceUID {identity.series_uid}"


@dataclass(frozen=True)
class Exported:
    """What was written."""

    path: Path
    written: list[str]
    empty: list[str]
    """Segments without a voxel, left out."""
    origin: Origin


def find_origin(volume_node, database: Database | None = None, folder: str | Path | None = None) -> Origin:
    """The CT series of a volume node: from a folder, from the DICOM database, or from the files it was loaded from.

    Raises `Problem` when there is none, or when the files are of another CT than the volume.
    """
    grid = geometry.geometry_of(volume_node)
    uids = (volume_node.GetAttribute(INSTANCE_UIDS) or "").split()
    if folder:
        return _from_folder(Path(folder), grid, uids)
    if uids and database is not None:
        files = [file for file in (database.fileForInstance(uid) for uid in uids) if file]
        if files and len(files) < len(uids):
            raise Problem(f"Slicer's DICOM database has {len(files)} of the CT's {len(uids)} images.", _WHERE_FROM)
    else:
        files = _files_loaded(volume_node)
    files = [file for file in files if Path(file).is_file()]
    if not files:
        raise Problem("It is not known which DICOM images this CT came from.", _WHERE_FROM)
    try:
        identity = tmli.read_ct_identity(files)
    except tmli.TmliError as error:
        details = as_problem(error)
        raise Problem(
            "The files this volume was loaded from are no usable DICOM CT series.",
            _WHERE_FROM,
            f"{details.what}\n{details.details}",
        ) from error
    return _checked(identity, grid)


def _files_loaded(volume_node) -> list[str]:
    storage = volume_node.GetStorageNode()
    if storage is None:
        return []
    names = [storage.GetFileName(), *(storage.GetNthFileName(n) for n in range(storage.GetNumberOfFileNames()))]
    return list(dict.fromkeys(name for name in names if name))


def _from_folder(folder: Path, grid: tmli.Geometry, uids: list[str]) -> Origin:
    if not folder.is_dir():
        raise Problem("The folder of the CT is not there any more.", "Choose it again under Export.")
    entries = [entry for entry in tmli.scan_folder(folder).series if not entry.is_localizer]
    identities = []
    for entry in entries:
        try:
            identities.append(tmli.read_ct_identity(list(entry.files)))
        except tmli.TmliError:
            # Another series there may be unusable; only the one of our volume matters.
            continue
    fitting = [identity for identity in identities if identity.geometry.same_grid(grid)]
    named = [identity for identity in fitting if set(identity.sop_instance_uids) >= set(uids)] if uids else fitting
    if len(named) == 1:
        return Origin(named[0])
    if named:
        raise Problem(
            f"The folder holds {len(named)} CT series on the grid of this volume; which one it came from is not known.",
            "Choose the folder of the one series, or load the CT through Slicer's DICOM module.",
        )
    raise Problem(
        f"None of the {len(entries)} CT series in this folder is the one that is loaded.",
        "Choose the folder of the CT that was loaded. A cropped or resampled volume fits no series: segment the "
        "original one.",
    )


def _checked(identity: tmli.CtIdentity, grid: tmli.Geometry) -> Origin:
    if not identity.geometry.same_grid(grid):
        raise Problem(
            "The volume does not lie where the DICOM images it came from say.",
            "It was cropped, resampled or moved. Load the original CT and segment that.",
        )
    return Origin(identity)


def writing(
    path: str | Path, segmentation_node, origin: Origin, label: str, only: Iterable[str] | None = None
) -> Steps[Exported]:
    """Writes the segments as an RT Structure Set. An existing file is never touched."""
    path = Path(path)
    if path.exists():
        raise Problem("There is a file of that name already.", "Choose another name; TMLI writes over nothing.")
    if segmentation_node is None or not segmentation.names_and_ids(segmentation_node):
        raise Problem("There are no segments to export.", "Segment the CT first, or choose a segmentation.")
    masks = yield from segmentation.collecting(segmentation_node, origin.identity.geometry, only, share=0.3)
    generation = "automatic"
    for name, mask in masks.items():
        yield Progress(0.3, "Looking for what a person changed")
        if not is_untouched(segmentation_node, name, mask):
            generation = "semiautomatic"
            break
    task = tmli.start_write_structure_set(path, origin.identity, masks, label=label, generation=generation)
    written = yield from until(task, 0.3, 1.0, leaves_traces=True)
    return Exported(path, list(written.written), list(written.empty), origin)


def is_untouched(segmentation_node, name: str, mask: tmli.Mask) -> bool:
    """Whether a segment still is what the network made."""
    segment_id = segmentation.names_and_ids(segmentation_node)[name]
    value = segmentation.tag(geometry.segment_of(segmentation_node, segment_id), segmentation.TAG_VOXELS)
    return bool(value) and value == segmentation.checksum(mask)
