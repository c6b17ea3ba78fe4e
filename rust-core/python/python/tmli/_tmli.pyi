"""CT series, structure sets, contours, metrics and segmentation jobs of TMLI. Import `tmli`, not this."""

from collections.abc import Generator, ItemsView, Iterable, Iterator, KeysView, Mapping, Sequence, ValuesView
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Generic, Literal, TypeAlias, TypedDict, TypeVar, final, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import Self, disjoint_base

__version__: Final[str]

_T = TypeVar("_T")
_Path: TypeAlias = str | PathLike[str]
_MaskLike: TypeAlias = NDArray[np.bool_] | NDArray[np.uint8] | Mask
_Masks: TypeAlias = Mapping[str, _MaskLike]
_Index: TypeAlias = tuple[int, int, int]
_Point: TypeAlias = tuple[float, float, float]
_Box: TypeAlias = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
_Matrix: TypeAlias = Sequence[Sequence[float]] | NDArray[np.floating[Any]] | NDArray[np.integer[Any]]
_State: TypeAlias = Literal["queued", "running", "done", "failed", "cancelled"]
_Profile: TypeAlias = Literal["surfel", "voxel", "slicer-rt", "net"]

class _Device(TypedDict):
    name: str
    usable: bool
    reason: str

class _Worker(TypedDict):
    version: str
    libtorch: str
    auto: str
    devices: list[_Device]
    memory_bytes: int
    memory_available_bytes: int
    model_memory_bytes: int

def _panic() -> None: ...

@final
class Geometry:
    """Where the voxels of an array ``[k, j, i]`` (slice, row, column) are in the patient, in LPS millimetres (x to the
    left, y to posterior, z to superior). Integer indices are voxel centres.

    ``lps_from_ijk`` is 4 x 4: the columns are the i, j and k axis, each as long as the spacing, and the centre of
    voxel ``[0, 0, 0]``. A RAS matrix (3D Slicer, NIfTI) needs its first two rows negated.

    Raises InputError when that is no grid: an axis without voxels, axes that are not at right angles, values that
    are not finite.
    """
    def __new__(
        cls, shape: Sequence[int], lps_from_ijk: _Matrix, frame_of_reference_uid: str | None = None
    ) -> Self: ...
    @staticmethod
    def axial(
        shape: Sequence[int],
        origin: Sequence[float],
        spacing_mm: Sequence[float],
        frame_of_reference_uid: str | None = None,
    ) -> Geometry:
        """A grid of a head-first, supine patient: i to the left, j to posterior, k to superior. ``origin`` is the
        centre of voxel ``[0, 0, 0]`` (x, y, z), ``spacing_mm`` the distance of slices, rows and columns (k, j, i).
        """
    @property
    def shape(self) -> _Index:
        """Slices, rows, columns."""
    @property
    def spacing_mm(self) -> _Point:
        """Distance between voxel centres in mm: slices, rows, columns (k, j, i)."""
    @property
    def origin(self) -> _Point:
        """Centre of voxel ``[0, 0, 0]`` in LPS mm: x, y, z."""
    @property
    def lps_from_ijk(self) -> NDArray[np.float64]:
        """The 4 x 4 matrix from column vectors (i, j, k, 1) to LPS mm, float64."""
    @property
    def frame_of_reference_uid(self) -> str | None:
        """DICOM FrameOfReferenceUID, or None. Grids of two frames are never the same grid."""
    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel in mm^3."""
    def point_from_index(self, kji: Sequence[float]) -> _Point:
        """The point (x, y, z) in LPS mm of an index (k, j, i); fractions lie between voxel centres."""
    def index_from_point(self, point: Sequence[float]) -> _Point:
        """The index (k, j, i), with fractions, of a point (x, y, z) in LPS mm."""
    def same_grid(self, other: Geometry) -> bool:
        """Whether both put every voxel at the same place, to 0.001 mm, of the same frame of reference. A grid without a
        frame is taken to be in the other's.
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __getnewargs__(self) -> tuple[_Index, Sequence[Sequence[float]], str | None]: ...

@final
class Volume:
    """Hounsfield units ``[k, j, i]`` on a grid.

    An int16 array of any strides is kept as it is: no voxel is copied, the array lives as long as the volume, and a
    change to it is a change to the volume. Arrays of other numbers are rounded into a new one; ``copied`` tells.

    Raises InputError when the array is not of the shape of the geometry, or a value is not finite or beyond 16 bits.
    """
    def __new__(cls, array: ArrayLike, geometry: Geometry) -> Self: ...
    @property
    def array(self) -> NDArray[np.int16]:
        """Hounsfield units, int16, ``[k, j, i]``."""
    @property
    def geometry(self) -> Geometry:
        """Where the voxels are."""
    @property
    def copied(self) -> bool:
        """Whether ``array`` is another one than the caller gave, because that was not int16."""

@final
class Mask:
    """A set of voxels, one bit for each: an eighth of a bool array. Taken wherever a mask is, and an array for numpy.

    ``array`` is bool or uint8 ``[k, j, i]``; it may be a part of the grid of ``shape`` voxels, whose first voxel has
    the index ``start``. What of it lies outside of the grid is cut off, as segments of other programs may reach
    beyond.

    Raises InputError for another type, or a shape that no memory holds.
    """
    def __new__(
        cls, shape: Sequence[int], array: NDArray[np.bool_] | NDArray[np.uint8], start: Sequence[int] | None = None
    ) -> Self: ...
    @property
    def shape(self) -> _Index:
        """Slices, rows, columns."""
    @property
    def array(self) -> NDArray[np.bool_]:
        """The voxels as a new bool array, which takes memory only where there are any."""
    def count(self) -> int:
        """Number of voxels."""
    def bounds(self) -> _Box | None:
        """The smallest box that holds all voxels: start and end (exclusive) on the k, j and i axis; None when there are
        none.
        """
    def cut(self, bounds: Sequence[Sequence[int]]) -> NDArray[np.bool_]:
        """The voxels inside a box, as ``bounds`` gives it, as a new bool array of the size of the box.

        Raises InputError when the box is not inside of the grid.
        """
    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]: ...

@final
class Masks(Mapping[str, NDArray[np.bool_]]):
    """Masks by name, a read-only mapping from name to a bool array ``[k, j, i]`` on one grid.

    Masks are kept as one bit for each voxel. An array is made when it is asked for, a new one each time, and takes
    memory only where the mask has voxels. Functions of this module take the mapping itself without making arrays.
    """
    @property
    def geometry(self) -> Geometry:
        """The grid of every mask."""
    @property
    def findings(self) -> list[str]:
        """What was odd when the masks were made, in words."""
    def count(self, name: str) -> int:
        """Number of voxels inside. Raises KeyError for an unknown name."""
    def mask(self, name: str) -> Mask:
        """The mask as it is kept, without an array. Raises KeyError for an unknown name."""
    def bounds(self, name: str) -> _Box | None:
        """The smallest box that holds the mask: start and end (exclusive) on the k, j and i axis; None when it is
        empty. ``mask[tuple(slice(*ends) for ends in bounds)]`` cuts it out. Raises KeyError for an unknown name.
        """
    def __len__(self) -> int: ...
    def __contains__(self, name: object, /) -> bool: ...
    def __getitem__(self, name: str, /) -> NDArray[np.bool_]: ...
    def __iter__(self) -> Iterator[str]: ...
    def keys(self) -> KeysView[str]:
        """The names, in the order of the protocol or the file."""
    def values(self) -> ValuesView[NDArray[np.bool_]]:
        """The arrays, each made when its turn comes."""
    def items(self) -> ItemsView[str, NDArray[np.bool_]]:
        """Pairs of name and array, each made when its turn comes."""
    @overload
    def get(self, name: str, default: None = None) -> NDArray[np.bool_] | None: ...
    @overload
    def get(self, name: str, default: NDArray[np.bool_] | _T) -> NDArray[np.bool_] | _T: ...

@disjoint_base
class CtIdentity:
    """What identifies a CT series, and its grid: everything but the voxels.

    Holds the patient's attributes for what is written on this series, and shows none of them.
    """
    @property
    def geometry(self) -> Geometry:
        """The grid of the series."""
    @property
    def series_uid(self) -> str:
        """SeriesInstanceUID."""
    @property
    def study_uid(self) -> str:
        """StudyInstanceUID."""
    @property
    def frame_of_reference_uid(self) -> str | None:
        """FrameOfReferenceUID, or None."""
    @property
    def sop_instance_uids(self) -> list[str]:
        """SOPInstanceUID of every slice, in the order of k."""
    @property
    def patient_position(self) -> str:
        """PatientPosition: HFS, FFS, ...; empty where the files don't say."""
    @property
    def description(self) -> str:
        """SeriesDescription: free text that may hold anything, show it only to the user who owns the data."""
    @property
    def findings(self) -> list[str]:
        """What was odd about the files, in words without patient data."""

@final
class CtSeries(CtIdentity):
    """A CT series: voxels in Hounsfield units, and what identifies it. k ascends along the normal of the slices."""
    @property
    def volume(self) -> Volume:
        """Hounsfield units and their grid."""

@final
class SeriesEntry:
    """One CT series in a folder. Only headers were read."""
    @property
    def series_uid(self) -> str:
        """SeriesInstanceUID; empty where the files don't say."""
    @property
    def study_uid(self) -> str:
        """StudyInstanceUID; empty where the files don't say."""
    @property
    def frame_of_reference_uid(self) -> str | None:
        """FrameOfReferenceUID of the first file, or None."""
    @property
    def series_number(self) -> int | None:
        """SeriesNumber, or None."""
    @property
    def description(self) -> str:
        """SeriesDescription: free text that may hold anything, show it only to the user who owns the data."""
    @property
    def slices(self) -> int:
        """Number of slices."""
    @property
    def patient_position(self) -> str:
        """PatientPosition of the first file: HFS, FFS, ..."""
    @property
    def is_localizer(self) -> bool:
        """Whether every image is a scout."""
    @property
    def files(self) -> list[Path]:
        """The files, sorted along the normal of the slices; a multi-frame file once."""
    @property
    def summary(self) -> str:
        """The series in one line without free text: slices, matrix, spacing, position, UID, or why it is no volume."""
    def geometry(self) -> Geometry:
        """The grid of the series, from the headers. Raises DicomError when the slices make no volume."""
    def read(self) -> CtSeries:
        """Reads the voxels. Raises DicomError as ``read_ct_series``."""

@final
class StructureSetEntry:
    """One RT Structure Set file in a folder."""
    @property
    def path(self) -> Path:
        """Where it is."""
    @property
    def sop_instance_uid(self) -> str:
        """SOPInstanceUID."""
    @property
    def label(self) -> str:
        """StructureSetLabel."""
    @property
    def roi_names(self) -> list[str]:
        """ROI names in file order."""
    @property
    def frame_of_reference_uid(self) -> str | None:
        """FrameOfReferenceUID of its contours, or None."""
    @property
    def referenced_series_uids(self) -> list[str]:
        """SeriesInstanceUIDs it refers to."""

@final
class FolderScan:
    """What is in a folder and below."""
    @property
    def series(self) -> list[SeriesEntry]:
        """CT series, in the order of their series numbers, scouts last."""
    @property
    def structure_sets(self) -> list[StructureSetEntry]:
        """RT Structure Sets, in the order of their paths."""
    @property
    def other_objects(self) -> list[tuple[str, str, int]]:
        """Other DICOM objects: modality, class and number of files."""
    @property
    def not_dicom(self) -> int:
        """Number of files that are no DICOM."""
    @property
    def unreadable(self) -> list[tuple[Path, str]]:
        """Files that seem to be DICOM but can't be read, each with the reason."""

def scan_folder(folder: _Path) -> FolderScan:
    """Lists the CT series and RT Structure Sets in a folder and all folders below, whatever files are called. Reads
    headers only.

    Raises DicomError when the folder can't be listed or holds no file. Files that can't be read are no error, they
    are in ``unreadable``.
    """

def read_ct_series(folder: _Path, series_uid: str | None = None) -> CtSeries:
    """Reads the CT series of a folder: the only one, or the one of this SeriesInstanceUID.

    Raises DicomError when there is none or several, and when the slices make no volume: uneven spacing, missing
    slices, gantry tilt; the message names the slices.
    """

def read_ct_identity(files: Sequence[_Path]) -> CtIdentity:
    """What identifies the CT series that these files are, without reading its voxels: to write a structure set on a
    scan that is in memory already.

    Raises DicomError as ``read_ct_series``.
    """

@final
class Contour:
    """One loop, line or point: ``points`` are n x 3 (x, y, z) in LPS mm, ``kind`` is a term of DICOM
    ContourGeometricType. A closed loop does not repeat its first point.

    Raises InputError for another shape or kind.
    """
    def __new__(cls, points: ArrayLike, kind: str = "CLOSED_PLANAR") -> Self: ...
    @property
    def points(self) -> NDArray[np.float64]:
        """LPS mm, float64, n x 3 (x, y, z)."""
    @property
    def kind(self) -> str:
        """CLOSED_PLANAR, CLOSEDPLANAR_XOR, OPEN_PLANAR, OPEN_NONPLANAR or POINT."""
    def __len__(self) -> int: ...

def rasterise(contours: Iterable[Contour | ArrayLike], geometry: Geometry) -> NDArray[np.bool_]:
    """The voxels whose centres the contours of one structure enclose: a bool array ``[k, j, i]``.

    Loops of a slice are combined by even-odd, so that a loop in a loop is a hole. Contours may also be n x 3 arrays
    of closed loops. Contours outside of the grid, tilted or without area are left out, as ``StructureSet.rasterise``
    tells in the findings of its masks.
    """

def trace(mask: _MaskLike, geometry: Geometry, smooth: bool = False, keyhole: bool = False) -> list[Contour]:
    """Loops along the pixel edges of every slice of a bool or uint8 array ``[k, j, i]``; ``rasterise`` gives the mask
    back voxel for voxel, whatever is chosen here.

    ``smooth`` rounds the stairs. A hole is a loop in a loop; with ``keyhole`` it is joined to the loop around it by
    a channel of no width, for systems that fill everything inside a loop.

    Raises InputError when the mask is not of the shape of the geometry.
    """

@final
class Roi:
    """One region of interest."""
    @property
    def name(self) -> str:
        """ROIName, as in the file."""
    @property
    def number(self) -> int:
        """ROINumber: an identifier that the writer chose, not an index."""
    @property
    def colour(self) -> _Index | None:
        """Display colour (red, green, blue), 0 to 255, or None."""
    @property
    def interpreted_type(self) -> str | None:
        """RTROIInterpretedType, e.g. ORGAN or CTV, or None."""
    @property
    def contours(self) -> list[Contour]:
        """Its contours, in no particular order."""

@final
class StructureSet:
    """An RT Structure Set: ROIs of contours in LPS mm."""
    @property
    def label(self) -> str:
        """StructureSetLabel."""
    @property
    def frame_of_reference_uid(self) -> str | None:
        """FrameOfReferenceUID of the coordinates, or None."""
    @property
    def sop_instance_uid(self) -> str:
        """SOPInstanceUID."""
    @property
    def referenced_series_uids(self) -> list[str]:
        """SeriesInstanceUIDs that it says it was drawn on."""
    @property
    def rois(self) -> list[Roi]:
        """In file order, with those that have no contour."""
    @property
    def findings(self) -> list[str]:
        """What was odd about the file, in words without patient data."""
    def start_rasterise(self, geometry: Geometry) -> Task[Masks]:
        """Starts ``rasterise`` and returns at once. The task's result is what ``rasterise`` gives."""
    def rasterise(self, geometry: Geometry) -> Masks:
        """The voxels of every ROI that has contours, by ROI name. Where several ROIs have one name, the number is added
        to all but the first: ``heart (ROI 4)``. Contours that were left out or moved are told in ``findings``.
        """

@final
class Written:
    """What was written."""
    @property
    def written(self) -> list[str]:
        """Names of the ROIs in the file."""
    @property
    def empty(self) -> list[str]:
        """Names of the ROIs left out because their mask is empty."""
    @property
    def sop_instance_uid(self) -> str:
        """SOPInstanceUID of the new file."""
    @property
    def bytes(self) -> int:
        """Size of the file in bytes."""

def read_structure_set(path: _Path, ct: CtIdentity | None = None) -> StructureSet:
    """Reads an RT Structure Set. With ``ct``, checks that it is of that patient and frame of reference, and tells in
    ``findings`` what is odd about its references.

    Raises DicomError when the file can't be read, is something else, or does not belong to ``ct``.
    """

def start_read_structure_set(path: _Path, ct: CtIdentity | None = None) -> Task[StructureSet]:
    """Starts ``read_structure_set`` and returns at once. The task's result is what ``read_structure_set`` gives."""
def start_write_structure_set(
    path: _Path,
    ct: CtIdentity,
    masks: _Masks,
    *,
    label: str | None = None,
    generation: Literal["automatic", "semiautomatic", "manual"] = "automatic",
    algorithm: str | None = None,
    overwrite: bool = False,
    geometry: Geometry | None = None,
    smooth: bool = False,
    keyhole: bool = False,
) -> Task[Written]:
    """Starts ``write_structure_set`` and returns at once. The task's result is what ``write_structure_set`` gives; the
    file appears in its last part, which is not cancelled.

    Raises InputError for a wrong option or shape; the task raises the rest.
    """
def write_structure_set(
    path: _Path,
    ct: CtIdentity,
    masks: _Masks,
    *,
    label: str | None = None,
    generation: Literal["automatic", "semiautomatic", "manual"] = "automatic",
    algorithm: str | None = None,
    overwrite: bool = False,
    geometry: Geometry | None = None,
    smooth: bool = False,
    keyhole: bool = False,
) -> Written:
    """Writes masks as an RT Structure Set that points at the CT series, whole or not at all.

    ``masks`` maps names to bool or uint8 arrays ``[k, j, i]`` on the grid of the CT; on another grid in the same
    patient coordinates when ``geometry`` says so (its slices must lie on slices of the CT). Names of the TMLI
    protocol get its colours and codes. ``generation`` is "automatic", "semiautomatic" or "manual", ``algorithm`` its
    name and version. ``smooth`` and ``keyhole`` are as in ``trace``.

    Raises InputError for a wrong option or shape; DicomError when the file is there already and ``overwrite`` is not
    said, when every mask is empty, and when it can't be written.
    """

@final
class DirectedDistances:
    """Distances from the surface of one mask to that of the other, in mm."""
    @property
    def mean_mm(self) -> float:
        """Mean over the surface's area (over border voxels for voxel and slicer-rt)."""
    @property
    def percentile95_mm(self) -> float:
        """The distance that 95 % of the surface does not exceed."""
    @property
    def percentile_mm(self) -> float:
        """The same for the percentile that was asked for."""
    @property
    def max_mm(self) -> float:
        """The largest."""

@final
class StructureMetrics:
    """How well a prediction agrees with a reference. Distances in mm; NaN where both masks are empty, infinite where
    one is (``undefined`` says which).
    """
    @property
    def structure(self) -> str:
        """Name of the structure."""
    @property
    def dsc(self) -> float:
        """Dice similarity coefficient, 0 to 1."""
    @property
    def hd_mm(self) -> float:
        """Hausdorff distance."""
    @property
    def hd95_mm(self) -> float:
        """95th percentile of distances, the larger of both directions (for slicer-rt their mean)."""
    @property
    def asd_mm(self) -> float:
        """Average distance of both surfaces."""
    @property
    def percentile(self) -> float:
        """The percentile of ``hd_percentile_mm``."""
    @property
    def hd_percentile_mm(self) -> float:
        """As ``hd95_mm``, with the percentile that was asked for."""
    @property
    def pooled_percentile_mm(self) -> float:
        """That percentile of the distances of both surfaces taken together (medpy's HD95, for voxel)."""
    @property
    def reference_to_prediction(self) -> DirectedDistances:
        """From the reference's surface to the prediction's."""
    @property
    def prediction_to_reference(self) -> DirectedDistances:
        """From the prediction's surface to the reference's."""
    @property
    def tolerance_mm(self) -> float:
        """The tolerance of ``surface_dice``."""
    @property
    def surface_dice(self) -> float:
        """The part of both surfaces that is at most the tolerance from the other surface, 0 to 1."""
    @property
    def path_tolerance_mm(self) -> float:
        """The tolerance of ``added_path_length_mm``."""
    @property
    def added_path_length_mm(self) -> float:
        """Length of the reference's contours that would have to be drawn anew, slice by slice."""
    @property
    def centre_shift_mm(self) -> _Point:
        """From the reference's centre of mass to the prediction's, along k, j and i."""
    @property
    def reference_volume_ml(self) -> float:
        """Volume of the reference in ml."""
    @property
    def prediction_volume_ml(self) -> float:
        """Volume of the prediction in ml."""
    @property
    def flags(self) -> list[str]:
        """What limits the meaning of the distances: "below_resolution", "touches_border"."""
    @property
    def undefined(self) -> Literal["both_empty", "reference_empty", "prediction_empty"] | None:
        """ "both_empty", "reference_empty", "prediction_empty", or None."""
    @property
    def profile(self) -> _Profile:
        """By whose convention: "surfel", "voxel", "slicer-rt" or "net"."""

def compare(
    reference: _Masks,
    prediction: _Masks,
    grid: Geometry | Sequence[float],
    profile: _Profile = "surfel",
    percentile: float = 95.0,
    tolerance_mm: float | None = None,
    path_tolerance_mm: float | None = None,
) -> list[StructureMetrics]:
    """Compares every structure that both mappings name, in the reference's order.

    Both map names to bool or uint8 arrays ``[k, j, i]`` of one shape; ``grid`` is their geometry or the spacing (k,
    j, i) in mm. ``profile`` says by whose convention distances are measured: "surfel" (DeepMind's surface-distance),
    "voxel" (MONAI), "slicer-rt", "net" (nearest to the truth). Without ``tolerance_mm`` the surface Dice is at 2 mm,
    without ``path_tolerance_mm`` the added path length is all that is not drawn alike.

    Raises InputError when shapes differ or an option has no meaning.
    """

def start_compare(
    reference: _Masks,
    prediction: _Masks,
    grid: Geometry | Sequence[float],
    profile: _Profile = "surfel",
    percentile: float = 95.0,
    tolerance_mm: float | None = None,
    path_tolerance_mm: float | None = None,
) -> Task[list[StructureMetrics]]:
    """Starts ``compare`` and returns at once. The task's result is what ``compare`` gives.

    All structures are one part of the work: start one for each structure to hear how far it is, and to cancel
    between.

    Raises InputError when shapes differ or an option has no meaning.
    """
def compare_label_maps(
    reference: NDArray[np.integer[Any]],
    prediction: NDArray[np.integer[Any]],
    labels: Mapping[int, str],
    grid: Geometry | Sequence[float],
    profile: _Profile = "surfel",
    percentile: float = 95.0,
    tolerance_mm: float | None = None,
    path_tolerance_mm: float | None = None,
) -> list[StructureMetrics]:
    """Compares structures of two label maps in one pass over each, without making masks.

    Both are integer arrays ``[k, j, i]`` of one shape; ``labels`` maps labels to names, e.g. ``{5: "Liver"}``, and
    says which structures there are and in which order. The others are as in ``compare``.

    Raises InputError when shapes differ, when an array is not of integers of at most 32 bits, or when an option has
    no meaning.
    """

@final
class Margin:
    """How far a structure grows towards each side of the patient, in mm from 0 to 100.

    All six must be said, or ``Margin.uniform(mm)``. The margin round a point is a quarter of an ellipsoid in each
    octant, so that two different margins meet smoothly.
    """
    def __new__(
        cls, *, left: float, right: float, anterior: float, posterior: float, superior: float, inferior: float
    ) -> Self: ...
    @staticmethod
    def uniform(mm: float) -> Margin:
        """The same in all directions: a sphere."""
    @property
    def left(self) -> float:
        """Towards the patient's left, mm."""
    @property
    def right(self) -> float:
        """Towards the patient's right, mm."""
    @property
    def anterior(self) -> float:
        """Towards the patient's front, mm."""
    @property
    def posterior(self) -> float:
        """Towards the patient's back, mm."""
    @property
    def superior(self) -> float:
        """Towards the head, mm."""
    @property
    def inferior(self) -> float:
        """Towards the feet, mm."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

def expand(mask: _MaskLike, geometry: Geometry, margin: Margin) -> NDArray[np.bool_]:
    """The mask (bool or uint8, ``[k, j, i]``) and every voxel whose centre lies within the margin of the centre of one
    of its voxels: exact for any spacing. A new bool array; what would lie outside of the grid is cut off.

    Raises InputError when the mask is not of the shape of the geometry, or the margin is not from 0 to 100 mm.
    """

def shrink(mask: _MaskLike, geometry: Geometry, margin: Margin) -> NDArray[np.bool_]:
    """The mask without every voxel whose centre lies within the margin of the centre of a voxel outside; what lies
    beyond the grid does not count as outside.

    Raises InputError as ``expand``.
    """

def body_mask(volume: Volume) -> NDArray[np.bool_]:
    """The patient in a CT, skin included, as a new bool array ``[k, j, i]``: for ``ptv`` where nobody drew it.

    What is denser than -300 HU, with the lungs, less what is thinner than 8 mm (table tops, masks), in its largest
    piece and those of a tenth of its size; hollows are filled slice by slice. Solid things thicker than 8 mm that
    touch the patient stay in.

    Raises InputError when there is no body, as in a volume that is no CT.
    """

def start_ptv(
    ctvs: Sequence[tuple[_MaskLike, Margin]],
    geometry: Geometry,
    body: _MaskLike | Volume | None = None,
    crop: Sequence[tuple[_MaskLike, float]] | None = None,
) -> Task[Mask]:
    """Starts ``ptv`` and returns at once. The task's result is a ``Mask``.

    The voxels of a ``Volume`` are copied, so that it may change.

    Raises InputError as ``ptv`` for what is wrong with the shapes; the task raises the rest.
    """
def ptv(
    ctvs: Sequence[tuple[_MaskLike, Margin]],
    geometry: Geometry,
    body: _MaskLike | Volume | None = None,
    crop: Sequence[tuple[_MaskLike, float]] | None = None,
) -> NDArray[np.bool_]:
    """The planning target volume: the union of CTVs, each expanded by its margin, within the body, and without what is
    nearer than a distance in mm to each structure in ``crop``. A new bool array ``[k, j, i]``.

    ``ctvs`` are pairs of mask and ``Margin``, ``crop`` pairs of mask and mm; masks are ``Mask``, or bool or uint8
    arrays ``[k, j, i]``. ``body`` is a mask, or the ``Volume`` of the CT: then it is what ``body_mask`` finds there.

    Raises InputError without CTVs, and as ``expand`` and ``body_mask``.
    """

@final
class Code:
    """A coded concept, as DICOM writes it."""
    @property
    def scheme(self) -> str:
        """CodingSchemeDesignator, e.g. SCT (SNOMED CT) or DCM."""
    @property
    def value(self) -> str:
        """CodeValue."""
    @property
    def meaning(self) -> str:
        """CodeMeaning."""

@final
class Structure:
    """One structure of the protocol."""
    @property
    def name(self) -> str:
        """TG-263 name, e.g. Kidney_L."""
    @property
    def paper_name(self) -> str:
        """The name in the study's tables, e.g. "left kidney"."""
    @property
    def group(self) -> str:
        """oar1, oar2, oar3, ctv1, ctv2, ctv3 or derived."""
    @property
    def code(self) -> Code | None:
        """What it is, or None."""
    @property
    def code_modifier(self) -> Code | None:
        """Which side, or None."""
    @property
    def category(self) -> Code:
        """What kind of thing it is."""
    @property
    def interpreted_type(self) -> str:
        """DICOM RTROIInterpretedType: ORGAN, CTV, PTV, EXTERNAL."""
    @property
    def colour(self) -> _Index:
        """Display colour (red, green, blue), 0 to 255."""
    @property
    def acceptance_dsc(self) -> float:
        """A DSC above this counts as clinically acceptable."""
    @property
    def union_of(self) -> list[str]:
        """ROIs that make up this structure where the parts are contoured, e.g. Lung_L and Lung_R for Lungs."""

@final
class TrainingSet:
    """Structures that one network learns together."""
    @property
    def id(self) -> str:
        """As on the command line, e.g. oar1."""
    @property
    def title(self) -> str:
        """In words."""
    @property
    def structures(self) -> list[str]:
        """Names of structures, in the order of the network's outputs."""

@final
class Protocol:
    """What to contour, and which structures are trained together."""
    @property
    def name(self) -> str:
        """Name of the protocol."""
    @property
    def structures(self) -> list[Structure]:
        """In the order in which they are shown and written."""
    @property
    def sets(self) -> list[TrainingSet]:
        """In the order in which they are trained."""
    def structure(self, name: str) -> Structure | None:
        """The structure of that TG-263 name, or None."""

def protocol() -> Protocol:
    """The TMLI protocol: 22 organs at risk, CTV1 to CTV3, PTV and External, with names, codes, colours and limits."""

def match_rois(names: Sequence[str]) -> dict[str, str | None]:
    """For each name of a ROI, as hospitals write them, the TG-263 name; None where it is not known. Case, punctuation
    and usual abbreviations don't matter. Several names may stand for one structure: the caller chooses.
    """

@final
class Manifest:
    """What a model folder says of its network."""
    @property
    def name(self) -> str:
        """For people, e.g. "oar1 vnet3d"."""
    @property
    def network(self) -> Literal["unet2d", "vnet3d"]:
        """ "unet2d" or "vnet3d"."""
    @property
    def set(self) -> str:
        """Training set of the protocol, e.g. oar1."""
    @property
    def structures(self) -> list[str]:
        """TG-263 names, in the order of the network's outputs."""
    @property
    def validation(self) -> dict[str, float]:
        """Mean DSC of the validation cases by structure; those that were never validated are not in it."""
    @property
    def validation_hd95_mm(self) -> dict[str, float]:
        """Mean HD95 of the same cases in mm; structures without a distance are not in it."""
    @property
    def spacing_mm(self) -> _Point:
        """Voxel spacing that the network was trained at, mm (k, j, i)."""
    @property
    def patch(self) -> _Index:
        """Window of the network in voxels of that spacing (k, j, i); k is 1 in 2D."""
    @property
    def created(self) -> str | None:
        """When it was made, ISO 8601, or None."""
    @property
    def software(self) -> str:
        """Program and version that made it."""
    @property
    def training_cases(self) -> int:
        """Number of cases it was trained on."""
    @property
    def weights_sha256(self) -> str:
        """SHA-256 of its weights."""

@final
class ExpectedMemory:
    """What a job takes at most, in the usual case."""
    @property
    def host_bytes(self) -> int:
        """Memory of the machine that the worker takes."""
    @property
    def device_bytes(self) -> int:
        """Memory of the GPU; 0 on the CPU."""

def read_manifest(folder: _Path, check: bool = False) -> Manifest:
    """Reads what a model folder says of itself: milliseconds, for lists of models. ``check`` reads the weights too and
    compares their hash.

    Raises ModelError when a file is missing, of another version, contradicts itself or is damaged.
    """

def choose_models(models: Sequence[_Path], structures: Sequence[str] | None = None) -> list[StructureSource]:
    """Which of these model folders gives which structure in a job, with its scores in validation: what
    ``SegmentResult.sources`` will say. ``structures`` are names, None for all that the models know.

    Of the models that know a structure, the one with the best validation DSC; of those within 0.005 of the best, the
    one with the smallest HD95.

    Raises ModelError as ``read_manifest``, and where no model knows a structure that was asked for.
    """

def expected_memory(models: Sequence[_Path], geometry: Geometry, device: str = "cpu") -> ExpectedMemory:
    """The memory that a job with these model folders on a CT of this grid takes. Models run one after the other, so it
    is that of the largest. ``device`` is "cpu" or "cuda".

    Raises ModelError as ``read_manifest``, InputError for another device.
    """

@final
class Phantom:
    """A synthetic child with ground truth."""
    @property
    def ct(self) -> Volume:
        """Hounsfield units on an axial grid, head first, supine."""
    @property
    def masks(self) -> Masks:
        """The 25 structures under their TG-263 names."""
    @property
    def age_years(self) -> float:
        """Age in years."""
    @property
    def sex(self) -> Literal["F", "M"]:
        """ "F" or "M"."""
    @property
    def height_cm(self) -> float:
        """Standing height in cm."""

def phantom(seed: int, case: int = 1, age_years: float | None = None, matrix: int = 128) -> Phantom:
    """Makes a synthetic child: a whole-body CT of 5 mm slices and 25 structures. The same arguments make the same
    child, voxel for voxel. ``matrix`` is 128, 256 or 512 pixels along an edge; without ``age_years`` (2 to 17) ages
    differ.

    Raises InputError for another age or matrix.
    """

def write_phantom(folder: _Path, seed: int, case: int = 1, age_years: float | None = None, matrix: int = 128) -> None:
    """Makes a synthetic child as ``phantom`` does and writes it as DICOM: ``folder/ct/*.dcm`` and
    ``folder/rtstruct.dcm``.

    Raises InputError for another age or matrix, DicomError when the folder holds such files already or can't be
    written.
    """

@final
class Engine:
    """Runs networks in a worker process, which is started at the first need and kept warm.

    ``worker`` is the program; without it, what the variable TMLI_WORKER names, else the one of the package
    tmli-engine, else ``tmli-worker`` beside this library or on PATH. Its log goes to ``log_folder``. After
    ``idle_limit_s`` seconds without a job the worker ends; it keeps at most ``model_memory_bytes`` of weights
    loaded.

    May be used from any thread. When the last reference is gone, the worker ends. ``with tmli.Engine() as engine:``
    ends it at the end of the block.
    """
    def __new__(
        cls,
        worker: _Path | None = None,
        log_folder: _Path | None = None,
        idle_limit_s: float | None = None,
        model_memory_bytes: int | None = None,
    ) -> Self: ...
    def describe(self) -> _Worker:
        """What the worker is and can: ``version``, ``libtorch``, ``auto`` (the device that is taken, and why),
        ``devices`` (each with ``name``, ``usable``, ``reason``), ``memory_bytes``, ``memory_available_bytes``,
        ``model_memory_bytes``. Starts it if need be.

        Raises EngineError when there is no worker, or it can't start.
        """
    def segment(
        self,
        volume: Volume,
        models: Sequence[_Path],
        structures: Sequence[str] | None = None,
        device: str = "auto",
        overlap: float = 0.5,
        region: _Box | None = None,
    ) -> Job:
        """Starts a job and returns at once. The voxels are copied into shared memory, so that the volume may change.

        ``models`` are model folders; a structure that several know comes from the one with the best validation DSC,
        near ties by HD95. ``structures`` are names, None for all. ``device`` is "auto", "cpu", "cuda" or "cuda:N".
        ``overlap`` is the share of a window that its neighbour covers, 0 to 0.9: less is faster. ``region`` are
        start and end on the k, j and i axis, as ``Masks.bounds`` gives them: only what this box needs is computed,
        and masks are empty outside of it.

        Raises InputError for a request that no worker could fulfil; EngineError when there is no worker.
        """
    def stop(self) -> None:
        """Ends the worker now and frees its memory; jobs in it fail. The next job starts a new one."""
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...

@final
class JobStatus:
    """How far a job or a task is."""
    @property
    def state(self) -> _State:
        """ "queued", "running", "done", "failed" or "cancelled"."""
    @property
    def fraction(self) -> float:
        """Share of the work that is done, 0 to 1."""
    @property
    def stage(self) -> str:
        """What is being done, in words."""
    @property
    def elapsed_s(self) -> float:
        """Seconds since the job was asked for, until now or its end."""
    @property
    def remaining_s(self) -> float | None:
        """An estimate of the seconds left; None while nothing is known."""
    @property
    def device(self) -> str | None:
        """The device that computes, with the reason; None while it is not chosen, and of a task."""
    @property
    def is_final(self) -> bool:
        """Whether it is over: done, failed or cancelled."""

@final
class Job:
    """A segmentation that was asked for: ``poll`` it, wait for its ``result``, or ``await`` it. May be used from any
    thread.

    ``await job`` gives what ``result`` gives and needs no thread; when the awaiting task is cancelled, so is the
    job.
    """
    def poll(self) -> JobStatus:
        """How far it is. Costs microseconds and waits for nothing."""
    def cancel(self) -> None:
        """Asks for its end and returns at once; it is over within a second. Nothing happens to a job that is over."""
    def result(self, timeout: float | None = None) -> SegmentResult:
        """Waits for the end, for ``timeout`` seconds at most, and gives the result; the same one when it is called
        again. Other threads run meanwhile, and Ctrl-C ends the waiting, not the job.

        Raises TimeoutError; Cancelled; InputError, ModelError or EngineError when the job failed.
        """
    def __await__(self) -> Generator[Any, None, SegmentResult]: ...

@final
class Task(Generic[_T]):
    """Work that was started: ``poll`` it from a timer, wait for its ``result``, or ``await`` it. May be used from any
    thread.

    It goes on in a thread that needs nothing of Python. ``await task`` gives what ``result`` gives; when the
    awaiting asyncio task is cancelled, so is this one. It is cancelled too when the last reference to it is gone.
    """
    def poll(self) -> JobStatus:
        """How far it is. Costs microseconds and waits for nothing."""
    def cancel(self) -> None:
        """Asks for its end and returns at once; it ends after the part that it is at. One that is over, or at its last
        part, is not changed: ``poll`` says how it ended.
        """
    def result(self, timeout: float | None = None) -> _T:
        """Waits for the end, for ``timeout`` seconds at most, and gives the result; the same one when it is called
        again. Other threads run meanwhile, and Ctrl-C ends the waiting, not the task.

        Raises TimeoutError; Cancelled; what the function raises that was started.
        """
    def __await__(self) -> Generator[Any, None, _T]: ...
    def __class_getitem__(cls, key: Any) -> Any: ...

@final
class StructureSource:
    """The model that a structure comes from."""
    @property
    def structure(self) -> str:
        """As in the masks."""
    @property
    def model(self) -> str:
        """The model's own name."""
    @property
    def network(self) -> Literal["unet2d", "vnet3d"]:
        """ "unet2d" or "vnet3d"."""
    @property
    def weights_sha256(self) -> str:
        """SHA-256 of the model's weights."""
    @property
    def validation_dsc(self) -> float | None:
        """Mean DSC on the model's validation cases; None where it was not validated."""
    @property
    def validation_hd95_mm(self) -> float | None:
        """Mean HD95 on the validation cases in which the model found the structure, in mm; None where not measured."""

@final
class SegmentResult:
    """What a job found."""
    @property
    def masks(self) -> Masks:
        """Masks on the volume's grid, in the order of the models and of their structures."""
    @property
    def sources(self) -> list[StructureSource]:
        """Where each structure comes from, in the same order."""
    @property
    def notes(self) -> list[str]:
        """What the user should know: smaller windows for want of memory, CPU instead of GPU, ..."""
    @property
    def device(self) -> str:
        """The device that computed, with the reason."""
    @property
    def seconds(self) -> float:
        """From the worker's first step on this job to the masks in this process, without waiting for earlier jobs."""
    @property
    def timings(self) -> dict[str, float]:
        """The parts of ``seconds``: load_s, network_s, pack_s, receive_s, unpack_s."""
