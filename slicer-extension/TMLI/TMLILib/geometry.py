"""Voxels and places between Slicer and `tmli`. The only file that knows RAS.

Slicer's world is RAS in mm; everything in `tmli` is LPS in mm. Arrays are `[k, j, i]` on both sides.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from .core import tmli
from .errors import Problem

Region = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
"""Half-open index ranges `((k0, k1), (j0, j1), (i0, i1))`."""

_FLIP = np.diag([-1.0, -1.0, 1.0, 1.0])
"""LPS from RAS, and RAS from LPS."""
_SAME_PLACE_MM = 1e-3
"""Two voxel centres closer than this are the same: well above what six digits of a DICOM decimal string lose."""


def _numbers(matrix: vtkMatrix4x4) -> np.ndarray:
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])


def _matrix(numbers: np.ndarray) -> vtkMatrix4x4:
    matrix = vtkMatrix4x4()
    for row in range(4):
        for column in range(4):
            matrix.SetElement(row, column, float(numbers[row, column]))
    return matrix


def _ras_from_ijk(geometry: tmli.Geometry) -> np.ndarray:
    return _FLIP @ np.asarray(geometry.lps_from_ijk)


# ---------------------------------------------------------------------------------------------------- volumes


def geometry_of(volume_node) -> tmli.Geometry:
    """The grid of a volume node. A transform above the node is refused: a planning system would not know it."""
    image = volume_node.GetImageData() if volume_node is not None else None
    if image is None or image.GetNumberOfPoints() == 0:
        raise Problem("There is no CT to work on.", "Load a CT and choose it as the input volume.")
    if volume_node.GetParentTransformNode() is not None:
        raise Problem(
            "The CT lies under a transform.",
            "Take the transform away (Data module, right click on the transform column), or harden it.",
        )
    matrix = vtkMatrix4x4()
    volume_node.GetIJKToRASMatrix(matrix)
    width, height, depth = image.GetDimensions()
    return tmli.Geometry((depth, height, width), _FLIP @ _numbers(matrix))


def volume_of(volume_node) -> tmli.Volume:
    """The voxels of a CT, in HU as int16, with their grid."""
    geometry = geometry_of(volume_node)
    scalars = volume_node.GetImageData().GetPointData().GetScalars()
    if scalars is None or scalars.GetNumberOfComponents() != 1:
        raise Problem(
            "The input volume is no CT: its voxels are colours or vectors.", "Choose a CT as the input volume."
        )
    array = vtk_to_numpy(scalars).reshape(geometry.shape)
    lowest, highest = float(array.min()), float(array.max())
    limits = np.iinfo(np.int16)
    # A comparison with NaN is false: not finite is refused here too.
    if not (limits.min <= lowest and highest <= limits.max):
        raise Problem(
            f"The voxels of the input volume run from {lowest:.6g} to {highest:.6g}; Hounsfield units do not.",
            "Choose a CT as the input volume.",
        )
    return tmli.Volume(array, geometry)


def add_volume(scene, volume: tmli.Volume, name: str):
    """Puts a volume into the scene and returns its node. Nothing stays in the scene when that fails."""
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    try:
        node.SetAndObserveImageData(_image(slicer.vtkOrientedImageData(), np.asarray(volume.array), (0, 0, 0)))
        node.SetIJKToRASMatrix(_matrix(_ras_from_ijk(volume.geometry)))
        node.CreateDefaultDisplayNodes()
    except BaseException:
        scene.RemoveNode(node)
        raise
    return node


# ------------------------------------------------------------------------------------------------------ masks


def _image(image, array: np.ndarray, first: tuple[int, int, int]):
    """Fills a VTK image whose first voxel has the index `first` (k, j, i)."""
    extent = [
        value
        for start, count in zip(first[::-1], array.shape[::-1], strict=True)
        for value in (start, start + count - 1)
    ]
    image.SetExtent(extent)
    image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(array).reshape(-1), deep=True))
    return image


def packed(mask: np.ndarray | tmli.Mask) -> tmli.Mask:
    """The mask as `tmli` keeps it, one bit for each voxel."""
    return mask if isinstance(mask, tmli.Mask) else tmli.Mask(mask.shape, mask)


def labelmap(mask: np.ndarray | tmli.Mask, geometry: tmli.Geometry, region: Region | None = None):
    """A `vtkOrientedImageData` of a mask, cut to its content or to `region`."""
    mask = packed(mask)
    if mask.shape != tuple(geometry.shape):
        raise Problem("A mask does not lie on the grid of the CT.", "Start again with the CT it was made for.")
    if region is None:
        region = mask.bounds() or ((0, 1), (0, 1), (0, 1))
    image = _image(slicer.vtkOrientedImageData(), mask.cut(region).view(np.uint8), tuple(first for first, _ in region))
    image.SetImageToWorldMatrix(_matrix(_ras_from_ijk(geometry)))
    return image


def content(mask: np.ndarray | tmli.Mask) -> Region | None:
    """The smallest box around the true voxels; None where there are none."""
    return packed(mask).bounds()


def mask_of(segmentation_node, segment_id: str, geometry: tmli.Geometry) -> np.ndarray:
    """A segment as booleans on the grid of the CT, whatever grid it was drawn on."""
    return packed_mask_of(segmentation_node, segment_id, geometry).array


def packed_mask_of(segmentation_node, segment_id: str, geometry: tmli.Geometry) -> tmli.Mask:
    """As `mask_of`, one bit for each voxel."""
    if segmentation_node.GetParentTransformNode() is not None:
        raise Problem("The segmentation lies under a transform.", "Take the transform away, or harden it.")
    image = slicer.vtkOrientedImageData()
    if not _has_labelmap(segmentation_node) or not segmentation_node.GetBinaryLabelmapRepresentation(segment_id, image):
        raise Problem(
            f"The segment {segment_of(segmentation_node, segment_id).GetName()} has no voxels to work on.",
            "Open the Segmentations module and create its binary labelmap representation.",
        )
    if image.IsEmpty():
        return tmli.Mask(geometry.shape, np.zeros((0, 0, 0), bool))
    if not np.allclose(_ijk_to_world(image), _ras_from_ijk(geometry), atol=_SAME_PLACE_MM / max(geometry.shape)):
        image = _resampled(image, geometry)
    extent = image.GetExtent()
    array = vtk_to_numpy(image.GetPointData().GetScalars())
    array = array.reshape([extent[2 * axis + 1] - extent[2 * axis] + 1 for axis in (2, 1, 0)])
    # Slicer cuts a segment out of what it shares with others as bytes; what was resampled or read may be wider.
    inside = array if array.dtype == np.uint8 else array > 0
    return tmli.Mask(geometry.shape, inside, (extent[4], extent[2], extent[0]))


def _has_labelmap(segmentation_node) -> bool:
    name = slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName()
    return segmentation_node.GetSegmentation().ContainsRepresentation(name)


def segment_of(segmentation_node, segment_id: str):
    """The `vtkSegment` of an ID."""
    return segmentation_node.GetSegmentation().GetSegment(segment_id)


def _ijk_to_world(image) -> np.ndarray:
    matrix = vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    return _numbers(matrix)


def _resampled(image, geometry: tmli.Geometry):
    depth, height, width = geometry.shape
    reference = slicer.vtkOrientedImageData()
    reference.SetExtent(0, width - 1, 0, height - 1, 0, depth - 1)
    reference.SetImageToWorldMatrix(_matrix(_ras_from_ijk(geometry)))
    reference.AllocateScalars(3, 1)  # VTK_UNSIGNED_CHAR
    result = slicer.vtkOrientedImageData()
    resample = slicer.vtkOrientedImageDataResample.ResampleOrientedImageToReferenceOrientedImage
    if not resample(image, reference, result, False, False):
        raise Problem(
            "A segment cannot be brought onto the grid of the CT.",
            "Check that the segmentation and the CT are of the same patient and not under a transform.",
        )
    return result


# ----------------------------------------------------------------------------------------------------- places


def segment_centre(segmentation_node, segment_id: str) -> tuple[float, float, float] | None:
    """A place inside the world of Slicer (RAS, mm) to jump to; None for an empty segment."""
    centre = segmentation_node.GetSegmentCenterRAS(segment_id)
    return None if centre is None else tuple(centre)


def region_of_roi(roi_node, geometry: tmli.Geometry) -> Region:
    """The voxels inside a box that the user drew (a markups ROI node)."""
    matrix = _numbers(roi_node.GetObjectToWorldMatrix())
    half = np.asarray(roi_node.GetSize()) / 2
    signs = [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    corners = [(matrix @ np.append(half * sign, 1))[:3] for sign in signs]
    return _region_around(corners, geometry)


def region_of_view(slice_node, geometry: tmli.Geometry, depth_mm: float) -> Region:
    """The voxels that a slice view shows, `depth_mm` to either side of its plane."""
    ras_from_xy = _numbers(slice_node.GetXYToRAS())
    width, height = slice_node.GetDimensions()[:2]
    normal = _numbers(slice_node.GetSliceToRAS())[:3, 2]
    corners = []
    for x in (0, width):
        for y in (0, height):
            corner = (ras_from_xy @ [x, y, 0, 1])[:3]
            corners += [corner + normal * depth_mm, corner - normal * depth_mm]
    return _region_around(corners, geometry)


def _region_around(corners_ras: Iterable[np.ndarray], geometry: tmli.Geometry) -> Region:
    ijk_from_ras = np.linalg.inv(_ras_from_ijk(geometry))
    indices = np.array([(ijk_from_ras @ np.append(corner, 1))[:3] for corner in corners_ras])[:, ::-1]
    region = []
    for axis, count in enumerate(geometry.shape):
        # A voxel belongs to the box when its centre does; one voxel at least where the box is thinner.
        lowest = int(np.ceil(indices[:, axis].min() - 1e-6))
        highest = max(int(np.floor(indices[:, axis].max() + 1e-6)) + 1, lowest + 1)
        begin, end = max(lowest, 0), min(highest, count)
        if begin >= end:
            raise Problem("The box lies outside the CT.", "Move the box, or the view, to the structure.")
        region.append((begin, end))
    return tuple(region)
