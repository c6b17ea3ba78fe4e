"""Installation: what is said before, progress, cancel, failure; and pip for real, from a local folder."""

import shutil
import subprocess
import sys
import venv
from types import SimpleNamespace

import pictures
import pytest
from conftest import ROOT
from panels import open_panel
from standin.application import process_events
from TMLILib import install
from TMLILib.errors import Problem
from TMLILib.version import VERSION
from TMLIPanel import session
from TMLIPanel.install_section import Installer
from TMLIPanel.runner import ProcessRunner

PIP_LIKE = """
print("Collecting libtorch", flush=True)
for done in (0, 500, 1000): print(f"Progress {done} of 1000", flush=True)
print("Successfully installed", flush=True)
"""


@pytest.fixture(autouse=True)
def disk(monkeypatch):
    """A disk with room for everything, whatever this machine has; a test sets `free` to something else."""
    room = SimpleNamespace(free=100_000_000_000)
    monkeypatch.setattr(install.shutil, "disk_usage", lambda _: room)
    return room


def plan_of(*codes: str) -> install.Plan:
    return install.Plan([install.Step(f"step {n}", [sys.executable, "-c", c], 1000) for n, c in enumerate(codes)], None)


def run(plan):
    parts, ends = [], []
    installation = install.Installation(plan, ProcessRunner(), lambda part, words: parts.append(part), ends.append)
    installation.start()
    return installation, parts, ends


def test_steps_run_one_after_another_with_progress():
    _, parts, ends = run(plan_of(PIP_LIKE, PIP_LIKE))
    assert process_events(lambda: ends, seconds=30)
    assert ends == [None] and parts == sorted(parts) and parts[-1] == 1.0
    assert any(0.2 < part < 0.3 for part in parts), "half of the first of two steps"


def test_a_failure_brings_pips_own_words_as_details():
    _, _, ends = run(plan_of("print('ERROR: no space left'); raise SystemExit(2)", PIP_LIKE))
    assert process_events(lambda: ends, seconds=30)
    assert "status 2" in ends[0].what and "no space left" in ends[0].details


def test_a_cancelled_installation_ends_at_once():
    installation, _, ends = run(plan_of("import time; time.sleep(60)"))
    process_events(seconds=0.2)
    installation.cancel()
    assert process_events(lambda: ends, seconds=5)
    assert "cancelled" in ends[0].what


def test_a_program_that_does_not_exist_is_a_failure():
    plan = install.Plan([install.Step("nothing", ["/does/not/exist"], 1)], None)
    _, _, ends = run(plan)
    assert process_events(lambda: ends, seconds=5)
    assert "could not be installed" in ends[0].what


def test_size_and_place_are_said_and_nothing_happens_without_consent(logic, monkeypatch):
    class Never:
        def start(self, *_):
            raise AssertionError("nobody agreed")

        def stop(self):
            """Nothing runs."""

    opened = open_panel(logic, Installer(Never(), lambda: None, lambda: None))
    opened.answers.agreed = False
    assert opened.ui.installFrame.isVisibleTo(opened.root) and not opened.ui.segmentSection.isEnabled()
    pictures.take(opened.root, "panel-install")
    opened.ui.installButton.click()
    (question,) = opened.answers.questions
    assert "About 560 MB to download, 1.4 GB on the disk" in question, question
    assert "Slicer's Python is left alone" in question and f"TMLI core {VERSION}" in question
    opened.panel.close()


def test_torch_never_goes_into_slicers_python(tmp_path):
    for device in ("cpu", "cuda"):
        for step in install.engine_plan(device, folder=tmp_path / "engine").steps:
            assert step.command[step.command.index("--target") + 1] == str(tmp_path / "engine")
            assert "--no-deps" in step.command
    (core,) = install.core_plan().steps
    assert core.command[-1] == f"tmli=={VERSION}" and "--no-deps" in core.command


@pytest.mark.parametrize("device, needed", [("cpu", "2.0 GB"), ("cuda", "9.1 GB")])
def test_a_disk_without_room_is_said_before_anything_is_loaded(tmp_path, disk, device, needed):
    disk.free = 1_000_000_000
    with pytest.raises(Problem, match=f"about {needed} while it is installed; 1.0 GB are free"):
        install.engine_plan(device, folder=tmp_path / "engine")
    assert list(tmp_path.iterdir()) == []


def test_also_a_folder_of_packages_needs_room_to_unpack(tmp_path, disk):
    (tmp_path / "torch.whl").touch()
    disk.free = 1_000_000_000
    with pytest.raises(Problem, match=r"about 1.4 GB while it is installed; 1.0 GB are free"):
        install.engine_plan("cpu", source=tmp_path, folder=tmp_path / "engine")


def test_a_folder_without_packages_is_said(tmp_path):
    with pytest.raises(Problem, match="no wheels"):
        install.core_plan(tmp_path)


def test_an_engine_that_was_not_installed_whole_is_none(tmp_path):
    assert install.installed_worker(tmp_path) is None
    program = tmp_path / "tmli_engine" / "bin" / "tmli-worker"
    program.parent.mkdir(parents=True)
    program.write_bytes(b"")
    assert install.installed_worker(tmp_path) is None, "without libtorch it does not start"
    (tmp_path / "torch" / "lib").mkdir(parents=True)
    assert install.installed_worker(tmp_path) == program


def test_the_core_is_installed_from_a_folder_without_internet(tmp_path, monkeypatch):
    wheels = sorted((pictures.TARGET / "wheels").glob("tmli-*.whl"))
    if not wheels:
        pytest.skip("the wheel is not built: cargo xtask wheels --module")
    venv.create(tmp_path / "slicer", with_pip=True)
    python = tmp_path / "slicer" / "bin" / "python"
    monkeypatch.setattr(install, "slicer_python", lambda: str(python))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    _, _, ends = run(install.core_plan(wheels[-1].parent))
    assert process_events(lambda: ends, seconds=120)
    assert ends == [None], ends[0].details
    code = "import importlib.metadata; print(importlib.metadata.version('tmli'))"
    found = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == VERSION


@pytest.fixture
def packages(tmp_path):
    """A folder as one carries it to a computer without internet: the wheels, torch as setup has downloaded it."""
    wheels = [*(pictures.TARGET / "wheels").glob("tmli_engine-*.whl")]
    for name in ("torch", "nvidia_cuda_runtime", "nvidia_cuda_cupti"):
        wheels += (ROOT / ".deps" / "downloads").glob(f"{name}-*.whl")
    tag = f"-cp{sys.version_info.major}{sys.version_info.minor}-"
    if len(wheels) < 4 or not any(wheel.name.startswith("torch-") and tag in wheel.name for wheel in wheels):
        pytest.skip("no wheel of torch for this Python in .deps/downloads")
    folder = tmp_path / "packages"
    folder.mkdir()
    for wheel in wheels:
        (folder / wheel.name).symlink_to(wheel)
    yield folder
    # 1.4 GB that pytest would keep.
    shutil.rmtree(tmp_path / "home", ignore_errors=True)


def test_the_engine_is_installed_from_a_folder_by_the_panel_and_computes(logic, packages, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("TMLI_WORKER", raising=False)
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    opened = open_panel(logic, Installer(ProcessRunner(), lambda: VERSION, install.worker_program))
    assert "the engine with libtorch" in opened.ui.installLabel.text()
    opened.answers.path = str(packages)
    opened.ui.installFolderButton.click()
    (question,) = opened.answers.questions
    assert "Taken from the folder you chose, 1.4 GB on the disk" in question
    assert process_events(lambda: opened.said or not opened.ui.installFrame.isVisibleTo(opened.root), seconds=600)
    assert opened.said == []
    assert install.installed_worker().is_relative_to(tmp_path / "home")
    assert process_events(lambda: "Computes on" in opened.ui.deviceLabel.text(), seconds=60)
    with session.make_engine() as engine:
        assert engine.describe()["libtorch"].startswith("2.11")
    opened.panel.close()
