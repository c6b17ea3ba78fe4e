"""Fixtures of all tests here."""

import pytest
import slicer
from scene import Application


@pytest.fixture
def scene(tmp_path):
    """An empty MRML scene in the real Slicer library."""
    application = Application(str(tmp_path))
    application.install()
    yield slicer.mrmlScene
    slicer.mrmlScene.Clear(True)
