"""A hidden module that gives the Segment Editor the effect "TMLI Refine"."""

from __future__ import annotations

import os

import slicer
from slicer.ScriptedLoadableModule import ScriptedLoadableModule


class SegmentEditorTMLI(ScriptedLoadableModule):
    """Registers the effect when Slicer has started."""

    def __init__(self, parent) -> None:
        super().__init__(parent)
        self.parent.title = "SegmentEditorTMLI"
        self.parent.categories = ["Segmentation"]
        self.parent.dependencies = ["Segmentations", "TMLI"]
        self.parent.contributors = ["The TMLI authors"]
        self.parent.hidden = True
        self.parent.helpText = "The effect TMLI Refine of the Segment Editor."
        self.parent.acknowledgementText = ""
        slicer.app.startupCompleted.connect(self._register)

    def _register(self, *_) -> None:
        import qSlicerSegmentationsEditorEffectsPythonQt

        effect = qSlicerSegmentationsEditorEffectsPythonQt.qSlicerSegmentEditorScriptedEffect(None)
        folder = os.path.join(os.path.dirname(__file__), "SegmentEditorTMLILib")
        effect.setPythonSource(os.path.join(folder, "TMLIRefineEffect.py").replace("\\", "/"))
        effect.self().register()
