"""Voxels and places between Slicer (RAS) and tmli (LPS)."""

import numpy as np
import pytest
import slicer
from TMLILib import geometry
from TMLILib.errors import Problem
from vtkmodules.vtkCommonMath import vtkMatrix4x4

import tmli

OBLIQUE_LPS = [[0.0, -2.0, 0.0, 10.0], [1.5, 0.0, 0.0, -20.0], [0.0, 0.0, 3.0, 30.0], [0.0, 0.0, 0.0, 1.0]]


def test_a_voxel_keeps_its_place_in_the_patient(scene):
    grid = tmli.Geometry((4, 5, 6), OBLIQUE_LPS)
    array = np.arange(4 * 5 * 6, dtype=np.int16).reshape(4, 5, 6)

    node = geometry.add_volume(scene, tmli.Volume(array, grid), "CT")

    matrix = vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    # i=1, j=2, k=3 in LPS is (10 - 4, -20 + 1.5, 30 + 9); RAS has the first two negated.
    assert matrix.MultiplyPoint((1, 2, 3, 1))[:3] == pytest.approx((-6.0, 18.5, 39.0))
    assert node.GetImageData().GetScalarComponentAsDouble(1, 2, 3, 0) == array[3, 2, 1]
    back = geometry.volume_of(node)
    assert back.geometry.same_grid(grid)
    np.testing.assert_array_equal(back.array, array)


def test_a_ct_that_slicer_holds_as_float_is_rounded(scene):
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    slicer.util.updateVolumeFromArray(node, np.full((2, 2, 2), -999.6))
    assert (np.asarray(geometry.volume_of(node).array) == -1000).all()


@pytest.mark.parametrize("value", [1e6, np.nan])
def test_values_that_are_no_hounsfield_units_are_refused(scene, value):
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    slicer.util.updateVolumeFromArray(node, np.array([[[0.0, value]]]))
    with pytest.raises(Problem, match="Hounsfield"):
        geometry.volume_of(node)


def test_a_ct_under_a_transform_is_refused(scene, volume):
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    volume.SetAndObserveTransformNodeID(transform.GetID())
    with pytest.raises(Problem, match="transform"):
        geometry.geometry_of(volume)


def test_a_volume_without_voxels_is_refused(scene):
    with pytest.raises(Problem, match="no CT"):
        geometry.geometry_of(scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode"))


def test_every_structure_comes_back_voxel_for_voxel(truth, volume, child):
    grid = geometry.geometry_of(volume)
    for name in child.masks:
        segment_id = truth.GetSegmentation().GetSegmentIdBySegmentName(name)
        np.testing.assert_array_equal(geometry.mask_of(truth, segment_id, grid), child.masks[name], err_msg=name)


def test_slicers_own_reading_of_a_segment_agrees(truth, volume, child):
    segment_id = truth.GetSegmentation().GetSegmentIdBySegmentName("Liver")
    array = slicer.util.arrayFromSegmentBinaryLabelmap(truth, segment_id, volume)
    np.testing.assert_array_equal(array.astype(bool), child.masks["Liver"])


def test_a_segment_on_another_grid_is_brought_onto_the_ct(scene, volume, child):
    # Every voxel of the CT cut into two along i: the same solid on a finer grid.
    grid = geometry.geometry_of(volume)
    fine_lps = np.array(grid.lps_from_ijk)
    fine_lps[:3, 3] -= fine_lps[:3, 0] / 4
    fine_lps[:3, 0] /= 2
    fine = tmli.Geometry((grid.shape[0], grid.shape[1], 2 * grid.shape[2]), fine_lps.tolist())
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    segment = slicer.vtkSegment()
    segment.SetName("Liver")
    mask = np.repeat(child.masks["Liver"], 2, axis=2)
    segment.AddRepresentation("Binary labelmap", geometry.labelmap(mask, fine))
    node.GetSegmentation().AddSegment(segment, "Liver")

    found = geometry.mask_of(node, "Liver", grid)

    np.testing.assert_array_equal(found, child.masks["Liver"])


def test_a_roi_holds_the_voxels_whose_centres_are_inside(scene):
    grid = tmli.Geometry((10, 20, 30), np.diag([2.0, 2.0, 5.0, 1.0]).tolist())
    roi = scene.AddNewNodeByClass("vtkMRMLMarkupsROINode")
    # LPS x 10..20, y 6..10, z 10..20 mm; in RAS x and y are negated.
    roi.SetCenter(-15.0, -8.0, 15.0)
    roi.SetSize(10.0, 4.0, 10.0)
    assert geometry.region_of_roi(roi, grid) == ((2, 5), (3, 6), (5, 11))


def test_a_roi_beside_the_ct_is_said(scene):
    grid = tmli.Geometry((10, 20, 30), np.diag([2.0, 2.0, 5.0, 1.0]).tolist())
    roi = scene.AddNewNodeByClass("vtkMRMLMarkupsROINode")
    roi.SetCenter(500.0, 0.0, 0.0)
    roi.SetSize(10.0, 10.0, 10.0)
    with pytest.raises(Problem, match="outside"):
        geometry.region_of_roi(roi, grid)


def test_a_view_shows_a_slab_of_the_ct(scene):
    grid = tmli.Geometry((10, 20, 30), np.diag([2.0, 2.0, 5.0, 1.0]).tolist())
    view = scene.AddNewNodeByClass("vtkMRMLSliceNode")
    view.SetOrientation("Axial")
    view.SetFieldOfView(20.0, 20.0, 1.0)
    view.SetDimensions(100, 100, 1)
    view.JumpSliceByCentering(-30.0, -20.0, 25.0)
    assert geometry.region_of_view(view, grid, depth_mm=6.0) == ((4, 7), (5, 16), (10, 21))
