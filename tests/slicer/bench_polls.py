"""How many polls of a running job take longer than 5 ms, on the real worker.

    cargo xtask bench polls

A panel polls five times a second; here a poll follows every 2 ms, so that many fall into the busy moments.
"""

import sys
import tempfile
import time

import conftest
import slicer
from scene import Application
from TMLILib.logic import TMLILogic

import tmli

SLOW_S = 0.005
INTERVAL_S = 0.002


def main() -> int:
    """Prints the count of slow polls; the exit status says whether there were any."""
    with tempfile.TemporaryDirectory() as folder, tmli.Engine() as engine:
        Application(folder).install()
        logic = TMLILogic(slicer.mrmlScene, lambda: engine)
        tmli.write_phantom(folder, seed=conftest.SEED)
        volume = logic.load_ct(f"{folder}/ct")
        run = logic.start(volume, logic.read_models(conftest.MODELS), device="cpu")
        took, state = [], "queued"
        while state in ("queued", "running"):
            began = time.perf_counter()
            state = run.poll().state
            took.append(time.perf_counter() - began)
            time.sleep(INTERVAL_S)
        slow = sum(seconds > SLOW_S for seconds in took)
        took.sort()
        print(f"{len(took)} polls, {slow} over {1000 * SLOW_S:.0f} ms; longest {1000 * took[-1]:.2f} ms, ", end="")
        print(f"median {1e6 * took[len(took) // 2]:.0f} us; the job ended as {state}")
        return int(slow > 0 or state != "done")


if __name__ == "__main__":
    sys.exit(main())
