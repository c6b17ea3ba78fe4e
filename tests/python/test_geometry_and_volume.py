"""Grids and voxels."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import tmli

PRONE = [[-0.8, 0, 0, 200], [0, -0.9, 0, 180], [0, 0, 3, -500], [0, 0, 0, 1]]


def grid(shape: tuple[int, int, int] = (3, 4, 5)) -> tmli.Geometry:
    return tmli.Geometry.axial(shape, origin=(-10, -20, -30), spacing_mm=(5, 2, 1))


def test_a_grid_is_its_matrix() -> None:
    geometry = tmli.Geometry((10, 20, 30), PRONE, "1.2.3")
    assert geometry.shape == (10, 20, 30)
    assert geometry.spacing_mm == (3, 0.9, 0.8)
    assert geometry.frame_of_reference_uid == "1.2.3"
    np.testing.assert_array_equal(geometry.lps_from_ijk, PRONE)
    assert geometry.point_from_index((1, 0, 10)) == (192, 180, -497)
    assert geometry.index_from_point((192, 180, -497)) == pytest.approx((1, 0, 10))
    assert geometry.voxel_volume_mm3 == pytest.approx(3 * 0.9 * 0.8)


def test_the_matrix_may_be_an_array() -> None:
    assert tmli.Geometry((10, 20, 30), np.array(PRONE, dtype=np.float32).astype(float)).shape == (10, 20, 30)


def test_grids_are_the_same_when_their_voxels_are() -> None:
    here = grid()
    nearly = tmli.Geometry.axial((3, 4, 5), (-10, -20.0001, -30), (5, 2, 1))
    elsewhere = tmli.Geometry.axial((3, 4, 5), (-10, -20, -31), (5, 2, 1))
    assert here == grid() and here != nearly
    assert here.same_grid(nearly) and not here.same_grid(elsewhere)


def test_a_grid_can_be_sent_to_another_process() -> None:
    geometry = tmli.Geometry((10, 20, 30), PRONE, "1.2.3")
    assert pickle.loads(pickle.dumps(geometry)) == geometry


@pytest.mark.parametrize(
    ("shape", "change", "number"),
    [
        ((0, 1, 1), {}, tmli.ErrorNumber.EMPTY_SHAPE),
        ((2**62, 2**62, 1), {}, tmli.ErrorNumber.SIZE_OVERFLOW),
        ((1, 1, 1), {(0, 0): float("nan")}, tmli.ErrorNumber.SPACING),
        ((1, 1, 1), {(0, 1): 0.5}, tmli.ErrorNumber.AXES),
        ((1, 1, 1), {(1, 3): float("inf")}, tmli.ErrorNumber.ORIGIN),
        ((1, 1, 1), {(3, 0): 1.0}, tmli.ErrorNumber.MATRIX),
    ],
)
def test_what_is_no_grid_is_refused_by_its_reason(shape, change, number) -> None:
    matrix = np.eye(4)
    for place, value in change.items():
        matrix[place] = value
    with pytest.raises(tmli.InputError) as caught:
        tmli.Geometry(shape, matrix)
    assert caught.value.number == number
    assert caught.value.hint


def test_int16_voxels_are_not_copied_whatever_their_strides() -> None:
    scanner = np.arange(3 * 4 * 10, dtype=np.int16).reshape(10, 4, 3)
    array = scanner.transpose(2, 1, 0)[::-1, :, ::2]
    volume = tmli.Volume(array, grid())
    assert volume.array is array and not volume.copied
    scanner[...] = 7
    assert (volume.array == 7).all()


def test_the_array_lives_as_long_as_the_volume() -> None:
    volume = tmli.Volume(np.full((3, 4, 5), 40, dtype=np.int16), grid())
    assert volume.array.sum() == 40 * 60


@pytest.mark.parametrize("kind", ["uint8", "int8", "uint16", "int32", "uint64", "float32", "float64", ">i2", ">f4"])
def test_other_numbers_are_rounded_into_a_copy_that_says_so(kind: str) -> None:
    array = np.arange(60).reshape(3, 4, 5).astype(kind)
    volume = tmli.Volume(array, grid())
    assert volume.copied and volume.array.dtype == np.int16
    np.testing.assert_array_equal(volume.array, array)


def test_fractions_of_hounsfield_units_are_rounded() -> None:
    array = np.full((3, 4, 5), -999.6)
    assert (tmli.Volume(array, grid()).array == -1000).all()


def test_voxels_at_odd_addresses_are_copied() -> None:
    memory = np.zeros(2 * 60 + 1, dtype=np.uint8)
    array = memory[1:].view(np.int16).reshape(3, 4, 5)
    memory[1:] = 1
    volume = tmli.Volume(array, grid())
    assert (volume.array == 257).all() and (volume.copied or array.flags.aligned)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.full((3, 4, 5), 40000), "16 bits"),
        (np.full((3, 4, 5), np.nan), "finite"),
        (np.zeros((3, 4, 5), dtype=complex), "numbers"),
        (np.zeros((3, 4, 5), dtype="U1"), "numbers"),
        (np.zeros((4, 5), dtype=np.int16), "three axes"),
        (np.zeros((3, 5, 4), dtype=np.int16), "(k, j, i)"),
    ],
)
def test_what_are_no_hounsfield_units_on_this_grid_is_refused(array: np.ndarray, words: str) -> None:
    with pytest.raises(tmli.InputError, match=words.replace("(", r"\(").replace(")", r"\)")):
        tmli.Volume(array, grid())
