"""The synthetic child in Slicer's Sample Data module."""

from pathlib import Path

import pytest
import slicer
from conftest import EXTENSION, state_of
from standin import application, modules

application.install()

from TMLILib import core  # noqa: E402
from TMLIPanel import sample, session  # noqa: E402


@pytest.fixture
def source(logic, monkeypatch, tmp_path):
    """What was registered, on the scene of the test; Slicer's temporary files go to `tmp_path`."""
    monkeypatch.setattr(slicer.app, "temporaryPath", str(tmp_path))
    monkeypatch.setattr(session, "_logic", logic)
    monkeypatch.setattr(modules.SampleDataLogic, "sources", [])
    sample.register_sample_data(str(EXTENSION / "TMLI" / "Resources" / "Icons"))
    (source,) = modules.SampleDataLogic.sources
    return source


def test_the_child_is_listed_with_its_picture_and_comes_into_the_scene(source, logic):
    assert source["sampleName"] == "TMLI synthetic child" and Path(source["thumbnailFileName"]).is_file()
    volume = source["customDownloader"](None)
    assert volume.IsA("vtkMRMLScalarVolumeNode") and volume.GetScene() is slicer.mrmlScene
    assert "images" in logic.find_origin(volume).in_words(), "an export knows where it came from"


def test_before_the_installation_a_dialog_says_what_is_missing(source, scene, monkeypatch, tmp_path):
    def absent(name):
        raise ImportError(name)

    said = []
    monkeypatch.setattr(core.importlib, "import_module", absent)
    monkeypatch.setattr(sample.Dialogs, "problem", lambda _self, problem: said.append(problem.what))
    before = state_of(scene)
    assert source["customDownloader"](None) is None
    assert len(said) == 1 and "not installed" in said[0]
    assert state_of(scene) == before
    assert list(tmp_path.glob("tmli-child-*")) == [], "nothing is left of what could not be made"
