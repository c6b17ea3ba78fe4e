"""Refine: Slicer's Segment Editor inside the panel, with the effect of TMLI at hand."""

from __future__ import annotations

import slicer

from .context import Context

EFFECT = "TMLI Refine"
EDITOR_TAG = "TMLI.SegmentEditor"


class RefineSection:
    """The embedded editor."""

    def __init__(self, context: Context) -> None:
        self._context = context
        ui = context.ui
        ui.editorWidget.setMRMLScene(slicer.mrmlScene)
        ui.refineSection.contentsCollapsed.connect(context.guarded(self._folded))

    def refresh(self) -> None:
        """Gives the editor the CT and the segmentation."""
        parameters, editor = self._context.parameters, self._context.ui.editorWidget
        if parameters.editor is None:
            node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLSegmentEditorNode")
            node.UnRegister(None)
            node.SetSingletonTag(EDITOR_TAG)
            parameters.editor = slicer.mrmlScene.AddNode(node)
        editor.setMRMLSegmentEditorNode(parameters.editor)
        editor.setSegmentationNode(parameters.segmentation)
        editor.setSourceVolumeNode(parameters.volume)

    def _folded(self) -> None:
        ui = self._context.ui
        if ui.refineSection.property("collapsed"):
            # An effect that stays active would go on taking clicks in the views.
            ui.editorWidget.setActiveEffectByName("")
        elif self._context.parameters.segmentation is not None:
            ui.editorWidget.setActiveEffectByName(EFFECT)
