"""The PTV: the union of the CTVs, each with its own margin, cut to the body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from . import geometry, segmentation
from .core import tmli
from .errors import Problem
from .work import Progress, Steps, until

DIRECTIONS = ("left", "right", "anterior", "posterior", "superior", "inferior")
DEFAULT_MARGIN_MM = 5.0
BODY_OF_CT = "body found in the CT"
"""In the place of a segment's name: the PTV is cut to the body that `tmli.body_mask` finds."""


@dataclass(frozen=True)
class Target:
    """A PTV that is not in the scene yet."""

    mask: tmli.Mask
    grid: tmli.Geometry
    volume_ml: float
    cut_to: str
    """What it does not leave, in words; empty when it is not cut."""
    remarks: list[str]

    def in_words(self) -> str:
        """The head line of a preview."""
        inside = f", inside the {self.cut_to}" if self.cut_to else ""
        return f"PTV of {self.volume_ml:.0f} ml{inside}"


def ctv_names(segmentation_node) -> list[str]:
    """The clinical target volumes of a segmentation."""
    protocol = tmli.protocol()

    def is_ctv(name: str) -> bool:
        structure = protocol.structure(name)
        return name.upper().startswith("CTV") if structure is None else structure.interpreted_type == "CTV"

    return [name for name in segmentation.names_and_ids(segmentation_node) if is_ctv(name)]


def margin_of(values_mm: Sequence[float]) -> tmli.Margin:
    """Six numbers in the order of `DIRECTIONS`."""
    if len(values_mm) != len(DIRECTIONS) or not all(0 <= value < float("inf") for value in values_mm):
        raise Problem("A margin is no number of millimetres.", "Give six margins of 0 mm or more.")
    return tmli.Margin(**dict(zip(DIRECTIONS, map(float, values_mm), strict=True)))


def making(
    segmentation_node, volume_node, margins_mm: Mapping[str, Sequence[float]], body: str | None = BODY_OF_CT
) -> Steps[Target]:
    """Computes the PTV from the CTVs named in `margins_mm`; the scene is not touched.

    `body` is the name of the segment that the PTV does not leave, `BODY_OF_CT`, or empty.
    """
    if segmentation_node is None:
        raise Problem("There is no segmentation to make a PTV from.", "Segment the CT first, or choose a segmentation.")
    present = segmentation.names_and_ids(segmentation_node)
    margins = {name: margin_of(values) for name, values in margins_mm.items()}
    wanted = [name for name in margins if name in present]
    missing = [name for name in margins if name not in present]
    if not wanted:
        raise Problem(
            "None of the chosen CTVs is in the segmentation.", "Segment CTV1 to CTV3 first, or choose others."
        )
    remarks = [f"{name} is not in the segmentation." for name in missing]
    if body and body != BODY_OF_CT and body not in present:
        remarks.append(f"There is no segment {body}; the body is taken from the CT.")
        body = BODY_OF_CT
    if not body:
        remarks.append("The PTV is not cut to the body.")
    of_ct = body == BODY_OF_CT
    grid = geometry.geometry_of(volume_node)
    segments = [*wanted, *([body] if body and not of_ct else [])]
    masks = yield from segmentation.collecting(segmentation_node, grid, segments, share=0.1)
    yield Progress(0.1, "Reading the CT")
    cut = geometry.volume_of(volume_node) if of_ct else masks.get(body)
    task = tmli.start_ptv([(masks[name], margins[name]) for name in wanted], grid, cut)
    mask = yield from until(task, 0.1, 1.0)
    cut_to = "" if cut is None else body if of_ct else f"segment {body}"
    return Target(mask, grid, mask.count() * grid.voxel_volume_mm3 / 1000.0, cut_to, remarks)


def keeping(segmentation_node, target: Target, name: str = "PTV") -> Steps[str]:
    """Puts the PTV into the segmentation, in place of an earlier one. Returns the segment's ID."""
    return (yield from segmentation.putting(segmentation_node, name, target.mask, target.grid))
