"""Masks in and out: types, strides, memory, and the mapping that jobs and structure sets give."""

from __future__ import annotations

import collections.abc
import subprocess
import sys

import numpy as np
import pytest

import tmli

GRID = tmli.Geometry.axial((6, 20, 130), origin=(0, 0, 0), spacing_mm=(5, 1, 1))


def ball() -> np.ndarray:
    k, j, i = np.indices(GRID.shape)
    return (k - 3) ** 2 * 25 + (j - 10) ** 2 + (i - 64) ** 2 < 60


def as_given(mask: np.ndarray) -> np.ndarray:
    """The voxels that the module takes a mask for."""
    return tmli.shrink(mask, GRID, tmli.Margin.uniform(0))


def test_masks_are_bool_or_uint8_of_any_strides() -> None:
    mask = ball()
    np.testing.assert_array_equal(as_given(mask), mask)
    np.testing.assert_array_equal(as_given(mask.astype(np.uint8) * 255), mask)
    np.testing.assert_array_equal(as_given(np.asfortranarray(mask)), mask)
    np.testing.assert_array_equal(as_given(mask[::-1, ::-1, ::-1]), mask[::-1, ::-1, ::-1])
    wide = np.zeros((6, 20, 260), dtype=bool)
    wide[..., ::2] = mask
    np.testing.assert_array_equal(as_given(wide[..., ::2]), mask)
    frozen = mask.copy()
    frozen.setflags(write=False)
    np.testing.assert_array_equal(as_given(frozen), mask)
    np.testing.assert_array_equal(as_given(mask.tolist()), mask)


@pytest.mark.parametrize("kind", ["int8", "int16", "float32"])
def test_labels_must_be_compared_first(kind: str) -> None:
    with pytest.raises(tmli.InputError, match="bool or uint8") as caught:
        as_given(ball().astype(kind))
    assert caught.value.number == tmli.ErrorNumber.OPTION


def test_a_mask_of_another_grid_is_refused() -> None:
    with pytest.raises(tmli.InputError) as caught:
        as_given(ball()[:, :, 1:])
    assert caught.value.number == tmli.ErrorNumber.GRIDS_DIFFER
    with pytest.raises(tmli.InputError, match="three axes"):
        as_given(ball()[0])


def test_masks_by_name_are_a_mapping(child: tmli.Phantom) -> None:
    masks = child.masks
    assert isinstance(masks, collections.abc.Mapping)
    assert len(masks) == 25 == len(list(masks)) == len(masks.keys())
    assert "Liver" in masks and "liver" not in masks and 3 not in masks
    assert next(iter(masks.items()))[0] == next(iter(masks)) == "Brain"
    assert masks.get("nothing") is None and masks.get("nothing", 3) == 3
    assert masks.geometry == child.ct.geometry and masks.findings == []
    with pytest.raises(KeyError, match="nothing"):
        masks["nothing"]
    match masks:
        case {"Liver": liver}:
            assert liver.any()
        case _:
            raise AssertionError("a mapping fits a mapping pattern")


def test_a_mask_is_a_new_writable_array_each_time(child: tmli.Phantom) -> None:
    liver = child.masks["Liver"]
    assert liver.dtype == bool and liver.shape == child.ct.geometry.shape and liver.flags.c_contiguous
    count = child.masks.count("Liver")
    assert liver.sum() == count > 0
    liver[...] = False
    assert child.masks["Liver"].sum() == count


def test_bounds_cut_the_mask_out(child: tmli.Phantom) -> None:
    liver, bounds = child.masks["Liver"], child.masks.bounds("Liver")
    assert bounds is not None
    box = tuple(slice(*ends) for ends in bounds)
    assert liver[box].sum() == liver.sum()
    assert all(liver[box].any(axis=tuple({0, 1, 2} - {axis}))[[0, -1]].all() for axis in range(3))


def test_an_empty_mask_has_no_bounds(child: tmli.Phantom) -> None:
    inside = tmli.Contour([(0, 0, 0), (1, 0, 0), (0, 1, 0)])
    assert not tmli.rasterise([inside], tmli.Geometry.axial((1, 2, 2), (50, 50, 0), (1, 1, 1))).any()


SMALL_IN_LARGE = """
import resource, numpy as np, tmli
grid = tmli.Geometry.axial((250, 512, 512), (0, 0, 0), (5, 1, 1))
corner = [(100.2, 100.2, 500), (140.2, 100.2, 500), (140.2, 140.2, 500), (100.2, 140.2, 500)]
first = tmli.rasterise([tmli.Contour(corner)], grid)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
masks = [tmli.rasterise([tmli.Contour(corner)], grid) for _ in range(25)]
assert all(mask.nbytes == 65_536_000 and mask[100, 120, 120] for mask in masks)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


def test_small_structures_in_a_large_scan_take_little_memory() -> None:
    # 25 masks of 512 x 512 x 250 are 1560 MiB where every page is touched.
    printed = subprocess.run([sys.executable, "-c", SMALL_IN_LARGE], capture_output=True, text=True, check=True).stdout
    assert float(printed) < 400
