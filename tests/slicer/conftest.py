"""Fixtures of all tests here."""

import os
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "slicer-extension"
sys.path[:0] = [
    str(EXTENSION / "TMLI"),
    str(EXTENSION / "SegmentEditorTMLI"),
    str(EXTENSION / "SegmentEditorTMLI" / "SegmentEditorTMLILib"),
]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np  # noqa: E402
import panels  # noqa: E402
import slicer  # noqa: E402
from scene import Application  # noqa: E402
from TMLILib import segmentation  # noqa: E402
from TMLILib.errors import Problem  # noqa: E402
from TMLILib.logic import TMLILogic  # noqa: E402

import tmli  # noqa: E402

SEED = 1000
MODELS = ROOT / "demo" / "models" / "all-2d"


@pytest.fixture
def scene(tmp_path):
    """An empty MRML scene in the real Slicer library."""
    application = Application(str(tmp_path))
    application.install()
    yield slicer.mrmlScene
    slicer.mrmlScene.Clear(True)


def no_engine():
    """For tests that need none."""
    raise Problem("The engine of TMLI is not installed.", "Click Install at the top of the TMLI module.")


@pytest.fixture
def logic(scene):
    """The logic without an engine."""
    return TMLILogic(scene, no_engine)


@pytest.fixture(scope="session")
def child():
    """A synthetic child with ground truth."""
    return tmli.phantom(SEED)


@pytest.fixture(scope="session")
def child_folder(tmp_path_factory):
    """The same child as DICOM: a CT series in `ct`, the structure set beside it."""
    folder = tmp_path_factory.mktemp("child")
    tmli.write_phantom(folder, seed=SEED)
    return folder


@pytest.fixture
def volume(logic, child_folder):
    """The child's CT in the scene."""
    return logic.load_ct(child_folder / "ct")


@pytest.fixture
def truth(scene, volume, child):
    """The child's structures in the scene."""
    return segmentation.add_segmentation(scene, volume, dict(child.masks.items()), {}, "Truth")


@pytest.fixture
def opened(logic):
    """The panel of a Slicer on which everything is installed."""
    opened = panels.open_panel(logic)
    yield opened
    opened.panel.close()
    opened.root.deleteLater()


@pytest.fixture
def working(opened, logic, volume, truth):
    """The panel with the child's CT and truth chosen."""
    logic.parameters.volume = volume
    logic.parameters.segmentation = truth
    opened.panel.refresh()
    return opened


def shifted(masks, voxels: int) -> dict[str, np.ndarray]:
    """The masks, moved along the patient's left."""
    return {name: np.roll(np.asarray(mask), voxels, axis=2) for name, mask in masks.items()}


def state_of(scene) -> list[tuple[str, str, int]]:
    """What is in a scene: names, IDs and when each node was last modified."""
    nodes = [scene.GetNthNode(index) for index in range(scene.GetNumberOfNodes())]
    return [(node.GetID(), node.GetName(), node.GetMTime()) for node in nodes]


@pytest.fixture(scope="session")
def worker():
    """The program tmli-worker of this source."""
    path = Path(os.environ.get("TMLI_WORKER", ""))
    if not path.is_file():
        pytest.skip("tmli-worker is not built: cargo xtask test builds it")
    return path


@pytest.fixture(scope="session")
def engine(worker):
    """One engine for all tests; its worker stays warm."""
    engine = tmli.Engine(worker=str(worker))
    yield engine
    engine.stop()


@pytest.fixture
def ready(scene, engine):
    """The logic with the real engine."""
    return TMLILogic(scene, lambda: engine)


def wait(run, seconds: float = 120.0):
    """Polls until the run ends, as a timer would."""
    end = time.monotonic() + seconds
    while (status := run.poll()).state in ("queued", "running"):
        assert time.monotonic() < end, f"still {status.state} ({status.stage})"
        time.sleep(0.05)
    return status
