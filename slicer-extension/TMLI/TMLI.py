"""The module TMLI of 3D Slicer: a shell around `TMLIPanel` (widgets) and `TMLILib` (what they do)."""

from __future__ import annotations

import os

import slicer
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin
from TMLILib import terminology
from TMLIPanel import session
from TMLIPanel.dialogs import Dialogs
from TMLIPanel.install_section import real_installer
from TMLIPanel.panel import Panel
from TMLIPanel.sample import register_sample_data


class TMLI(ScriptedLoadableModule):
    """What Slicer's module list shows."""

    def __init__(self, parent) -> None:
        super().__init__(parent)
        self.parent.title = "TMLI"
        self.parent.categories = ["Radiotherapy", "Segmentation"]
        self.parent.dependencies = ["Segmentations", "SegmentEditor", "Terminologies"]
        self.parent.contributors = ["The TMLI authors"]
        self.parent.helpText = (
            "Auto-segmentation for total marrow and lymphoid irradiation of children: 22 organs at risk and three "
            "targets, with models trained on your own patients. Review, metrics, PTV and RT Structure Set export.<br>"
            "<b>For research use. Every contour needs review by a qualified person before any clinical use.</b>"
        )
        self.parent.acknowledgementText = (
            "The networks are the U-Net of Ronneberger et al. (2015) and the V-Net of Milletari et al. (2016)."
        )
        slicer.app.startupCompleted.connect(self._started)

    def _started(self, *_) -> None:
        terminology.load(slicer.modules.terminologies.logic())
        register_sample_data(os.path.join(os.path.dirname(__file__), "Resources", "Icons"))


class TMLIWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel inside Slicer's module panel."""

    def __init__(self, parent=None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.panel: Panel | None = None

    def setup(self) -> None:
        """Called when the module is shown for the first time."""
        ScriptedLoadableModuleWidget.setup(self)
        root = slicer.util.loadUI(self.resourcePath("UI/TMLI.ui"))
        self.layout.addWidget(root)
        self.panel = Panel(root, session.logic(), Dialogs(slicer.util.mainWindow()), real_installer())
        scene = slicer.mrmlScene
        self.addObserver(scene, slicer.vtkMRMLScene.StartCloseEvent, self._scene_closes)
        for event in (slicer.vtkMRMLScene.EndCloseEvent, slicer.vtkMRMLScene.EndImportEvent):
            self.addObserver(scene, event, self._scene_changed)

    def enter(self) -> None:
        """Called each time the module is shown."""
        if self.panel is not None:
            self.panel.refresh()

    def cleanup(self) -> None:
        """Called when Slicer ends or the module is reloaded."""
        self.removeObservers()
        if self.panel is not None:
            self.panel.close()
        session.close()

    def _scene_closes(self, *_) -> None:
        self.panel.scene_closes()

    def _scene_changed(self, *_) -> None:
        self.panel.refresh()


class TMLILogic(ScriptedLoadableModuleLogic):
    """Slicer looks for a class of this name; the logic itself is `TMLILib.logic.TMLILogic`."""

    def get(self):
        """The logic that the panel uses."""
        return session.logic()


class TMLITest(ScriptedLoadableModuleTest):
    """The self test that Slicer's Reload and Test button runs."""

    def runTest(self) -> None:  # noqa: N802 (Slicer's name)
        """The whole path on a synthetic child; see tests/slicer/run_in_slicer.py for more."""
        from TMLIPanel.selftest import run

        slicer.mrmlScene.Clear()
        self.delayDisplay(run(session.logic()))
