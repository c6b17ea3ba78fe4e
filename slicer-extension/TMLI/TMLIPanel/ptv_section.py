"""PTV: margins for each CTV in the directions of the patient, a preview, and the segment."""

from __future__ import annotations

import qt
import slicer
from TMLILib import segmentation, targets
from TMLILib.errors import Problem

from .context import Context, say
from .work_row import WorkRow

PREVIEW = "PTV preview"
HEADS = ("Left", "Right", "Ant.", "Post.", "Sup.", "Inf.")
"""`targets.DIRECTIONS` for a panel beside a CT."""
FOUND_BODY = "Body found in the CT"
NO_BODY = "(not cut)"


class PtvSection:
    """Margins, preview, PTV."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._target: targets.Target | None = None
        self._preview_id = ""
        self._bodies: list[str] = []
        self._ctvs: list[str] = []
        ui = context.ui
        self._work = WorkRow(context, ui.ptvProgress, ui.ptvCancelButton, ui.ptvLabel, self._show_busy)
        ui.marginTable.verticalHeader().setVisible(False)
        ui.marginTable.verticalHeader().setDefaultSectionSize(24)
        self._show_heads()
        ui.marginTable.cellChanged.connect(context.guarded(self._margins_changed))
        ui.bodySelector.currentIndexChanged.connect(context.guarded(self._body_changed))
        ui.previewButton.clicked.connect(context.guarded(self.preview))
        ui.keepButton.clicked.connect(context.guarded(self.keep))

    @property
    def busy(self) -> bool:
        """Whether something goes on here."""
        return self._work.busy

    def refresh(self) -> None:
        """Shows the CTVs and segments of the chosen segmentation."""
        self.forget_preview()
        ui, parameters = self._context.ui, self._context.parameters
        node = parameters.segmentation
        ctvs = targets.ctv_names(node) if node is not None else []
        self._fill_margins(ctvs)
        segments = list(segmentation.names_and_ids(node)) if node is not None else []
        self._bodies = [targets.BODY_OF_CT, *segments, ""]
        ui.bodySelector.blockSignals(True)
        ui.bodySelector.clear()
        for words in (FOUND_BODY, *segments, NO_BODY):
            ui.bodySelector.addItem(words)
        ui.bodySelector.setCurrentIndex(self._bodies.index(parameters.body) if parameters.body in self._bodies else 0)
        ui.bodySelector.blockSignals(False)
        self._ctvs = ctvs
        self._show_busy()
        say(ui.ptvLabel, "" if ctvs else "The PTV is made from CTV1, CTV2 and CTV3. Segment the CT first.")

    def _show_heads(self) -> None:
        table = self._context.ui.marginTable
        table.setColumnCount(1 + len(HEADS))
        table.setHorizontalHeaderLabels(["mm", *HEADS])
        for column, direction in enumerate(targets.DIRECTIONS, start=1):
            table.horizontalHeaderItem(column).setToolTip(f"To the patient's {direction} side, in mm")
        table.horizontalHeader().setMinimumSectionSize(20)
        table.horizontalHeader().setSectionResizeMode(qt.QHeaderView.Stretch)
        table.horizontalHeader().setSectionResizeMode(0, qt.QHeaderView.ResizeToContents)

    def _fill_margins(self, ctvs: list[str]) -> None:
        table, parameters = self._context.ui.marginTable, self._context.parameters
        remembered, left_out = parameters.margins_mm, parameters.left_out
        table.blockSignals(True)
        table.setRowCount(len(ctvs))
        for row, name in enumerate(ctvs):
            item = qt.QTableWidgetItem(name)
            item.setFlags(qt.Qt.ItemIsUserCheckable | qt.Qt.ItemIsEnabled)
            item.setCheckState(qt.Qt.Unchecked if name in left_out else qt.Qt.Checked)
            table.setItem(row, 0, item)
            values = remembered.get(name, [targets.DEFAULT_MARGIN_MM] * len(targets.DIRECTIONS))
            for column, value in enumerate(values, start=1):
                item = qt.QTableWidgetItem(f"{value:g}")
                item.setTextAlignment(qt.Qt.AlignCenter)
                table.setItem(row, column, item)
        table.blockSignals(False)

    def _margins(self) -> tuple[dict[str, list[float]], list[str]]:
        """What the table holds: margins by CTV, and the CTVs that are not checked."""
        table, found, left_out = self._context.ui.marginTable, {}, []
        for row in range(table.property("rowCount")):
            name = table.item(row, 0).text()
            texts = [table.item(row, column).text() for column in range(1, 1 + len(targets.DIRECTIONS))]
            try:
                values = [float(text.replace(",", ".")) for text in texts]
            except ValueError:
                raise Problem(f"A margin of {name} is no number.", "Give every margin in mm, e.g. 5 or 7.5.") from None
            targets.margin_of(values)
            found[name] = values
            if table.item(row, 0).checkState() != qt.Qt.Checked:
                left_out.append(name)
        return found, left_out

    def _margins_changed(self) -> None:
        margins_mm, left_out = self._margins()
        parameters = self._context.parameters
        parameters.margins_mm = parameters.margins_mm | margins_mm
        # What another segmentation's CTVs are is remembered too.
        parameters.left_out = [*(name for name in parameters.left_out if name not in margins_mm), *left_out]
        self.forget_preview()

    def _body(self) -> str:
        return self._bodies[self._context.ui.bodySelector.property("currentIndex")]

    def _body_changed(self) -> None:
        self._context.parameters.body = self._body()
        self.forget_preview()

    def preview(self) -> None:
        """Computes the PTV and shows its outline in a node of its own."""
        self.forget_preview()
        parameters = self._context.parameters
        margins_mm, left_out = self._margins()
        wanted = {name: values for name, values in margins_mm.items() if name not in left_out}
        work = self._context.logic.make_ptv(parameters.segmentation, parameters.volume, wanted, self._body())
        self._work.follow(work, self._show_preview)

    def _show_preview(self, target: targets.Target) -> None:
        volume = self._context.parameters.volume
        node = segmentation.add_segmentation(slicer.mrmlScene, volume, {"PTV": target.mask}, {}, PREVIEW)
        # A preview is not work to be saved.
        node.SetSaveWithScene(False)
        node.GetDisplayNode().SetVisibility2DFill(False)
        self._target, self._preview_id = target, node.GetID()
        self._show_busy()
        self._tell(target)

    def _show_busy(self) -> None:
        ui, busy = self._context.ui, self._work.busy
        for widget in (ui.marginTable, ui.bodySelector):
            widget.setEnabled(not busy)
        ui.previewButton.setEnabled(bool(self._ctvs) and not busy)
        ui.keepButton.setEnabled(self._target is not None and not busy)

    def keep(self) -> None:
        """Puts what the preview showed into the segmentation."""
        target = self._target
        if target is None:
            raise Problem("There is no preview to keep.", "Click Preview first.")
        work = self._context.logic.keep_ptv(self._context.parameters.segmentation, target)
        self._work.follow(work, lambda _: self._tell_kept(target))

    def _tell_kept(self, target: targets.Target) -> None:
        self.refresh()
        self._tell(target, "Kept as the segment PTV.")

    def _tell(self, target: targets.Target, *words: str) -> None:
        say(self._context.ui.ptvLabel, "\n".join([f"{target.in_words()}.", *target.remarks, *words]))

    def forget_preview(self) -> None:
        """Takes the preview away, and what would become one; margins or the segmentation changed."""
        self._work.drop()
        node = slicer.mrmlScene.GetNodeByID(self._preview_id) if self._preview_id else None
        if node is not None:
            slicer.mrmlScene.RemoveNode(node)
        self._target, self._preview_id = None, ""
        self._show_busy()
