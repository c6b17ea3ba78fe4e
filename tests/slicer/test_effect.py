"""The effect TMLI Refine, on Slicer's own editor logic: its masking and undo are real."""

import numpy as np
import pictures
import pytest
import slicer
from conftest import MODELS
from standin import application
from standin.effects import ScriptedEffect, box_around, edited
from TMLILib import geometry, segmentation

application.install()

from TMLIPanel import session  # noqa: E402
from TMLIRefineEffect import TMLIRefineEffect  # noqa: E402


class Said:
    def __init__(self):
        self.problems = []

    def problem(self, problem):
        self.problems.append(problem)


@pytest.fixture
def effect(ready, scene, child, child_folder, monkeypatch):
    """The effect on a liver from which a piece was cut."""
    monkeypatch.setattr(session, "_logic", ready)
    volume = ready.load_ct(child_folder / "ct")
    ready.parameters.model_folder = str(MODELS)
    ready.parameters.device = "cpu"
    grid = geometry.geometry_of(volume)
    liver = np.array(child.masks["Liver"])
    (k0, k1), (j0, j1), (i0, i1) = geometry.content(liver)
    liver[k0 : (k0 + k1) // 2] = False
    node = segmentation.add_segmentation(
        scene, volume, {"Liver": liver, "Stomach": np.array(child.masks["Stomach"])}, {}, "Work"
    )
    editor = scene.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
    logic, history = edited(scene, editor, node, volume, "Liver")
    roi = box_around(scene, grid.lps_from_ijk, ((k0, (k0 + k1) // 2), (j0, j1), (i0, i1)))
    effect = TMLIRefineEffect(ScriptedEffect(logic))
    effect.dialogs = Said()
    effect.setupOptionsFrame()
    effect._place.setCurrentIndex(1)
    effect._roi.setCurrentNode(roi)
    effect.history, effect.grid, effect.node, effect.roi = history, grid, node, roi
    yield effect
    effect.deactivate()


def run(effect) -> None:
    effect._apply.click()
    assert application.process_events(lambda: effect._watch.run is None, seconds=60)


def dsc(a, b) -> float:
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def test_the_cut_piece_comes_back_and_undo_takes_it_away(effect, child):
    cut = geometry.mask_of(effect.node, "Liver", effect.grid)
    pictures.take(effect.scriptedEffect.frame, "effect", width=360)
    run(effect)
    assert effect.dialogs.problems == []
    mended = geometry.mask_of(effect.node, "Liver", effect.grid)
    truth = child.masks["Liver"]
    assert dsc(mended, truth) > 0.85 > dsc(cut, truth)
    region = geometry.region_of_roi(effect.roi, effect.grid)
    outside = np.ones(cut.shape, bool)
    outside[tuple(slice(*bounds) for bounds in region)] = False
    np.testing.assert_array_equal(mended & outside, cut & outside)
    assert "Changed" in effect._words.text()

    effect.scriptedEffect.logic.Undo()

    np.testing.assert_array_equal(geometry.mask_of(effect.node, "Liver", effect.grid), cut)


def test_around_the_red_view_only_what_it_shows_is_replaced(effect, scene):
    cut = geometry.mask_of(effect.node, "Liver", effect.grid)
    view = slicer.vtkMRMLSliceNode()
    view.SetSingletonTag("Red")
    view = scene.AddNode(view)
    view.SetOrientation("Axial")
    view.SetFieldOfView(200.0, 200.0, 1.0)
    view.SetDimensions(200, 200, 1)
    view.JumpSliceByCentering(*effect.roi.GetCenter())
    effect._place.setCurrentIndex(0)
    run(effect)
    assert effect.dialogs.problems == []
    mended = geometry.mask_of(effect.node, "Liver", effect.grid)
    shown = np.zeros(cut.shape, bool)
    shown[tuple(slice(*bounds) for bounds in geometry.region_of_view(view, effect.grid, 25.0))] = True
    assert (mended & shown).sum() > (cut & shown).sum()
    np.testing.assert_array_equal(mended & ~shown, cut & ~shown)


def test_without_a_red_view_it_is_said(effect):
    effect._place.setCurrentIndex(0)
    effect._apply.click()
    assert [problem.what for problem in effect.dialogs.problems] == ["There is no red slice view."]


def test_masking_is_respected(effect):
    cut = geometry.mask_of(effect.node, "Liver", effect.grid)
    stomach = geometry.mask_of(effect.node, "Stomach", effect.grid)
    editor = effect.scriptedEffect.parameterSetNode()
    editor.SetMaskSegmentID("Stomach")
    editor.SetMaskMode(slicer.vtkMRMLSegmentationNode.EditAllowedInsideSingleSegment)
    run(effect)
    assert effect.dialogs.problems == []
    after = geometry.mask_of(effect.node, "Liver", effect.grid)
    np.testing.assert_array_equal(after & ~stomach, cut & ~stomach)


def test_no_selected_segment_is_said(effect):
    effect.scriptedEffect.parameterSetNode().SetSelectedSegmentID(None)
    effect._apply.click()
    assert [problem.what for problem in effect.dialogs.problems] == ["No segment is selected."]


def test_a_missing_box_is_said(effect):
    effect._roi.setCurrentNode(None)
    effect._apply.click()
    assert [problem.what for problem in effect.dialogs.problems] == ["No box is chosen."]


def test_leaving_the_effect_cancels_the_run(effect):
    before = geometry.mask_of(effect.node, "Liver", effect.grid)
    effect._apply.click()
    job = effect._watch.run
    effect.deactivate()
    assert application.process_events(lambda: job.poll().state in ("cancelled", "done"), seconds=30)
    np.testing.assert_array_equal(geometry.mask_of(effect.node, "Liver", effect.grid), before)
