"""The worker process of TMLI, for ``tmli.Engine``. It holds libtorch, so that no other process has to."""

from importlib.metadata import version
from pathlib import Path

__all__ = ["__version__", "worker_path"]

__version__ = version("tmli-engine")


def worker_path() -> Path:
    """The program that ``tmli.Engine`` starts. It finds libtorch in the package torch beside this one."""
    return Path(__file__).parent / "bin" / "tmli-worker"
