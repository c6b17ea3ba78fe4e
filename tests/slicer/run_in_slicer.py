"""The checks that need the Slicer application itself. docs/how-to/test-in-slicer.md tells how to run them:

    Slicer --testing --no-splash --additional-module-paths slicer-extension/TMLI slicer-extension/SegmentEditorTMLI \\
        --python-script tests/slicer/run_in_slicer.py

Each check prints a line; Slicer ends with 0 when all passed.
"""

import os
import sys
import time
import traceback
from pathlib import Path

import slicer


def modules_are_loaded():
    """Both modules are there, the effect is registered."""
    assert hasattr(slicer.modules, "tmli") and hasattr(slicer.modules, "segmenteditortmli")
    effects = slicer.qSlicerSegmentEditorEffectFactory.instance().registeredEffects()
    assert "TMLI Refine" in [effect.name for effect in effects]


def terminology_is_loaded():
    """The terminology selector knows the structures."""
    from TMLILib import terminology

    assert terminology.CONTEXT in terminology._names(slicer.modules.terminologies.logic())


def panel_opens():
    """The panel opens on an empty scene, in real PythonQt."""
    slicer.util.selectModule("TMLI")
    assert slicer.modules.TMLIWidget.panel is not None


def self_test():
    """The module's own test: a child, a comparison, a PTV, an export."""
    from TMLIPanel import selftest, session

    print(selftest.run(session.logic()))


def wait(until, seconds: float = 600.0) -> None:
    """Lets Slicer work until a condition holds."""
    end = time.monotonic() + seconds
    while not until() and time.monotonic() < end:
        slicer.app.processEvents()
        time.sleep(0.02)
    assert until(), f"waited {seconds:.0f} s in vain"


class Answers:
    """Dialogs that answer themselves."""

    def __init__(self) -> None:
        self.path = ""

    def problem(self, problem):
        raise AssertionError(f"{problem.what} {problem.todo} {problem.details}")

    def file_to_open(self, *_):
        return self.path

    def file_to_save(self, *_):
        return self.path


def one_click(panel=None):
    """Auto-segment TMLI through the panel's button, when TMLI_MODELS names a folder of models."""
    from TMLIPanel.sample import load_child

    panel = panel or slicer.modules.TMLIWidget.panel
    panel.logic.parameters.volume = load_child()
    panel.logic.parameters.model_folder = os.environ["TMLI_MODELS"]
    panel.refresh()
    panel.segment.start()
    wait(lambda: not panel.busy)
    assert panel.logic.parameters.segmentation.GetSegmentation().GetNumberOfSegments() > 20


def buttons_of_the_result(panel=None):
    """Compare with an RT Structure Set, sort, save, preview and keep the PTV, export: each by its button."""
    from TMLILib.segmentation import names_and_ids

    panel = panel or slicer.modules.TMLIWidget.panel
    context, parameters = panel._context, panel.logic.parameters
    before, context.dialogs = context.dialogs, Answers()
    ui, answers = context.ui, context.dialogs
    children = Path(slicer.app.temporaryPath).glob("tmli-child-*")
    child = max(children, key=lambda folder: folder.stat().st_mtime)
    try:
        answers.path = str(child / "rtstruct.dcm")
        ui.referenceFileButton.click()
        ui.compareButton.click()
        wait(lambda: ui.csvButton.property("enabled"))
        assert ui.metricsTable.property("rowCount") > 20
        panel.compare._heading_clicked(1)
        answers.path = str(child / "metrics.csv")
        ui.csvButton.click()
        ui.previewButton.click()
        wait(lambda: not panel.busy)
        ui.keepButton.click()
        wait(lambda: not panel.busy)
        assert "PTV" in names_and_ids(parameters.segmentation)
        answers.path = str(child / "exported.dcm")
        ui.exportButton.click()
        wait(lambda: not panel.busy)
        assert (child / "metrics.csv").is_file() and (child / "exported.dcm").is_file()
    finally:
        context.dialogs = before


def main():
    """Runs them all and ends Slicer."""
    checks = [modules_are_loaded, terminology_is_loaded, panel_opens, self_test]
    if os.environ.get("TMLI_MODELS"):
        checks += [one_click, buttons_of_the_result]
    failed = 0
    for check in checks:
        try:
            check()
            print(f"passed: {check.__doc__}")
        except Exception:
            failed += 1
            print(f"FAILED: {check.__doc__}")
            traceback.print_exc()
    sys.stdout.flush()
    slicer.util.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
