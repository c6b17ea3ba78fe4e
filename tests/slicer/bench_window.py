"""How long the window of the panel does not answer, action by action, on a large CT.

    cargo xtask bench window

The panel as it is, on the real Slicer library and on Qt without a screen: a child of 512 x 512 x 250 voxels with 25
structures. Buttons are clicked from the event loop; a timer beside them notes the longest pause between two turns of
that loop, which is how long a window would be frozen.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import conftest
import panels
import slicer
from PySide6 import QtCore
from scene import Application
from standin.application import process_events
from TMLILib import segmentation
from TMLILib.logic import TMLILogic

import tmli

AGE_YEARS = 13.0
"""A child of this age has 250 slices of 5 mm."""
PATIENCE_S = 900


class Heartbeat:
    """Notes the longest pause of the event loop."""

    def __init__(self) -> None:
        self._timer = QtCore.QTimer()
        self._timer.setInterval(1)
        self._timer.timeout.connect(self._beat)
        self._last = self.longest_s = 0.0

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest_s = max(self.longest_s, now - self._last)
        self._last = now

    def measure(self, what: str, action: Callable[[], object], until: Callable[[], bool] = lambda: True) -> None:
        """Does it from the event loop, waits for its end, prints a line."""
        self._last, self.longest_s = time.perf_counter(), 0.0
        began = self._last
        self._timer.start()
        QtCore.QTimer.singleShot(0, action)
        done = False

        def ended() -> bool:
            nonlocal done
            done, before = until(), done
            # One more turn of the loop, so that the last pause counts.
            return done and before

        assert process_events(ended, PATIENCE_S), f"{what}: no end"
        self._beat()
        self._timer.stop()
        whole_s = time.perf_counter() - began
        print(f"{what:34} {1000 * self.longest_s:8.0f} ms of {whole_s:6.2f} s", flush=True)


def main() -> int:
    """Prints a line for each action."""
    with tempfile.TemporaryDirectory() as name, tmli.Engine() as engine:
        folder = Path(name)
        Application(name).install()
        logic = TMLILogic(slicer.mrmlScene, lambda: engine)
        tmli.write_phantom(folder, seed=conftest.SEED, age_years=AGE_YEARS, matrix=512)
        volume = logic.load_ct(folder / "ct")
        print(f"{volume.GetImageData().GetDimensions()} voxels; the window does not answer for at most")
        opened = panels.open_panel(logic)
        _walk(opened, volume, folder)
        assert not opened.said, opened.said
        opened.panel.close()
    return 0


def _walk(opened, volume, folder: Path) -> None:
    ui, parameters, heart = opened.ui, opened.panel.logic.parameters, Heartbeat()
    parameters.model_folder = str(conftest.MODELS)
    parameters.device = "cpu"
    heart.measure("choose the CT", lambda: ui.volumeSelector.setCurrentNode(volume))
    heart.measure(
        "Auto-segment TMLI and its result",
        ui.runButton.click,
        lambda: parameters.segmentation is not None and ui.runButton.isEnabled(),
    )
    heart.measure("Show in 3D", ui.show3dCheck.click, lambda: ui.show3dCheck.isEnabled() and _has_surfaces(parameters))
    panels.unfold(opened, "compare")
    opened.answers.path = str(folder / "rtstruct.dcm")
    heart.measure("choose an RT Structure Set", ui.referenceFileButton.click)
    heart.measure(
        "Compare all structures",
        ui.compareButton.click,
        lambda: parameters.table is not None and ui.compareButton.isEnabled(),
    )
    panels.unfold(opened, "ptv")
    heart.measure("Preview of the PTV", ui.previewButton.click, lambda: ui.keepButton.isEnabled())
    node = parameters.segmentation
    heart.measure("Keep as PTV", ui.keepButton.click, lambda: "PTV" in segmentation.names_and_ids(node))
    opened.answers.path = str(folder / "written.dcm")
    heart.measure("open the section Export", lambda: panels.unfold(opened, "export"), lambda: ui.originLabel.text())
    heart.measure("Export RT Structure Set", ui.exportButton.click, lambda: "Wrote" in ui.exportLabel.text())


def _has_surfaces(parameters) -> bool:
    name = slicer.vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName()
    return parameters.segmentation.GetSegmentation().ContainsRepresentation(name)


if __name__ == "__main__":
    sys.exit(main())
