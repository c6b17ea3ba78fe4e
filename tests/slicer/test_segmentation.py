"""Masks become segments with names, codes, colours and origin; what looks wrong is said."""

import numpy as np
import pytest
import slicer
from conftest import state_of
from TMLILib import geometry, segmentation, surfaces
from TMLILib.errors import Problem
from TMLILib.models import Source

import tmli


@pytest.fixture
def node(scene, volume, child):
    sources = {name: Source("all-2d", 0.9, 4.0) for name in child.masks}
    return segmentation.add_segmentation(scene, volume, dict(child.masks.items()), sources, "Result")


def test_segments_are_in_the_order_of_the_protocol_under_tg263_names(node, child):
    expected = [s.name for s in tmli.protocol().structures if s.name in child.masks and child.masks[s.name].any()]
    assert list(segmentation.names_and_ids(node)) == expected


def test_a_segment_has_the_colour_and_the_snomed_code_of_the_protocol(node):
    segment = geometry.segment_of(node, "Eye_L")
    assert [round(255 * value) for value in segment.GetColor()] == [194, 142, 0]
    entry = slicer.vtkSlicerTerminologyEntry()
    text = segmentation.tag(segment, slicer.vtkSegment.GetTerminologyEntryTagName())
    assert slicer.vtkSlicerTerminologiesModuleLogic().DeserializeTerminologyEntry(text, entry)
    assert entry.GetTypeObject().GetCodeValue() == "79652003"
    assert entry.GetTypeModifierObject().GetCodeMeaning() == "Left"
    assert entry.GetCategoryObject().GetCodeValue() == "123037004"


def test_a_segment_says_which_model_and_version_made_it(node):
    segment = geometry.segment_of(node, "Liver")
    assert segmentation.tag(segment, segmentation.TAG_MODEL) == "all-2d"
    assert segmentation.tag(segment, segmentation.TAG_VERSION) == tmli.__version__
    assert segmentation.tag(segment, segmentation.TAG_VALIDATION_DSC) == "0.900"
    assert segmentation.tag(segment, segmentation.TAG_VALIDATION_HD95) == "4.0"


def test_the_reference_geometry_is_the_ct(node, volume):
    role = slicer.vtkMRMLSegmentationNode.GetReferenceImageGeometryReferenceRole()
    assert node.GetNodeReference(role) is volume


def test_structures_that_overlap_both_keep_their_voxels(scene, volume):
    grid = geometry.geometry_of(volume)
    bag, bowel = np.zeros(grid.shape, bool), np.zeros(grid.shape, bool)
    bag[10:20, 20:60, 20:60] = True
    bowel[12:15, 30:40, 30:40] = True
    node = segmentation.add_segmentation(scene, volume, {"Bag_Bowel": bag, "Bowel_Small": bowel}, {}, "Overlap")
    np.testing.assert_array_equal(geometry.mask_of(node, "Bag_Bowel", grid), bag)
    np.testing.assert_array_equal(geometry.mask_of(node, "Bowel_Small", grid), bowel)


def test_surfaces_are_made_only_on_demand(logic, node):
    assert not node.GetSegmentation().ContainsRepresentation("Closed surface")
    logic.show_in_3d(node).wait()
    assert node.GetSegmentation().ContainsRepresentation("Closed surface")
    surfaces.hide(node)
    assert not node.GetSegmentation().ContainsRepresentation("Closed surface")


def test_a_surface_encloses_what_the_voxels_do(logic, node, child):
    from vtkmodules.vtkFiltersCore import vtkMassProperties

    logic.show_in_3d(node).wait()
    for name in ("Brain", "Heart", "Liver", "Bladder"):
        surface = geometry.segment_of(node, name).GetRepresentation(surfaces.SURFACE)
        mass = vtkMassProperties()
        mass.SetInputData(surface)
        volume_mm3 = child.masks.count(name) * child.ct.geometry.voxel_volume_mm3
        assert mass.GetVolume() == pytest.approx(volume_mm3, rel=0.05)
        assert surface.GetPointData().GetNormals() is not None
        bounds = np.array(surface.GetBounds()).reshape(3, 2)
        assert (bounds[:, 0] < node.GetSegmentCenterRAS(name)).all() and (
            bounds[:, 1] > node.GetSegmentCenterRAS(name)
        ).all()


def test_nothing_stays_in_the_scene_when_it_fails_half_way(scene, volume, child, monkeypatch):
    before = state_of(scene)
    monkeypatch.setattr(segmentation, "_segment", lambda *_: None)
    with pytest.raises(AttributeError):
        segmentation.add_segmentation(scene, volume, {"Liver": child.masks["Liver"]}, {}, "Half")
    assert state_of(scene) == before


def test_a_mask_of_another_grid_is_refused(scene, volume):
    before = state_of(scene)
    with pytest.raises(Problem, match="grid"):
        segmentation.add_segmentation(scene, volume, {"Brain": np.ones((2, 2, 2), bool)}, {}, "Wrong")
    assert state_of(scene) == before


def test_empty_and_doubtful_structures_are_said_in_words(volume):
    shape = geometry.geometry_of(volume).shape
    masks = {name: np.zeros(shape, bool) for name in ("Brain", "Heart", "Lens_L", "Liver")}
    masks["Brain"][-3:, 50:60, 50:60] = True
    masks["Lens_L"][20, 20, 20:23] = True
    masks["Liver"][20:30, 40:60, 40:60] = True
    said = segmentation.remarks(masks, {"Liver": Source("weak", 0.55, 30.0), "Brain": Source("good", 0.95, None)})
    assert said == [
        "Nothing was found: Heart.",
        "Only a few voxels were found: Lens_L (3).",
        "Reaches the end of the CT, a part may be missing: Brain (last slice).",
        "Weak on the model's validation patients, by DSC: Liver (0.550).",
    ]


def test_a_segment_is_replaced_in_its_place(node, volume):
    grid = geometry.geometry_of(volume)
    mask = np.zeros(grid.shape, bool)
    mask[5:8, 10:20, 10:20] = True
    before = list(segmentation.names_and_ids(node))
    assert segmentation.put_segment(node, "Heart", mask, grid) == "Heart"
    np.testing.assert_array_equal(geometry.mask_of(node, "Heart", grid), mask)
    assert list(segmentation.names_and_ids(node)) == before


def test_replacing_one_segment_leaves_the_others_alone(node, volume, child):
    grid = geometry.geometry_of(volume)
    segmentation.put_segment(node, "Heart", np.ones(grid.shape, bool), grid)
    for name in ("Lungs", "Liver", "CTV1"):
        np.testing.assert_array_equal(geometry.mask_of(node, name, grid), child.masks[name], err_msg=name)
