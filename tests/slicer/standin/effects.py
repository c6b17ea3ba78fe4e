"""The base class of a scripted Segment Editor effect, on Slicer's own editor logic: its masking and undo are real."""

import slicer
from PySide6.QtWidgets import QFormLayout, QWidget


class Modes:
    """What `slicer.qSlicerSegmentEditorAbstractEffect` says."""

    ModificationModeSet = slicer.vtkSlicerSegmentEditorLogic.ModificationModeSet
    ModificationModeAdd = slicer.vtkSlicerSegmentEditorLogic.ModificationModeAdd
    ModificationModeRemove = slicer.vtkSlicerSegmentEditorLogic.ModificationModeRemove


class AbstractScriptedSegmentEditorEffect:
    """Keeps the C++ side of the effect."""

    def __init__(self, scriptedEffect) -> None:
        self.scriptedEffect = scriptedEffect


class ScriptedEffect:
    """What `qSlicerSegmentEditorScriptedEffect` offers to Python."""

    name = ""
    perSegment = False
    requireSegments = False

    def __init__(self, editor_logic) -> None:
        self.logic = editor_logic
        self.frame = QWidget()
        self._layout = QFormLayout(self.frame)

    def parameterSetNode(self):
        return self.logic.GetSegmentEditorNode()

    def addLabeledOptionsWidget(self, label: str, widget) -> None:
        self._layout.addRow(label, widget)

    def addOptionsWidget(self, widget) -> None:
        self._layout.addRow(widget)

    def saveStateForUndo(self) -> None:
        self.logic.SaveStateForUndo()

    def modifySelectedSegmentByLabelmap(self, labelmap, mode) -> None:
        node = self.parameterSetNode()
        self.logic.ModifySegmentByLabelmap(
            node.GetSegmentationNode(), node.GetSelectedSegmentID(), labelmap, mode, self.perSegment, False
        )
