"""What a person sees of long work: a bar, words and a Cancel button. A timer takes the steps."""

from __future__ import annotations

from collections.abc import Callable

import qt
from TMLILib.work import PAUSE_S, Work

from .context import Context, say


class WorkRow:
    """Follows one work at a time."""

    def __init__(self, context: Context, bar, cancel_button, label, on_change: Callable[[], None]) -> None:
        """`on_change` is called when work begins and when it has ended: the moment to enable and disable widgets."""
        self._context, self._bar, self._cancel, self._label = context, bar, cancel_button, label
        self._on_change = on_change
        self._work: Work | None = None
        self._on_done: Callable[[object], None] = lambda result: None
        self._timer = qt.QTimer()
        self._timer.timeout.connect(context.guarded(self._step))
        cancel_button.clicked.connect(context.guarded(self.cancel))

    @property
    def busy(self) -> bool:
        """Whether work goes on."""
        return self._work is not None

    def follow(self, work: Work, on_done: Callable[[object], None]) -> None:
        """Takes the steps of this work; `on_done(result)` after the last. What it raises becomes a dialog.

        The first step is taken at once: what is wrong with an order is said before anything else happens.
        """
        self._work, self._on_done = work, on_done
        self._bar.setValue(0)
        self._cancel.setEnabled(True)
        self._show(True)
        # Without a delay: the window answers between two steps.
        self._timer.start(0)
        self._step()

    def cancel(self) -> None:
        """Asks for the end of the work, which comes soon."""
        if self._work is not None:
            self._work.cancel()
            self._cancel.setEnabled(False)
            say(self._label, "Cancelling …")

    def drop(self) -> None:
        """Ends the work, of which nobody wants to hear any more."""
        if self._work is not None:
            self._work.drop()
            self._end()

    def _step(self) -> None:
        work = self._work
        if work is None:
            return
        try:
            ended = work.step()
        except BaseException:
            self._end()
            raise
        if not ended:
            self._bar.setValue(int(1000 * work.progress.fraction))
            if self._cancel.property("enabled"):
                say(self._label, work.progress.words)
            self._timer.setInterval(int(1000 * PAUSE_S) if work.progress.waits else 0)
            return
        self._end()
        if work.state == "cancelled":
            say(self._label, "Cancelled. Nothing was changed.")
        else:
            self._on_done(work.result)

    def _end(self) -> None:
        self._timer.stop()
        self._work = None
        say(self._label, "")
        self._show(False)

    def _show(self, busy: bool) -> None:
        for widget in (self._bar, self._cancel):
            widget.setVisible(busy)
        self._on_change()
