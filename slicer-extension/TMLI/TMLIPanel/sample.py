"""Sample data without a download: a synthetic child, made on this computer."""

from __future__ import annotations

import os
import shutil
import tempfile

import slicer
from TMLILib.core import tmli
from TMLILib.errors import as_problem

from . import session
from .dialogs import Dialogs

NAME = "TMLI synthetic child"


def register_sample_data(icons: str) -> None:
    """Lists the child in Slicer's Sample Data module."""
    import SampleData

    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="TMLI",
        sampleName=NAME,
        thumbnailFileName=os.path.join(icons, "TMLI.png"),
        customDownloader=load_or_say,
    )


def load_or_say(source=None):
    """What the button in Sample Data does: before the installation it says what is missing."""
    try:
        return load_child()
    except Exception as error:
        Dialogs(slicer.util.mainWindow()).problem(as_problem(error))
        return None


def load_child(seed: int = 1000):
    """Makes the DICOM CT of a child that no shipped model was trained on, and loads it."""
    folder = tempfile.mkdtemp(prefix="tmli-child-", dir=slicer.app.temporaryPath)
    try:
        tmli.write_phantom(folder, seed=seed)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return session.logic().load_ct(os.path.join(folder, "ct"))
