"""One segmentation, from start to result. The caller polls it from a timer; nothing here waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from . import geometry
from .core import tmli
from .errors import Problem, as_problem
from .models import Source

AIR_HU = -500
"""Every CT has air, in or around the patient; MR and PET have nothing below zero."""


@dataclass
class Run:
    """A job of the engine, and what its result belongs to."""

    job: tmli.Job
    volume_node: object
    """The CT in the scene."""
    grid: tmli.Geometry
    region: geometry.Region | None = None
    _ended: bool = field(default=False, init=False)

    def poll(self) -> tmli.JobStatus:
        """How far it is. Takes microseconds."""
        return self.job.poll()

    def cancel(self) -> None:
        """Asks the engine to stop; the state becomes `cancelled` soon after."""
        self.job.cancel()

    def take(self) -> Result:
        """The result of a job that is done. Raises `Problem` for one that failed or was cancelled."""
        if self._ended:
            raise Problem("The result of this run was taken already.", "Start it again.")
        self._ended = True
        try:
            result = self.job.result(timeout=0)
        except Exception as error:
            raise as_problem(error) from error
        sources = {s.structure: Source.of(s) for s in result.sources}
        return Result(result.masks, sources, list(result.notes), result.device, result.seconds)


@dataclass(frozen=True)
class Result:
    """What the engine found."""

    masks: tmli.Masks
    sources: dict[str, Source]
    notes: list[str]
    """What the engine did differently from what was asked, and why."""
    device: str
    seconds: float


def start(
    engine: tmli.Engine,
    volume_node,
    models: Sequence[Path],
    structures: Sequence[str] | None,
    device: str = "auto",
    region: geometry.Region | None = None,
) -> Run:
    """Hands a CT to the engine and returns at once."""
    volume = geometry.volume_of(volume_node)
    refuse_other_than_ct(volume_node, volume)
    job = engine.segment(volume, models=list(models), structures=structures, device=device, region=region)
    return Run(job, volume_node, volume.geometry, region)


def refuse_other_than_ct(volume_node, volume: tmli.Volume) -> None:
    """The models know Hounsfield units and nothing else."""
    modality = _modality(volume_node)
    todo = "Choose a CT as the input volume. Other kinds of images give no meaningful contours."
    if modality not in ("", "CT"):
        raise Problem(f"The input volume is no CT; its DICOM modality is {modality}.", todo)
    lowest = int(np.asarray(volume.array).min())
    if lowest > AIR_HU:
        raise Problem(
            f"The input volume does not look like a CT: its lowest value is {lowest}, and air is near -1000 HU.", todo
        )


def _modality(volume_node) -> str:
    """The DICOM modality that Slicer's DICOM browser noted; empty when the volume came another way."""
    # Not GetSubjectHierarchyNode, which adds one to a scene that has none.
    hierarchy = volume_node.GetScene().GetFirstNodeByClass("vtkMRMLSubjectHierarchyNode")
    if hierarchy is None:
        return ""
    item = hierarchy.GetItemByDataNode(volume_node)
    return hierarchy.GetItemAttribute(item, "DICOM.Modality") if item else ""
