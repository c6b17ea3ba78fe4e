"""The PTV from CTVs and margins in the directions of the patient."""

import numpy as np
import pytest
from conftest import state_of
from TMLILib import geometry, segmentation, surfaces, targets
from TMLILib.errors import Problem

import tmli


@pytest.fixture
def box(scene, volume):
    """A CTV of one block in the middle, and a body around it that ends soon to the left."""
    grid = geometry.geometry_of(volume)
    ctv, body = np.zeros(grid.shape, bool), np.zeros(grid.shape, bool)
    ctv[40:45, 60:64, 60:64] = True
    body[30:55, 50:74, 50:65] = True
    return segmentation.add_segmentation(scene, volume, {"CTV1": ctv, "External": body}, {}, "Targets")


def extent_mm(mask, grid):
    return [(end - begin) * step for (begin, end), step in zip(geometry.content(mask), grid.spacing_mm, strict=True)]


def test_margins_go_in_the_directions_of_the_patient(logic, box, volume):
    step = geometry.geometry_of(volume).spacing_mm[2]
    plain = logic.make_ptv(box, volume, {"CTV1": [0] * 6}, None).wait()
    left = logic.make_ptv(box, volume, {"CTV1": [2 * step, 0, 0, 0, 0, 0]}, None).wait()
    assert extent_mm(left.mask, left.grid) == pytest.approx(np.add(extent_mm(plain.mask, plain.grid), (0, 0, 2 * step)))
    # Left of the patient is +x in LPS, and this CT's columns run that way.
    assert geometry.content(left.mask)[2] == (60, 66)


def test_the_ptv_does_not_leave_the_body(logic, box, volume):
    target = logic.make_ptv(box, volume, {"CTV1": [50.0] * 6}, "External").wait()
    assert geometry.content(target.mask)[2][1] == 65
    assert target.remarks == []


def test_without_a_segment_of_the_body_it_is_found_in_the_ct(logic, truth, volume):
    margins = {name: [30.0] * 6 for name in ("CTV1", "CTV2", "CTV3")}
    target = logic.make_ptv(truth, volume, margins).wait()
    free = logic.make_ptv(truth, volume, margins, None).wait()
    body = np.asarray(tmli.body_mask(geometry.volume_of(volume)))
    np.testing.assert_array_equal(target.mask, free.mask.array & body)
    assert target.mask.count() < free.mask.count()
    assert target.in_words().endswith("ml, inside the body found in the CT") and target.remarks == []
    assert free.remarks == ["The PTV is not cut to the body."]


def test_a_missing_segment_is_said_and_the_body_taken_from_the_ct(logic, box, volume):
    target = logic.make_ptv(box, volume, {"CTV1": [5.0] * 6}, "BODY").wait()
    assert target.remarks == ["There is no segment BODY; the body is taken from the CT."]
    assert target.cut_to == targets.BODY_OF_CT


def test_a_volume_without_a_body_is_said_and_the_scene_stays(logic, scene, child):
    air = tmli.Volume(np.full(child.ct.array.shape, -1000, np.int16), child.ct.geometry)
    node = geometry.add_volume(scene, air, "air")
    made = segmentation.add_segmentation(scene, node, {"CTV1": child.masks["CTV1"]}, {}, "Targets")
    before = state_of(scene)
    with pytest.raises(tmli.InputError, match="no body was found"):
        logic.make_ptv(made, node, {"CTV1": [5.0] * 6}).wait()
    assert state_of(scene) == before


def test_the_ptv_is_kept_with_its_name_and_colour_and_an_earlier_one_replaced(logic, box, volume):
    for margin in (5.0, 10.0):
        target = logic.make_ptv(box, volume, {"CTV1": [margin] * 6}, None).wait()
        segment_id = logic.keep_ptv(box, target).wait()
        np.testing.assert_array_equal(geometry.mask_of(box, segment_id, target.grid), target.mask)
    assert list(segmentation.names_and_ids(box)) == ["CTV1", "External", "PTV"]
    assert geometry.segment_of(box, "PTV").GetColor() == (0.0, 0.0, 1.0)
    assert target.volume_ml == pytest.approx(target.mask.count() * np.prod(target.grid.spacing_mm) / 1000)


def test_a_ptv_that_is_kept_beside_surfaces_has_one_and_stands_in_its_place(logic, scene, box, volume):
    logic.keep_ptv(box, logic.make_ptv(box, volume, {"CTV1": [5.0] * 6}, None).wait()).wait()
    grid = geometry.geometry_of(volume)
    segmentation.put_segment(box, "Last", geometry.mask_of(box, "CTV1", grid), grid)
    logic.show_in_3d(box).wait()
    target = logic.make_ptv(box, volume, {"CTV1": [15.0] * 6}, None).wait()
    segment_id = logic.keep_ptv(box, target).wait()
    assert list(segmentation.names_and_ids(box)) == ["CTV1", "External", "PTV", "Last"]
    np.testing.assert_array_equal(geometry.mask_of(box, segment_id, grid), target.mask)
    bounds = geometry.segment_of(box, segment_id).GetRepresentation(surfaces.SURFACE).GetBounds()
    size = [high - low for low, high in zip(bounds[::2], bounds[1::2], strict=True)]
    assert size == pytest.approx(extent_mm(target.mask, grid)[::-1], abs=6.0)


def test_the_ctvs_of_a_segmentation_are_found(truth):
    assert targets.ctv_names(truth) == ["CTV1", "CTV2", "CTV3"]


@pytest.mark.parametrize("margins", [{}, {"CTV9": [5.0] * 6}, {"CTV1": [-1.0] * 6}, {"CTV1": [float("nan")] * 6}])
def test_wrong_margins_are_said_and_the_scene_stays(logic, scene, box, volume, margins):
    before = state_of(scene)
    with pytest.raises(Problem):
        logic.make_ptv(box, volume, margins, None).wait()
    assert state_of(scene) == before
