"""The panel: its sections in the order of the work."""

from __future__ import annotations

import slicer
from TMLILib.logic import TMLILogic

from .compare_section import CompareSection
from .context import Context, widgets_of
from .device_question import DeviceQuestion
from .dialogs import Dialogs
from .export_section import ExportSection
from .install_section import Installer, InstallSection
from .ptv_section import PtvSection
from .refine_section import RefineSection
from .runner import ProcessRunner
from .segment_section import SegmentSection

SELECTORS = ("volumeSelector", "segmentationSelector", "referenceSelector", "predictionSelector")


class Panel:
    """Everything below the title TMLI. Logic, dialogs and installer are given, so a test can give its own."""

    def __init__(self, root, logic: TMLILogic, dialogs: Dialogs, installer: Installer) -> None:
        ui = widgets_of(root)
        self.root, self.logic = root, logic
        context = Context(ui, logic, dialogs)
        self.refine = RefineSection(context)
        self.compare = CompareSection(context)
        self.ptv = PtvSection(context)
        self.export = ExportSection(context)
        self.segment = SegmentSection(
            context, self.arrived, lambda on_answer: DeviceQuestion(ProcessRunner(), installer.worker, on_answer)
        )
        self.install = InstallSection(context, installer, self.refresh)
        self._context = context
        self._selectors = [getattr(ui, name) for name in SELECTORS]
        for selector in self._selectors:
            selector.setMRMLScene(slicer.mrmlScene)
            selector.currentNodeChanged.connect(context.guarded(self.node_chosen))
        self.refresh()

    def refresh(self) -> None:
        """Shows what the scene remembers: after the module opens, and after a scene was loaded or closed."""
        ready = self.install.refresh()
        ui, parameters = self._context.ui, self.logic.parameters
        prediction = parameters.prediction or parameters.segmentation
        chosen = (parameters.volume, parameters.segmentation, parameters.reference, prediction)
        for selector, node in zip(self._selectors, chosen, strict=True):
            selector.blockSignals(True)
            selector.setCurrentNode(node)
            selector.blockSignals(False)
        for section in (ui.segmentSection, ui.refineSection, ui.compareSection, ui.ptvSection, ui.exportSection):
            section.setEnabled(ready)
        if ready:
            for part in (self.segment, self.refine, self.compare, self.ptv, self.export):
                part.refresh()

    @property
    def busy(self) -> bool:
        """Whether something goes on in one of the sections."""
        return any(section.busy for section in (self.segment, self.compare, self.ptv, self.export))

    def node_chosen(self) -> None:
        """The user chose another node somewhere."""
        ui, parameters = self._context.ui, self.logic.parameters
        parameters.volume = ui.volumeSelector.currentNode()
        parameters.segmentation = ui.segmentationSelector.currentNode()
        parameters.reference = ui.referenceSelector.currentNode()
        parameters.prediction = ui.predictionSelector.currentNode()
        if self.install.ready:
            for part in (self.segment, self.refine, self.compare, self.ptv, self.export):
                part.refresh()

    def arrived(self, node) -> None:
        """A segmentation has come into the scene: the other sections work on it from now on."""
        self.logic.parameters.segmentation = self.logic.parameters.prediction = node
        self.refresh()

    def scene_closes(self) -> None:
        """What runs on a scene that goes away is cancelled."""
        self.segment.forget()
        self.compare.forget()
        self.ptv.forget_preview()
        self.export.forget()

    def close(self) -> None:
        """The module goes away."""
        self.scene_closes()
        self.install.cancel()
        self.segment.question.stop()
