"""Makes random_pairs.csv: what public tools say about 500 random pairs of masks on anisotropic grids.

    python3 -m venv venv
    venv/bin/pip install numpy==2.4.6 scipy==1.17.1 surface-distance==0.1 MedPy==0.5.2 torch==2.11.0 monai==1.6.1
    venv/bin/python make_random_pairs.py > random_pairs.csv

surface-distance is DeepMind's. The masks are not written: `pair(seed)` here and `random_pair` in
../metrics_random_pairs.rs make the same ones from the same integers.
"""

import sys
import types

import numpy as np
import scipy.ndimage

# The tool still calls these by the names that they had before SciPy 1.15.
scipy.ndimage.filters = types.SimpleNamespace(correlate=scipy.ndimage.correlate)
scipy.ndimage.morphology = types.SimpleNamespace(distance_transform_edt=scipy.ndimage.distance_transform_edt)

import medpy.metric.binary as medpy  # noqa: E402
import monai.metrics as monai  # noqa: E402
import surface_distance  # noqa: E402
import torch  # noqa: E402

PAIRS = 500


class Numbers:
    """Knuth's linear congruential generator, the upper 31 bits."""

    def __init__(self, seed):
        self.state = seed

    def below(self, end):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % end


def pair(seed):
    """Spacing in mm and two masks, [k, j, i]."""
    numbers = Numbers(seed)
    shape = [2 + numbers.below(12) for _ in range(3)]
    spacing = [(30 + numbers.below(470)) / 100 for _ in range(3)]
    masks = [one_mask(numbers, shape, (seed + n) % 3) for n in range(2)]
    return spacing, masks


def one_mask(numbers, shape, kind):
    """0: independent voxels. 1: boxes. 2: an ellipsoid with an ellipsoidal hole."""
    mask = np.zeros(shape, bool)
    if kind == 0:
        percent = 1 + numbers.below(99)
        for at in np.ndindex(*shape):
            mask[at] = numbers.below(100) < percent
    elif kind == 1:
        for _ in range(1 + numbers.below(4)):
            first = [numbers.below(n) for n in shape]
            size = [1 + numbers.below(n) for n in shape]
            mask[tuple(slice(a, a + n) for a, n in zip(first, size))] = True
    else:
        centre = [numbers.below(n) for n in shape]
        radius = [1 + numbers.below(n) for n in shape]
        for at in np.ndindex(*shape):
            # In millionths, so that both languages decide by integers.
            squared = sum((x - c) ** 2 * 1000000 // (r * r) for x, c, r in zip(at, centre, radius))
            mask[at] = 100000 < squared <= 1000000
    return mask


def values(spacing, a, b):
    found = surface_distance.compute_surface_distances(a, b, spacing)
    of_a = found["distances_gt_to_pred"], found["surfel_areas_gt"]
    of_b = found["distances_pred_to_gt"], found["surfel_areas_pred"]
    means = surface_distance.compute_average_surface_distance(found)
    area = of_a[1].sum() + of_b[1].sum()
    yield from (surface_distance.compute_robust_hausdorff(found, percent) for percent in (100, 95, 57))
    yield ((of_a[0] * of_a[1]).sum() + (of_b[0] * of_b[1]).sum()) / area
    yield from means
    yield surface_distance.compute_surface_dice_at_tolerance(found, 1.0)
    yield surface_distance.compute_dice_coefficient(a, b)

    x, y = (torch.from_numpy(mask[None, None].astype(np.float32)) for mask in (b, a))
    for percentile in (None, 95, 57):
        yield monai.compute_hausdorff_distance(x, y, True, percentile=percentile, spacing=spacing).item()
    yield monai.compute_average_surface_distance(x, y, True, symmetric=True, spacing=spacing).item()
    yield monai.compute_average_surface_distance(y, x, True, spacing=spacing).item()
    yield monai.compute_average_surface_distance(x, y, True, spacing=spacing).item()
    yield monai.compute_surface_dice(x, y, [1.0], True, spacing=spacing).item()

    yield medpy.hd95(b, a, spacing)
    yield medpy.assd(b, a, spacing)


NAMES = (
    "surfel_hd surfel_hd95 surfel_hd57 surfel_asd surfel_mean_forth surfel_mean_back surfel_surface_dice dsc "
    "monai_hd monai_hd95 monai_hd57 monai_asd monai_mean_forth monai_mean_back monai_surface_dice "
    "medpy_hd95 medpy_assd"
)


def main():
    np.seterr(invalid="ignore")
    print("# By make_random_pairs.py, with surface-distance 0.1, MONAI 1.6.1 and MedPy 0.5.2. One line for a seed.")
    print("seed," + NAMES.replace(" ", ","))
    written, seed = 0, 0
    while written < PAIRS:
        seed += 1
        spacing, (a, b) = pair(seed)
        if a.any() and b.any():
            print(f"{seed}," + ",".join(f"{value:.9g}" for value in values(spacing, a, b)))
            written += 1
    print(f"{seed} seeds", file=sys.stderr)


if __name__ == "__main__":
    main()
