"""The structures of a model set as a tree with a box to check, by the groups of the protocol."""

from __future__ import annotations

import qt
from TMLILib.core import tmli
from TMLILib.models import ModelSet, Source

TITLES = {
    "oar1": "Organs, group 1",
    "oar2": "Organs, group 2 (left and right)",
    "oar3": "Organs, group 3",
    "ctv1": "Targets",
    "ctv2": "Targets",
    "ctv3": "Targets",
}
OTHERS = "Other structures"
WIDTHS = (200, 105, 85)
"""Of the columns, in pixels: together within a narrow panel."""
SQUARE = 12
"""Pixels."""


class StructureTree:
    """Fills a `QTreeWidget` and reads what is checked in it."""

    def __init__(self, widget, on_change) -> None:
        self._widget, self._on_change = widget, on_change
        self._items: dict[str, object] = {}
        widget.setAlternatingRowColors(True)
        for column, width in enumerate(WIDTHS):
            widget.setColumnWidth(column, width)
        widget.itemChanged.connect(on_change)

    def fill(self, models: ModelSet | None, unchecked: list[str]) -> None:
        """Shows what the models can find; `unchecked` are the structures that the user did not want last time."""
        self._widget.blockSignals(True)
        self._widget.clear()
        self._items = {}
        groups: dict[str, object] = {}
        protocol = tmli.protocol()
        for name in models.structures if models else []:
            structure = protocol.structure(name)
            title = OTHERS if structure is None else TITLES.get(structure.group, OTHERS)
            if title not in groups:
                groups[title] = self._group(title)
            item = qt.QTreeWidgetItem(groups[title])
            item.setText(0, name)
            if structure is not None:
                item.setIcon(0, _square(structure.colour))
                item.setToolTip(0, structure.paper_name)
            _show_scores(item, models.sources[name], structure)
            item.setCheckState(0, qt.Qt.Unchecked if name in unchecked else qt.Qt.Checked)
            self._items[name] = item
        for group in groups.values():
            group.setExpanded(True)
        self._widget.blockSignals(False)

    def _group(self, title: str):
        group = qt.QTreeWidgetItem(self._widget)
        group.setText(0, title)
        group.setFirstColumnSpanned(True)
        group.setFlags(group.flags() | qt.Qt.ItemIsAutoTristate)
        group.setCheckState(0, qt.Qt.Checked)
        return group

    def checked(self) -> list[str]:
        """The wanted structures."""
        return [name for name, item in self._items.items() if item.checkState(0) == qt.Qt.Checked]

    def unchecked(self) -> list[str]:
        """The others."""
        return [name for name, item in self._items.items() if item.checkState(0) != qt.Qt.Checked]


def _show_scores(item, source: Source, structure: tmli.Structure | None) -> None:
    told = [f"From the model {source.model}"]
    if source.validation_dsc is not None:
        item.setText(1, f"{source.validation_dsc:.2f}")
        if structure is not None and source.validation_dsc <= structure.acceptance_dsc:
            item.setForeground(1, qt.QBrush(qt.QColor(190, 60, 0)))
            told.append(f"DSC not above {structure.acceptance_dsc:.2f}: look at it closely")
    if source.validation_hd95_mm is not None:
        item.setText(2, f"{source.validation_hd95_mm:.1f}")
    for column in (1, 2):
        item.setToolTip(column, "\n".join(told))


def _square(colour: tuple[int, int, int]):
    pixels = qt.QPixmap(SQUARE, SQUARE)
    # An edge, so that white is seen on white.
    pixels.fill(qt.QColor(120, 120, 120))
    inside = qt.QPixmap(SQUARE - 2, SQUARE - 2)
    inside.fill(qt.QColor(*colour))
    painter = qt.QPainter(pixels)
    painter.drawPixmap(1, 1, inside)
    painter.end()
    return qt.QIcon(pixels)
