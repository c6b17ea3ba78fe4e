"""SlicerRT's own test of its Segment Comparison, measured by TMLI's profile `slicer-rt`.

    python slicer_rt_rectum.py SLICERRT/Testing/Data

needs the wheel `tmli` and a copy of https://github.com/SlicerRt/SlicerRT, whose data are not in this repository. The
expected values are those of SegmentComparison/Testing/Cxx/CMakeLists.txt; SlicerRT itself accepts 0.1 % off.
"""

import base64
import gzip
import pathlib
import re
import struct
import sys
import zlib

import numpy as np

import tmli

PIXEL, SLICE = 0.976562, 2.5
SHAPE = (100, 512, 512)
FIRST_SLICE = -132.5
EXPECTED = {"expanded": (8.34375, 5.17621, 6.07853, 0.542084), "moved by 5 mm": (4.88281, 2.13749, 4.68861, 0.700964)}


def array(text, kind):
    """A data array of a VTK XML file: base64, in blocks of zlib."""
    text = text.strip()
    (blocks,) = struct.unpack("<I", base64.b64decode(text[:8])[:4])
    size = 4 * (3 + blocks)
    letters = -(-size // 3) * 4
    lengths = struct.unpack(f"<{3 + blocks}I", base64.b64decode(text[:letters])[:size])[3:]
    data, out = base64.b64decode(text[letters:]), b""
    for length in lengths:
        out, data = out + zlib.decompress(data[:length]), data[length:]
    return np.frombuffer(out, kind)


def contours(path):
    """The rectum's contours in LPS mm; VTK has them in RAS."""
    text = path.read_text()
    points = array(re.search(r'<DataArray type="Float32" Name="Points".*?>(.*?)</DataArray>', text, re.S)[1], "<f4")
    lines = re.search("<Lines>(.*?)</Lines>", text, re.S)[1]
    found = re.findall(r'<DataArray type="(\w+)" Name="(connectivity|offsets)".*?>(.*?)</DataArray>', lines, re.S)
    index = {name: array(body, "<i8" if kind == "Int64" else "<i4") for kind, name, body in found}
    points = points.reshape(-1, 3).astype(float) * [-1, -1, 1]
    return [points[part] for part in np.split(index["connectivity"], index["offsets"][:-1])]


def expanded(path):
    """The rectum with a margin, drawn by SlicerRT on the same grid; the file holds the box around it."""
    head, data = path.read_bytes().split(b"\n\n", 1)
    i0, i1, j0, j1, k0, k1 = map(int, re.search(rb"\nSegmentation_Extent:=(.*)", head)[1].split())
    below = round((-122.5 - FIRST_SLICE) / SLICE)
    mask = np.zeros(SHAPE, bool)
    box = np.frombuffer(gzip.decompress(data), np.uint8).reshape(k1 - k0 + 1, j1 - j0 + 1, i1 - i0 + 1)
    mask[k0 + below : k1 + below + 1, j0 : j1 + 1, i0 : i1 + 1] = box
    return mask


def main():
    folder = pathlib.Path(sys.argv[1])
    matrix = np.diag([PIXEL, PIXEL, SLICE, 1.0])
    matrix[:3, 3] = -250.0, -250.0, FIRST_SLICE
    geometry = tmli.Geometry(SHAPE, matrix)
    structures = folder / "EclipseProstate_Structures.seg"
    rectum = tmli.rasterise(contours(structures / "EclipseProstate_Structures.seg_5.vtp"), geometry)
    # SlicerRT applies the transform of 5 mm by the nearest voxel: 5.12 are 5.
    other = {
        "expanded": expanded(folder / "EclipseProstate_Expanded_5_5_5_Rectum.seg.nrrd"),
        "moved by 5 mm": np.roll(rectum, 5, axis=2),
    }
    for found in tmli.compare(dict.fromkeys(other, rectum), other, geometry, profile="slicer-rt"):
        numbers = found.hd_mm, found.asd_mm, found.hd95_mm, found.dsc
        for name, got, expected in zip(("HD", "ASD", "HD95", "DSC"), numbers, EXPECTED[found.structure], strict=True):
            print(f"{found.structure:14} {name:4} {got:8.5f}, SlicerRT {expected:8.5f} ({got / expected - 1:+.4%})")


if __name__ == "__main__":
    main()
