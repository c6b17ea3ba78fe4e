"""The self test of the module: the whole path on a synthetic child, inside the Slicer that runs it."""

from __future__ import annotations

import os
import tempfile
import time

import slicer
from TMLILib import geometry, segmentation
from TMLILib.core import tmli
from TMLILib.logic import TMLILogic


def run(logic: TMLILogic) -> str:
    """Compares a child's truth with itself through the scene, makes a PTV, exports. Returns what was done, in words."""
    with tempfile.TemporaryDirectory() as folder:
        tmli.write_phantom(folder, seed=7)
        volume = logic.load_ct(os.path.join(folder, "ct"))
        truth = tmli.phantom(7)
        node = segmentation.add_segmentation(slicer.mrmlScene, volume, dict(truth.masks.items()), {}, "Truth")
        again = segmentation.add_segmentation(slicer.mrmlScene, volume, dict(truth.masks.items()), {}, "Again")
        rows = logic.compare(node, again, volume).wait().rows
        assert rows and all(row.values["DSC"] == 1.0 for row in rows), "a segmentation differs from itself"
        target = logic.make_ptv(node, volume, {"CTV1": [5.0] * 6}, None).wait()
        inside = geometry.mask_of(node, segmentation.names_and_ids(node)["CTV1"], target.grid)
        assert target.mask.array[inside].all(), "the PTV leaves out a part of its CTV"
        path = os.path.join(folder, "rtstruct.dcm")
        done = logic.export(path, node, logic.find_origin(volume)).wait()
        assert os.path.getsize(path) > 0
        return f"TMLI works: {len(rows)} structures compared, {len(done.written)} exported ({time.strftime('%H:%M')})"
