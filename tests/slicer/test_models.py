"""Folders of models."""

import json
import shutil

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


def test_the_scores_of_a_structure_are_those_of_the_model_that_a_run_takes(logic, tmp_path):
    for name, dsc, hd95_mm in [("far", 0.874, 31.0), ("near", 0.871, 4.0)]:
        shutil.copytree(MODELS, tmp_path / name)
        manifest = json.loads((tmp_path / name / "model.json").read_text())
        manifest |= {"name": name, "validation": [{"structure": "Liver", "dsc": dsc, "hd95_mm": hd95_mm, "cases": 3}]}
        (tmp_path / name / "model.json").write_text(json.dumps(manifest))
    found = logic.read_models(tmp_path)
    assert found.sources["Liver"] == models.Source("near", 0.871, 4.0)
    assert found.sources["Brain"] == models.Source("far", None, None)
    assert "DSC 0.87 to 0.87" in found.in_words()


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
        logic.start(volume, models.ModelSet(MODELS, (MODELS,), (), {}), [])
