"""What the engine adds to the network's own time, seen from Python: for `cargo xtask bench engine --python`.

Arguments: the worker, a model folder with 25 structures, how often. Prints one JSON object a repetition.
"""

import json
import sys
import time

import numpy as np

import tmli

SHAPE = (250, 512, 512)


def patient() -> tmli.Volume:
    """HU falls from the axis (900) to the skin, as in engine_bench.rs."""
    lps_from_ijk = np.diag([1.0, 1.0, 5.0, 1.0])
    lps_from_ijk[:2, 3] = -255.5
    rows, columns = ((np.arange(size) + 0.5) / size * 2.0 - 1.0 for size in SHAPE[1:])
    distance = np.hypot(rows[:, None], columns[None, :])
    hu = np.where(distance > 0.8, -1000, np.trunc(900.0 - 1300.0 * distance)).astype(np.int16)
    return tmli.Volume(np.ascontiguousarray(np.broadcast_to(hu, SHAPE)), tmli.Geometry(SHAPE, lps_from_ijk))


def main(worker: str, model: str, repeat: int) -> None:
    engine = tmli.Engine(worker=worker)
    volume = patient()
    # Starts the worker and loads the model, as the first job of a session does.
    engine.segment(volume, models=[model], device="cpu", overlap=0.0).result()
    for _ in range(repeat):
        start = time.perf_counter()
        job = engine.segment(volume, models=[model], device="cpu", overlap=0.0)
        sent = time.perf_counter()
        result = job.result()
        waited = time.perf_counter()
        voxels = sum(int(np.count_nonzero(mask)) for mask in result.masks.values())
        arrays = time.perf_counter()
        timings = result.timings
        steps = {
            "copy to shared memory and send": sent - start,
            "pack 25 masks": timings["pack_s"],
            "receive": timings["receive_s"],
            "unpack 25 masks": timings["unpack_s"],
        }
        total = waited - start
        figures = {
            "steps": steps,
            "network_s": timings["network_s"],
            "total_s": total,
            "overhead_s": total - timings["network_s"],
            "arrays_of_bool_s": arrays - waited,
            "voxels": voxels,
        }
        print(json.dumps(figures))
    engine.stop()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
