"""Masks become a segmentation node, and a segmentation node becomes masks. What looks wrong is said in words."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping

import numpy as np
import slicer
from vtkmodules.vtkCommonCore import reference

from . import geometry, surfaces, terminology
from .core import tmli
from .errors import Problem
from .models import Source, in_protocol_order
from .work import Progress, Steps, Work

TAG_MODEL = "TMLI.Model"
TAG_VERSION = "TMLI.Version"
TAG_VALIDATION_DSC = "TMLI.ValidationDSC"
TAG_VALIDATION_HD95 = "TMLI.ValidationHD95mm"
TAG_VOXELS = "TMLI.Voxels"
"""Checksum of a segment as the network made it: tells later whether a person changed it."""

FEW_VOXELS = 8
"""A structure of fewer voxels is no organ: the smallest, a lens of a small child, has more on any planning CT."""


def add_segmentation(scene, volume_node, masks: Mapping[str, np.ndarray], sources: Mapping[str, Source], name: str):
    """A new segmentation node on the grid of the CT, with a segment for each mask that is not empty.

    Segments are in the order of the protocol. Nothing stays in the scene when something fails.
    """
    return Work(adding(scene, volume_node, masks, sources, name)).wait()


def adding(scene, volume_node, masks: Mapping, sources: Mapping[str, Source], name: str) -> Steps:
    """As `add_segmentation`, a structure a step; they come into the scene all at once, after the last."""
    grid = geometry.geometry_of(volume_node)
    segments = []
    for index, structure in enumerate(in_protocol_order(masks)):
        yield Progress(index / len(masks), f"Showing {structure}")
        mask = packed(masks, structure)
        if mask.bounds() is not None:
            segments.append(_segment(structure, mask, grid, sources.get(structure)))
    if scene.GetNodeByID(volume_node.GetID() or "") is not volume_node:
        raise Problem("The CT was removed from the scene meanwhile.", "Load it again and start again.")
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", scene.GenerateUniqueName(name))
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


def packed(masks: Mapping, name: str) -> tmli.Mask:
    """One of several masks, without an array of all voxels where it is none."""
    return masks.mask(name) if isinstance(masks, tmli.Masks) else geometry.packed(masks[name])


def _remove(scene, node) -> None:
    if node.GetDisplayNode() is not None:
        scene.RemoveNode(node.GetDisplayNode())
    scene.RemoveNode(node)


def _segment(name: str, mask: tmli.Mask, grid: tmli.Geometry, source: Source | None):
    segment = slicer.vtkSegment()
    terminology.describe(segment, name)
    segment.AddRepresentation(surfaces.LABELMAP, geometry.labelmap(mask, grid))
    segment.SetTag(TAG_VERSION, tmli.__version__)
    if source is not None:
        segment.SetTag(TAG_MODEL, source.model)
        segment.SetTag(TAG_VOXELS, checksum(mask))
        if source.validation_dsc is not None:
            segment.SetTag(TAG_VALIDATION_DSC, f"{source.validation_dsc:.3f}")
        if source.validation_hd95_mm is not None:
            segment.SetTag(TAG_VALIDATION_HD95, f"{source.validation_hd95_mm:.1f}")
    return segment


def tag(segment, name: str) -> str:
    """The value of a segment's tag; empty when it has none."""
    value = reference("")
    return str(value) if segment.GetTag(name, value) else ""


def checksum(mask: np.ndarray | tmli.Mask) -> str:
    """The same for the same voxels in the same place."""
    mask = geometry.packed(mask)
    region = mask.bounds()
    if region is None:
        return "empty"
    return f"{zlib.crc32(np.packbits(mask.cut(region)).tobytes(), zlib.crc32(repr(region).encode())):08x}"


def put_segment(segmentation_node, name: str, mask: np.ndarray | tmli.Mask, grid: tmli.Geometry) -> str:
    """Adds a segment, or replaces the one of that name where it stands. Returns its ID."""
    segmentation = segmentation_node.GetSegmentation()
    made = _segment(name, geometry.packed(mask), grid, None)
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


def putting(segmentation_node, name: str, mask: tmli.Mask, grid: tmli.Geometry) -> Steps[str]:
    """As `put_segment`, with the surface made step by step where the others have one."""
    segmentation = segmentation_node.GetSegmentation()
    yield Progress(0.0, f"Showing {name}")
    made = _segment(name, mask, grid, None)
    if not surfaces.are_shown(segmentation_node):
        return put_segment(segmentation_node, name, mask, grid)
    surface = yield from surfaces.surface_of(made, 0.2)
    made.AddRepresentation(surfaces.SURFACE, surface)
    segment_id, follower = segmentation.GetSegmentIdBySegmentName(name), ""
    if segment_id:
        follower = segmentation.GetNthSegmentID(segmentation.GetSegmentIndex(segment_id) + 1)
        segmentation.RemoveSegment(segment_id)
    segmentation.AddSegment(made, name, follower)
    return segmentation.GetSegmentIdBySegmentName(name)


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


def masks_of(segmentation_node, grid: tmli.Geometry, only: Iterable[str] | None = None) -> dict[str, tmli.Mask]:
    """The segments on a grid by name; `only` picks some."""
    return Work(collecting(segmentation_node, grid, only)).wait()


def collecting(
    segmentation_node, grid: tmli.Geometry, only: Iterable[str] | None = None, share: float = 1.0
) -> Steps[dict[str, tmli.Mask]]:
    """As `masks_of`, a segment a step; together they are the first `share` of the work."""
    ids = names_and_ids(segmentation_node)
    wanted = [name for name in ids if only is None or name in set(only)]
    masks = {}
    for index, name in enumerate(wanted):
        yield Progress(share * index / len(wanted), f"Reading {name}")
        if ids[name] not in segmentation_node.GetSegmentation().GetSegmentIDs():
            raise Problem(f"The segment {name} was removed meanwhile.", "Start again.")
        masks[name] = geometry.packed_mask_of(segmentation_node, ids[name], grid)
    return masks


def remarks(masks: Mapping[str, np.ndarray], sources: Mapping[str, Source]) -> list[str]:
    """What a person should look at first, a line for each kind: structures that are empty, or hard to believe."""
    protocol = tmli.protocol()
    empty, few, cut, weak = [], [], [], []
    for name in in_protocol_order(masks):
        mask, source, structure = packed(masks, name), sources.get(name), protocol.structure(name)
        voxels = mask.count()
        if voxels == 0:
            empty.append(name)
            continue
        if voxels < FEW_VOXELS:
            few.append(f"{name} ({voxels})")
        first, last = mask.bounds()[0]
        ends = [word for word, there in (("first", first == 0), ("last", last == mask.shape[0])) if there]
        if ends and structure is not None and structure.interpreted_type == "ORGAN":
            cut.append(f"{name} ({' and '.join(ends)} slice)")
        accepted = 0.70 if structure is None else structure.acceptance_dsc
        if source is not None and source.validation_dsc is not None and source.validation_dsc <= accepted:
            weak.append(f"{name} ({source.validation_dsc:.3f})")
    told = {
        "Nothing was found": empty,
        "Only a few voxels were found": few,
        "Reaches the end of the CT, a part may be missing": cut,
        "Weak on the model's validation patients, by DSC": weak,
    }
    return [f"{words}: {', '.join(names)}." for words, names in told.items() if names]
