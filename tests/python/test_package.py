"""What an installation holds: what it loads, its stub, and the examples of its page."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import requires, version
from pathlib import Path

import pytest
from conftest import REPOSITORY

import tmli

STUB = REPOSITORY / "rust-core/python/python/tmli/_tmli.pyi"
# What the module has and no stub can say.
ALLOWED = REPOSITORY / "tests/python/stubtest-allowed.txt"
PAGE = REPOSITORY / "docs/how-to/call-from-python.md"


def python(*arguments: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run([sys.executable, *map(str, arguments)], capture_output=True, text=True, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_version_is_that_of_the_package() -> None:
    assert tmli.__version__ == version("tmli")
    assert [r for r in requires("tmli") or [] if "extra" not in r] == ["numpy>=1.23"]


def test_importing_loads_neither_numpy_nor_libtorch() -> None:
    code = "import sys, tmli; print(*sys.modules); print(open('/proc/self/maps').read())"
    loaded = python("-c", code)
    modules = loaded.splitlines()[0].split()
    assert "tmli._tmli" in modules
    assert not {"numpy", "torch", "asyncio", "importlib.metadata"} & set(modules)
    assert "_tmli" in loaded and "libtorch" not in loaded and "libc10" not in loaded


def test_every_public_name_is_listed_and_documented() -> None:
    public = {name for name in dir(tmli._tmli) if not name.startswith("_")}
    assert public <= set(tmli.__all__)
    for name in tmli.__all__:
        assert getattr(tmli, name).__doc__, name
    assert tmli.Geometry.__module__ == "tmli"


def test_the_stub_fits_the_module() -> None:
    assert (Path(tmli.__file__).parent / "py.typed").exists()
    installed = Path(tmli.__file__).with_name("_tmli.pyi")
    assert installed.read_text(encoding="utf-8") == STUB.read_text(encoding="utf-8"), "the wheel is older than the stub"
    assert python("-m", "mypy.stubtest", "tmli", "--concise", "--allowlist", ALLOWED) == ""


def test_the_stub_holds_the_docstrings_of_the_module() -> None:
    script = REPOSITORY / "rust-core/xtask/python/stub_docs.py"
    done = subprocess.run([sys.executable, script, STUB, "--check"])
    assert done.returncode == 0, f"run {script.relative_to(REPOSITORY)} on the stub and commit what it writes"


def examples() -> list[tuple[str, str]]:
    """The Python blocks of the page by the heading that they are under; those under one heading are one program."""
    parts = re.split(r"^#+ (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = []
    for heading, text in zip(parts[1::2], parts[2::2], strict=True):
        blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
        if blocks:
            found.append((heading, "\n".join(blocks)))
    return found


def test_the_page_has_examples() -> None:
    assert len(examples()) >= 6


@pytest.mark.parametrize(("heading", "program"), examples(), ids=[heading for heading, _ in examples()])
def test_the_examples_of_the_page_run(
    heading: str, program: str, child_folder: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if "Engine" in program:
        request.getfixturevalue("worker")
    (tmp_path / "patient").symlink_to(child_folder)
    (tmp_path / "models").symlink_to(REPOSITORY / "demo/models")
    (tmp_path / "example.py").write_text(program, encoding="utf-8")
    python("example.py", cwd=tmp_path)


def test_the_examples_pass_a_strict_type_checker(tmp_path: Path) -> None:
    files = []
    for number, (_, program) in enumerate(examples()):
        files.append(tmp_path / f"example_{number}.py")
        files[-1].write_text(program, encoding="utf-8")
    python("-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", tmp_path / "cache", *files, cwd=tmp_path)
