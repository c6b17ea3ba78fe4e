"""Jobs in the real worker, with the model that is shipped, on a small part of a synthetic child."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import REPOSITORY

import tmli

MODEL = REPOSITORY / "demo/models/all-2d"
SLICES = 16


@pytest.fixture(scope="module")
def liver_slices(child: tmli.Phantom) -> slice:
    """Slices through the child's liver."""
    bounds = child.masks.bounds("Liver")
    assert bounds is not None
    middle = sum(bounds[0]) // 2
    return slice(middle - SLICES // 2, middle + SLICES // 2)


@pytest.fixture(scope="module")
def slab(child: tmli.Phantom, liver_slices: slice) -> tmli.Volume:
    """A part of the child: a job of less than a second."""
    matrix = child.ct.geometry.lps_from_ijk
    matrix[:3, 3] += matrix[:3, 2] * liver_slices.start
    voxels = child.ct.array[liver_slices]
    return tmli.Volume(voxels, tmli.Geometry(voxels.shape, matrix))


@pytest.fixture(scope="module")
def engine(worker: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tmli.Engine]:
    with tmli.Engine(worker=worker, log_folder=tmp_path_factory.mktemp("log")) as engine:
        yield engine


def start(engine: tmli.Engine, volume: tmli.Volume, **options: object) -> tmli.Job:
    return engine.segment(volume, models=[MODEL], device="cpu", **options)


def test_the_worker_tells_what_it_is(engine: tmli.Engine) -> None:
    described = engine.describe()
    assert described["version"] == tmli.__version__
    assert described["libtorch"].startswith("2.")
    assert {"name", "usable", "reason"} == set(described["devices"][0])
    assert described["memory_bytes"] > described["memory_available_bytes"] > 0


def test_a_job_finds_the_structures(
    engine: tmli.Engine, slab: tmli.Volume, child: tmli.Phantom, liver_slices: slice
) -> None:
    began = time.monotonic()
    job = start(engine, slab)
    assert time.monotonic() - began < 5, "segment returns before the work is done"
    fractions = []
    while not job.poll().is_final:
        fractions.append(job.poll().fraction)
        time.sleep(0.02)
    result = job.result()
    assert result is job.result(), "the result stays"
    assert fractions == sorted(fractions)
    status = job.poll()
    assert (status.state, status.fraction, status.remaining_s) == ("done", 1.0, 0.0)
    assert status.elapsed_s >= result.seconds > 0 and "CPU" in result.device.upper()
    assert list(result.masks) == [source.structure for source in result.sources] == tmli.read_manifest(MODEL).structures
    assert result.sources[0].network == "unet2d" and result.sources[0].weights_sha256
    expected = [(s.model, s.validation_dsc, s.validation_hd95_mm) for s in tmli.choose_models([MODEL])]
    assert [(s.model, s.validation_dsc, s.validation_hd95_mm) for s in result.sources] == expected
    (liver,) = tmli.compare({"Liver": child.masks["Liver"][liver_slices]}, result.masks, slab.geometry)
    assert liver.dsc > 0.5


def test_only_the_structures_that_are_asked_for_come_back(engine: tmli.Engine, slab: tmli.Volume) -> None:
    result = start(engine, slab, structures=["Liver", "Stomach"]).result(timeout=300)
    assert sorted(result.masks) == ["Liver", "Stomach"]


def test_a_region_gives_the_masks_of_the_whole_within_it(engine: tmli.Engine, slab: tmli.Volume) -> None:
    region = ((4, 9), (30, 70), (30, 60))
    whole, part = (
        start(engine, slab, structures=["Liver"], region=box).result(timeout=300).masks["Liver"]
        for box in (None, region)
    )
    outside = np.ones(part.shape, dtype=bool)
    outside[tuple(slice(*ends) for ends in region)] = False
    assert part.any() and not part[outside].any()
    np.testing.assert_array_equal(part[~outside], whole[~outside])


def test_the_voxels_are_those_of_the_call(engine: tmli.Engine, slab: tmli.Volume) -> None:
    voxels = slab.array.copy()
    job = start(engine, tmli.Volume(voxels, slab.geometry), structures=["Liver"])
    voxels[...] = -1000
    assert job.result(timeout=300).masks.count("Liver") > 100


def test_a_strided_volume_gives_the_same_masks(engine: tmli.Engine, slab: tmli.Volume) -> None:
    strided = tmli.Volume(np.asfortranarray(slab.array), slab.geometry)
    ours, theirs = (start(engine, v, structures=["Liver"]).result(timeout=300).masks["Liver"] for v in (slab, strided))
    np.testing.assert_array_equal(ours, theirs)


def test_a_job_is_cancelled_within_a_second(engine: tmli.Engine, child: tmli.Phantom) -> None:
    job = start(engine, child.ct, overlap=0.9)
    while job.poll().state == "queued":
        time.sleep(0.01)
    began = time.monotonic()
    job.cancel()
    with pytest.raises(tmli.Cancelled) as caught:
        job.result()
    assert time.monotonic() - began < 2 and job.poll().state == "cancelled"
    assert caught.value.number == tmli.ErrorNumber.CANCELLED


def test_waiting_has_a_limit(engine: tmli.Engine, child: tmli.Phantom) -> None:
    job = start(engine, child.ct, overlap=0.9)
    with pytest.raises(TimeoutError):
        job.result(timeout=0.1)
    with pytest.raises(TimeoutError):
        job.result(timeout=0)
    job.cancel()


def test_requests_that_no_worker_could_fulfil_are_refused_at_once(engine: tmli.Engine, slab: tmli.Volume) -> None:
    for wrong in ({"device": "tpu"}, {"overlap": 1.5}, {"region": ((5, 4), (0, 1), (0, 1))}):
        with pytest.raises(tmli.InputError):
            engine.segment(slab, models=[MODEL], **wrong)
    with pytest.raises(tmli.InputError):
        engine.segment(slab, models=[])


def test_a_job_that_fails_says_why(engine: tmli.Engine, slab: tmli.Volume, tmp_path: Path) -> None:
    for options in ({"models": [tmp_path / "nothing"]}, {"models": [MODEL], "structures": ["Unicorn"]}):
        job = engine.segment(slab, **options)
        with pytest.raises(tmli.TmliError) as caught:
            job.result(timeout=60)
        assert job.poll().state == "failed" and caught.value.hint
        with pytest.raises(tmli.TmliError):
            job.result()


def test_await_needs_no_thread_and_other_tasks_run(engine: tmli.Engine, slab: tmli.Volume) -> None:
    async def main() -> tuple[list[tmli.SegmentResult], int]:
        before = threading.active_count()
        jobs = [start(engine, slab, structures=[name]) for name in ("Liver", "Stomach")]
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.01)

        ticking = asyncio.create_task(tick())
        results = await asyncio.gather(*jobs)
        ticking.cancel()
        assert threading.active_count() == before
        return results, ticks

    results, ticks = asyncio.run(main())
    assert [list(result.masks) for result in results] == [["Liver"], ["Stomach"]]
    assert ticks > 5


def test_a_cancelled_task_cancels_its_job(engine: tmli.Engine, child: tmli.Phantom) -> None:
    async def main() -> tmli.Job:
        job = start(engine, child.ct, overlap=0.9)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(job, timeout=0.3)
        return job

    job = asyncio.run(main())
    with pytest.raises(tmli.Cancelled):
        job.result(timeout=5)


CTRL_C = """
import sys, threading, signal, os, time, tmli
# A shell's background job is started with Ctrl-C ignored, and Python keeps it so.
signal.signal(signal.SIGINT, signal.default_int_handler)
child = tmli.phantom(seed=7, age_years=6.0)
with tmli.Engine(log_folder=sys.argv[2]) as engine:
    job = engine.segment(child.ct, models=[sys.argv[1]], device="cpu", overlap=0.9)
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    try:
        job.result()
    except KeyboardInterrupt:
        print("interrupted after", time.monotonic() - began)
        job.cancel()
"""


def test_ctrl_c_ends_the_waiting(worker: Path, tmp_path: Path) -> None:
    environment = os.environ | {"TMLI_WORKER": str(worker)}
    command = [sys.executable, "-c", CTRL_C, str(MODEL), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    words, _, seconds = done.stdout.rpartition(" ")
    assert words == "interrupted after", done.stderr
    assert float(seconds) < 2


def newest_worker() -> int:
    children = [task / "children" for task in Path("/proc/self/task").iterdir()]
    pids = {int(pid) for listed in children for pid in listed.read_text().split()}
    return max(pid for pid in pids if b"tmli-worker" in Path(f"/proc/{pid}/cmdline").read_bytes())


def test_a_killed_worker_is_an_error_and_the_next_job_works(
    worker: Path, child: tmli.Phantom, slab: tmli.Volume, tmp_path: Path
) -> None:
    with tmli.Engine(worker=worker, log_folder=tmp_path) as engine:
        job = start(engine, child.ct, overlap=0.9)
        while job.poll().state == "queued":
            time.sleep(0.01)
        os.kill(newest_worker(), signal.SIGKILL)
        began = time.monotonic()
        with pytest.raises(tmli.EngineError, match="SIGKILL") as caught:
            job.result(timeout=10)
        assert time.monotonic() - began < 2
        assert caught.value.number == tmli.ErrorNumber.WORKER_ENDED
        assert start(engine, slab, structures=["Liver"]).result(timeout=300).masks.count("Liver") > 0


def test_a_worker_that_is_not_there_is_an_error(tmp_path: Path, slab: tmli.Volume) -> None:
    engine = tmli.Engine(worker=tmp_path / "nothing")
    with pytest.raises(tmli.EngineError) as caught:
        engine.describe()
    assert caught.value.number == tmli.ErrorNumber.WORKER_NOT_FOUND
    with pytest.raises(tmli.EngineError):
        engine.segment(slab, models=[MODEL])


def test_results_are_freed(engine: tmli.Engine, slab: tmli.Volume) -> None:
    def open_files() -> int:
        return len(os.listdir("/proc/self/fd"))

    start(engine, slab, structures=["Liver"]).result(timeout=300)
    before = open_files()
    for _ in range(5):
        start(engine, slab, structures=["Liver"]).result(timeout=300)
    gc.collect()
    assert open_files() <= before + 1
