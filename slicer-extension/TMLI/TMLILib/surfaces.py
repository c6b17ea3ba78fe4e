"""Surfaces of segments for 3D views, made in short steps.

Slicer makes a surface in one go, seconds for the marrow of a whole body, and the window stands still. The same is done
here bit by bit: surface nets around the voxels, smoothing, normals. When a person edits a segment, Slicer makes its
surface anew, its own way.
"""

from __future__ import annotations

import slicer
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkFiltersCore import vtkPolyDataNormals, vtkTriangleFilter, vtkWindowedSincPolyDataFilter

from .work import Progress, Steps

LABELMAP = slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName()
SURFACE = slicer.vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName()

PASSES, ITERATIONS, PASS_BAND = 8, 10, 0.01
"""Smoothing takes away the stairs of voxels and leaves what is wider than a few of them."""


def are_shown(segmentation_node) -> bool:
    """Whether a segmentation has surfaces."""
    return segmentation_node is not None and segmentation_node.GetSegmentation().ContainsRepresentation(SURFACE)


def hide(segmentation_node) -> None:
    """Takes the surfaces away."""
    segmentation_node.RemoveClosedSurfaceRepresentation()


def showing(segmentation_node) -> Steps[None]:
    """Makes the surfaces that are missing; they are shown all at once, after the last."""
    segmentation = segmentation_node.GetSegmentation()
    made: dict[str, vtkPolyData] = {}
    ids = segmentation.GetSegmentIDs()
    for index, segment_id in enumerate(ids):
        segment = segmentation.GetSegment(segment_id)
        if segment is not None and segment.GetRepresentation(SURFACE) is None:
            made[segment_id] = yield from surface_of(segment, index / len(ids))
    for segment_id, surface in made.items():
        if segmentation.GetSegment(segment_id) is not None:
            segmentation.GetSegment(segment_id).AddRepresentation(SURFACE, surface)
    if segmentation_node.GetDisplayNode() is not None:
        segmentation_node.GetDisplayNode().SetPreferredDisplayRepresentationName3D(SURFACE)


def surface_of(segment, fraction: float = 0.0) -> Steps[vtkPolyData]:
    """The surface of one segment; `fraction` of the whole work is done before it."""
    progress = Progress(fraction, f"Surface of {segment.GetName()}")
    yield progress
    rule = slicer.vtkBinaryLabelmapToClosedSurfaceConversionRule()
    rule.SetConversionParameter(rule.GetConversionMethodParameterName(), "1")  # surface nets
    rule.SetConversionParameter(rule.GetSmoothingFactorParameterName(), "0")
    rule.SetConversionParameter(rule.GetComputeSurfaceNormalsParameterName(), "0")
    surface = vtkPolyData()
    rule.CreateClosedSurface(segment.GetRepresentation(LABELMAP), surface, [segment.GetLabelValue()])
    for _ in range(PASSES):
        yield progress
        smooth = vtkWindowedSincPolyDataFilter()
        smooth.SetNumberOfIterations(ITERATIONS)
        smooth.SetPassBand(PASS_BAND)
        smooth.NormalizeCoordinatesOn()
        smooth.NonManifoldSmoothingOn()
        smooth.FeatureEdgeSmoothingOff()
        smooth.BoundarySmoothingOff()
        surface = _out_of(smooth, surface)
    yield progress
    # Nets are of quadrilaterals; what measures and prints surfaces wants triangles.
    surface = _out_of(vtkTriangleFilter(), surface)
    yield progress
    normals = vtkPolyDataNormals()
    normals.SplittingOff()
    normals.ConsistencyOff()
    return _out_of(normals, surface)


def _out_of(polydata_filter, surface: vtkPolyData) -> vtkPolyData:
    polydata_filter.SetInputData(surface)
    polydata_filter.Update()
    return polydata_filter.GetOutput()
