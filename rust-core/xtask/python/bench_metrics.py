"""The peers of `cargo xtask bench --compare metrics`, and the pairs of masks that all tools are given.

    bench_metrics.py make FOLDER [--size K J I]     writes the pairs
    bench_metrics.py four FOLDER                    writes four small pairs on which tools disagree
    bench_metrics.py apart FOLDER --of PAIRS        writes pairs of different organs, out of the pairs that `make` wrote
    bench_metrics.py measure FOLDER TOOL            prints one JSON object a line: time and memory, then values

Masks are loaded before the clock starts; what is measured is what a user of the tool would call.
"""

import argparse
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import types

import numpy as np

NAMES = [f"Structure_{n + 1:02}" for n in range(25)]
# Of the pairs that are made here; `measure` takes that of the pairs.
SPACING = [5.0, 1.0, 1.0]
# Organs that are compared with another one, which lies far away: small with small, large with small, both ways.
APART = [(0, 11), (4, 15), (9, 20), (23, 2), (2, 23)]


def make(folder, shape):
    """A body's worth of ellipsoids and shells; the prediction is shifted and scaled by a little, as a network's is."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    size = np.array(shape)
    taken = np.zeros(shape, bool), np.zeros(shape, bool)
    for n, name in enumerate(NAMES):
        # Three large ones as the targets are, the others as organs are.
        large = n >= len(NAMES) - 3
        radius = size * (rng.uniform(0.12, 0.4, 3) if large else rng.uniform(0.015, 0.1, 3)) + 1
        radius[0] = size[0] * rng.uniform(0.3, 0.45) if large else radius[0]
        centre = size / 2 + (rng.uniform(-0.05, 0.05, 3) if large else rng.uniform(-0.3, 0.3, 3)) * size
        inner = 0.8 if large else 0.0
        moved = centre + rng.normal(0, 1, 3) * [0.4, 1.5, 1.5], radius * rng.uniform(0.95, 1.05, 3)
        for which, (c, r), used in (("reference", (centre, radius), taken[0]), ("prediction", moved, taken[1])):
            axes = [((np.arange(m) - x) / y) ** 2 for m, x, y in zip(shape, c, r)]
            mask = np.empty(shape, bool)
            for k in range(shape[0]):
                squared = axes[0][k] + axes[1][:, None] + axes[2][None, :]
                mask[k] = (squared <= 1) & (squared > inner**2)
            # One label a voxel, so that label maps hold the same structures.
            mask &= ~used
            used |= mask
            np.packbits(mask.ravel(), bitorder="little").tofile(folder / f"{name}.{which}.bits")
    (folder / "pairs.json").write_text(json.dumps({"shape": shape, "spacing_mm": SPACING, "names": NAMES}))


def make_four(folder):
    """Four pairs on which tools disagree: moved by a voxel, a thicker shell, a lens of two slices, a far island."""
    folder.mkdir(parents=True, exist_ok=True)
    shape = [40, 96, 96]
    k, j, i = np.meshgrid(*[np.arange(n) for n in shape], indexing="ij", sparse=True)

    def ball(centre, radius):
        return (5 * (k - centre[0])) ** 2 + (j - centre[1]) ** 2 + (i - centre[2]) ** 2 <= radius**2

    middle = [20, 48, 48]
    lens = ((k == 20) | (k == 21)) & ((j - 48) ** 2 + (i - 48) ** 2 <= 16)
    pairs = {
        "moved ball": (ball(middle, 30), ball([20, 50, 49], 30)),
        "shell": (ball(middle, 35) & ~ball(middle, 25), ball(middle, 38) & ~ball(middle, 25)),
        "lens": (lens, lens & (k == 20)),
        "far island": (ball(middle, 20), ball(middle, 20) | ball([36, 84, 84], 8)),
    }
    for name, masks in pairs.items():
        for which, mask in zip(("reference", "prediction"), masks):
            np.packbits(mask.ravel(), bitorder="little").tofile(folder / f"{name}.{which}.bits")
    (folder / "pairs.json").write_text(json.dumps({"shape": shape, "spacing_mm": SPACING, "names": list(pairs)}))


def make_apart(folder, pairs):
    """An organ as the reference, another one far away as the prediction: what a distance search likes least."""
    folder.mkdir(parents=True, exist_ok=True)
    info = json.loads((pairs / "pairs.json").read_text())
    names = [f"{NAMES[a]} and {NAMES[b]}" for a, b in APART]
    for name, (a, b) in zip(names, APART):
        shutil.copyfile(pairs / f"{NAMES[a]}.reference.bits", folder / f"{name}.reference.bits")
        shutil.copyfile(pairs / f"{NAMES[b]}.prediction.bits", folder / f"{name}.prediction.bits")
    (folder / "pairs.json").write_text(json.dumps(info | {"names": names}))


def load(folder, name, which, shape):
    bits = np.fromfile(folder / f"{name}.{which}.bits", np.uint8)
    return np.unpackbits(bits, count=int(np.prod(shape)), bitorder="little").reshape(shape).view(bool)


def surface_distance_as_shipped():
    import scipy.ndimage

    # The tool still calls these by the names that they had before SciPy 1.15.
    scipy.ndimage.filters = types.SimpleNamespace(correlate=scipy.ndimage.correlate)
    scipy.ndimage.morphology = types.SimpleNamespace(distance_transform_edt=scipy.ndimage.distance_transform_edt)
    import surface_distance as tool

    def compare(a, b):
        found = tool.compute_surface_distances(a, b, SPACING)
        sums = [
            (found[f"distances_{way}"] @ found[f"surfel_areas_{side}"], found[f"surfel_areas_{side}"].sum())
            for way, side in (("gt_to_pred", "gt"), ("pred_to_gt", "pred"))
        ]
        return {
            "dsc": tool.compute_dice_coefficient(a, b),
            "hd_mm": tool.compute_robust_hausdorff(found, 100),
            "hd95_mm": tool.compute_robust_hausdorff(found, 95),
            "asd_mm": sum(s for s, _ in sums) / sum(area for _, area in sums),
        }

    return compare


def crop_and_tree():
    """The best build from parts: crop, border voxels, k-d tree."""
    import scipy.ndimage
    import scipy.spatial

    cross = scipy.ndimage.generate_binary_structure(3, 1)

    def points(mask):
        padded = np.pad(mask, 1)
        border = padded & ~scipy.ndimage.binary_erosion(padded, cross)
        return np.argwhere(border) * np.array(SPACING)

    def compare(a, b):
        box = scipy.ndimage.find_objects((a | b).view(np.uint8))[0]
        a, b = a[box], b[box]
        p, q = points(a), points(b)
        forth, back = scipy.spatial.cKDTree(q).query(p)[0], scipy.spatial.cKDTree(p).query(q)[0]
        return {
            "dsc": 2 * (a & b).sum() / (a.sum() + b.sum()),
            "hd_mm": max(forth.max(), back.max()),
            "hd95_mm": max(np.percentile(forth, 95), np.percentile(back, 95)),
            "asd_mm": np.concatenate([forth, back]).mean(),
        }

    return compare


def monai():
    import monai.metrics as tool
    import torch

    def compare(a, b):
        y, x = (torch.from_numpy(mask.view(np.uint8))[None, None] for mask in (a, b))
        hausdorff = lambda percentile: tool.compute_hausdorff_distance(x, y, True, percentile=percentile, spacing=SPACING)
        return {
            "dsc": tool.compute_dice(x, y).item(),
            "hd_mm": hausdorff(None).item(),
            "hd95_mm": hausdorff(95).item(),
            "asd_mm": tool.compute_average_surface_distance(x, y, True, symmetric=True, spacing=SPACING).item(),
        }

    return compare


def medpy():
    import medpy.metric.binary as tool

    return lambda a, b: {
        "dsc": tool.dc(b, a),
        "hd_mm": tool.hd(b, a, SPACING),
        "hd95_mm": tool.hd95(b, a, SPACING),
        "asd_mm": tool.assd(b, a, SPACING),
    }


def simpleitk():
    import SimpleITK as sitk

    def image(mask):
        image = sitk.GetImageFromArray(mask.view(np.uint8))
        image.SetSpacing(SPACING[::-1])
        return image

    def compare(a, b):
        a, b = image(a), image(b)
        overlap, hausdorff = sitk.LabelOverlapMeasuresImageFilter(), sitk.HausdorffDistanceImageFilter()
        overlap.Execute(a, b)
        hausdorff.Execute(a, b)
        return {
            "dsc": overlap.GetDiceCoefficient(),
            "hd_mm": hausdorff.GetHausdorffDistance(),
            "hd95_mm": None,
            "asd_mm": hausdorff.GetAverageHausdorffDistance(),
        }

    return compare


def meshmetrics():
    from meshmetrics import DistanceMetrics

    def compare(a, b):
        tool = DistanceMetrics(verbose=False)
        tool.set_input(ref=a, pred=b, spacing=SPACING)
        return {"dsc": tool.dsc(), "hd_mm": tool.hd(), "hd95_mm": tool.hd(percentile=95), "asd_mm": tool.assd()}

    return compare


def plastimatch():
    """What is timed is the program `plastimatch dice --all`, which reads its two images; writing them is not."""
    folder = tempfile.TemporaryDirectory(prefix="tmli-bench-")

    def prepare(a, b):
        paths = [pathlib.Path(folder.name) / f"{which}.mha" for which in ("reference", "prediction")]
        for path, mask in zip(paths, (a, b)):
            size, spacing = (" ".join(map(str, numbers[::-1])) for numbers in (mask.shape, SPACING))
            head = f"ObjectType = Image\nNDims = 3\nBinaryData = True\nElementSpacing = {spacing}\nDimSize = {size}\n"
            head += "ElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
            path.write_bytes(head.encode() + mask.tobytes())
        return paths

    def compare(a, b):
        program = [os.environ["PLASTIMATCH"], "dice", "--all", a, b]
        text = subprocess.run(program, check=True, capture_output=True, text=True).stdout
        said = dict(line.replace("=", ":").split(":", 1) for line in text.splitlines() if ":" in line or "=" in line)
        said = {name.strip(): value for name, value in said.items()}
        return {
            "dsc": said["DICE"],
            "hd_mm": said["Hausdorff distance (boundary)"],
            "hd95_mm": said["Percent (0.95) Hausdorff distance (boundary)"],
            "asd_mm": said["Avg average Hausdorff distance (boundary)"],
        }

    return compare, prepare


TOOLS = {
    "plastimatch": plastimatch,
    "meshmetrics": meshmetrics,
    "surface-distance": surface_distance_as_shipped,
    "crop+cKDTree": crop_and_tree,
    "monai": monai,
    "medpy": medpy,
    "simpleitk": simpleitk,
}


def cpu_seconds():
    """Of this process and of the programs that it has started and that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def peak_kib(tool):
    who = resource.RUSAGE_CHILDREN if tool == "plastimatch" else resource.RUSAGE_SELF
    return resource.getrusage(who).ru_maxrss


def measure(folder, tool):
    pairs = json.loads((folder / "pairs.json").read_text())
    SPACING[:] = pairs["spacing_mm"]
    made = TOOLS[tool]()
    compare, prepare = made if isinstance(made, tuple) else (made, lambda a, b: (a, b))
    cpu, wall, values = 0.0, 0.0, []
    peak = 0.0
    for name in pairs["names"]:
        masks = prepare(*(load(folder, name, which, pairs["shape"]) for which in ("reference", "prediction")))
        # A program of its own has none of its memory before it starts.
        before = 0 if tool == "plastimatch" else peak_kib(tool)
        starts = cpu_seconds(), time.perf_counter()
        found = compare(*masks)
        cpu += cpu_seconds() - starts[0]
        wall += time.perf_counter() - starts[1]
        peak = max(peak, (peak_kib(tool) - before) / 1024)
        values.append({"name": name, **{key: None if v is None else float(v) for key, v in found.items()}})
    print(json.dumps({"cpu_s": cpu, "wall_s": wall, "extra_mib": peak}))
    for value in values:
        print(json.dumps(value))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["make", "four", "apart", "measure"])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("tool", nargs="?", choices=TOOLS)
    parser.add_argument("--size", type=int, nargs=3, default=[250, 512, 512])
    parser.add_argument("--of", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.what == "four":
        make_four(arguments.folder)
    elif arguments.what == "apart":
        make_apart(arguments.folder, arguments.of)
    elif arguments.what == "make":
        make(arguments.folder, arguments.size)
    else:
        measure(arguments.folder, arguments.tool)


if __name__ == "__main__":
    sys.exit(main())
