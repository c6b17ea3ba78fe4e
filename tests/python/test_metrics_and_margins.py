"""Metrics and margins, on masks whose answers are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tmli

SPACING = (5.0, 2.0, 1.0)
GRID = tmli.Geometry.axial((12, 30, 40), origin=(0, 0, 0), spacing_mm=SPACING)


def box(k: slice, j: slice, i: slice) -> np.ndarray:
    mask = np.zeros(GRID.shape, dtype=bool)
    mask[k, j, i] = True
    return mask


REFERENCE = box(slice(3, 8), slice(10, 20), slice(10, 20))
SHIFTED = box(slice(3, 8), slice(10, 20), slice(13, 23))


def test_a_shift_of_three_voxels_is_three_millimetres() -> None:
    (metrics,) = tmli.compare({"Liver": REFERENCE}, {"Liver": SHIFTED}, GRID)
    assert metrics.structure == "Liver"
    assert metrics.dsc == pytest.approx(0.7)
    assert (metrics.hd_mm, metrics.hd95_mm) == (3.0, 3.0)
    assert metrics.centre_shift_mm == pytest.approx((0, 0, 3))
    assert metrics.reference_volume_ml == metrics.prediction_volume_ml == pytest.approx(5 * 10 * 10 * 10 / 1000)
    assert (metrics.undefined, metrics.flags, metrics.profile, metrics.percentile) == (None, [], "surfel", 95.0)


def test_the_spacing_alone_is_enough() -> None:
    by_grid = tmli.compare({"A": REFERENCE}, {"A": SHIFTED}, GRID)[0]
    by_spacing = tmli.compare({"A": REFERENCE}, {"A": SHIFTED}, SPACING)[0]
    assert (by_grid.hd_mm, by_grid.asd_mm) == (by_spacing.hd_mm, by_spacing.asd_mm)
    by_array = tmli.compare({"A": REFERENCE}, {"A": SHIFTED}, np.array(SPACING))[0]
    assert by_array.asd_mm == by_grid.asd_mm


def test_structures_that_both_name_are_compared_in_the_references_order() -> None:
    reference = {"B": REFERENCE, "A": REFERENCE, "C": REFERENCE}
    compared = tmli.compare(reference, {"A": REFERENCE, "B": SHIFTED, "D": SHIFTED}, GRID)
    assert [metrics.structure for metrics in compared] == ["B", "A"]
    assert [metrics.dsc for metrics in compared] == [pytest.approx(0.7), 1.0]


def test_empty_masks_say_which_one_is() -> None:
    nothing = np.zeros(GRID.shape, dtype=bool)
    compared = tmli.compare(
        {"1": nothing, "2": REFERENCE, "3": nothing}, {"1": nothing, "2": nothing, "3": REFERENCE}, GRID
    )
    assert [m.undefined for m in compared] == ["both_empty", "prediction_empty", "reference_empty"]
    assert math.isnan(compared[0].dsc) and math.isinf(compared[1].hd95_mm) and compared[2].dsc == 0


def test_both_directions_are_told() -> None:
    inner, outer = REFERENCE, box(slice(3, 8), slice(10, 20), slice(10, 24))
    (metrics,) = tmli.compare({"A": inner}, {"A": outer}, GRID, profile="voxel", path_tolerance_mm=0.5)
    forth, back = metrics.reference_to_prediction, metrics.prediction_to_reference
    assert (forth.max_mm, back.max_mm, metrics.hd_mm) == (4.0, 4.0, 4.0)
    assert 0 < forth.mean_mm < metrics.asd_mm < back.mean_mm
    assert metrics.hd95_mm == max(forth.percentile95_mm, back.percentile95_mm)
    assert forth.percentile95_mm <= metrics.pooled_percentile_mm <= back.percentile95_mm
    assert metrics.path_tolerance_mm == 0.5
    # The far column of ten, but for its ends, in five slices; a voxel counts as the mean of 2 and 1 mm.
    assert metrics.added_path_length_mm == pytest.approx(5 * 8 * 1.5)


@pytest.mark.parametrize("kinds", [("uint8", "uint8"), ("int16", "int16"), ("uint16", "int32")])
def test_label_maps_give_what_their_masks_give(kinds: tuple[str, str]) -> None:
    other = box(slice(0, 2), slice(0, 4), slice(30, 38))
    reference = (3 * REFERENCE + 7 * other).astype(kinds[0])
    prediction = (3 * SHIFTED).astype(kinds[1])
    found = tmli.compare_label_maps(reference, prediction, {7: "Other", 3: "Liver", 9: "None"}, GRID, "voxel")
    nothing = np.zeros(GRID.shape, dtype=bool)
    masks = {"Other": other, "Liver": REFERENCE, "None": nothing}, {"Other": nothing, "Liver": SHIFTED, "None": nothing}
    expected = tmli.compare(*masks, GRID, "voxel")
    assert [repr(metrics) for metrics in found] == [repr(metrics) for metrics in expected]
    assert [metrics.undefined for metrics in found] == ["prediction_empty", None, "both_empty"]
    assert found[0].flags == ["touches_border"]


def test_what_is_no_label_map_is_refused_with_what_to_do() -> None:
    whole = REFERENCE.astype(np.uint8)
    with pytest.raises(tmli.InputError, match="astype"):
        tmli.compare_label_maps(REFERENCE.astype(float), whole, {1: "A"}, GRID)
    with pytest.raises(tmli.InputError, match="astype"):
        tmli.compare_label_maps(REFERENCE.astype(">i2"), whole, {1: "A"}, GRID)
    with pytest.raises(tmli.InputError, match="300"):
        tmli.compare_label_maps(whole, whole, {300: "A"}, GRID)
    with pytest.raises(tmli.InputError, match="shape"):
        tmli.compare_label_maps(whole[1:], whole, {1: "A"}, GRID)


def test_options_are_used_and_checked() -> None:
    pair = {"A": REFERENCE}, {"A": SHIFTED}
    profiles = [tmli.compare(*pair, GRID, profile=p)[0].profile for p in ("surfel", "voxel", "slicer-rt", "net")]
    assert profiles == ["surfel", "voxel", "slicer-rt", "net"]
    near, far = (tmli.compare(*pair, GRID, tolerance_mm=mm)[0].surface_dice for mm in (0.5, 3.0))
    assert near < far == 1.0
    for wrong in ({"profile": "dice"}, {"percentile": 0.0}, {"tolerance_mm": -1.0}):
        with pytest.raises(tmli.InputError):
            tmli.compare(*pair, GRID, **wrong)


def test_masks_of_jobs_and_files_are_compared_without_arrays(child: tmli.Phantom) -> None:
    compared = tmli.compare(child.masks, child.masks, child.ct.geometry)
    assert [metrics.structure for metrics in compared] == list(child.masks)
    assert all(metrics.dsc == 1 and metrics.hd_mm == 0 for metrics in compared)


def test_a_margin_of_two_millimetres_does_not_reach_slices_five_apart() -> None:
    grown = tmli.expand(REFERENCE, GRID, tmli.Margin.uniform(2.0))
    assert grown[[2, 8]].sum() == 0
    assert grown[5].any(axis=0).nonzero()[0].tolist() == list(range(8, 22))
    assert grown[5].any(axis=1).nonzero()[0].tolist() == list(range(9, 21))


def test_margins_are_those_of_the_patient_directions() -> None:
    margin = tmli.Margin(left=4, right=1, anterior=2, posterior=0, superior=5, inferior=0)
    grown = tmli.expand(REFERENCE, GRID, margin)
    k, j, i = (axis.nonzero()[0] for axis in (grown.any((1, 2)), grown.any((0, 2)), grown.any((0, 1))))
    assert (k[0], k[-1], j[0], j[-1], i[0], i[-1]) == (3, 8, 9, 19, 9, 23)
    assert margin.left == 4 and margin != tmli.Margin.uniform(4)


def test_shrinking_takes_back_what_growing_added_to_a_box() -> None:
    margin = tmli.Margin.uniform(3.0)
    np.testing.assert_array_equal(tmli.shrink(tmli.expand(REFERENCE, GRID, margin), GRID, margin), REFERENCE)


def test_a_ptv_is_the_union_within_the_body_and_off_the_cropped() -> None:
    margins = [(REFERENCE, tmli.Margin.uniform(5)), (SHIFTED, tmli.Margin.uniform(2))]
    union = tmli.expand(REFERENCE, GRID, tmli.Margin.uniform(5)) | tmli.expand(SHIFTED, GRID, tmli.Margin.uniform(2))
    body, lens = box(slice(2, 10), slice(8, 22), slice(8, 30)), box(slice(4, 6), slice(12, 14), slice(22, 24))
    np.testing.assert_array_equal(tmli.ptv(margins, GRID), union)
    near_lens = tmli.expand(lens, GRID, tmli.Margin.uniform(3))
    np.testing.assert_array_equal(tmli.ptv(margins, GRID, body=body, crop=[(lens, 3.0)]), union & body & ~near_lens)


def test_the_body_is_found_in_a_ct_and_holds_the_structures(child: tmli.Phantom) -> None:
    body = tmli.body_mask(child.ct)
    assert body.shape == child.ct.array.shape and body.dtype == bool
    for name in ("Brain", "Lungs", "Heart", "Liver"):
        assert (child.masks[name] & ~body).sum() <= child.masks.count(name) // 1000, name
    # The couch lies behind the child.
    assert not body[:, -10:].any() and 0.02 < body.mean() < 0.3


def test_no_body_in_a_volume_of_air() -> None:
    with pytest.raises(tmli.InputError, match="no body was found") as caught:
        tmli.body_mask(tmli.Volume(np.full(GRID.shape, -1000, np.int16), GRID))
    assert caught.value.hint


@pytest.mark.parametrize("mm", [-1.0, 101.0, float("nan")])
def test_margins_that_make_no_sense_are_refused(mm: float) -> None:
    with pytest.raises(tmli.InputError, match="0 to 100 mm"):
        tmli.expand(REFERENCE, GRID, tmli.Margin.uniform(mm))
    with pytest.raises(tmli.InputError):
        tmli.ptv([], GRID)
