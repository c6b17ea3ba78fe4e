"""Between contours and masks."""

from __future__ import annotations

import numpy as np
import pytest

import tmli

GRID = tmli.Geometry.axial((3, 12, 12), origin=(0, 0, 0), spacing_mm=(5, 1, 1))


def square(low: float, high: float, z: float = 5.0) -> list[tuple[float, float, float]]:
    return [(low, low, z), (high, low, z), (high, high, z), (low, high, z)]


def ring() -> np.ndarray:
    mask = np.zeros(GRID.shape, dtype=bool)
    mask[1, 1:10, 1:10] = True
    mask[1, 4:6, 4:6] = False
    return mask


def test_a_loop_in_a_loop_is_a_hole() -> None:
    mask = tmli.rasterise([tmli.Contour(square(0.5, 9.5)), tmli.Contour(square(3.5, 5.5))], GRID)
    np.testing.assert_array_equal(mask, ring())


def test_loops_may_be_arrays() -> None:
    mask = tmli.rasterise([np.array(square(0.5, 9.5), dtype=np.float32), square(3.5, 5.5)], GRID)
    np.testing.assert_array_equal(mask, ring())


@pytest.mark.parametrize("smooth", [False, True])
@pytest.mark.parametrize("keyhole", [False, True])
def test_tracing_and_rasterising_gives_the_mask_back(smooth: bool, keyhole: bool) -> None:
    contours = tmli.trace(ring(), GRID, smooth=smooth, keyhole=keyhole)
    assert len(contours) == (1 if keyhole else 2)
    assert all(contour.kind == "CLOSED_PLANAR" for contour in contours)
    np.testing.assert_array_equal(tmli.rasterise(contours, GRID), ring())


def test_every_structure_of_a_child_survives_tracing(child: tmli.Phantom) -> None:
    geometry = child.ct.geometry
    for name, mask in child.masks.items():
        back = tmli.rasterise(tmli.trace(mask, geometry, smooth=True), geometry)
        assert (back == mask).all(), name


def test_points_are_lps_mm() -> None:
    contour = tmli.trace(ring(), GRID)[0]
    assert contour.points.dtype == np.float64 and contour.points.shape == (len(contour), 3)
    assert contour.points.min(axis=0).tolist() == [0.5, 0.5, 5.0]
    assert contour.points.max(axis=0).tolist() == [9.5, 9.5, 5.0]


def test_points_and_lines_enclose_nothing() -> None:
    for kind in ("OPEN_PLANAR", "OPEN_NONPLANAR", "POINT"):
        assert not tmli.rasterise([tmli.Contour(square(0.5, 9.5), kind)], GRID).any()
    assert tmli.rasterise([tmli.Contour(square(0.5, 9.5), "CLOSEDPLANAR_XOR")], GRID).any()


@pytest.mark.parametrize(
    ("points", "kind"),
    [([(0, 0)], "POINT"), ([0, 0, 0], "POINT"), (square(0, 1), "ROUND"), ([[[0, 0, 0]]], "POINT")],
)
def test_what_is_no_contour_is_refused(points: object, kind: str) -> None:
    with pytest.raises(tmli.InputError):
        tmli.Contour(points, kind)


def test_a_grid_that_no_memory_holds_is_an_error_and_not_the_end() -> None:
    vast = tmli.Geometry.axial((2**20, 2**20, 2**20), (0, 0, 0), (1, 1, 1))
    with pytest.raises(tmli.TmliError) as caught:
        tmli.rasterise([tmli.Contour(square(0.5, 9.5))], vast)
    assert caught.value.number == tmli.ErrorNumber.OUT_OF_MEMORY
