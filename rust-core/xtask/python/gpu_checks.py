"""Checks of TMLI on this machine's GPU, in the folder that `cargo xtask gpu-checks --bundle` made.

Needs a Python 3.10 or later that has torch 2.11.0, whose libtorch the programs use; no Python of torch is run, nothing
is downloaded. Prints a table, writes it as Markdown, and ends with 1 when a check failed, with 3 when there is no GPU.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.util
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
NO_GPU = 3
# Structures of the GPU and of the CPU: a voxel on an edge may fall to the other side, a structure must not change.
LEAST_DSC = 0.99
CHILD = ["--seed", "7", "--matrix", "256"]


@dataclass
class Row:
    what: str
    got: str
    right: bool | None = None


def libraries() -> str:
    """Folders of libtorch and of what it asks for, in the package torch and those beside it."""
    found = importlib.util.find_spec("torch")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("error: this Python has no torch; pip install torch==2.11.0")
    torch = Path(found.submodule_search_locations[0])
    beside = sorted((torch.parent / "nvidia").glob("*/lib"))
    return os.pathsep.join(map(str, [torch / "lib", *beside]))


def environment(**more: str) -> dict[str, str]:
    inherited = {key: value for key, value in os.environ.items() if key != "TMLI_WORKER"}
    policy = {"OMP_WAIT_POLICY": "passive", "LD_LIBRARY_PATH": libraries()}
    return {**inherited, **policy, "TMLI_WORKER": str(FOLDER / "bin/tmli-worker"), **more}


def checks(part: str, device: str) -> list[Row]:
    """What the program gpu_checks says of one part."""
    # Convolutions in TF32 keep ten bits: what PyTorch gave on a CPU is compared in full precision, speed is not.
    more = {} if part == "speed" else {"NVIDIA_TF32_OVERRIDE": "0"}
    # Each arena of the allocator has address space of its own, which would count where memory is limited.
    more["MALLOC_ARENA_MAX"] = "1"
    if (FOLDER / "oracles").is_dir():
        more["TMLI_ORACLES"] = str(FOLDER / "oracles")
    command = [str(FOLDER / "bin/gpu_checks"), part, device]
    done = subprocess.run(command, env=environment(**more), capture_output=True, text=True)
    rows = [row_of(json.loads(line)) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode == NO_GPU:
        print(done.stderr.strip() + "; --cpu tries the checks on the CPU", file=sys.stderr)
        raise SystemExit(NO_GPU)
    if done.returncode != 0:
        last = (done.stderr.strip() or "nothing said").splitlines()[-1]
        rows.append(Row(f"{part}: ended with {done.returncode}", last, right=False))
    return rows


def row_of(line: dict[str, object]) -> Row:
    if "said" in line:
        return Row(str(line["what"]), str(line["said"]), bool(line["right"]))
    got = float(str(line["got"]))
    if "most" in line:
        most = float(str(line["most"]))
        return Row(str(line["what"]), f"{got:.2g} (at most {most:g})", got <= most)
    return Row(str(line["what"]), f"{got:.1f} {line['unit']}")


def tmli(*words: str | Path) -> float:
    """Runs a command and gives its seconds."""
    start = time.perf_counter()
    command = [str(FOLDER / "bin/tmli"), *map(str, words)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"tmli {words[0]}: {done.stderr.strip()}")
    return time.perf_counter() - start


def segmentation(device: str) -> list[Row]:
    """The demo's models on a synthetic child: through engine and worker, on the device and on the CPU."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        tmli("phantom", "--out", work / "child", *CHILD)
        ct, truth = work / "child/case-001/ct", work / "child/case-001/rtstruct.dcm"
        models = sorted(path for path in (FOLDER / "models").iterdir() if path.is_dir())
        wanted = ["cpu", "cuda:0" if device == "cuda" else "cpu"]
        files = [work / f"{number}.dcm" for number in range(2)]
        for place, file in zip(wanted, files, strict=True):
            seconds = tmli("segment", "--ct", ct, "--model", *models, "--device", place, "--out", file)
            rows.append(Row(f"tmli segment --device {place}: a child of 256 x 256, whole command", f"{seconds:.1f} s"))
        for reference, what, least in [(files[0], "the CPU's masks", LEAST_DSC), (truth, "the truth", 0.0)]:
            result = work / f"{reference.stem}.json"
            tmli("compare", "--ct", ct, "--reference", reference, "--prediction", files[1], "--json", result)
            for row in json.loads(result.read_text(encoding="utf-8"))["structures"]:
                dsc = row["dsc"]
                shown = row["state"] if dsc is None else f"{dsc:.4f}"
                right = (dsc is not None and dsc >= least) if least else None
                rows.append(Row(f"{row['structure']}: DSC with {what}", shown, right))
    return rows


def gpu() -> str:
    question = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    try:
        return subprocess.run(question, check=True, capture_output=True, text=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "no nvidia-smi"


def report(parts: dict[str, list[Row]], device: str) -> str:
    words = {True: "ok", False: "**wrong**", None: ""}
    machine = gpu() if device == "cuda" else f"CPU, {os.cpu_count()} cores ({platform.machine()})"
    lines = [
        f"# TMLI on {machine}",
        "",
        f"{datetime.date.today()}, `python3 gpu_checks.py{'' if device == 'cuda' else ' --cpu'}` in the folder that "
        "`cargo xtask gpu-checks --bundle` makes.",
    ]
    for part, rows in parts.items():
        lines += ["", f"## {part}", "", "| what | got | |", "|---|---|---|"]
        lines += [f"| {row.what} | {row.got} | {words[row.right]} |" for row in rows]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cpu", action="store_true", help="on the CPU: tries the checks themselves")
    parser.add_argument("--out", type=Path, default=Path("gpu-checks.md"), help="the Markdown file [gpu-checks.md]")
    arguments = parser.parse_args()
    device = "cpu" if arguments.cpu else "cuda"
    work = {
        "Networks of the papers": lambda: checks("networks", device),
        "Training": lambda: checks("training", device),
        "Speed of training": lambda: checks("speed", device),
        "Where memory runs out": lambda: checks("memory", device),
        "Segmentation": lambda: segmentation(device),
    }
    parts: dict[str, list[Row]] = {}
    for part, run in work.items():
        start = time.perf_counter()
        try:
            parts[part] = run()
        except RuntimeError as error:
            parts[part] = [Row("not done", str(error), right=False)]
        print(f"{part} ({time.perf_counter() - start:.0f} s)")
        for row in parts[part]:
            mark = {True: "ok   ", False: "WRONG", None: "     "}[row.right]
            print(f"  {mark} {row.what}: {row.got}", flush=True)
    arguments.out.write_text(report(parts, device), encoding="utf-8")
    wrong = sum(row.right is False for rows in parts.values() for row in rows)
    total = sum(row.right is not None for rows in parts.values() for row in rows)
    print(f"{total - wrong} of {total} checks passed; written to {arguments.out}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
