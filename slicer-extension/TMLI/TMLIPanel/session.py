"""The one logic of this Slicer: the panel and the Segment Editor effect share its engine and its worker."""

from __future__ import annotations

import slicer
from TMLILib import install
from TMLILib.core import tmli
from TMLILib.errors import Problem
from TMLILib.logic import TMLILogic

_logic: TMLILogic | None = None


def logic() -> TMLILogic:
    """Made at the first call."""
    global _logic
    if _logic is None:
        _logic = TMLILogic(slicer.mrmlScene, make_engine, getattr(slicer, "dicomDatabase", None))
    return _logic


def close() -> None:
    """Ends the worker; the next call of `logic` makes a new one."""
    global _logic
    if _logic is not None:
        _logic.close()
        _logic = None


def make_engine() -> tmli.Engine:
    """The engine that the Install button puts on this computer, or the one that TMLI_WORKER names."""
    worker = install.worker_program()
    if worker is None:
        raise Problem("The engine of TMLI is not installed.", "Click Install at the top of the TMLI module.")
    return tmli.Engine(worker=str(worker))
