"""A timer that looks after a run, so that the window stays alive."""

from __future__ import annotations

from collections.abc import Callable

import qt
from TMLILib.run import Run

INTERVAL_MS = 200


class Watch:
    """Polls one run at a time until it ends."""

    def __init__(self, on_status: Callable, on_end: Callable) -> None:
        """`on_status(status)` at every look, `on_end(run, status)` once."""
        self._on_status, self._on_end = on_status, on_end
        self.run: Run | None = None
        self._timer = qt.QTimer()
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self.look)

    def follow(self, run: Run) -> None:
        """Looks at this run from now on."""
        self.run = run
        self._timer.start()

    def cancel(self) -> None:
        """Asks the run to end; the timer sees it end."""
        if self.run is not None:
            self.run.cancel()

    def drop(self) -> None:
        """Cancels, and does not care how it ends."""
        self.cancel()
        self._timer.stop()
        self.run = None

    def look(self, *_) -> None:
        """One look."""
        if self.run is None:
            return
        status = self.run.poll()
        self._on_status(status)
        if status.state in ("done", "failed", "cancelled"):
            self._timer.stop()
            run, self.run = self.run, None
            self._on_end(run, status)


def in_words(status) -> str:
    """What a progress bar has beside it."""
    words = status.stage or status.state
    if status.remaining_s is not None:
        words += f", {_time(status.remaining_s)} left"
    # The device's reason stands above the button.
    return f"{words} ({status.device.split(':')[0]})" if status.device else words


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
