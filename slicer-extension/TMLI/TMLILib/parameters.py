"""What the panel remembers, kept in a node of the scene so that a saved scene reopens as it was.

`vtkMRMLScriptedModuleNode` itself, not Slicer's `parameterNodeWrapper`: that one comes only with the Slicer
application, and the browser app needs the same parameters.
"""

from __future__ import annotations

import json

from .targets import BODY_OF_CT

MODULE = "TMLI"


class _Value:
    """A parameter that is kept as JSON text."""

    def __init__(self, default) -> None:
        self.default = default

    def __set_name__(self, owner, name: str) -> None:
        self.name = name

    def __get__(self, parameters, owner=None):
        if parameters is None:
            return self
        text = parameters.node.GetParameter(self.name)
        try:
            value = json.loads(text) if text else self.default
        except ValueError:
            return self.default
        # A scene written by another version may hold another kind of thing.
        return value if isinstance(value, type(self.default)) else self.default

    def __set__(self, parameters, value) -> None:
        parameters.node.SetParameter(self.name, json.dumps(value))


class _Reference:
    """A reference to another node of the scene."""

    def __set_name__(self, owner, name: str) -> None:
        self.name = name

    def __get__(self, parameters, owner=None):
        return self if parameters is None else parameters.node.GetNodeReference(self.name)

    def __set__(self, parameters, node) -> None:
        parameters.node.SetNodeReferenceID(self.name, node.GetID() if node is not None else None)


class Parameters:
    """The parameters of the module, in one node of the scene."""

    volume = _Reference()
    """The CT."""
    segmentation = _Reference()
    """The segmentation that was made, that is refined, gets the PTV and is exported."""
    reference = _Reference()
    """The segmentation to compare with."""
    prediction = _Reference()
    """The segmentation that is judged; none for the one in `segmentation`."""
    table = _Reference()
    """The result of the last comparison."""
    roi = _Reference()
    """The box that a structure is segmented again in."""
    editor = _Reference()
    """The state of the embedded Segment Editor."""

    model_folder = _Value("")
    unchecked = _Value([])
    """Names of the structures that are not wanted; so a new model's structures are wanted at first."""
    device = _Value("auto")
    in_box = _Value(False)
    """Whether a structure is segmented again inside `roi`, not around the view."""
    reference_file = _Value("")
    """The RT Structure Set to compare with, in place of `reference`."""
    profile = _Value("surfel")
    margins_mm = _Value({})
    """For each CTV six margins: left, right, anterior, posterior, superior, inferior."""
    left_out = _Value([])
    """Names of the CTVs that the PTV is made without."""
    body = _Value(BODY_OF_CT)
    """The name of the segment that the PTV is cut to, `targets.BODY_OF_CT`, or empty for none."""
    label = _Value("TMLI")
    """StructureSetLabel of an export."""

    def __init__(self, node) -> None:
        self.node = node


def parameters_of(scene) -> Parameters:
    """The parameters in a scene; made with their defaults where there are none yet."""
    node = scene.GetSingletonNode(MODULE, "vtkMRMLScriptedModuleNode")
    if node is None:
        node = scene.CreateNodeByClass("vtkMRMLScriptedModuleNode")
        node.UnRegister(None)
        node.SetSingletonTag(MODULE)
        node.SetModuleName(MODULE)
        node.SetName(scene.GenerateUniqueName(MODULE))
        node = scene.AddNode(node)
    return Parameters(node)
