"""What the other tests stand on: Slicer's own library, not a stand-in."""

import numpy as np
import slicer


def test_a_segment_keeps_its_voxels_in_a_real_scene(scene):
    volume = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "CT")
    slicer.util.updateVolumeFromArray(volume, np.zeros((4, 5, 6), np.int16))
    segmentation = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    segmentation.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    segment_id = segmentation.GetSegmentation().AddEmptySegment("", "Liver")
    mask = np.zeros((4, 5, 6), np.uint8)
    mask[1:3, 2, 3:5] = 1

    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, segmentation, segment_id, volume)

    kept = slicer.util.arrayFromSegmentBinaryLabelmap(segmentation, segment_id, volume)
    np.testing.assert_array_equal(kept, mask)
    assert slicer.modules.segmentations.logic().GetMRMLScene() is scene
