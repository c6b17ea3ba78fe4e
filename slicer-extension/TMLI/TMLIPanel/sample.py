"""Sample data without a download: a synthetic child, made on this computer."""

from __future__ import annotations

import os
import tempfile

import slicer
from TMLILib.core import tmli

from . import session

NAME = "TMLI synthetic child"


def register_sample_data(icons: str) -> None:
    """Lists the child in Slicer's Sample Data module."""
    import SampleData

    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="TMLI",
        sampleName=NAME,
        thumbnailFileName=os.path.join(icons, "TMLI.png"),
        customDownloader=load_child,
    )


def load_child(source=None, seed: int = 1000):
    """Makes the DICOM CT of a child that no shipped model was trained on, and loads it."""
    folder = tempfile.mkdtemp(prefix="tmli-child-", dir=slicer.app.temporaryPath)
    tmli.write_phantom(folder, seed=seed)
    return session.logic().load_ct(os.path.join(folder, "ct"))
