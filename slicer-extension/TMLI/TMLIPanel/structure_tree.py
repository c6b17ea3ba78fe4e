"""The structures of a model set as a tree with a box to check, by the groups of the protocol."""

from __future__ import annotations

import qt
from TMLILib.core import tmli

TITLES = {
    "oar1": "Organs, group 1",
    "oar2": "Organs, group 2 (left and right)",
    "oar3": "Organs, group 3",
    "ctv1": "Targets",
    "ctv2": "Targets",
    "ctv3": "Targets",
}
OTHERS = "Other structures"
SQUARE = 12
"""Pixels."""


class StructureTree:
    """Fills a `QTreeWidget` and reads what is checked in it."""

    def __init__(self, widget, on_change) -> None:
        self._widget, self._on_change = widget, on_change
        self._items: dict[str, object] = {}
        widget.setAlternatingRowColors(True)
        widget.setColumnWidth(0, 260)
        widget.itemChanged.connect(on_change)

    def fill(self, structures: list[str], validation_dsc: dict[str, float], unchecked: list[str]) -> None:
        """Shows the structures; `unchecked` are those the user did not want last time."""
        self._widget.blockSignals(True)
        self._widget.clear()
        self._items = {}
        groups: dict[str, object] = {}
        protocol = tmli.protocol()
        for name in structures:
            structure = protocol.structure(name)
            title = OTHERS if structure is None else TITLES.get(structure.group, OTHERS)
            if title not in groups:
                groups[title] = self._group(title)
            item = qt.QTreeWidgetItem(groups[title])
            item.setText(0, name)
            if structure is not None:
                item.setIcon(0, _square(structure.colour))
                item.setToolTip(0, structure.paper_name)
            if name in validation_dsc:
                item.setText(1, f"{validation_dsc[name]:.2f}")
                if structure is not None and validation_dsc[name] <= structure.acceptance_dsc:
                    item.setForeground(1, qt.QBrush(qt.QColor(190, 60, 0)))
                    item.setToolTip(1, f"Not above {structure.acceptance_dsc:.2f}: look at it closely")
            item.setCheckState(0, qt.Qt.Unchecked if name in unchecked else qt.Qt.Checked)
            self._items[name] = item
        for group in groups.values():
            group.setExpanded(True)
        self._widget.blockSignals(False)

    def _group(self, title: str):
        group = qt.QTreeWidgetItem(self._widget)
        group.setText(0, title)
        group.setFlags(group.flags() | qt.Qt.ItemIsAutoTristate)
        group.setCheckState(0, qt.Qt.Checked)
        return group

    def checked(self) -> list[str]:
        """The wanted structures."""
        return [name for name, item in self._items.items() if item.checkState(0) == qt.Qt.Checked]

    def unchecked(self) -> list[str]:
        """The others."""
        return [name for name, item in self._items.items() if item.checkState(0) != qt.Qt.Checked]


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
