"""How long an import takes and how much memory it adds: for `cargo xtask bench python`.

Arguments: how often, and names of packages. Prints one JSON object an import, each in a process of its own.
"""

import subprocess
import sys

IMPORT = """
import json, sys, time
def peak_kb():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
before, start = peak_kb(), time.perf_counter()
__import__(sys.argv[1])
seconds = time.perf_counter() - start
print(json.dumps({"module": sys.argv[1], "ms": 1e3 * seconds, "mb": (peak_kb() - before) * 1024 / 1e6}))
"""


def measure(module: str) -> str:
    return subprocess.run([sys.executable, "-c", IMPORT, module], check=True, capture_output=True, text=True).stdout


def main(repeat: int, modules: list[str]) -> None:
    for module in modules:
        measure(module)  # from the disk, and compiled
    for _ in range(repeat):
        for module in modules:
            print(measure(module), end="")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
