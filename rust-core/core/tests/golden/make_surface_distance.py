"""Makes surface_distance.json: what DeepMind's surface-distance says about pairs of small masks.

    python3 -m venv venv
    venv/bin/pip install numpy==2.4.6 scipy==1.17.1
    git clone https://github.com/google-deepmind/surface-distance
    git -C surface-distance checkout 1f805cea446805e559badc80dd27f34175e4173d
    PYTHONPATH=surface-distance venv/bin/python make_surface_distance.py > surface_distance.json

Masks are written as the hexadecimal digits of their bits, [k, j, i] order, first voxel in the highest bit.
"""

import json
import sys
import types

import numpy as np
import scipy.ndimage

# The tool still calls these by the names that they had before SciPy 1.15.
scipy.ndimage.filters = types.SimpleNamespace(correlate=scipy.ndimage.correlate)
scipy.ndimage.morphology = types.SimpleNamespace(distance_transform_edt=scipy.ndimage.distance_transform_edt)

from surface_distance import metrics  # noqa: E402

KINDS = [("noise", 0.5), ("noise", 0.05), ("blob", 0.0), ("blob", 0.3), ("noise", 0.9), ("blob", 0.1), ("far", 0.0)]


def masks(kind, parameter, shape, rng):
    """A pair of masks: independent voxels, two smooth blobs that nearly agree, or two far corners."""
    if kind == "noise":
        return rng.random(shape) < parameter, rng.random(shape) < parameter
    if kind == "blob":
        field = scipy.ndimage.gaussian_filter(rng.normal(size=shape), 1.5)
        other = field + parameter * scipy.ndimage.gaussian_filter(rng.normal(size=shape), 1.0) + 0.02
        return field > 0, other > 0
    one, other = np.zeros(shape, bool), np.zeros(shape, bool)
    one[0, :2, 0] = True
    other[-1, -1, -1] = True
    return one, other


def directed(distances, areas, mean):
    """Mean, percentile and largest, the percentile as `compute_robust_hausdorff` takes it from one side."""
    covered = np.cumsum(areas) / np.sum(areas)
    index = min(np.searchsorted(covered, 0.95), len(distances) - 1)
    return {"mean_mm": mean, "percentile95_mm": distances[index], "max_mm": distances.max()}


def case(kind, parameter, rng):
    shape = tuple(int(n) for n in rng.integers(3, 13, 3))
    spacing = tuple(float(s) for s in np.round(rng.uniform(0.4, 5, 3), 2))
    reference, prediction = masks(kind, parameter, shape, rng)
    found = metrics.compute_surface_distances(reference, prediction, spacing)
    of_reference = found["distances_gt_to_pred"], found["surfel_areas_gt"]
    of_prediction = found["distances_pred_to_gt"], found["surfel_areas_pred"]
    means = metrics.compute_average_surface_distance(found)
    area = sum(areas.sum() for _, areas in (of_reference, of_prediction))
    return {
        "kind": kind,
        "shape": shape,
        "spacing_mm": spacing,
        "reference": np.packbits(reference.ravel()).tobytes().hex(),
        "prediction": np.packbits(prediction.ravel()).tobytes().hex(),
        "dsc": metrics.compute_dice_coefficient(reference, prediction),
        "hd_mm": metrics.compute_robust_hausdorff(found, 100),
        "hd95_mm": metrics.compute_robust_hausdorff(found, 95),
        "asd_mm": sum((d * a).sum() for d, a in (of_reference, of_prediction)) / area,
        "reference_to_prediction": directed(*of_reference, means[0]),
        "prediction_to_reference": directed(*of_prediction, means[1]),
        "reference_area_mm2": of_reference[1].sum(),
        "prediction_area_mm2": of_prediction[1].sum(),
        "surface_dice_1mm": metrics.compute_surface_dice_at_tolerance(found, 1.0),
    }


def main():
    rng = np.random.default_rng(20241)
    cases = [case(kind, parameter, rng) for kind, parameter in KINDS * 2]
    json.dump({"made_by": "make_surface_distance.py", "cases": cases}, sys.stdout, indent=1, default=float)
    print()


if __name__ == "__main__":
    main()
