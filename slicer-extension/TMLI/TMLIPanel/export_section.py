"""Export: an RT Structure Set on the CT as it came from the scanner."""

from __future__ import annotations

from TMLILib.errors import Problem, as_problem
from TMLILib.export import Exported

from .context import Context, say, show_path
from .work_row import WorkRow


class ExportSection:
    """Says which CT series the file will refer to, and writes it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        ui = context.ui
        self._work = WorkRow(context, ui.exportProgress, ui.exportCancelButton, ui.exportLabel, self._show_busy)
        ui.originButton.clicked.connect(context.guarded(self.choose_folder))
        ui.labelEdit.textChanged.connect(context.guarded(self._label_changed))
        ui.exportButton.clicked.connect(context.guarded(self.export))
        ui.exportSection.contentsCollapsed.connect(context.guarded(self.refresh))

    @property
    def busy(self) -> bool:
        """Whether something goes on here."""
        return self._work.busy

    def refresh(self) -> None:
        """Looks for the CT's images; only while someone looks at the section, for it reads their headers."""
        ui, volume = self._context.ui, self._context.parameters.volume
        ui.labelEdit.setText(self._context.parameters.label)
        show_path(ui.originEdit, self._context.logic.folder_of(volume))
        if ui.exportSection.property("collapsed") or volume is None:
            return
        try:
            words = f"Refers to {self._context.logic.find_origin(volume).in_words()}"
        except Exception as error:
            problem = as_problem(error)
            words = f"{problem.what} {problem.todo}"
        ui.originLabel.setText(words)

    def choose_folder(self) -> None:
        """Where the CT's images are; kept only when they are this CT's."""
        folder = self._context.dialogs.folder("Folder of the CT's DICOM images")
        if folder:
            self._context.logic.choose_folder(self._context.parameters.volume, folder)
            self.refresh()

    def _label_changed(self) -> None:
        self._context.parameters.label = self._context.ui.labelEdit.property("text")

    def export(self) -> None:
        """Asks for a name and writes."""
        parameters, logic = self._context.parameters, self._context.logic
        if parameters.segmentation is None:
            raise Problem("There are no segments to export.", "Segment the CT first, or choose a segmentation.")
        origin = logic.find_origin(parameters.volume)
        name = self._context.dialogs.file_to_save("RT Structure Set", "rtstruct.dcm", "DICOM (*.dcm)")
        if not name:
            return
        work = logic.export(name, parameters.segmentation, origin, parameters.label or "TMLI")
        self._work.follow(work, self._tell)

    def _tell(self, done: Exported) -> None:
        words = [f"Wrote {done.path.name} with {len(done.written)} structures."]
        if done.empty:
            words.append(f"Empty, left out: {', '.join(done.empty)}.")
        say(self._context.ui.exportLabel, "\n".join(words))

    def _show_busy(self) -> None:
        ui = self._context.ui
        for widget in (ui.exportButton, ui.originButton, ui.labelEdit):
            widget.setEnabled(not self._work.busy)

    def forget(self) -> None:
        """The scene goes away, and with it what was to be written."""
        self._work.drop()
        say(self._context.ui.exportLabel, "")
