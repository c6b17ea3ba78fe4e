"""Every error becomes one `Problem`: what happened, what to do about it, and details to copy.

No text here holds a patient's name, an ID, or a path that may hold one.
"""

from __future__ import annotations

import os
import traceback


class Problem(Exception):
    """Something a person has to know, in their words."""

    def __init__(self, what: str, todo: str, details: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.todo = todo
        self.details = details

    def __str__(self) -> str:
        return f"{self.what}\n\n{self.todo}"


def as_problem(error: BaseException) -> Problem:
    """What to tell about any exception. An error of `tmli` brings its own number and hint."""
    if isinstance(error, Problem):
        return error
    number, hint = getattr(error, "number", None), getattr(error, "hint", None)
    if number is not None:
        return Problem(str(error), hint or "See the details.", f"TMLI error {number}\n\n{_frames(error)}")
    if isinstance(error, MemoryError):
        return Problem(
            "There is not enough memory for this CT.",
            "Close other programs or volumes, or crop the CT with the Crop Volume module, and try again.",
            _frames(error),
        )
    if isinstance(error, OSError):
        # str() of an OSError holds the path.
        reason = error.strerror or type(error).__name__
        return Problem(
            f"A file or folder cannot be used: {reason}.",
            "Check that it is there, that the disk is not full, and that you may write to it.",
            _frames(error),
        )
    return Problem(
        f"Something unexpected happened in TMLI ({type(error).__name__}).",
        "Nothing in the scene was changed. Please copy the details and report them.",
        f"{error}\n\n{_frames(error)}",
    )


def _frames(error: BaseException) -> str:
    """Where it happened: file names and lines of code, no values."""
    frames = traceback.extract_tb(error.__traceback__)
    return "\n".join(
        [type(error).__name__, *(f"{os.path.basename(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames)]
    )
