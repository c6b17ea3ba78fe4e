"""docs/getting-started/segment-in-slicer.md, walked in its order by the words that it prints in bold."""

from __future__ import annotations

import re

import pictures
import pydicom
import pytest
import slicer
from conftest import EXTENSION, ROOT, state_of
from panels import Opened, open_panel, unfold
from PySide6 import QtWidgets
from standin import application, modules
from standin.effects import ScriptedEffect, box_around, edited
from TMLILib import geometry, segmentation
from TMLIPanel import sample, session
from TMLIRefineEffect import TMLIRefineEffect

TUTORIAL = (ROOT / "docs/getting-started/segment-in-slicer.md").read_text(encoding="utf-8")
MODELS = "demo/models"
NARROW = 420
WIDE = 520


def bold_by_step() -> dict[str, set[str]]:
    """The words in bold below each numbered heading."""
    steps = re.split(r"^## \d+\. ", TUTORIAL, flags=re.MULTILINE)[1:]
    return {step.split("\n")[0]: set(re.findall(r"\*\*(.+?)\*\*", " ".join(step.split()))) for step in steps}


class Reader:
    """Finds things by what a person reads, and remembers which words it found."""

    def __init__(self, *roots: QtWidgets.QWidget) -> None:
        self.roots, self.found = list(roots), set()

    def _widgets(self, kind: type) -> list:
        return [widget for root in self.roots for widget in root.findChildren(kind) if widget.isVisibleTo(root)]

    def button(self, words: str) -> QtWidgets.QAbstractButton:
        """The button, or the box to check, with these words on it."""
        return self._only(words, [each for each in self._widgets(QtWidgets.QAbstractButton) if each.text() == words])

    def section(self, words: str) -> None:
        """Unfolds a section and folds the others."""
        kind = slicer.ctkCollapsibleButton
        self._only(words, [each for each in self._widgets(kind) if each.property("text") == words])
        for each in self._widgets(kind):
            each.setCollapsed(each.property("text") != words)
        application.process_events()

    def field(self, words: str) -> QtWidgets.QWidget:
        """What stands beside these words, which may end with a colon: a widget, or the last of several."""
        fields = []
        for layout in (layout for root in self.roots for layout in root.findChildren(QtWidgets.QFormLayout)):
            for row in range(layout.rowCount()):
                label = layout.itemAt(row, QtWidgets.QFormLayout.LabelRole)
                if label is not None and label.widget().text().rstrip(":") == words:
                    fields.append(layout.itemAt(row, QtWidgets.QFormLayout.FieldRole))
        item = self._only(words, fields)
        row = item.layout()
        return item.widget() if row is None else row.itemAt(row.count() - 1).widget()

    def heading(self, words: str) -> None:
        """A column of a tree."""
        trees = self._widgets(QtWidgets.QTreeWidget)
        self._only(words, [tree for tree in trees if words in [tree.headerItem().text(n) for n in range(3)]])

    def dots(self, beside: str) -> QtWidgets.QAbstractButton:
        """The button with dots beside these words."""
        button = self.field(beside)
        assert button.text() == "…"
        self.found.add("…")
        return button

    def _only(self, words: str, those: list):
        assert len(those) == 1, f"{words!r} is read {len(those)} times"
        self.found.add(words)
        return those[0]


class Walk:
    """Someone who does what the tutorial says."""

    def __init__(self, opened: Opened, scene, folder) -> None:
        self.opened, self.scene, self.folder = opened, scene, folder
        self.read = Reader(opened.root)
        self.logic = opened.panel.logic

    def picture(self, name: str, width: int = WIDE) -> None:
        assert f"pictures/{name}.png" in TUTORIAL
        pictures.take(self.opened.root, f"tutorial-{name}", width=width)

    # ------------------------------------------------------------------------------------- the steps, in order

    def load_a_ct(self) -> None:
        sample.register_sample_data(str(EXTENSION / "TMLI" / "Resources" / "Icons"))
        (source,) = modules.SampleDataLogic.sources
        assert f"*{source['category']}*, *{source['sampleName']}*" in TUTORIAL
        self.child = source["customDownloader"](None)

    def choose_models_and_press_the_button(self) -> None:
        ui, read = self.opened.ui, self.read
        read.field("CT").setCurrentNode(self.child)
        assert f"`{MODELS}`" in TUTORIAL
        self.opened.answers.path = MODELS
        read.dots(beside="Models").click()
        assert "25 structures" in ui.modelLabel.text() and "Validation DSC" in ui.modelLabel.text()
        read.heading("Structure")
        tree = ui.structuresTree
        colours = {
            leaf.text(0): leaf.foreground(1).color().red()
            for top in (tree.topLevelItem(n) for n in range(tree.topLevelItemCount()))
            for leaf in (top.child(n) for n in range(top.childCount()))
        }
        assert colours["Bladder"] > 150 > colours["Brain"], "a score that is not acceptable is red"
        read.field("Device")
        assert application.process_events(lambda: "Computes on" in ui.deviceLabel.text(), seconds=60)
        assert "Expected peak memory" in ui.deviceLabel.text()
        self.picture("segment")
        # A GPU may be done before anyone cancels.
        ui.deviceSelector.setCurrentIndex(1)
        before = state_of(self.scene)
        read.button("Auto-segment TMLI").click()
        assert application.process_events(lambda: ui.progressBar.value() > 100, seconds=60), self.opened.said
        self.picture("running")
        read.button("Cancel").click()
        assert application.process_events(self._ended, seconds=60)
        assert state_of(self.scene) == before

    def read_what_it_says(self) -> None:
        ui = self.opened.ui
        ui.runButton.click()
        assert application.process_events(self._ended, seconds=180)
        assert self.opened.said == [] and re.search(r"Weak on .*Bladder \(0\.\d+\)", ui.resultLabel.text())
        self.picture("result")
        self.node = self.logic.parameters.segmentation
        self.read.button("Show in 3D").click()
        self.opened.settle()
        surface = slicer.vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName()
        assert self.node.GetSegmentation().ContainsRepresentation(surface)

    def correct(self) -> None:
        self.read.section("Refine")
        assert self.opened.ui.editorWidget.effect == "TMLI Refine"
        self.read.found.add("TMLI Refine")
        logic, _history = edited(self.scene, self.logic.parameters.editor, self.node, self.child, "Liver")
        grid = geometry.geometry_of(self.child)
        liver = geometry.mask_of(self.node, "Liver", grid)
        (k0, k1), (j0, j1), (i0, i1) = geometry.content(liver)
        half = ((k0, (k0 + k1) // 2), (j0, j1), (i0, i1))
        upper = liver.copy()
        upper[: half[0][1]] = False
        segmentation.put_segment(self.node, "Liver", upper, grid)
        effect = TMLIRefineEffect(ScriptedEffect(logic))
        assert effect.scriptedEffect.name == "TMLI Refine"
        effect.setupOptionsFrame()
        self.read.roots = [effect.scriptedEffect.frame]
        place = self.read.field("Region")
        assert [place.itemText(n) for n in range(2)] == ["Around the red slice view", "Inside a box (ROI)"]
        place.setCurrentIndex(1)
        self.read.field("Box").setCurrentNode(box_around(self.scene, grid.lps_from_ijk, half))
        pictures.take(effect.scriptedEffect.frame, "tutorial-effect", width=360)
        self.read.button("Segment again in this region").click()
        assert application.process_events(lambda: effect._watch.run is None, seconds=60)
        mended = geometry.mask_of(self.node, "Liver", grid)
        assert (mended & liver).sum() > 0.9 * liver.sum()
        logic.Undo()
        assert (geometry.mask_of(self.node, "Liver", grid) == upper).all()
        logic.Redo()
        effect.deactivate()
        self.read.roots = [self.opened.root]

    def compare(self) -> None:
        ui, read = self.opened.ui, self.read
        read.section("Compare")
        self.opened.answers.path = str(next(self.folder.rglob("rtstruct*.dcm")))
        read.field("Reference")
        read.dots(beside="or file").click()
        assert read.field("Prediction").currentNode() is self.node
        read.field("Distances")
        read.button("Compare all structures").click()
        assert application.process_events(lambda: ui.metricsTable.rowCount() == 25, seconds=90), self.opened.said
        ui.metricsTable.horizontalHeader().sectionClicked.emit(1)
        self.picture("compare", NARROW)
        self.opened.answers.path = str(self.folder / "metrics.csv")
        read.button("Save as CSV…").click()
        assert (self.folder / "metrics.csv").read_text(encoding="utf-8").count("\n") == 26

    def make_the_ptv(self) -> None:
        ui, read = self.opened.ui, self.read
        read.section("PTV")
        ui.marginTable.item(0, 1).setText("7.5")
        read.button("Preview").click()
        self.opened.settle()
        assert read.field("Cut to").currentText() == "Body found in the CT"
        self.picture("ptv", NARROW)
        read.button("Keep as PTV").click()
        self.opened.settle()
        assert "PTV" in segmentation.names_and_ids(self.node) and self.opened.said == []

    def export(self) -> None:
        ui, read = self.opened.ui, self.read
        read.section("Export")
        path = self.folder / "rtstruct.dcm"
        self.opened.answers.path = str(path)
        read.field("Label").setText("Reviewed")
        read.button("Export RT Structure Set…").click()
        self.opened.settle()
        assert self.opened.said == [] and "26 structures" in ui.exportLabel.text()
        self.picture("export")
        written = pydicom.dcmread(path)
        (study,) = written.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence
        (series,) = study.RTReferencedSeriesSequence
        assert series.SeriesInstanceUID in ui.originLabel.text() and written.StructureSetLabel == "Reviewed"
        read.button("Export RT Structure Set…").click()
        self.opened.settle()
        assert self.opened.said == ["There is a file of that name already."]
        read.dots(beside="Folder of the CT")

    def _ended(self) -> bool:
        return not self.opened.panel.busy


@pytest.fixture
def walk(ready, scene, worker, tmp_path, monkeypatch):
    """A panel on an empty scene, in the folder of this repository as the tutorial's paths are."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(session, "_logic", ready)
    monkeypatch.setattr(modules.SampleDataLogic, "sources", [])
    # The child's DICOM files come below; the tutorial's reference is the structure set among them.
    monkeypatch.setattr(slicer.app, "temporaryPath", str(tmp_path))
    opened = open_panel(ready, worker=lambda: worker)
    unfold(opened, "segment")
    yield Walk(opened, scene, tmp_path)
    opened.panel.close()


def test_the_tutorial_is_walked_in_its_order_by_its_words(walk):
    steps = bold_by_step()
    assert len(steps) == 7
    for heading, words in steps.items():
        getattr(walk, heading.lower().replace(" ", "_"))()
        assert walk.read.found == words, heading
        walk.read.found.clear()


def test_every_picture_of_the_tutorials_is_there_and_is_shown():
    pages = [ROOT / "docs/getting-started/segment-in-slicer.md", ROOT / "docs/how-to/install-in-slicer.md"]
    shown = {
        (page.parent / path).resolve() for page in pages for path in re.findall(r"!\[.*?\]\((.+?)\)", page.read_text())
    }
    assert shown == {path.resolve() for path in (ROOT / "docs/getting-started/pictures").iterdir()}
