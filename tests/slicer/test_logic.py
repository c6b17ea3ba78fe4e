"""Parameters, model sets and errors."""

import pytest
import slicer
from TMLILib import errors
from TMLILib.errors import Problem, as_problem
from TMLILib.parameters import parameters_of

import tmli


def test_a_saved_scene_reopens_as_it_was(scene, tmp_path):
    volume = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Work")
    parameters = parameters_of(scene)
    parameters.segmentation = volume
    parameters.model_folder = "/models/ä"
    parameters.margins_mm = {"CTV1": [1, 2, 3, 4, 5, 6.5]}
    path = str(tmp_path / "scene.mrml")
    scene.SetURL(path)
    scene.Commit()
    scene.Clear(True)
    assert parameters_of(scene).model_folder == ""

    scene.SetURL(path)
    scene.Connect()

    reopened = parameters_of(scene)
    assert reopened.segmentation.GetName() == "Work"
    assert reopened.model_folder == "/models/ä"
    assert reopened.margins_mm == {"CTV1": [1, 2, 3, 4, 5, 6.5]}
    assert reopened.unchecked == []


def test_parameters_of_another_version_fall_back_to_their_defaults(scene):
    node = parameters_of(scene).node
    node.SetParameter("device", "{broken")
    node.SetParameter("unchecked", '"Liver"')
    assert parameters_of(scene).device == "auto"
    assert parameters_of(scene).unchecked == []


def test_a_scene_has_one_parameter_node(scene):
    assert parameters_of(scene).node is parameters_of(scene).node


def test_what_happened_what_to_do_and_a_number_come_from_tmli(volume):
    with pytest.raises(tmli.TmliError) as caught:
        tmli.compare({}, {}, (1.0, 1.0, 1.0), profile="nonsense")
    problem = as_problem(caught.value)
    assert "nonsense" in problem.what and problem.todo
    assert f"TMLI error {int(caught.value.number)}" in problem.details


def test_no_path_reaches_a_message(tmp_path):
    try:
        (tmp_path / "Doe^John").read_text()
    except OSError as error:
        problem = as_problem(error)
    assert "Doe" not in problem.what + problem.todo + problem.details
    assert "No such file" in problem.what


def test_an_unexpected_error_names_the_place_but_no_path():
    try:
        raise RuntimeError("odd")
    except RuntimeError as error:
        problem = as_problem(error)
    assert "test_logic.py" in problem.details and "/" not in problem.details
    assert isinstance(problem, errors.Problem)


def test_a_missing_core_is_said(monkeypatch):
    from TMLILib import core

    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(core.importlib, "import_module", absent)
    with pytest.raises(Problem, match="not installed"):
        core.tmli.protocol()


def test_slicer_is_the_real_library():
    assert slicer.vtkMRMLScene.__module__.startswith("slicer_core")
