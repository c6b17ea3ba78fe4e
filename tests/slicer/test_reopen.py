"""A saved scene reopens as it was: every choice that the panel and the effect offer, set, saved, and found again."""

from __future__ import annotations

import pytest
import slicer
from conftest import MODELS, no_engine, shifted
from panels import open_panel
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QTableWidget, QTreeWidget
from scene import Application
from standin import application
from standin.effects import ScriptedEffect, box_around, edited
from TMLILib import geometry, segmentation
from TMLILib.logic import TMLILogic
from TMLIPanel import session
from TMLIRefineEffect import TMLIRefineEffect

NOT_IN_A_SCENE = {"installGpuCheck"}
"""What belongs to the computer, not to a patient's scene."""


def choices(opened, effect) -> dict[str, object]:
    """What every widget that a person can set says, by its name."""
    root, found = opened.root, {}
    for box in [*root.findChildren(QComboBox), effect._place, effect._roi]:
        found[box.objectName() or box.toolTip()] = box.currentText()
    for line in root.findChildren(QLineEdit):
        found[line.objectName()] = line.text()
    for check in root.findChildren(QCheckBox):
        found[check.objectName()] = check.isChecked()
    for tree in root.findChildren(QTreeWidget):
        groups = [tree.topLevelItem(n) for n in range(tree.topLevelItemCount())]
        leaves = [group.child(n) for group in groups for n in range(group.childCount())]
        found[tree.objectName()] = {leaf.text(0): leaf.checkState(0) for leaf in leaves}
    for table in root.findChildren(QTableWidget):
        cells = [(row, column) for row in range(table.rowCount()) for column in range(table.columnCount())]
        items = {cell: table.item(*cell) for cell in cells}
        found[table.objectName()] = {cell: (item.text(), item.checkState()) for cell, item in items.items()}
    return {name: value for name, value in found.items() if name and not name.startswith("qt_")}


def save(scene, folder) -> str:
    """Every node with its file, as Slicer's Save dialog does."""
    for index in range(scene.GetNumberOfNodes()):
        node = scene.GetNthNode(index)
        if not node.IsA("vtkMRMLStorableNode") or not node.GetSaveWithScene() or not node.GetName():
            continue
        node.AddDefaultStorageNode()
        storage = node.GetStorageNode()
        if storage is not None and node.GetModifiedSinceRead():
            storage.SetFileName(str(folder / f"{node.GetID()}.{storage.GetDefaultWriteFileExtension()}"))
            assert storage.WriteData(node), node.GetName()
    path = str(folder / "scene.mrml")
    scene.SetURL(path)
    assert scene.Commit()
    return path


def make_effect(scene, logic):
    """The effect as the embedded editor shows it."""
    node, volume = logic.parameters.segmentation, logic.parameters.volume
    editor_logic, history = edited(scene, logic.parameters.editor, node, volume, "Liver")
    effect = TMLIRefineEffect(ScriptedEffect(editor_logic))
    effect.setupOptionsFrame()
    effect._place.setObjectName("region of Refine")
    effect._roi.setObjectName("box of Refine")
    effect.activate()
    effect.kept = history
    return effect


@pytest.fixture
def chosen(working, logic, scene, volume, truth, child, child_folder, tmp_path, monkeypatch):
    """A panel in which every choice was made otherwise than it is at first."""
    monkeypatch.setattr(session, "_logic", logic)
    ui, answers = working.ui, working.answers
    effect = make_effect(scene, logic)
    before = choices(working, effect)
    masks = shifted(child.masks, 1)
    work = segmentation.add_segmentation(scene, volume, masks, {}, "Work")
    other = segmentation.add_segmentation(scene, volume, {"Liver": masks["Liver"]}, {}, "Colleague")
    ui.segmentationSelector.setCurrentNode(work)
    answers.path = str(MODELS)
    ui.modelFolderButton.click()
    organs = ui.structuresTree.topLevelItem(0)
    organs.child(1).setCheckState(0, Qt.Unchecked)
    ui.deviceSelector.setCurrentIndex(1)
    ui.show3dCheck.click()
    working.settle()
    ui.referenceSelector.setCurrentNode(truth)
    ui.predictionSelector.setCurrentNode(other)
    ui.profileSelector.setCurrentIndex(2)
    ui.compareButton.click()
    assert application.process_events(lambda: ui.csvButton.isEnabled(), seconds=60), working.said
    answers.path = str(child_folder / "rtstruct.dcm")
    ui.referenceFileButton.click()
    ui.marginTable.item(0, 3).setText("12.5")
    ui.marginTable.item(1, 0).setCheckState(Qt.Unchecked)
    ui.bodySelector.setCurrentText("Lungs")
    answers.path = str(child_folder)
    ui.originButton.click()
    ui.labelEdit.setText("Reviewed")
    effect._place.setCurrentIndex(1)
    effect._roi.setCurrentNode(box_around(scene, geometry.geometry_of(volume).lps_from_ijk, ((0, 5), (0, 9), (0, 9))))
    assert working.said == []
    after = choices(working, effect)
    same = {name for name in after if after[name] == before[name]}
    # The child's CT is the only one.
    assert same == {"volumeSelector"} | NOT_IN_A_SCENE
    return after, scene


def test_every_choice_is_found_again_in_a_reopened_scene(chosen, tmp_path, monkeypatch):
    expected, scene = chosen
    path = save(scene, tmp_path)

    other_slicer = Application(str(tmp_path))
    other_slicer.install()
    slicer.mrmlScene.SetURL(path)
    assert slicer.mrmlScene.Connect()
    logic = TMLILogic(slicer.mrmlScene, no_engine)
    monkeypatch.setattr(session, "_logic", logic)
    opened = open_panel(logic)
    found = choices(opened, make_effect(slicer.mrmlScene, logic))

    assert opened.said == []
    assert found["predictionSelector"] == "Colleague"
    assert {name: value for name, value in found.items() if value != expected[name]} == {}
    assert opened.ui.metricsTable.rowCount() == 1
    opened.panel.close()


def test_a_new_result_is_what_is_judged(working, scene, volume, child):
    new = segmentation.add_segmentation(scene, volume, {"Liver": child.masks["Liver"]}, {}, "New")
    working.panel.arrived(new)
    assert working.ui.predictionSelector.currentNode() is new
