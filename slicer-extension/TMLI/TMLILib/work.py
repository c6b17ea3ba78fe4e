"""Long work in short steps, so that a window stays alive: whoever has an event loop takes a step now and then.

What touches the scene is done step by step in the thread of the window, as MRML asks for. What only computes is a
`tmli.Task`, which goes on in a thread of the core; a step then is a look at it.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Generic, TypeVar

from .core import tmli

T = TypeVar("T")
PAUSE_S = 0.03
"""How long to wait before the next step while a task computes."""


@dataclass(frozen=True)
class Progress:
    """What a step tells."""

    fraction: float
    words: str
    waits: bool = False
    """Whether the next step has something to do only after a while."""


Steps = Generator[Progress, None, T]


class CancelAsked(Exception):
    """Thrown into steps that are to end."""


class Work(Generic[T]):
    """A result that takes a while. Call `step` from an event loop until it says so; or `wait`, in a script.

    What a step raises is the end of the work; the scene is as it was then, and also when the work was cancelled.
    """

    def __init__(self, steps: Steps[T]) -> None:
        self._steps = steps
        self._cancel = False
        self.progress = Progress(0.0, "")
        self.state = "running"
        """`running`, `done`, `cancelled` or `failed`."""
        self.result: T | None = None
        """What came out of it, when it is done."""

    def step(self) -> bool:
        """Does the next step; whether the work is over."""
        if self.state != "running":
            return True
        try:
            cancel, self._cancel = self._cancel, False
            self.progress = self._steps.throw(CancelAsked()) if cancel else next(self._steps)
            return False
        except StopIteration as end:
            self.state, self.result = "done", end.value
        except CancelAsked:
            self.state = "cancelled"
        except BaseException:
            self.state = "failed"
            raise
        return True

    def cancel(self) -> None:
        """Asks for its end: the next steps bring it about. What cannot be stopped any more is finished."""
        self._cancel = self.state == "running"

    def drop(self) -> None:
        """Ends it now; nobody asks how."""
        if self.state == "running":
            self.state = "cancelled"
            self._steps.close()

    def wait(self) -> T:
        """Takes all steps, for a script without a window."""
        while not self.step():
            if self.progress.waits:
                time.sleep(PAUSE_S)
        if self.state == "cancelled":
            raise CancelAsked
        return self.result


def until(task: tmli.Task, begin: float = 0.0, end: float = 1.0, words: str = "", leaves_traces: bool = False) -> Steps:
    """The steps of waiting for a task, which is the part from `begin` to `end` of the work. Returns its result.

    `words` say what it is, in place of what the task says. A task that came to its end although it was to be cancelled
    is cancelled all the same, unless it `leaves_traces`: then it counts as done.
    """
    asked = False
    try:
        while not (status := task.poll()).is_final:
            try:
                share = begin + (end - begin) * status.fraction
                yield Progress(share, words or status.stage or "Beginning", waits=True)
            except CancelAsked:
                asked = True
                task.cancel()
        result = task.result()
    except tmli.Cancelled:
        raise CancelAsked from None
    finally:
        task.cancel()
    if asked and not leaves_traces:
        raise CancelAsked
    return result
