"""Masks become a segmentation node, and a segmentation node becomes masks. What looks wrong is said in words."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import slicer
from vtkmodules.vtkCommonCore import reference

from . import geometry, terminology
from .core import tmli
from .errors import Problem
from .models import in_protocol_order

TAG_MODEL = "TMLI.Model"
TAG_VERSION = "TMLI.Version"
TAG_VALIDATION = "TMLI.ValidationDSC"
TAG_VOXELS = "TMLI.Voxels"
"""Checksum of a segment as the network made it: tells later whether a person changed it."""

FEW_VOXELS = 8
"""A structure of fewer voxels is no organ: the smallest, a lens of a small child, has more on any planning CT."""


@dataclass(frozen=True)
class Source:
    """Where a segment comes from."""

    model: str
    validation_dsc: float | None


def add_segmentation(scene, volume_node, masks: Mapping[str, np.ndarray], sources: Mapping[str, Source], name: str):
    """A new segmentation node on the grid of the CT, with a segment for each mask that is not empty.

    Segments are in the order of the protocol. Nothing stays in the scene when something fails.
    """
    grid = geometry.geometry_of(volume_node)
    segments = []
    for structure in in_protocol_order(masks):
        # Some mappings make the array anew at each look; all of them at once would fill the memory.
        mask = masks[structure]
        if mask.any():
            segments.append(_segment(structure, mask, grid, sources.get(structure)))
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    try:
        node.CreateDefaultDisplayNodes()
        node.SetReferenceImageGeometryParameterFromVolumeNode(volume_node)
        node.SetSourceRepresentationToBinaryLabelmap()
        for segment in segments:
            if not node.GetSegmentation().AddSegment(segment, segment.GetName()):
                raise Problem("A segment could not be added to the scene.", "Save your work and restart Slicer.")
    except BaseException:
        _remove(scene, node)
        raise
    return node


def _remove(scene, node) -> None:
    if node.GetDisplayNode() is not None:
        scene.RemoveNode(node.GetDisplayNode())
    scene.RemoveNode(node)


def _segment(name: str, mask: np.ndarray, grid: tmli.Geometry, source: Source | None):
    segment = slicer.vtkSegment()
    terminology.describe(segment, name)
    representation = slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName()
    segment.AddRepresentation(representation, geometry.labelmap(mask, grid))
    segment.SetTag(TAG_VERSION, tmli.__version__)
    if source is not None:
        segment.SetTag(TAG_MODEL, source.model)
        segment.SetTag(TAG_VOXELS, checksum(mask))
        if source.validation_dsc is not None:
            segment.SetTag(TAG_VALIDATION, f"{source.validation_dsc:.3f}")
    return segment


def tag(segment, name: str) -> str:
    """The value of a segment's tag; empty when it has none."""
    value = reference("")
    return str(value) if segment.GetTag(name, value) else ""


def checksum(mask: np.ndarray) -> str:
    """The same for the same voxels in the same place."""
    region = geometry.content(mask)
    if region is None:
        return "empty"
    cut = mask[tuple(slice(*bounds) for bounds in region)]
    return f"{zlib.crc32(np.packbits(cut).tobytes(), zlib.crc32(repr(region).encode())):08x}"


def put_segment(segmentation_node, name: str, mask: np.ndarray, grid: tmli.Geometry) -> str:
    """Adds a segment, or replaces the one of that name where it stands. Returns its ID."""
    segmentation = segmentation_node.GetSegmentation()
    made = _segment(name, mask, grid, None)
    segment_id = segmentation.GetSegmentIdBySegmentName(name)
    if not segment_id:
        segmentation.AddSegment(made, name)
        return segmentation.GetSegmentIdBySegmentName(name)
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    if not logic.SetBinaryLabelmapToSegment(
        geometry.labelmap(mask, grid), segmentation_node, segment_id, logic.MODE_REPLACE
    ):
        raise Problem(f"The segment {name} cannot be replaced.", "Delete it in the Segment Editor and try again.")
    return segment_id


def names_and_ids(segmentation_node) -> dict[str, str]:
    """Segment IDs by name, in the order of the segmentation."""
    segmentation = segmentation_node.GetSegmentation()
    ids = [segmentation.GetNthSegmentID(index) for index in range(segmentation.GetNumberOfSegments())]
    named = {segmentation.GetSegment(segment_id).GetName(): segment_id for segment_id in ids}
    if len(named) < len(ids):
        names = [segmentation.GetSegment(segment_id).GetName() for segment_id in ids]
        twice = ", ".join(name for name in named if names.count(name) > 1)
        raise Problem(f"Several segments have the same name: {twice}.", "Give each segment a name of its own.")
    return named


def masks_of(
    segmentation_node, grid: tmli.Geometry, rename: Callable[[str], str] = str, only: Iterable[str] | None = None
) -> dict[str, np.ndarray]:
    """The segments as booleans on a grid, under the names that `rename` gives; `only` picks by those names."""
    wanted = None if only is None else set(only)
    return {
        rename(name): geometry.mask_of(segmentation_node, segment_id, grid)
        for name, segment_id in names_and_ids(segmentation_node).items()
        if wanted is None or rename(name) in wanted
    }


def remarks(masks: Mapping[str, np.ndarray], sources: Mapping[str, Source]) -> list[str]:
    """What a person should look at first: structures that are empty, or that are hard to believe."""
    protocol = tmli.protocol()
    found = []
    for name in in_protocol_order(masks):
        mask, source, structure = masks[name], sources.get(name), protocol.structure(name)
        voxels = int(np.count_nonzero(mask))
        if voxels == 0:
            found.append(f"{name}: nothing was found.")
            continue
        if voxels < FEW_VOXELS:
            found.append(f"{name}: only {voxels} voxels were found.")
        ends = [word for word, plane in (("first", mask[0]), ("last", mask[-1])) if plane.any()]
        if ends and structure is not None and structure.interpreted_type == "ORGAN":
            found.append(f"{name}: reaches the {' and the '.join(ends)} slice of the CT; a part may be missing.")
        accepted = 0.70 if structure is None else structure.acceptance_dsc
        if source is not None and source.validation_dsc is not None and source.validation_dsc <= accepted:
            found.append(
                f"{name}: the model reached a DSC of only {source.validation_dsc:.2f} on its validation patients."
            )
    return found


def show_in_3d(segmentation_node, shown: bool) -> None:
    """Makes the surfaces, which takes a moment, only when someone wants to see them."""
    if shown:
        segmentation_node.CreateClosedSurfaceRepresentation()
    else:
        segmentation_node.RemoveClosedSurfaceRepresentation()


def is_shown_in_3d(segmentation_node) -> bool:
    """Whether there are surfaces."""
    name = slicer.vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName()
    return segmentation_node is not None and segmentation_node.GetSegmentation().ContainsRepresentation(name)
