"""Folders of models."""

import json

import pytest
from conftest import MODELS, state_of
from TMLILib import models
from TMLILib.errors import Problem


def test_a_folder_of_models_says_what_it_holds(logic):
    found = logic.read_models(MODELS)
    manifest = json.loads((MODELS / "model.json").read_text())
    assert found.structures[0] == "Brain" and len(found.structures) == manifest["network"]["outputs"]
    assert MODELS in logic.read_models(MODELS.parent).folders
    assert models.RESEARCH_USE in found.in_words()


@pytest.mark.parametrize("folder", ["", "gone", "empty"])
def test_a_folder_without_models_is_said(logic, scene, tmp_path, folder):
    (tmp_path / "empty").mkdir()
    before = state_of(scene)
    with pytest.raises(Problem) as caught:
        logic.read_models(tmp_path / folder if folder else "")
    assert caught.value.todo and str(tmp_path) not in str(caught.value)
    assert state_of(scene) == before


def test_no_structure_checked_is_said(logic, volume):
    with pytest.raises(Problem, match="No structure"):
        logic.start(volume, models.ModelSet(MODELS, (MODELS,), ()), [])
