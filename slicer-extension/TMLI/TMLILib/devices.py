"""What a run would compute on, and why: told before the run, by the worker itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

CHOICES = ("auto", "cpu", "cuda")
"""What a person may ask for."""


@dataclass(frozen=True)
class Automatic:
    """What the choice `auto` takes on this computer."""

    device: str
    """`cpu` or `cuda:N`."""
    reason: str

    @property
    def has_gpu(self) -> bool:
        """Whether there is a GPU that can be used."""
        return self.device.startswith("cuda")

    def taken_for(self, choice: str) -> str:
        """The device of a choice, as `tmli.expected_memory` wants it."""
        wanted = self.device if choice == "auto" else choice
        return wanted.split(":")[0]

    def in_words(self, choice: str) -> str:
        """What a person should know about the choice they made."""
        if choice == "cpu":
            return "Computes on the CPU." + (" There is a GPU that would be faster." if self.has_gpu else "")
        if choice == "cuda" and not self.has_gpu:
            return f"There is no GPU to compute on ({self.reason}). Choose Automatic or CPU."
        return f"Computes on {self.reason}."


UNKNOWN = Automatic("cpu", "the CPU, until the engine has told what else there is")


def question(worker: Path) -> list[str]:
    """The program that answers with one line; it loads libtorch and the driver, which takes a moment."""
    return [str(worker), "probe"]


def answer(lines: list[str]) -> Automatic | None:
    """What the program wrote; None when that is no answer."""
    for line in lines:
        try:
            told = json.loads(line)
            return Automatic(str(told["device"]), str(told["reason"]))
        except (ValueError, TypeError, KeyError):
            continue
    return None
