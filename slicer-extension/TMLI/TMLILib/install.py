"""Getting TMLI onto this computer: a small wheel for Slicer's Python, and the engine in a folder of its own.

The engine brings libtorch. It never goes into Slicer's Python, where another extension's PyTorch may live. `pip install
--target` makes its folder: nothing but files, no interpreter that breaks when Slicer is updated.

Nothing here runs by itself: a `Plan` says what would be done and how much is downloaded, a person agrees, and an
`Installation` runs it through a runner that the panel (QProcess) or a script (subprocess) provides.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from .errors import Problem
from .version import VERSION

RESOURCES = Path(__file__).parent.parent / "Resources"
CORE_BYTES = 10_000_000
ENGINE_BYTES = {"cpu": 560_000_000, "cuda": 2_600_000_000}
"""To download; measured when the pinned lists in Resources were made."""
UNPACKED_PER_DOWNLOADED_BYTE = 2.5
PACKAGES = Path("tmli_engine")
"""The engine's package inside its folder."""


class Runner(Protocol):
    """Runs one program without making anyone wait."""

    def start(self, command: list[str], on_line: Callable[[str], None], on_end: Callable[[int], None]) -> None:
        """Starts it; calls back for each line it writes and with its exit status."""

    def stop(self) -> None:
        """Ends it."""


@dataclass(frozen=True)
class Step:
    """One call of pip."""

    title: str
    command: list[str]
    bytes: int


@dataclass(frozen=True)
class Plan:
    """What an installation would do."""

    steps: list[Step]
    folder: Path | None
    """Where the engine goes; None for the core, which goes into Slicer's Python."""
    offline: bool = False

    @property
    def bytes(self) -> int:
        """To download in all; 0 from a local folder."""
        return 0 if self.offline else sum(step.bytes for step in self.steps)

    @property
    def bytes_on_disk(self) -> int:
        """What it takes once it is installed."""
        return int(sum(step.bytes for step in self.steps) * UNPACKED_PER_DOWNLOADED_BYTE)

    def in_words(self) -> str:
        """What a person agrees to."""
        source = "Taken from the folder you chose" if self.offline else f"About {in_megabytes(self.bytes)} to download"
        source += f", {in_megabytes(self.bytes_on_disk)} on the disk"
        where = "Slicer's Python" if self.folder is None else "a folder of its own; Slicer's Python is left alone"
        titles = "\n".join(f"- {step.title}" for step in self.steps)
        return f"{titles}\n\n{source}. It goes into {where}."


def in_megabytes(count: int) -> str:
    """A size as a person says it."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


# ------------------------------------------------------------------------------------------------ what is there


def core_version() -> str | None:
    """The version of the `tmli` package in this Python; None without one."""
    importlib.invalidate_caches()
    try:
        return importlib.metadata.version("tmli")
    except importlib.metadata.PackageNotFoundError:
        return None


def engine_folder() -> Path:
    """Where the engine of this version lives: in the user's own data, shared by all Slicers."""
    if os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "TMLI" / f"engine-{VERSION}"


def installed_worker(folder: Path | None = None) -> Path | None:
    """The engine's program; None when it is not installed whole."""
    folder = engine_folder() if folder is None else folder
    worker = next(iter(sorted((folder / PACKAGES).glob("**/tmli-worker*"))), None)
    return worker if worker is not None and (folder / "torch" / "lib").is_dir() else None


def worker_program() -> Path | None:
    """The program to start: a developer's own build that TMLI_WORKER names, or the installed engine's."""
    own = Path(os.environ.get("TMLI_WORKER") or "-")
    return own if own.is_file() else installed_worker()


def slicer_python() -> str:
    """The Python that pip runs in: Slicer's own, or the one that runs us outside of the Slicer application."""
    return shutil.which("PythonSlicer") or sys.executable


# --------------------------------------------------------------------------------------------------------- plans


def core_plan(source: str | Path | None = None) -> Plan:
    """The `tmli` wheel, without torch, for Slicer's Python."""
    command = [*_pip("install"), "--no-deps", "--upgrade", *_source(source), f"tmli=={VERSION}"]
    return Plan([Step(f"TMLI core {VERSION} (no PyTorch)", command, CORE_BYTES)], None, bool(source))


def engine_plan(device: str, source: str | Path | None = None, folder: Path | None = None) -> Plan:
    """The engine and libtorch; `device` is `cpu` or `cuda`."""
    if not (sys.platform == "linux" and os.uname().machine == "x86_64"):
        raise Problem("The engine of TMLI exists for Linux on x86-64 only so far.", "On Windows, use WSL 2.")
    folder = engine_folder() if folder is None else folder
    pip = [*_pip("install"), "--no-deps", "--upgrade", "--target", str(folder), *_source(source)]
    lists = ["engine-cpu.txt", *(["engine-cuda.txt"] if device == "cuda" else [])]
    libraries = [word for name in lists for word in ("--requirement", str(RESOURCES / name))]
    title = "libtorch for the CPU" if device == "cpu" else "libtorch and the libraries for an NVIDIA GPU"
    size = ENGINE_BYTES[device]
    steps = [
        Step(title, [*pip, "--require-hashes", *libraries], size - CORE_BYTES),
        # The engine last: only a whole installation has a worker.
        Step(f"TMLI engine {VERSION}", [*pip, f"tmli-engine=={VERSION}"], CORE_BYTES),
    ]
    # pip unpacks beside what it downloads.
    downloaded = 1.0 if source is None else 0.0
    _refuse_without_room(folder, int(size * (downloaded + UNPACKED_PER_DOWNLOADED_BYTE)))
    return Plan(steps, folder, bool(source))


def _pip(task: str) -> list[str]:
    # Only pip 24.1 and later tell numbers to another program; an older one tells which package it is at.
    bar = "raw" if _pip_version() >= (24, 1) else "off"
    return [slicer_python(), "-m", "pip", "--disable-pip-version-check", "--no-input", task, "--progress-bar", bar]


def _pip_version() -> tuple[int, ...]:
    try:
        numbers = importlib.metadata.version("pip").split(".")[:2]
    except importlib.metadata.PackageNotFoundError as error:
        raise Problem("This Python has no pip.", "Install Slicer 5.10 or later, which brings it.") from error
    return tuple(int(number) for number in numbers if number.isdigit())


def _source(folder: str | Path | None) -> list[str]:
    if folder is None:
        return ["--only-binary", ":all:"]
    folder = Path(folder)
    if not any(folder.glob("*.whl")):
        raise Problem(
            "The chosen folder holds no wheels (*.whl).",
            "Choose the folder with the TMLI packages; docs/how-to/install-in-slicer.md says what belongs in it.",
        )
    return ["--no-index", "--find-links", str(folder)]


def _refuse_without_room(folder: Path, needed: int) -> None:
    there = next(path for path in [folder, *folder.parents] if path.exists())
    free = shutil.disk_usage(there).free
    if free < needed:
        raise Problem(
            f"The engine takes about {in_megabytes(needed)} while it is installed; {in_megabytes(free)} are free.",
            "Make room on the disk of your home folder and try again.",
        )


# -------------------------------------------------------------------------------------------------------- running

_RAW_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")
_LOG_LINES = 40


@dataclass
class Installation:
    """A plan being carried out."""

    plan: Plan
    runner: Runner
    on_progress: Callable[[float, str], None]
    """Part done (0 to 1) and what is going on."""
    on_end: Callable[[Problem | None], None]
    """Called once: with None when all went well."""
    _step: int = field(default=0, init=False)
    _log: list[str] = field(default_factory=list, init=False)
    _cancelled: bool = field(default=False, init=False)
    _file_done: int = field(default=0, init=False)

    def start(self) -> None:
        """Runs the steps one after another."""
        step = self.plan.steps[self._step]
        self.on_progress(self._part(0.0), step.title)
        self.runner.start(step.command, self._line, self._ended)

    def cancel(self) -> None:
        """Stops; what pip downloaded whole stays in its cache, so the next try is shorter."""
        self._cancelled = True
        self.runner.stop()

    def _part(self, of_step: float) -> float:
        sizes = [step.bytes for step in self.plan.steps]
        return (sum(sizes[: self._step]) + of_step * sizes[self._step]) / sum(sizes)

    def _line(self, line: str) -> None:
        line = line.strip()
        step = self.plan.steps[self._step]
        progress = _RAW_PROGRESS.fullmatch(line)
        if progress is None:
            if line:
                self._log = [*self._log[1 - _LOG_LINES :], line]
                self.on_progress(self._part(min(self._file_done / step.bytes, 0.95)), _shortened(line))
            return
        done, total = int(progress[1]), int(progress[2])
        self.on_progress(
            self._part(min((self._file_done + done) / step.bytes, 0.95)),
            f"{step.title}: {in_megabytes(done)} of {in_megabytes(total)}",
        )
        if done == total:
            self._file_done += total

    def _ended(self, status: int) -> None:
        if self._cancelled:
            self.on_end(
                Problem("The installation was cancelled.", "Start it again at any time; it goes on from there.")
            )
        elif status != 0:
            self.on_end(
                Problem(
                    f"{self.plan.steps[self._step].title} could not be installed (pip ended with status {status}).",
                    "Check the network and the disk and try again. Without internet, install from a folder.",
                    "\n".join(self._log),
                )
            )
        elif self._step + 1 < len(self.plan.steps):
            self._step += 1
            self._file_done = 0
            self.start()
        else:
            importlib.invalidate_caches()
            self.on_progress(1.0, "Installed")
            self.on_end(None)


def _shortened(line: str) -> str:
    return line if len(line) <= 90 else line[:87] + "..."
