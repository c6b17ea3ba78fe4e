"""Asks the worker what it would compute on, in a process beside Slicer: a driver that hangs hangs no window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from TMLILib import devices
from TMLILib.install import Runner


class DeviceQuestion:
    """Asks once for each worker program."""

    def __init__(self, runner: Runner, worker: Callable[[], Path | None], on_answer: Callable[[], None]) -> None:
        """`on_answer` is called when `automatic` or `failed` has changed."""
        self._runner, self._worker, self._on_answer = runner, worker, on_answer
        self._asked: Path | None = None
        self._lines: list[str] = []
        self.automatic = devices.UNKNOWN
        self.failed = False

    def ask(self) -> None:
        """Asks, unless this worker was asked already or none is installed."""
        worker = self._worker()
        if worker is None or worker == self._asked:
            return
        self._asked, self._lines = worker, []
        self.automatic, self.failed = devices.UNKNOWN, False
        self._runner.start(devices.question(worker), self._lines.append, self._ended)

    def stop(self) -> None:
        """The panel goes away; nobody wants the answer."""
        self._on_answer = lambda: None
        self._runner.stop()

    def in_words(self, choice: str) -> str:
        """What a run with this choice computes on."""
        if self._asked is None:
            return ""
        if self.failed:
            return "The engine did not say what it can compute on; a run will tell why."
        if self.automatic is devices.UNKNOWN:
            return "Asking the engine what it can compute on …"
        return self.automatic.in_words(choice)

    def _ended(self, status: int) -> None:
        found = devices.answer(self._lines)
        self.failed = status != 0 or found is None
        if found is not None:
            self.automatic = found
        self._on_answer()
