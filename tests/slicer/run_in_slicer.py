"""The checks that need the Slicer application itself. docs/how-to/test-in-slicer.md tells how to run them:

    Slicer --testing --no-splash --additional-module-paths slicer-extension/TMLI slicer-extension/SegmentEditorTMLI \\
        --python-script tests/slicer/run_in_slicer.py

Each check prints a line; Slicer ends with 0 when all passed.
"""

import os
import sys
import time
import traceback

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


def one_click():
    """Auto-segment TMLI through the panel's button, when TMLI_MODELS names a folder of models."""
    from TMLIPanel.sample import load_child

    panel = slicer.modules.TMLIWidget.panel
    volume = load_child()
    panel.logic.parameters.volume = volume
    panel.logic.parameters.model_folder = os.environ["TMLI_MODELS"]
    panel.refresh()
    panel.segment.start()
    end = time.monotonic() + 600
    while panel.segment.watch.run is not None and time.monotonic() < end:
        slicer.app.processEvents()
        time.sleep(0.02)
    assert panel.logic.parameters.segmentation.GetSegmentation().GetNumberOfSegments() > 20


def main():
    """Runs them all and ends Slicer."""
    checks = [modules_are_loaded, terminology_is_loaded, panel_opens, self_test]
    if os.environ.get("TMLI_MODELS"):
        checks.append(one_click)
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
