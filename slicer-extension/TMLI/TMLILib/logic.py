"""`TMLILogic`: everything a panel, a browser app or a script asks for. No widgets, no threads, no waiting.

The scene and the engine are given, not looked up, so the same class works in Slicer, in trame-slicer and in a test:

    logic = TMLILogic(slicer.mrmlScene, lambda: tmli.Engine())
    volume = logic.load_ct("DICOM/CT")
    models = logic.read_models("models/all-2d")
    run = logic.start(volume, models)
    while run.poll().state in ("queued", "running"):   # from a timer, in an application
        time.sleep(0.1)
    outcome = logic.finish(run).wait()                 # outcome.node, outcome.remarks

What takes a while is a `Work`: an application takes its steps from its event loop, a script waits for it.

Every method raises `Problem` (or an error that `as_problem` turns into one), and then has left the scene as it was; so
does a `Work`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import comparison, export, geometry, models, refine, run, segmentation, surfaces, targets
from .core import tmli
from .errors import Problem
from .parameters import Parameters, parameters_of
from .work import Steps, Work


@dataclass(frozen=True)
class Outcome:
    """A segmentation that has arrived in the scene."""

    node: object
    """The `vtkMRMLSegmentationNode`."""
    remarks: list[str]
    """What to look at first: empty and doubtful structures, and what the engine did differently."""
    volumes_ml: dict[str, float]
    """Of every segment."""
    device: str
    seconds: float

    @property
    def device_name(self) -> str:
        """The device without the reason, which was told before the run."""
        return self.device.split(":")[0]

    def in_words(self) -> str:
        """For the panel, after the run."""
        count = self.node.GetSegmentation().GetNumberOfSegments()
        head = f"{count} structures in {self.seconds:.0f} s on {self.device_name}."
        return "\n".join([head, *self.remarks, models.RESEARCH_USE])


class TMLILogic:
    """The TMLI module without its panel."""

    def __init__(self, scene, engine: Callable[[], tmli.Engine], database: export.Database | None = None) -> None:
        """`engine` makes the engine at its first use, and raises `Problem` while it is not installed."""
        self.scene = scene
        self._make_engine = engine
        self._engine: tmli.Engine | None = None
        self._database = database

    @property
    def parameters(self) -> Parameters:
        """What the scene remembers of the panel."""
        return parameters_of(self.scene)

    # ------------------------------------------------------------------------------------------------ the engine

    @property
    def engine(self) -> tmli.Engine:
        """The one engine of this logic."""
        if self._engine is None:
            self._engine = self._make_engine()
        return self._engine

    def describe_engine(self) -> dict:
        """Version, devices with the reason where one is not taken, memory. Starts the worker."""
        return self.engine.describe()

    def close(self) -> None:
        """Ends the worker, if there is one. To be called when the application ends."""
        if self._engine is not None:
            self._engine.stop()
            self._engine = None

    # ---------------------------------------------------------------------------------------------------- segment

    def load_ct(self, folder: str | Path, series_uid: str | None = None):
        """Reads a CT series from a folder into the scene, in the way that export needs; returns the volume node."""
        return self.add_ct(tmli.read_ct_series(folder, series_uid), folder)

    def add_ct(self, series: tmli.CtSeries, folder: str | Path):
        """As `load_ct`, for a series that was read already, perhaps by a thread; returns the volume node."""
        node = geometry.add_volume(self.scene, series.volume, series.description or "CT")
        node.SetAttribute(export.INSTANCE_UIDS, " ".join(series.sop_instance_uids))
        node.SetAttribute(export.FOLDER, str(folder))
        return node

    def read_models(self, folder: str | Path) -> models.ModelSet:
        """What a folder of models holds."""
        return models.read_model_set(folder)

    def expected_memory(self, volume_node, model_set: models.ModelSet, device: str = "cpu"):
        """`host_bytes` and `device_bytes` that a run takes at its peak."""
        grid = geometry.geometry_of(volume_node)
        # The folder may have gone since it was read.
        model_set = self.read_models(model_set.folder)
        return tmli.expected_memory(list(model_set.folders), grid, device=device)

    def start(
        self, volume_node, model_set: models.ModelSet, structures: Sequence[str] | None = None, device: str = "auto"
    ) -> run.Run:
        """Starts a segmentation and returns at once. `structures` None: all that the models know."""
        if structures is not None and not structures:
            raise Problem("No structure is checked.", "Check at least one structure.")
        # The folder may have gone since it was read.
        model_set = self.read_models(model_set.folder)
        return run.start(self.engine, volume_node, model_set.folders, structures, device)

    def finish(self, finished: run.Run) -> Work[Outcome]:
        """Takes the result of a run that is done into the scene, as one segmentation."""
        return Work(self._finishing(finished))

    def _finishing(self, finished: run.Run) -> Steps[Outcome]:
        if self.scene.GetNodeByID(finished.volume_node.GetID() or "") is not finished.volume_node:
            raise Problem("The CT was removed from the scene during the run.", "Load it again and start again.")
        if not geometry.geometry_of(finished.volume_node).same_grid(finished.grid):
            raise Problem("The CT was moved or changed during the run.", "Start again.")
        result = finished.take()
        name = f"{finished.volume_node.GetName()} TMLI"
        node = yield from segmentation.adding(self.scene, finished.volume_node, result.masks, result.sources, name)
        remarks = [*result.notes, *segmentation.remarks(result.masks, result.sources)]
        counts = {name: result.masks.count(name) for name in segmentation.names_and_ids(node)}
        volumes_ml = {name: count * finished.grid.voxel_volume_mm3 / 1000.0 for name, count in counts.items()}
        return Outcome(node, remarks, volumes_ml, result.device, result.seconds)

    def show_in_3d(self, segmentation_node) -> Work[None]:
        """Makes the surfaces that are missing and shows them."""
        return Work(surfaces.showing(segmentation_node))

    # ---------------------------------------------------------------------------------------------------- refine

    def start_in_region(
        self, volume_node, model_set: models.ModelSet, structure: str, region: geometry.Region, device: str = "auto"
    ) -> run.Run:
        """Starts the network of one structure inside a box; `refine.replaced` puts the result in place."""
        return refine.start_in_region(self.engine, volume_node, model_set, structure, region, device)

    # --------------------------------------------------------------------------------------------------- compare

    def compare(
        self,
        reference,
        prediction_node,
        volume_node,
        profile: str = "surfel",
        ct: tmli.CtIdentity | None = None,
    ) -> Work[comparison.Comparison]:
        """Compares all structures. `reference`: a node, or the path of a file, which must be of the CT's patient as far
        as the CT's images are known: from `ct`, or else from the volume node."""
        if ct is None and isinstance(reference, (str, Path)):
            ct = self._identity(volume_node)
        return Work(comparison.comparing(reference, prediction_node, volume_node, profile, ct))

    def _identity(self, volume_node) -> tmli.CtIdentity | None:
        try:
            return self.find_origin(volume_node).identity
        except (Problem, tmli.TmliError):
            return None

    def show_comparison(self, compared: comparison.Comparison, table_node=None):
        """Writes a comparison into a table node, a new one unless one is given; returns it."""
        if table_node is None:
            table_node = self.scene.AddNewNodeByClass("vtkMRMLTableNode", self.scene.GenerateUniqueName("TMLI metrics"))
        comparison.fill_table(table_node, compared.rows, compared.profile)
        return table_node

    # ------------------------------------------------------------------------------------------------------- PTV

    def make_ptv(
        self,
        segmentation_node,
        volume_node,
        margins_mm: Mapping[str, Sequence[float]],
        body: str | None = targets.BODY_OF_CT,
    ) -> Work[targets.Target]:
        """Computes a PTV without touching the scene; `keep_ptv` puts it in."""
        return Work(targets.making(segmentation_node, volume_node, margins_mm, body))

    def keep_ptv(self, segmentation_node, target: targets.Target) -> Work[str]:
        """Puts the PTV into the segmentation; the result is the segment's ID."""
        return Work(targets.keeping(segmentation_node, target))

    # ---------------------------------------------------------------------------------------------------- export

    def folder_of(self, volume_node) -> str:
        """Where the CT's DICOM files are, as far as its node knows; empty when it does not."""
        return (volume_node.GetAttribute(export.FOLDER) or "") if volume_node is not None else ""

    def find_origin(self, volume_node, folder: str | Path | None = None) -> export.Origin:
        """The CT series that an export would refer to; from `folder` if one is given."""
        if volume_node is None:
            raise Problem("There is no CT.", "Choose the CT that was segmented.")
        remembered = self.folder_of(volume_node)
        if remembered and self._database is not None and not Path(remembered).is_dir():
            # A scene that moved to another computer: Slicer's database may know the images there.
            remembered = ""
        return export.find_origin(volume_node, self._database, folder or remembered)

    def choose_folder(self, volume_node, folder: str | Path) -> None:
        """Remembers where the CT's DICOM files are. Raises `Problem` when the files there are of another CT."""
        self.find_origin(volume_node, folder)
        volume_node.SetAttribute(export.FOLDER, str(folder))

    def export(
        self,
        path: str | Path,
        segmentation_node,
        origin: export.Origin,
        label: str = "TMLI",
        only: Sequence[str] | None = None,
    ) -> Work[export.Exported]:
        """Writes an RT Structure Set; see `export.writing`."""
        return Work(export.writing(path, segmentation_node, origin, label, only))
