"""The base class of a scripted Segment Editor effect, on Slicer's own editor logic: its masking and undo are real."""

import numpy as np
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


def edited(scene, editor, segmentation, volume, segment_id: str):
    """The editor's logic with its undo history, as Slicer's editor widget sets them up; keep the history."""
    editor.SetAndObserveSegmentationNode(segmentation)
    editor.SetAndObserveSourceVolumeNode(volume)
    editor.SetSelectedSegmentID(segment_id)
    editor.SetMaskMode(slicer.vtkMRMLSegmentationNode.EditAllowedEverywhere)
    editor.SetOverwriteMode(editor.OverwriteNone)
    logic = slicer.vtkSlicerSegmentEditorLogic()
    logic.SetMRMLScene(scene)
    logic.SetSegmentEditorNode(editor)
    history = slicer.vtkSegmentationHistory()
    history.SetSegmentation(segmentation.GetSegmentation())
    logic.SetSegmentationHistory(history)
    return logic, history


def box_around(scene, lps_from_ijk, region):
    """A markups ROI around voxels; `region` holds first and behind the last of k, j, i."""
    corners = np.array([[*reversed([bounds[end] for bounds in region]), 1.0] for end in (0, 1)])
    lowest, highest = (corners @ np.asarray(lps_from_ijk).T)[:, :3]
    roi = scene.AddNewNodeByClass("vtkMRMLMarkupsROINode", "Box")
    centre = (lowest + highest) / 2
    roi.SetCenter(-centre[0], -centre[1], centre[2])
    roi.SetSize(*np.abs(highest - lowest))
    return roi
