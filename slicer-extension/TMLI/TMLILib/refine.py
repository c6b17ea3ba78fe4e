"""A structure segmented again inside a box, and put in place there only."""

from __future__ import annotations

import numpy as np

from . import geometry, run
from .core import tmli
from .errors import Problem
from .models import ModelSet

MINIMUM_MM = 20.0
"""A box thinner than this shows a network nothing."""


def start_in_region(
    engine: tmli.Engine, volume_node, models: ModelSet, structure: str, region: geometry.Region, device="auto"
):
    """Starts the network of one structure on what a box needs. Returns the run."""
    known = tmli.match_rois([structure]).get(structure) or structure
    if known not in models.structures:
        raise Problem(
            f"The chosen models do not know {structure}.",
            f"They know {', '.join(models.structures)}. Choose one of these segments, or other models.",
        )
    return run.start(
        engine, volume_node, models.folders, [known], device, grown(region, geometry.geometry_of(volume_node))
    )


def grown(region: geometry.Region, grid: tmli.Geometry) -> geometry.Region:
    """The box, at least `MINIMUM_MM` wide in every direction and inside the CT."""
    result = []
    for (begin, end), count, spacing in zip(region, grid.shape, grid.spacing_mm, strict=True):
        lacking = max(int(np.ceil(MINIMUM_MM / spacing)) - (end - begin), 0)
        begin = max(begin - (lacking + 1) // 2, 0)
        end = min(max(end + lacking // 2, begin + 1), count)
        result.append((begin, end))
    return tuple(result)


def replaced(before: np.ndarray, found: np.ndarray, region: geometry.Region) -> np.ndarray:
    """The structure as it was outside of the box and as it was found inside."""
    after = before.copy()
    inside = tuple(slice(*bounds) for bounds in region)
    after[inside] = found[inside]
    return after
