"""The panel on real Qt, without a screen: what it shows, what it keeps, what it says."""

import numpy as np
import pictures
import pydicom
import pytest
import slicer
from conftest import shifted, state_of
from panels import open_panel, unfold
from standin.application import process_events
from TMLILib import comparison, geometry, segmentation

NARROW = 420
"""Slicer's panel beside the views, in pixels."""


def test_the_panel_opens_on_an_empty_scene(opened):
    unfold(opened, "segment")
    assert not opened.ui.installFrame.isVisibleTo(opened.root)
    assert opened.ui.runButton.isEnabled()
    assert not opened.ui.csvButton.isEnabled()
    pictures.take(opened.root, "panel-empty")


def test_without_a_ct_the_button_says_what_to_do(opened):
    opened.ui.runButton.click()
    assert opened.said == ["There is no CT to segment."]
    assert "Load a CT" in opened.answers.problems[0].todo


def test_all_structures_are_compared_and_shown(working, scene, volume, child):
    ui = working.ui
    moved = segmentation.add_segmentation(scene, volume, shifted(child.masks, 1), {}, "Moved")
    ui.referenceSelector.setCurrentNode(working.panel.logic.parameters.segmentation)
    ui.predictionSelector.setCurrentNode(moved)
    unfold(working, "compare")
    ui.compareButton.click()
    assert process_events(lambda: ui.csvButton.isEnabled(), seconds=60), working.said
    table = ui.metricsTable
    rows = comparison.rows_of(working.panel.logic.parameters.table)
    assert table.rowCount() == len(rows) > 20
    assert table.item(0, 0).text() == "Brain"
    assert table.item(0, 1).text() == f"{rows[0].values['DSC']:.3f}"
    table.horizontalHeader().sectionClicked.emit(comparison.COLUMNS.index("DSC"))
    picture = pictures.take(working.root, "panel-compare", width=NARROW)
    assert table.horizontalScrollBar().maximum() == 0, "all columns are seen"
    assert {(205, 235, 205), (250, 215, 200)} <= pictures.colours_of(picture), "accepted and not accepted are marked"


@pytest.fixture
def compared(working, scene, volume, child):
    moved = segmentation.add_segmentation(scene, volume, shifted(child.masks, 1), {}, "Moved")
    working.ui.referenceSelector.setCurrentNode(working.panel.logic.parameters.segmentation)
    working.ui.predictionSelector.setCurrentNode(moved)
    working.ui.compareButton.click()
    assert process_events(lambda: working.ui.csvButton.isEnabled(), seconds=60)
    return working


def test_a_click_on_a_heading_sorts_and_another_turns_it_round(compared):
    table, column = compared.ui.metricsTable, comparison.COLUMNS.index("DSC")

    def shown():
        return [float(table.item(row, column).text()) for row in range(table.rowCount())]

    table.horizontalHeader().sectionClicked.emit(column)
    assert shown() == sorted(shown())
    table.horizontalHeader().sectionClicked.emit(column)
    assert shown() == sorted(shown(), reverse=True)


def test_a_click_on_a_row_goes_to_the_structure(compared, scene):
    view = scene.AddNewNodeByClass("vtkMRMLSliceNode")
    view.SetLayoutName("Red")
    view.SetOrientation("Axial")
    row = next(n for n in range(25) if compared.ui.metricsTable.item(n, 0).text() == "Bladder")
    compared.ui.metricsTable.cellClicked.emit(row, 0)
    node = compared.ui.predictionSelector.currentNode()
    assert view.GetSliceToRAS().GetElement(2, 3) == pytest.approx(node.GetSegmentCenterRAS("Bladder")[2])


def test_the_table_is_saved_as_csv(compared, tmp_path):
    compared.answers.path = str(tmp_path / "metrics.csv")
    compared.ui.csvButton.click()
    assert (tmp_path / "metrics.csv").read_text(encoding="utf-8").startswith("Structure,DSC,")


def test_a_preview_of_the_ptv_is_shown_and_kept(working, scene, truth):
    ui = working.ui
    unfold(working, "ptv")
    assert [ui.marginTable.item(row, 0).text() for row in range(3)] == ["CTV1", "CTV2", "CTV3"]
    ui.marginTable.item(0, 1).setText("12.5")
    ui.previewButton.click()
    working.settle()
    assert working.said == []
    preview = slicer.util.getNode("PTV preview*")
    assert preview.GetSegmentation().GetNumberOfSegments() == 1
    assert ui.bodySelector.currentText() == "Body found in the CT"
    assert "PTV of" in ui.ptvLabel.text() and "inside the body found in the CT" in ui.ptvLabel.text()
    pictures.take(working.root, "panel-ptv", width=NARROW)
    assert ui.marginTable.horizontalScrollBar().maximum() == 0, "all columns are seen"
    ui.keepButton.click()
    working.settle()
    assert "PTV" in segmentation.names_and_ids(truth)
    assert not slicer.util.getNodes("PTV preview*")
    assert working.panel.logic.parameters.margins_mm["CTV1"][0] == 12.5


def test_the_ptv_is_cut_to_the_segment_that_is_chosen_or_not_at_all(working):
    ui = working.ui
    for name, words in (("Lungs", "inside the segment Lungs"), ("(not cut)", "The PTV is not cut to the body.")):
        ui.bodySelector.setCurrentText(name)
        ui.previewButton.click()
        working.settle()
        assert words in ui.ptvLabel.text() and working.said == []
    assert working.panel.logic.parameters.body == ""


def test_a_margin_that_is_no_number_is_said(working):
    working.ui.marginTable.item(1, 2).setText("five")
    assert working.said == ["A margin of CTV2 is no number."]


def test_a_ctv_that_is_not_checked_is_left_out(working, scene, truth):
    from PySide6.QtCore import Qt

    for row in (0, 2):
        working.ui.marginTable.item(row, 0).setCheckState(Qt.Unchecked)
    working.ui.previewButton.click()
    working.settle()
    target = working.panel.ptv._target
    only = working.panel.logic.make_ptv(truth, working.panel.logic.parameters.volume, {"CTV2": [5.0] * 6}).wait()
    np.testing.assert_array_equal(target.mask, only.mask)


def test_export_says_which_series_and_writes(working, child_folder, tmp_path):
    unfold(working, "export")
    uid = pydicom.dcmread(next((child_folder / "ct").iterdir()), stop_before_pixels=True).SeriesInstanceUID
    assert uid in working.ui.originLabel.text()
    working.answers.path = str(tmp_path / "out.dcm")
    working.ui.exportButton.click()
    working.settle()
    assert working.said == []
    assert (tmp_path / "out.dcm").is_file()
    assert "25 structures" in working.ui.exportLabel.text() or "structures" in working.ui.exportLabel.text()
    pictures.take(working.root, "panel-export")


def test_export_of_a_volume_without_origin_explains_what_is_needed(opened, logic, scene, child, tmp_path):
    node = geometry.add_volume(scene, child.ct, "From nowhere")
    logic.parameters.volume = node
    logic.parameters.segmentation = segmentation.add_segmentation(scene, node, dict(child.masks.items()), {}, "Result")
    opened.panel.refresh()
    opened.answers.path = str(tmp_path / "out.dcm")
    opened.ui.exportButton.click()
    opened.settle()
    assert opened.said == ["It is not known which DICOM images this CT came from."]
    assert not (tmp_path / "out.dcm").exists()


def test_refine_opens_the_editor_with_our_effect(working, truth, volume):
    unfold(working, "refine")
    editor = working.ui.editorWidget
    assert (editor.effect, editor.segmentation, editor.source) == ("TMLI Refine", truth, volume)
    unfold(working, "segment")
    assert editor.effect == "", "a folded effect takes no clicks"


def test_a_reopened_panel_shows_what_the_scene_remembers(logic, working, volume, truth):
    logic.parameters.device = "cpu"
    logic.parameters.profile = "net"
    again = open_panel(logic)
    assert again.ui.volumeSelector.currentNode() is volume
    assert again.ui.segmentationSelector.currentNode() is truth
    assert again.ui.deviceSelector.currentText() == "CPU"
    assert again.ui.profileSelector.currentText().startswith("net")
    again.panel.close()


def test_closing_the_scene_empties_the_panel(working, scene):
    working.panel.scene_closes()
    scene.Clear(False)
    working.panel.refresh()
    assert working.ui.volumeSelector.currentNode() is None
    assert working.ui.metricsTable.rowCount() == 0
    assert working.said == []


def test_a_comparison_that_runs_ends_with_its_scene(working, scene, child_folder):
    working.answers.path = str(next(child_folder.rglob("rtstruct*.dcm")))
    working.ui.referenceFileButton.click()
    working.ui.compareButton.click()
    assert not working.ui.compareButton.isEnabled() and working.said == []
    working.panel.scene_closes()
    scene.Clear(False)
    working.panel.refresh()
    process_events(seconds=0.5)
    assert working.said == [] and not slicer.util.getNodesByClass("vtkMRMLTableNode")
    assert working.ui.compareButton.isEnabled()
    assert working.ui.referenceFileEdit.text() == "", "it was of the patient of before"


# ------------------------------------------------------------------------------------- long work in the window's thread


def start(working, button: str) -> None:
    """Clicks a button of long work and sees it begin."""
    getattr(working.ui, button).click()
    assert working.panel.busy, working.said


@pytest.mark.parametrize(
    ("section", "button", "cancel", "label"),
    [
        ("compare", "compareButton", "compareCancelButton", "compareLabel"),
        ("ptv", "previewButton", "ptvCancelButton", "ptvLabel"),
        ("export", "exportButton", "exportCancelButton", "exportLabel"),
        ("segment", "show3dCheck", "cancelButton", "progressLabel"),
    ],
)
def test_long_work_shows_how_far_it_is_and_can_be_cancelled(
    working, scene, child_folder, tmp_path, section, button, cancel, label
):
    ui = working.ui
    unfold(working, section)
    working.answers.path = str(child_folder / "rtstruct.dcm")
    ui.referenceFileButton.click()
    working.answers.path = str(tmp_path / "out.dcm")
    before = state_of(scene)
    start(working, button)
    assert not getattr(ui, button).isEnabled(), "a second click would begin it again"
    assert getattr(ui, cancel).isVisibleTo(working.root) and getattr(ui, label).text()
    getattr(ui, cancel).click()
    assert getattr(ui, label).text() == "Cancelling …"
    working.settle()
    assert getattr(ui, label).text() == "Cancelled. Nothing was changed."
    assert state_of(scene) == before and working.said == [] and not (tmp_path / "out.dcm").exists()
    assert getattr(ui, button).isEnabled() and not getattr(ui, cancel).isVisibleTo(working.root)
    assert not ui.show3dCheck.isChecked()


def test_the_window_answers_while_a_file_is_written(working, tmp_path):
    from PySide6.QtCore import QTimer

    beats, beat = [], QTimer()
    beat.timeout.connect(lambda: beats.append(working.ui.exportProgress.value()))
    beat.start(5)
    working.answers.path = str(tmp_path / "out.dcm")
    start(working, "exportButton")
    working.settle()
    assert len(set(beats)) > 3, "the bar moved while the window's own timer ran"


def test_what_fails_on_the_way_is_one_dialog_and_the_scene_stays(working, scene, tmp_path):
    working.answers.path = str(tmp_path / "gone" / "out.dcm")
    before = state_of(scene)
    start(working, "exportButton")
    working.settle()
    assert len(working.said) == 1 and working.answers.problems[0].todo
    assert state_of(scene) == before and working.ui.exportButton.isEnabled()


def test_a_segmentation_that_is_removed_on_the_way_is_said(working, scene, truth, tmp_path):
    working.answers.path = str(tmp_path / "out.dcm")
    start(working, "exportButton")
    truth.GetSegmentation().RemoveSegment("Heart")
    working.settle()
    assert working.said == ["The segment Heart was removed meanwhile."]
    assert not (tmp_path / "out.dcm").exists()


def test_another_segmentation_ends_the_preview_that_is_being_made(working, scene, volume, child):
    other = segmentation.add_segmentation(scene, volume, {"CTV1": child.masks["CTV1"]}, {}, "Other")
    start(working, "previewButton")
    working.ui.segmentationSelector.setCurrentNode(other)
    assert not working.panel.busy and working.said == []
    process_events(seconds=0.3)
    assert not slicer.util.getNodes("PTV preview*")
    assert working.ui.previewButton.isEnabled()
