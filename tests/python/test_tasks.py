"""Work that goes on beside Python: how far it is, its result, its end; and masks of one bit for each voxel."""

from __future__ import annotations

import asyncio
import gc
import time
from pathlib import Path

import numpy as np
import pytest

import tmli


@pytest.fixture(scope="module")
def child() -> tmli.Phantom:
    return tmli.phantom(1, matrix=128)


def targets(child: tmli.Phantom) -> list[tuple[tmli.Mask, tmli.Margin]]:
    return [(child.masks.mask(name), tmli.Margin.uniform(mm)) for name, mm in (("CTV1", 5.0), ("CTV3", 12.5))]


def test_a_started_ptv_is_the_one_that_is_waited_for(child: tmli.Phantom) -> None:
    task = tmli.start_ptv(targets(child), child.ct.geometry, child.ct, [(child.masks["Heart"], 2.0)])
    expected = tmli.ptv(targets(child), child.ct.geometry, tmli.body_mask(child.ct), [(child.masks["Heart"], 2.0)])
    made = task.result(timeout=60)
    assert isinstance(made, tmli.Mask) and task.result() is made
    np.testing.assert_array_equal(made, expected)
    status = task.poll()
    assert (status.state, status.fraction, status.is_final, status.device) == ("done", 1.0, True, None)


def test_a_started_comparison_is_the_one_that_is_waited_for(child: tmli.Phantom) -> None:
    moved = {name: np.roll(mask, 1, axis=2) for name, mask in child.masks.items()}
    found = tmli.start_compare(child.masks, moved, child.ct.geometry, "net").result(timeout=60)
    expected = tmli.compare(child.masks, moved, child.ct.geometry, "net")
    assert [repr(one) for one in found] == [repr(one) for one in expected]


def test_a_structure_set_is_read_and_written_by_tasks(child_folder: Path, tmp_path: Path) -> None:
    ct = tmli.read_ct_series(child_folder / "ct")
    read = tmli.start_read_structure_set(child_folder / "rtstruct.dcm", ct).result(timeout=60)
    masks = read.start_rasterise(ct.volume.geometry).result(timeout=60)
    assert list(masks) == list(read.rasterise(ct.volume.geometry))
    written = tmli.start_write_structure_set(tmp_path / "out.dcm", ct, masks, label="Again").result(timeout=60)
    again = tmli.read_structure_set(tmp_path / "out.dcm", ct)
    assert again.label == "Again" and [roi.name for roi in again.rois] == written.written
    np.testing.assert_array_equal(again.rasterise(ct.volume.geometry)["Liver"], masks["Liver"])


def test_a_cancelled_task_writes_nothing(child: tmli.Phantom, child_folder: Path, tmp_path: Path) -> None:
    ct = tmli.read_ct_series(child_folder / "ct")
    empty = tmli.Mask(ct.volume.geometry.shape, np.ones((1, 1, 1), bool))
    # Enough of them that the cancellation comes in time.
    many = {f"voxel {n}": empty for n in range(20_000)}
    task = tmli.start_write_structure_set(tmp_path / "out.dcm", ct, many)
    task.cancel()
    with pytest.raises(tmli.Cancelled):
        task.result(timeout=60)
    assert task.poll().state == "cancelled" and list(tmp_path.iterdir()) == []


def test_a_task_tells_how_far_it_is(child: tmli.Phantom) -> None:
    task = tmli.start_ptv(targets(child) * 40, child.ct.geometry)
    seen = []
    while not (status := task.poll()).is_final:
        seen.append((status.fraction, status.stage))
        time.sleep(0.001)
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions) and fractions[0] < fractions[-1] < 1.0
    assert seen[-1][1] == "Expanding the CTVs"


def test_what_goes_wrong_in_a_task_is_raised_by_its_result(child: tmli.Phantom, tmp_path: Path) -> None:
    air = tmli.Volume(np.full(child.ct.array.shape, -1000, np.int16), child.ct.geometry)
    task = tmli.start_ptv(targets(child), child.ct.geometry, air)
    for _ in range(2):
        with pytest.raises(tmli.InputError, match="no body was found"):
            task.result(timeout=60)
    assert task.poll().state == "failed"
    with pytest.raises(tmli.DicomError):
        tmli.start_read_structure_set(tmp_path / "none.dcm").result(timeout=60)


def test_what_is_wrong_with_an_order_is_said_at_once(child: tmli.Phantom) -> None:
    small = tmli.Mask((2, 2, 2), np.ones((2, 2, 2), bool))
    with pytest.raises(tmli.InputError, match="a CTV has a shape"):
        tmli.start_ptv([(small, tmli.Margin.uniform(1.0))], child.ct.geometry)
    with pytest.raises(tmli.InputError, match="the CT has"):
        tmli.start_ptv([], tmli.Geometry((2, 2, 2), np.eye(4).tolist()), child.ct)


def test_a_task_is_awaited_and_ends_with_what_awaits_it(child: tmli.Phantom) -> None:
    async def both() -> tuple[tmli.Mask, str]:
        made = await tmli.start_ptv(targets(child), child.ct.geometry)
        long = tmli.start_ptv(targets(child) * 400, child.ct.geometry)

        async def waiting() -> tmli.Mask:
            return await long

        awaiting = asyncio.create_task(waiting())
        await asyncio.sleep(0.02)
        awaiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await awaiting
        with pytest.raises(tmli.Cancelled):
            long.result(timeout=60)
        return made, long.poll().state

    made, state = asyncio.run(both())
    np.testing.assert_array_equal(made, tmli.ptv(targets(child), child.ct.geometry))
    assert state == "cancelled"


def test_a_task_that_nobody_holds_ends(child: tmli.Phantom) -> None:
    before = len(list(Path("/proc/self/task").iterdir()))
    task = tmli.start_ptv(targets(child) * 4000, child.ct.geometry)
    assert len(list(Path("/proc/self/task").iterdir())) > before
    del task
    gc.collect()
    end = time.monotonic() + 30
    names = {(thread / "comm").read_text().strip() for thread in Path("/proc/self/task").iterdir()}
    while "tmli task" in names and time.monotonic() < end:
        time.sleep(0.01)
        names = set()
        for thread in Path("/proc/self/task").iterdir():
            try:
                names.add((thread / "comm").read_text().strip())
            except FileNotFoundError:
                continue
    assert "tmli task" not in names


# ------------------------------------------------------------------------------------------------------------- masks


@pytest.mark.parametrize("start", [(0, 0, 0), (3, 5, 67), (-2, -3, -1), (8, 0, 130), (0, 0, 64), (40, 0, 0)])
@pytest.mark.parametrize("size", [(4, 6, 9), (12, 8, 140), (1, 1, 1)])
def test_a_part_lies_in_its_grid_where_it_starts(start: tuple[int, int, int], size: tuple[int, int, int]) -> None:
    part = np.random.default_rng(7).random(size) < 0.4
    shape = (10, 9, 133)
    expected = np.zeros(shape, bool)
    for kji in np.argwhere(part):
        place = tuple(kji + start)
        if all(0 <= index < count for index, count in zip(place, shape, strict=True)):
            expected[place] = True
    mask = tmli.Mask(shape, part, start)
    np.testing.assert_array_equal(mask.array, expected)
    assert mask.count() == expected.sum() and mask.shape == shape
    box = mask.bounds()
    if box is None:
        assert not expected.any()
    else:
        np.testing.assert_array_equal(mask.cut(box), expected[tuple(slice(*ends) for ends in box)])
        assert mask.cut(box).sum() == expected.sum()


def test_a_box_beyond_the_grid_is_refused() -> None:
    mask = tmli.Mask((2, 3, 4), np.ones((2, 3, 4), np.uint8))
    for box in (((0, 3), (0, 3), (0, 4)), ((1, 1), (0, 3), (0, 4))):
        with pytest.raises(tmli.InputError, match="inside of"):
            mask.cut(box)
    with pytest.raises(tmli.InputError, match="bool or uint8"):
        tmli.Mask((2, 3, 4), np.ones((2, 3, 4), np.int32))  # type: ignore[arg-type]


def test_a_mask_is_taken_wherever_an_array_is(child: tmli.Phantom) -> None:
    liver, grid = child.masks.mask("Liver"), child.ct.geometry
    array = child.masks["Liver"]
    np.testing.assert_array_equal(liver, array)
    np.testing.assert_array_equal(np.asarray(liver, dtype=np.uint8), array)
    margin = tmli.Margin.uniform(3.0)
    np.testing.assert_array_equal(tmli.expand(liver, grid, margin), tmli.expand(array, grid, margin))
    assert len(tmli.trace(liver, grid)) == len(tmli.trace(array, grid))
    (found,) = tmli.compare({"Liver": liver}, {"Liver": array}, grid)
    assert found.dsc == 1.0
    with pytest.raises(KeyError):
        child.masks.mask("Spleen")
    with pytest.raises(ValueError, match="without a copy"):
        np.array(liver, copy=False)
