"""Compare: every structure of two segmentations at once, as a table."""

from __future__ import annotations

import qt
import slicer
from TMLILib import comparison, geometry, segmentation

from .context import Context, say, show_path
from .work_row import WorkRow

GOOD, BAD = (205, 235, 205), (250, 215, 200)
"""Behind a DSC above and below what is accepted; readable with black text."""
PADDING = 10
"""Left and right of a cell's text together, pixels."""


class CompareSection:
    """Reference, prediction, table."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._findings: list[str] = []
        self._descending = False
        self._sorted_by = ""
        ui = context.ui
        self._work = WorkRow(context, ui.compareProgress, ui.compareCancelButton, ui.compareLabel, self._show_busy)
        ui.metricsTable.verticalHeader().setVisible(False)
        ui.metricsTable.verticalHeader().setDefaultSectionSize(22)
        ui.metricsTable.horizontalHeader().setMinimumSectionSize(20)
        for words in comparison.PROFILES.values():
            ui.profileSelector.addItem(words)
        ui.profileSelector.currentIndexChanged.connect(context.guarded(self._profile_changed))
        ui.referenceFileButton.clicked.connect(context.guarded(self.choose_file))
        ui.referenceSelector.currentNodeChanged.connect(context.guarded(self._node_instead_of_file))
        ui.compareButton.clicked.connect(context.guarded(self.compare))
        ui.metricsTable.cellClicked.connect(self._clicked)
        ui.metricsTable.horizontalHeader().sectionClicked.connect(self._heading_clicked)
        ui.csvButton.clicked.connect(context.guarded(self.save_csv))

    @property
    def busy(self) -> bool:
        """Whether something goes on here."""
        return self._work.busy

    def refresh(self) -> None:
        """Shows the table that the scene remembers."""
        ui, parameters = self._context.ui, self._context.parameters
        names = list(comparison.PROFILES)
        ui.profileSelector.blockSignals(True)
        ui.profileSelector.setCurrentIndex(names.index(parameters.profile) if parameters.profile in names else 0)
        ui.profileSelector.blockSignals(False)
        self._show_file()
        self._show_table()

    def _profile_changed(self) -> None:
        index = self._context.ui.profileSelector.property("currentIndex")
        self._context.parameters.profile = list(comparison.PROFILES)[index]

    def choose_file(self) -> None:
        """An RT Structure Set as the reference."""
        name = self._context.dialogs.file_to_open("Reference", "RT Structure Set (*.dcm);;All files (*)")
        if name:
            self._context.parameters.reference_file = name
            self._show_file()

    def _node_instead_of_file(self) -> None:
        if self._context.ui.referenceSelector.currentNode() is not None:
            self._context.parameters.reference_file = ""
            self._show_file()

    def _show_file(self) -> None:
        show_path(self._context.ui.referenceFileEdit, self._context.parameters.reference_file)

    # --------------------------------------------------------------------------------------------- the comparison

    def compare(self) -> None:
        """Starts; the window stays alive."""
        ui, parameters = self._context.ui, self._context.parameters
        reference = parameters.reference_file or ui.referenceSelector.currentNode()
        prediction = ui.predictionSelector.currentNode()
        work = self._context.logic.compare(reference, prediction, parameters.volume, parameters.profile)
        self._work.follow(work, self._show_comparison)

    def _show_comparison(self, compared: comparison.Comparison) -> None:
        # The rows come in the order of the protocol.
        self._sorted_by, self._descending = "", False
        self._findings = compared.findings
        parameters = self._context.parameters
        parameters.table = self._context.logic.show_comparison(compared, parameters.table)
        self._show_table()

    def _show_busy(self) -> None:
        ui = self._context.ui
        for widget in (
            ui.compareButton,
            ui.referenceSelector,
            ui.referenceFileButton,
            ui.predictionSelector,
            ui.profileSelector,
        ):
            widget.setEnabled(not self._work.busy)

    def forget(self) -> None:
        """The scene goes away: a comparison that runs is not for the next one."""
        self._work.drop()
        self._findings = []

    # --------------------------------------------------------------------------------------------------- the table

    def _show_table(self) -> None:
        ui, node = self._context.ui, self._context.parameters.table
        table = ui.metricsTable
        ui.csvButton.setEnabled(node is not None)
        if node is None:
            table.setRowCount(0)
            say(ui.metricsLabel, "")
            return
        rows = comparison.rows_of(node)
        table.setColumnCount(len(comparison.HEADS))
        table.setRowCount(len(rows))
        for index, row in enumerate(rows):
            for column, title in enumerate(comparison.HEADS):
                item = qt.QTableWidgetItem(comparison.cell_text(row, title))
                item.setToolTip(row.remark)
                if title in comparison.NUMBERS:
                    item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
                if title in ("DSC", comparison.ACCEPTED):
                    item.setBackground(qt.QBrush(qt.QColor(*(GOOD if row.accepted else BAD))))
                    item.setForeground(qt.QBrush(qt.QColor(0, 0, 0)))
                table.setItem(index, column, item)
        self._show_heads()
        accepted = sum(row.accepted for row in rows)
        profile = comparison.PROFILES.get(node.GetAttribute("TMLI.Profile"), "unknown")
        words = [f"{accepted} of {len(rows)} structures above the accepted DSC (0.70). Distances: {profile}."]
        words += comparison.remarks(rows)
        words += self._findings
        say(ui.metricsLabel, "\n".join(words))

    def _show_heads(self) -> None:
        """Two lines each and no wider than needed, so that all columns find room beside a CT."""
        table = self._context.ui.metricsTable
        header, font = table.horizontalHeader(), qt.QFontMetrics(table.property("font"))
        for column, (title, (name, unit, tip)) in enumerate(comparison.HEADS.items()):
            arrow = ("▾" if self._descending else "▴") if title == self._sorted_by else ""
            lines = [name, f"{unit} {arrow}".strip()]
            item = qt.QTableWidgetItem("\n".join(lines))
            item.setToolTip(tip)
            table.setHorizontalHeaderItem(column, item)
            if column == 0:
                header.setSectionResizeMode(column, qt.QHeaderView.Stretch)
                continue
            cells = [table.item(row, column).text() for row in range(table.property("rowCount"))]
            header.setSectionResizeMode(column, qt.QHeaderView.Interactive)
            table.setColumnWidth(column, max(font.boundingRect(text).width() for text in lines + cells) + PADDING)

    def _clicked(self, row: int, *_) -> None:
        self._context.guarded(lambda: self._jump(row))()

    def _jump(self, row: int) -> None:
        node = self._context.ui.predictionSelector.currentNode()
        rows = comparison.rows_of(self._context.parameters.table)
        if node is None or row >= len(rows):
            return
        segment_id = segmentation.names_and_ids(node).get(rows[row].structure)
        place = geometry.segment_centre(node, segment_id) if segment_id else None
        if place is not None:
            slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *place, slicer.vtkMRMLSliceNode.CenteredJumpSlice)

    def _heading_clicked(self, column: int) -> None:
        self._context.guarded(lambda: self._sort(list(comparison.HEADS)[column]))()

    def _sort(self, title: str) -> None:
        node = self._context.parameters.table
        if node is None:
            return
        self._descending = self._sorted_by == title and not self._descending
        self._sorted_by = title
        comparison.sort_table(node, title, self._descending)
        self._show_table()

    def save_csv(self) -> None:
        """The table as a file."""
        name = self._context.dialogs.file_to_save("Save the table", "tmli-metrics.csv", "Table (*.csv)")
        if name:
            comparison.write_csv(self._context.parameters.table, name)
