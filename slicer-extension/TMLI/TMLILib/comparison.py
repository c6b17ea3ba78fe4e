"""Metrics of a prediction against a reference, structure by structure, and the table of them.

A comparison is a sequence of short steps, so that a window stays alive between them.
"""

from __future__ import annotations

import csv
import io
import math
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from vtkmodules.vtkCommonCore import vtkDoubleArray, vtkStringArray

from . import geometry, segmentation
from .core import tmli
from .errors import Problem
from .models import in_protocol_order
from .work import Progress, Steps, until

PROFILES = {
    "surfel": "surfel (surface-distance of DeepMind)",
    "net": "net (nearest to the true surfaces)",
    "voxel": "voxel (MONAI)",
    "slicer-rt": "slicer-rt (Plastimatch)",
}
"""By whose convention distances are measured."""


def _ml(volume: float) -> str:
    # A lens has tenths of a millilitre, a target more than a litre.
    return f"{volume:.{2 if volume < 10 else 1 if volume < 1000 else 0}f}"


NUMBERS = {
    "DSC": ("dsc", "{:.3f}".format),
    "HD95 (mm)": ("hd95_mm", "{:.2f}".format),
    "ASD (mm)": ("asd_mm", "{:.2f}".format),
    "Reference (ml)": ("reference_volume_ml", _ml),
    "Prediction (ml)": ("prediction_volume_ml", _ml),
}
"""Columns with the attribute they show and how a person reads it."""
STRUCTURE, ACCEPTED, REMARK = "Structure", "Accepted", "Remark"
COLUMNS = [STRUCTURE, *NUMBERS, ACCEPTED, REMARK]
HEADS = {
    STRUCTURE: ("Structure", "", "In the order of the protocol"),
    "DSC": ("DSC", "", "Dice similarity: 1 is the same shape, 0 is no overlap"),
    "HD95 (mm)": ("HD95", "mm", "95th percentile of the distances between the surfaces"),
    "ASD (mm)": ("ASD", "mm", "Mean distance between the surfaces"),
    "Reference (ml)": ("Ref.", "ml", "Volume in the reference"),
    "Prediction (ml)": ("Pred.", "ml", "Volume in the prediction"),
    ACCEPTED: ("DSC", ">0.70", "Whether DSC is above the limit of the protocol (0.70 unless it says otherwise)"),
}
"""Heads for a narrow table: columns with name, unit, and what they mean. Remarks stand below it, see `remarks`."""

_WORDS = {
    "both_empty": "both empty",
    "reference_empty": "missing in the reference",
    "prediction_empty": "missing in the prediction",
    "below_resolution": "distances below the voxel size",
    "touches_border": "at the end of the CT",
}


@dataclass(frozen=True)
class Row:
    """One structure in the table."""

    structure: str
    values: dict[str, float]
    accepted: bool
    remark: str


@dataclass(frozen=True)
class Comparison:
    """What came out of it."""

    profile: str
    rows: list[Row]
    """In the order of the protocol."""
    findings: list[str]
    """What is odd about a file, and what was not compared."""


def comparing(reference, prediction_node, volume_node, profile: str = "surfel", ct=None) -> Steps[Comparison]:
    """Compares a structure a step. `reference` is a segmentation node or the path of an RT Structure Set; `ct` is the
    `tmli.CtIdentity` that a file must be of; where it is not known, a finding says so.

    Raises `Problem` when there is nothing to compare.
    """
    if prediction_node is None or reference is None:
        raise Problem("There is nothing to compare.", "Choose a reference and a prediction.")
    if reference is prediction_node:
        raise Problem("Reference and prediction are the same segmentation.", "Choose two different ones.")
    grid, findings, share = geometry.geometry_of(volume_node), [], 0.0
    predicted = _by_protocol_name(segmentation.names_and_ids(prediction_node))
    file = None
    if isinstance(reference, (str, os.PathLike)):
        share = 0.3
        file = yield from _rasterised(Path(reference), grid, ct, findings, share)
        referred = _by_protocol_name({name: name for name in file})
    else:
        referred = _by_protocol_name(segmentation.names_and_ids(reference))
    structures = in_protocol_order(set(predicted) & set(referred))
    if not structures:
        raise Problem(
            "Reference and prediction have no structure in common.",
            "Names must be those of TG-263, or ones that TMLI knows for them: rename the segments.",
        )
    alone = in_protocol_order(set(predicted) ^ set(referred))
    if alone:
        findings.append(f"Only on one side, not compared: {', '.join(alone)}.")
    rows = []
    for index, name in enumerate(structures):
        part = [share + (1 - share) * place / len(structures) for place in (index, index + 1)]
        words = f"{name} ({index + 1} of {len(structures)})"
        yield Progress(part[0], words)
        if file is None:
            truth = geometry.packed_mask_of(reference, referred[name], grid)
            yield Progress(part[0], words)
        else:
            truth = file.mask(referred[name])
        found = geometry.packed_mask_of(prediction_node, predicted[name], grid)
        task = tmli.start_compare({name: truth}, {name: found}, grid, profile)
        (metrics,) = yield from until(task, *part, words=words)
        rows.append(_row(metrics))
    return Comparison(profile, rows, findings)


def _rasterised(path: Path, grid: tmli.Geometry, ct, findings: list[str], share: float) -> Steps[tmli.Masks]:
    structure_set = yield from until(tmli.start_read_structure_set(path, ct), 0.0, share / 2, "Reading the file")
    if ct is None:
        findings.append("Not checked that the file is of this patient: the CT's DICOM images are not known.")
    masks = yield from until(structure_set.start_rasterise(grid), share / 2, share)
    findings += [*structure_set.findings, *masks.findings]
    return masks


def _row(metrics: tmli.StructureMetrics) -> Row:
    values = {title: getattr(metrics, attribute) for title, (attribute, _) in NUMBERS.items()}
    known = tmli.protocol().structure(metrics.structure)
    accepted = metrics.dsc > (known.acceptance_dsc if known is not None else 0.70)
    remark = ", ".join(_WORDS[word] for word in [metrics.undefined, *metrics.flags] if word)
    return Row(metrics.structure, values, accepted, remark)


def _by_protocol_name(ids: dict[str, str]) -> dict[str, str]:
    """IDs under the TG-263 name where TMLI knows one, else under the name they have."""
    known = tmli.match_rois(list(ids))
    return {known.get(name) or name: segment_id for name, segment_id in ids.items()}


# ------------------------------------------------------------------------------------------------------ the table


def fill_table(table_node, rows: list[Row], profile: str) -> None:
    """Writes the rows into a `vtkMRMLTableNode`, whatever it held."""
    table_node.RemoveAllColumns()
    table_node.SetUseColumnTitleAsColumnHeader(True)
    for title in COLUMNS:
        values = vtkDoubleArray() if title in NUMBERS else vtkStringArray()
        values.SetName(title)
        for row in rows:
            values.InsertNextValue(_cell(row, title))
        table_node.AddColumn(values)
    table_node.SetAttribute("TMLI.Profile", profile)
    table_node.SetUseFirstColumnAsRowHeader(False)


def _cell(row: Row, title: str):
    if title in NUMBERS:
        return row.values[title]
    return {STRUCTURE: row.structure, ACCEPTED: "yes" if row.accepted else "no", REMARK: row.remark}[title]


def rows_of(table_node) -> list[Row]:
    """The rows of a table, also of one that came with a saved scene."""
    table = table_node.GetTable()
    columns = {title: table.GetColumnByName(title) for title in COLUMNS}
    if any(column is None for column in columns.values()):
        raise Problem("This table is no comparison made by TMLI.", "Click Compare to make one.")

    def text(title: str, index: int) -> str:
        return str(columns[title].GetValue(index))

    return [
        Row(
            text(STRUCTURE, index),
            {title: float(text(title, index)) for title in NUMBERS},
            text(ACCEPTED, index) == "yes",
            text(REMARK, index),
        )
        for index in range(table.GetNumberOfRows())
    ]


def sort_table(table_node, title: str, descending: bool = False) -> None:
    """Orders the rows by a column; what has no value comes last."""
    rows = rows_of(table_node)
    if title in NUMBERS:
        known = [row for row in rows if not math.isnan(row.values[title])]
        known.sort(key=lambda row: row.values[title], reverse=descending)
        rows = known + [row for row in rows if math.isnan(row.values[title])]
    elif title == STRUCTURE:
        names = in_protocol_order([row.structure for row in rows])
        rows.sort(key=lambda row: names.index(row.structure), reverse=descending)
    else:
        rows.sort(key=lambda row: str(_cell(row, title)), reverse=descending)
    fill_table(table_node, rows, table_node.GetAttribute("TMLI.Profile") or "")


def cell_text(row: Row, title: str) -> str:
    """A cell as a person reads it."""
    if title not in NUMBERS:
        return _cell(row, title)
    value = row.values[title]
    return "–" if math.isnan(value) or math.isinf(value) else NUMBERS[title][1](value)


def remarks(rows: list[Row]) -> list[str]:
    """What is odd about structures, for below the table: each remark once, with those that it is about."""
    about: dict[str, list[str]] = {}
    names = in_protocol_order([row.structure for row in rows])
    for row in sorted(rows, key=lambda row: names.index(row.structure)):
        if row.remark:
            about.setdefault(row.remark, []).append(row.structure)
    return [f"{', '.join(structures)}: {remark}." for remark, structures in about.items()]


def csv_text(table_node) -> str:
    """The table as CSV with full precision; the profile is in a column of its own. No value: an empty cell."""
    profile = table_node.GetAttribute("TMLI.Profile") or ""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*COLUMNS, "Profile"])
    for row in rows_of(table_node):
        cells = [_cell(row, title) for title in COLUMNS]
        writer.writerow(["" if isinstance(c, float) and not np.isfinite(c) else c for c in cells] + [profile])
    return stream.getvalue()


def write_csv(table_node, path: str | Path) -> None:
    """Writes the CSV whole or not at all."""
    path = Path(path)
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=".tmli-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(csv_text(table_node))
        os.replace(partial, path)
    except BaseException:
        os.unlink(partial)
        raise
