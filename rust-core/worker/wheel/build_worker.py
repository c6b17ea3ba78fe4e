"""Puts the worker into the wheel. `cargo xtask wheels` builds it and names it in TMLI_WORKER_PROGRAM."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import platform_tags

# Seen from tmli_engine/bin in site-packages: torch lies beside tmli_engine, whatever the environment.
RPATH = "$ORIGIN/../../torch/lib:$ORIGIN/../../nvidia/cu13/lib"


class WorkerHook(BuildHookInterface):
    """Copies the program, without debug information, and lets it find libtorch in the package torch."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        program = os.environ.get("TMLI_WORKER_PROGRAM")
        if not program:
            raise SystemExit("error: TMLI_WORKER_PROGRAM names no program; build this wheel with `cargo xtask wheels`")
        staged = Path(self.directory) / "tmli-worker"
        staged.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(program, staged)
        # In this order: strip does not know the sections that patchelf adds.
        subprocess.run(["strip", "--strip-debug", staged], check=True)
        subprocess.run(["patchelf", "--set-rpath", RPATH, staged], check=True)
        build_data["force_include"][str(staged)] = "tmli_engine/bin/tmli-worker"
        build_data["pure_python"] = False
        # The C library of the machine that built it, and no newer one, is what it may ask for.
        platform = next(tag for tag in platform_tags() if tag.startswith("manylinux_"))
        build_data["tag"] = f"py3-none-{platform}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        (Path(self.directory) / "tmli-worker").unlink()
