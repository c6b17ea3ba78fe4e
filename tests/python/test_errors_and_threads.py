"""Errors as Python sees them, and how the module behaves beside other threads."""

from __future__ import annotations

import copy
import pickle
import threading
import time

import numpy as np
import pytest

import tmli


def failure() -> tmli.TmliError:
    with pytest.raises(tmli.InputError) as caught:
        tmli.Geometry((0, 1, 1), np.eye(4))
    return caught.value


def test_an_error_has_a_number_a_message_and_a_hint() -> None:
    error = failure()
    assert error.number == tmli.ErrorNumber.EMPTY_SHAPE == 104
    assert "at least one voxel" in str(error) and str(error) == error.message
    assert error.hint.startswith("Pass a shape")


def test_errors_are_caught_by_their_class_or_the_builtin_one() -> None:
    assert isinstance(failure(), tmli.TmliError) and isinstance(failure(), ValueError)
    assert issubclass(tmli.EngineError, RuntimeError)
    kinds = {tmli.InputError, tmli.DicomError, tmli.ModelError, tmli.EngineError, tmli.Cancelled, tmli.DefectError}
    assert kinds == set(tmli.TmliError.__subclasses__())


def test_errors_travel_between_processes() -> None:
    error = failure()
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (type(twin), twin.number, str(twin), twin.hint) == (type(error), error.number, str(error), error.hint)


def test_a_defect_is_an_error_and_the_process_goes_on(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(tmli.DefectError, match="a deliberate panic") as caught:
        tmli._tmli._panic()
    assert caught.value.number == tmli.ErrorNumber.PANIC
    assert tmli.phantom(seed=1).masks.count("Liver") > 0
    capfd.readouterr()  # the trace of the panic


def test_wrong_types_are_type_errors() -> None:
    with pytest.raises(TypeError):
        tmli.Geometry("abc", np.eye(4))
    with pytest.raises(TypeError):
        tmli.expand(np.zeros((1, 1, 1), dtype=bool), "no geometry", tmli.Margin.uniform(1))


def test_other_threads_run_while_work_is_done() -> None:
    ticks, over = 0, threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not over.is_set():
            ticks += 1
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    before = ticks
    tmli.phantom(seed=3, matrix=256)
    during = ticks - before
    over.set()
    thread.join()
    # Holding the lock, the thread would run at most once in the call.
    assert during > 10


def test_threads_share_everything(child: tmli.Phantom) -> None:
    wanted = {name: child.masks.count(name) for name in child.masks}
    wrong: list[str] = []

    def look() -> None:
        for name, count in wanted.items():
            grown = tmli.expand(child.masks[name], child.ct.geometry, tmli.Margin.uniform(0))
            if grown.sum() != count:
                wrong.append(name)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
