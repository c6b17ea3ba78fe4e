"""Auto-segment TMLI in the panel, with the real worker: progress, cancel, result, and what goes wrong."""

import os
import shutil
import signal

import numpy as np
import pictures
import pytest
import run_in_slicer
import slicer
from conftest import MODELS, no_engine, state_of
from panels import open_panel, unfold
from standin.application import process_events
from test_run import newest_worker
from TMLILib import geometry, segmentation
from TMLILib.logic import TMLILogic
from TMLIPanel import session

import tmli


@pytest.fixture
def at_work(ready, scene, child_folder, worker):
    """A panel with a CT and models chosen."""
    opened = open_panel(ready, worker=lambda: worker)
    ready.parameters.volume = ready.load_ct(child_folder / "ct")
    ready.parameters.model_folder = str(MODELS)
    ready.parameters.device = "cpu"
    opened.panel.refresh()
    unfold(opened, "segment")
    yield opened
    opened.panel.close()


def ended(opened):
    return lambda: not opened.panel.busy


def test_one_click_brings_the_segmentation_while_the_window_stays_alive(at_work, scene):
    ui, beats = at_work.ui, []
    from PySide6.QtCore import QTimer

    beat = QTimer()
    beat.timeout.connect(lambda: beats.append(ui.progressBar.value()))
    beat.start(20)
    assert process_events(lambda: "Computes on" in ui.deviceLabel.text(), seconds=30)
    assert "Expected peak memory" in ui.deviceLabel.text()
    ui.runButton.click()
    assert not ui.runButton.isEnabled()
    assert process_events(lambda: ui.progressBar.value() > 300, seconds=60), at_work.said
    assert process_events(ended(at_work), seconds=120)
    assert at_work.said == []
    assert len(set(beats)) > 3, "the bar moved while the window's own timer ran"
    node = at_work.panel.logic.parameters.segmentation
    assert node.GetSegmentation().GetNumberOfSegments() >= 23
    assert ui.segmentationSelector.currentNode() is node
    assert "structures in" in ui.resultLabel.text() and "research use" in ui.resultLabel.text()
    assert ui.runButton.isEnabled() and not ui.cancelButton.isVisibleTo(at_work.root)


def test_what_is_computed_on_is_told_with_its_reason_before_a_run(at_work):
    ui = at_work.ui
    assert process_events(lambda: "Computes on" in ui.deviceLabel.text(), seconds=30)
    ui.deviceSelector.setCurrentIndex(0)
    told = at_work.panel.segment.question.automatic
    assert told.reason in ui.deviceLabel.text() and "Expected peak memory" in ui.deviceLabel.text()
    ui.deviceSelector.setCurrentIndex(2)
    assert told.reason in ui.deviceLabel.text()
    assert ("There is no GPU" in ui.deviceLabel.text()) == (told.device == "cpu")
    assert at_work.panel.logic.parameters.device == "cuda" and at_work.said == []


def test_an_engine_that_cannot_tell_its_devices_leaves_the_panel_usable(ready):
    opened = open_panel(ready)
    assert process_events(lambda: "did not say" in opened.ui.deviceLabel.text(), seconds=30)
    assert opened.ui.runButton.isEnabled() and opened.said == []
    opened.panel.close()


def test_cancel_leaves_the_scene_as_it_was(at_work, scene):
    before = state_of(scene)
    at_work.ui.runButton.click()
    process_events(seconds=0.3)
    at_work.ui.cancelButton.click()
    assert process_events(ended(at_work), seconds=30)
    assert at_work.ui.progressLabel.text() == "Cancelled. The scene is as it was."
    assert state_of(scene) == before and at_work.said == []


def test_unchecked_structures_are_left_out_and_remembered(at_work):
    from PySide6.QtCore import Qt

    tree = at_work.panel.segment._tree
    for name, item in tree._items.items():
        item.setCheckState(0, Qt.Checked if name == "Liver" else Qt.Unchecked)
    at_work.ui.runButton.click()
    assert process_events(ended(at_work), seconds=60)
    assert list(segmentation.names_and_ids(at_work.panel.logic.parameters.segmentation)) == ["Liver"]
    assert "Brain" in at_work.panel.logic.parameters.unchecked


def test_without_an_engine_one_dialog_says_what_to_do(scene, at_work):
    opened = open_panel(TMLILogic(scene, no_engine))
    opened.ui.runButton.click()
    assert opened.said == ["The engine of TMLI is not installed."]
    assert opened.ui.runButton.isEnabled()
    opened.panel.close()


def test_an_mr_is_refused_and_the_scene_stays_as_it_was(at_work, scene, child):
    positive = tmli.Volume(np.abs(np.asarray(child.ct.array)) // 4, child.ct.geometry)
    at_work.ui.volumeSelector.setCurrentNode(geometry.add_volume(scene, positive, "MR"))
    before = state_of(scene)
    at_work.ui.runButton.click()
    assert len(at_work.said) == 1 and "does not look like a CT" in at_work.said[0]
    assert "Choose a CT" in at_work.answers.problems[0].todo
    assert at_work.ui.runButton.isEnabled() and state_of(scene) == before


def test_models_that_went_away_are_said_in_place_and_as_a_dialog(at_work, tmp_path):
    shutil.copytree(MODELS, tmp_path / "models")
    at_work.answers.path = str(tmp_path / "models")
    at_work.ui.modelFolderButton.click()
    shutil.rmtree(tmp_path / "models")
    at_work.panel.refresh()
    assert "not there any more" in at_work.ui.modelLabel.text() and at_work.said == []
    at_work.ui.runButton.click()
    assert at_work.said == ["The folder of models is not there any more."]


def test_a_worker_that_is_killed_is_one_dialog_with_details(scene, worker, at_work):
    with tmli.Engine(worker=str(worker)) as engine:
        opened = open_panel(TMLILogic(scene, lambda: engine))
        engine.describe()
        before = state_of(scene)
        opened.ui.runButton.click()
        process_events(seconds=0.3)
        os.kill(newest_worker(), signal.SIGKILL)
        assert process_events(ended(opened), seconds=30)
        assert len(opened.said) == 1 and opened.answers.problems[0].details
        assert state_of(scene) == before
        opened.panel.close()


def test_the_checks_for_a_real_slicer_pass_on_this_panel(at_work, ready, tmp_path, monkeypatch):
    monkeypatch.setattr(session, "_logic", ready)
    monkeypatch.setattr(slicer.app, "temporaryPath", str(tmp_path))
    monkeypatch.setattr(slicer.app, "processEvents", process_events, raising=False)
    monkeypatch.setenv("TMLI_MODELS", str(MODELS))
    run_in_slicer.one_click(at_work.panel)
    run_in_slicer.buttons_of_the_result(at_work.panel)
    assert at_work.said == []


def test_a_dialog_shows_what_happened_what_to_do_and_details_to_copy():
    from TMLILib.errors import Problem
    from TMLIPanel.dialogs import problem_box

    box = problem_box(Problem("The engine stopped.", "Start again; if it stops again, use the CPU.", "TMLI error 301"))
    assert box.text() == "The engine stopped."
    assert "use the CPU" in box.informativeText()
    assert box.detailedText() == "TMLI error 301"
    next(button for button in box.buttons() if button.text() == "Copy details").click()
    from PySide6.QtWidgets import QApplication

    assert "TMLI error 301" in QApplication.clipboard().text()
    pictures.take(box, "dialog", width=420)
    box.close()
