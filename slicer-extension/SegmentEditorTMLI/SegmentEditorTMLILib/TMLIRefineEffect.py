"""The effect "TMLI Refine": works on the selected segment, with the Segment Editor's masking and undo.

Slicer finds the class by the name of this file.
"""

from __future__ import annotations

import os

import qt
import slicer
from SegmentEditorEffects import AbstractScriptedSegmentEditorEffect
from TMLILib import geometry, refine
from TMLILib.errors import Problem, as_problem
from TMLILib.logic import TMLILogic
from TMLIPanel import session
from TMLIPanel.dialogs import Dialogs
from TMLIPanel.timing import Watch, in_words

VIEW_DEPTH_MM = 25.0
"""How far to both sides of its plane `around the view` reaches."""


class TMLIRefineEffect(AbstractScriptedSegmentEditorEffect):
    """One method so far: the structure's network runs again inside a box, and the segment is replaced there only."""

    def __init__(self, scriptedEffect) -> None:  # noqa: N803 (Slicer calls it by this name)
        scriptedEffect.name = "TMLI Refine"
        scriptedEffect.perSegment = True
        scriptedEffect.requireSegments = True
        AbstractScriptedSegmentEditorEffect.__init__(self, scriptedEffect)
        self.dialogs = Dialogs()
        self._watch = Watch(self._status, self._ended)
        self._asked: tuple | None = None

    def clone(self):
        """A copy for another editor, as Slicer asks for it."""
        import qSlicerSegmentationsEditorEffectsPythonQt

        copy = qSlicerSegmentationsEditorEffectsPythonQt.qSlicerSegmentEditorScriptedEffect(None)
        copy.setPythonSource(__file__.replace("\\", "/"))
        return copy

    def icon(self):
        """The effect's picture in the editor."""
        path = os.path.join(os.path.dirname(__file__), "..", "Resources", "Icons", "SegmentEditorTMLI.png")
        return qt.QIcon(path) if os.path.exists(path) else qt.QIcon()

    def helpText(self) -> str:  # noqa: N802
        """What the editor shows beside the effect."""
        return (
            "<html>Segment the selected structure again inside a box, with the models chosen in the TMLI module. "
            "Outside of the box, and where masking forbids it, the segment stays as it is. Undo works."
        )

    def setupOptionsFrame(self) -> None:  # noqa: N802
        """The controls below the effects."""
        self._place = qt.QComboBox()
        self._place.addItem("Around the red slice view")
        self._place.addItem("Inside a box (ROI)")
        self._roi = slicer.qMRMLNodeComboBox()
        self._roi.setProperty("nodeTypes", ["vtkMRMLMarkupsROINode"])
        self._roi.setProperty("noneEnabled", True)
        self._roi.setMRMLScene(slicer.mrmlScene)
        self._show_remembered()
        self._apply = qt.QPushButton("Segment again in this region")
        self._cancel = qt.QPushButton("Cancel")
        self._place.setToolTip("What is segmented again; outside of it nothing changes")
        self._roi.setToolTip("A box drawn in the Markups module; taken when the region is a box")
        self._apply.setToolTip("Runs the network of the selected structure in this region; Undo takes it back")
        self._cancel.setToolTip("Ends the run; the segment stays as it was")
        self._progress = qt.QProgressBar()
        self._progress.setMaximum(1000)
        self._words = qt.QLabel("")
        self._words.setWordWrap(True)
        self.scriptedEffect.addLabeledOptionsWidget("Region:", self._place)
        self.scriptedEffect.addLabeledOptionsWidget("Box:", self._roi)
        for widget in (self._apply, self._progress, self._cancel, self._words):
            self.scriptedEffect.addOptionsWidget(widget)
        self._place.currentIndexChanged.connect(self._guarded(self._remember))
        self._roi.currentNodeChanged.connect(self._guarded(self._remember))
        self._apply.clicked.connect(self._guarded(self.start))
        self._cancel.clicked.connect(self._guarded(self._watch.cancel))
        self._show_running(False)

    def activate(self) -> None:
        """The effect is chosen: shows what the scene remembers."""
        self._show_remembered()

    def _show_remembered(self) -> None:
        parameters = self.logic.parameters
        for widget in (self._place, self._roi):
            widget.blockSignals(True)
        self._place.setCurrentIndex(int(parameters.in_box))
        self._roi.setCurrentNode(parameters.roi)
        for widget in (self._place, self._roi):
            widget.blockSignals(False)
        self._roi.setEnabled(parameters.in_box)

    def _remember(self) -> None:
        parameters = self.logic.parameters
        parameters.in_box = self._place.property("currentIndex") == 1
        parameters.roi = self._roi.currentNode()
        self._roi.setEnabled(parameters.in_box)

    def deactivate(self) -> None:
        """Another effect is chosen: what runs is cancelled."""
        self._watch.drop()
        self._show_running(False)

    @property
    def logic(self) -> TMLILogic:
        """Shared with the panel: one engine, one worker."""
        return session.logic()

    # ---------------------------------------------------------------------------------------------------- the run

    def start(self) -> None:
        """Segment again in this region."""
        parameters = self.logic.parameters
        editor = self.scriptedEffect.parameterSetNode()
        node, segment_id = editor.GetSegmentationNode(), editor.GetSelectedSegmentID()
        volume = editor.GetSourceVolumeNode()
        if node is None or not segment_id:
            raise Problem("No segment is selected.", "Select the segment to refine in the list above.")
        if volume is None:
            raise Problem("There is no CT.", "Choose the CT as the source volume of the Segment Editor.")
        grid = geometry.geometry_of(volume)
        models = self.logic.read_models(parameters.model_folder)
        name = geometry.segment_of(node, segment_id).GetName()
        run = self.logic.start_in_region(volume, models, name, self._region(grid), parameters.device)
        self._asked = (node, segment_id)
        self._words.setText("")
        self._show_running(True)
        self._watch.follow(run)

    def _region(self, grid) -> geometry.Region:
        if self._place.property("currentIndex") == 0:
            view = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceNodeRed")
            if view is None:
                raise Problem("There is no red slice view.", "Choose a layout with slice views, or use a box.")
            return geometry.region_of_view(view, grid, VIEW_DEPTH_MM)
        roi = self._roi.currentNode()
        if roi is None:
            raise Problem("No box is chosen.", "Draw an ROI in the Markups module and choose it here.")
        return geometry.region_of_roi(roi, grid)

    def _status(self, status) -> None:
        self._progress.setValue(int(1000 * status.fraction))
        self._words.setText(in_words(status))

    def _ended(self, run, status) -> None:
        self._show_running(False)
        if status.state == "cancelled":
            self._words.setText("Cancelled. The segment is as it was.")
        else:
            self._guarded(lambda: self._replace(run))()

    def _replace(self, run) -> None:
        node, segment_id = self._asked
        editor = self.scriptedEffect.parameterSetNode()
        if editor.GetSegmentationNode() is not node or editor.GetSelectedSegmentID() != segment_id:
            raise Problem("Another segment was selected during the run.", "Select the segment again and start again.")
        (found,) = run.take().masks.values()
        before = geometry.mask_of(node, segment_id, run.grid)
        after = refine.replaced(before, found, run.region)
        if (after == before).all():
            self._words.setText("The network found the same as before.")
            return
        self.scriptedEffect.saveStateForUndo()
        # Setting the whole segment: Slicer keeps what masking protects, where removing voxels would not heed it.
        whole = tuple((0, count) for count in run.grid.shape)
        self.scriptedEffect.modifySelectedSegmentByLabelmap(
            geometry.labelmap(after, run.grid, whole), slicer.qSlicerSegmentEditorAbstractEffect.ModificationModeSet
        )
        now = geometry.mask_of(node, segment_id, run.grid)
        changed_ml = float((now != before).sum()) * float(run.grid.voxel_volume_mm3) / 1000.0
        self._words.setText(f"Changed {changed_ml:.1f} ml.")

    # ------------------------------------------------------------------------------------------------------- rest

    def _show_running(self, running: bool) -> None:
        self._progress.setValue(0)
        for widget in (self._progress, self._cancel):
            widget.setVisible(running)
        self._apply.setEnabled(not running)

    def _guarded(self, action):
        def run(*_) -> None:
            try:
                action()
            except Exception as error:
                self._show_running(False)
                self.dialogs.problem(as_problem(error))

        return run
