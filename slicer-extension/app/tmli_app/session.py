"""What is worked on: one CT, the models, a run, and what came out of it.

The work itself is done by `TMLILib.logic.TMLILogic`, the class behind the panel in 3D Slicer. This file holds on to the
nodes, tells the parts of the page when something changed, and keeps long work off the event loop.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from slicer import vtkMRMLSegmentationNode
from TMLILib import comparison, export, geometry, models, run, segmentation, targets
from TMLILib.errors import Problem
from TMLILib.logic import TMLILogic
from TMLILib.parameters import Parameters
from TMLILib.work import PAUSE_S, Work

import tmli

from .viewers import Viewers

T = TypeVar("T")
Tell = Callable[[Work], None]
"""Is told of every step of long work."""
PTV = "PTV"
CANCELLED = "Cancelled. Nothing was changed."
# What DICOM allows for StructureSetLabel (value representation SH).
LONGEST_LABEL = 16


@dataclass(frozen=True)
class LoadedCt:
    """A CT series that was read, and the RT Structure Sets that were drawn on it."""

    series: tmli.CtSeries
    folder: Path
    structure_sets: list[Path]
    name: str = ""  # for a phantom; else the description of the series


@dataclass(frozen=True)
class StructureItem:
    """A segment as the page lists it."""

    segment_id: str
    name: str
    colour: tuple[int, int, int]
    volume_ml: float
    source: str
    shown: bool


class Session:
    """Everything behind one page. Its methods belong on the main thread, as MRML does."""

    def __init__(self, logic: TMLILogic, viewers: Viewers) -> None:
        self._logic, self._viewers = logic, viewers
        self.ct: LoadedCt | None = None
        self.models: models.ModelSet | None = None
        self.remarks: list[str] = []
        self.automatic_device = "cpu"  # what `auto` takes, as far as the engine has said
        self.reference_name = ""
        self._reference: Path | None = None
        self._run: run.Run | None = None
        self._works: list[Work] = []
        self._volumes_ml: dict[str, float] = {}
        self._surfaces: set[asyncio.Task] = set()
        self.ct_changed: list[Callable[[], None]] = []
        self.models_changed: list[Callable[[], None]] = []
        self.result_changed: list[Callable[[], None]] = []

    @property
    def parameters(self) -> Parameters:
        """What a saved scene would remember."""
        return self._logic.parameters

    # ------------------------------------------------------------------------------------------------- the CT

    def take_ct(self, loaded: LoadedCt) -> None:
        """Puts another CT in the place of the one before, with all that belonged to that."""
        self.refuse_while_running()
        added = self._logic.add_ct(loaded.series, loaded.folder)
        self._forget_segmentation()
        before, self.parameters.volume = self.parameters.volume, added
        if before is not None:
            self._logic.scene.RemoveNode(before)
        self.ct = loaded
        self._reference = loaded.structure_sets[0] if len(loaded.structure_sets) == 1 else None
        self.reference_name = ""
        if self._reference is not None:
            self.reference_name = "Truth of the phantom" if loaded.name else "RT Structure Set beside the CT"
        self._viewers.show_volume(added)
        self._tell(self.ct_changed)
        self._tell(self.result_changed)

    # ------------------------------------------------------------------------------------- models and engine

    def read_models(self, folder: Path) -> models.ModelSet:
        """Reads a folder of models; may be called from any thread."""
        return self._logic.read_models(folder)

    def take_models(self, found: models.ModelSet) -> None:
        """Uses these models from now on."""
        self.refuse_while_running()
        self.models = found
        self.parameters.model_folder = str(found.folder)
        self._tell(self.models_changed)

    def describe_engine(self) -> dict:
        """What the engine can compute with. Starts the worker and touches no scene: to be called from a thread."""
        return self._logic.describe_engine()

    def expected_memory(self) -> tmli.ExpectedMemory | None:
        """What a run on this CT would take; None while CT or models are missing."""
        if self.ct is None or self.models is None:
            return None
        device = self.parameters.device
        return self._logic.expected_memory(
            self.parameters.volume, self.models, self.automatic_device if device == "auto" else device
        )

    # ------------------------------------------------------------------------------------------------ the run

    def refuse_while_running(self) -> None:
        """CT and models stay as they are while something needs them."""
        if self._run is not None:
            raise Problem("A segmentation is running.", "Wait for its end, or cancel it.")
        if self._works:
            raise Problem("Something is being computed on this CT.", "Wait for its end, or cancel it.")

    def start_run(self) -> run.Run:
        """Hands the CT to the engine."""
        self.refuse_while_running()
        if self.ct is None:
            raise Problem("There is no CT to segment.", "Open a folder with a CT series.")
        if self.models is None:
            raise Problem("No models are chosen.", "Choose a folder of models.")
        unchecked = set(self.parameters.unchecked)
        wanted = [name for name in self.models.structures if name not in unchecked]
        self._run = self._logic.start(self.parameters.volume, self.models, wanted, self.parameters.device)
        return self._run

    def cancel_run(self) -> None:
        """Asks the engine to stop."""
        if self._run is not None:
            self._run.cancel()

    def end_run(self) -> None:
        """The run is over, however it ended."""
        self._run = None

    async def take_result(self, ended: run.Run, tell: Tell) -> str:
        """Shows what was found, in place of an earlier result; returns a line about it."""
        outcome = await self._follow(self._logic.finish(ended), tell)
        if outcome is None:
            return CANCELLED
        self._forget_segmentation()
        self.parameters.segmentation = outcome.node
        self.remarks = outcome.remarks
        self._volumes_ml = dict(outcome.volumes_ml)
        self._viewers.show_segmentation(outcome.node)
        self._build_surfaces(outcome.node)
        self._tell(self.result_changed)
        return f"{len(self._volumes_ml)} structures in {outcome.seconds:.0f} s on {outcome.device_name}"

    # -------------------------------------------------------------------------------------------------- long work

    async def _follow(self, work: Work[T], tell: Tell) -> T | None:
        """Takes the steps of a work between the messages of the page; None when it was cancelled."""
        self._works.append(work)
        try:
            while not work.step():
                tell(work)
                await asyncio.sleep(PAUSE_S if work.progress.waits else 0)
        finally:
            work.drop()
            self._works.remove(work)
        return work.result

    # --------------------------------------------------------------------------------------------- structures

    def structures(self) -> list[StructureItem]:
        """The segments in the order of the protocol."""
        node = self.parameters.segmentation
        if node is None:
            return []
        display = node.GetDisplayNode()
        return [
            StructureItem(
                segment_id,
                name,
                self.colour_of(name),
                self._volumes_ml.get(name, 0.0),
                segmentation.tag(geometry.segment_of(node, segment_id), segmentation.TAG_MODEL),
                display.GetSegmentVisibility(segment_id),
            )
            for name, segment_id in segmentation.names_and_ids(node).items()
        ]

    def show_segment(self, segment_id: str, shown: bool) -> None:
        """Shows or hides one segment in all views."""
        node = self.parameters.segmentation
        if node is not None and segment_id:
            node.GetDisplayNode().SetSegmentVisibility(segment_id, shown)

    def jump_to_segment(self, segment_id: str) -> None:
        """Moves the slices into a segment."""
        node = self.parameters.segmentation
        centre = geometry.segment_centre(node, segment_id) if node is not None and segment_id else None
        if centre is not None:
            self._viewers.jump_to(centre)

    def jump_to_structure(self, name: str) -> None:
        """Moves the slices into the segment of that name."""
        node = self.parameters.segmentation
        if node is not None:
            self.jump_to_segment(segmentation.names_and_ids(node).get(name, ""))

    @staticmethod
    def colour_of(name: str) -> tuple[int, int, int]:
        """The colour of the protocol."""
        structure = tmli.protocol().structure(name)
        return tuple(structure.colour) if structure is not None else (160, 160, 160)

    # --------------------------------------------------------------------------------------------- comparison

    async def take_reference(self, path: Path) -> None:
        """Compares with this RT Structure Set from now on. Raises when it is none, or is of another patient."""
        if self.ct is None:
            raise Problem("There is no CT to compare on.", "Load a CT first.")
        found = await tmli.start_read_structure_set(path, self.ct.series)
        self._reference, self.reference_name = path, found.label or path.name

    async def compare(self, profile: str, tell: Tell) -> comparison.Comparison | None:
        """Compares structure by structure; None when that was cancelled."""
        if self.ct is None or self._reference is None:
            raise Problem("There is nothing to compare with.", "Choose an RT Structure Set as the reference.")
        parameters = self.parameters
        work = self._logic.compare(self._reference, parameters.segmentation, parameters.volume, profile, self.ct.series)
        compared = await self._follow(work, tell)
        if compared is not None:
            parameters.table = self._logic.show_comparison(compared, parameters.table)
            parameters.profile = profile
        return compared

    def comparison_csv(self) -> str:
        """The last comparison with full precision."""
        table = self.parameters.table
        return comparison.csv_text(table) if table is not None else ""

    # -------------------------------------------------------------------------------------- PTV and RT export

    async def make_ptv(self, margins_mm: Mapping[str, list[float]], body: str, tell: Tell) -> targets.Target | None:
        """Makes the PTV and puts it among the segments, in place of an earlier one; `body` as for the logic.

        None when that was cancelled: the segments are as they were.
        """
        self.parameters.margins_mm, self.parameters.body = dict(margins_mm), body
        node = self.parameters.segmentation
        target = await self._follow(self._logic.make_ptv(node, self.parameters.volume, margins_mm, body), tell)
        if target is not None and await self._follow(self._logic.keep_ptv(node, target), tell) is None:
            return None
        if target is not None:
            self._volumes_ml[PTV] = target.volume_ml
            self._build_surfaces(node)
            self._tell(self.result_changed)
        return target

    def export_origin(self) -> export.Origin | None:
        """The CT series that a structure set will refer to."""
        return export.Origin(self.ct.series) if self.ct is not None else None

    async def structure_set(self, label: str, tell: Tell) -> tuple[bytes, export.Exported] | None:
        """An RT Structure Set of all segments, as the bytes of its file; None when that was cancelled."""
        label = label.strip()
        if not 0 < len(label) <= LONGEST_LABEL:
            raise Problem(
                f"The label has {len(label)} characters.", f"Give 1 to {LONGEST_LABEL}: DICOM allows no more."
            )
        with tempfile.TemporaryDirectory(prefix="tmli-") as folder:
            path = Path(folder) / "rtstruct.dcm"
            work = self._logic.export(path, self.parameters.segmentation, self.export_origin(), label)
            exported = await self._follow(work, tell)
            return None if exported is None else (path.read_bytes(), exported)

    # ------------------------------------------------------------------------------------------------ details

    def _build_surfaces(self, node: vtkMRMLSegmentationNode) -> None:
        # The loop keeps no strong reference to a task.
        task = asyncio.get_running_loop().create_task(self._viewers.build_surfaces(node))
        self._surfaces.add(task)
        task.add_done_callback(self._surfaces.discard)

    def _forget_segmentation(self) -> None:
        for task in self._surfaces:
            task.cancel()
        for work in self._works:
            # What is made of a result that goes away is for nobody.
            work.drop()
        node = self.parameters.segmentation
        if node is not None:
            self._viewers.forget_segmentation(node)
            self._logic.scene.RemoveNode(node)
        self._volumes_ml, self.remarks = {}, []

    @staticmethod
    def _tell(listeners: list[Callable[[], None]]) -> None:
        for listener in listeners:
            listener()
