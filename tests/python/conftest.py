"""What the tests share: one synthetic child in memory and on disk, and the folder of real data where there is one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import tmli

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def child() -> tmli.Phantom:
    """A child of six years on 128 x 128 pixels."""
    return tmli.phantom(seed=7, age_years=6.0)


@pytest.fixture(scope="session")
def child_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same child as DICOM: `ct/*.dcm` and `rtstruct.dcm`. Not to be written to."""
    folder = tmp_path_factory.mktemp("child")
    tmli.write_phantom(folder, seed=7, age_years=6.0)
    return folder


@pytest.fixture(scope="session")
def ct(child_folder: Path) -> tmli.CtSeries:
    return tmli.read_ct_series(child_folder / "ct")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real public DICOM, which is not part of the repository."""
    named = os.environ.get("TMLI_SHARED_DATA")
    folder = Path(named) if named else REPOSITORY.parent / "shared/data"
    if not folder.is_dir():
        pytest.skip("no shared data beside the repository")
    return folder


@pytest.fixture(scope="session")
def worker() -> Path:
    """The worker of this source. `cargo xtask test` builds it and names it."""
    named = os.environ.get("TMLI_WORKER")
    if not named or not Path(named).is_file():
        pytest.skip("no worker was built; TMLI_WORKER names one")
    return Path(named)
