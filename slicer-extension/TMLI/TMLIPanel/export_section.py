"""Export: an RT Structure Set on the CT as it came from the scanner."""

from __future__ import annotations

from pathlib import Path

from TMLILib.errors import Problem, as_problem

from .context import Context, say


class ExportSection:
    """Says which CT series the file will refer to, and writes it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        ui = context.ui
        ui.originButton.clicked.connect(context.guarded(self.choose_folder))
        ui.labelEdit.editingFinished.connect(context.guarded(self._label_changed))
        ui.exportButton.clicked.connect(context.guarded(self.export))
        ui.exportSection.contentsCollapsed.connect(context.guarded(self.refresh))

    def refresh(self) -> None:
        """Looks for the CT's images; only while someone looks at the section, for it reads their headers."""
        ui, volume = self._context.ui, self._context.parameters.volume
        ui.labelEdit.setText(self._context.parameters.label)
        ui.originEdit.setText(self._context.logic.folder_of(volume))
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
        parameters, logic, ui = self._context.parameters, self._context.logic, self._context.ui
        if parameters.segmentation is None:
            raise Problem("There are no segments to export.", "Segment the CT first, or choose a segmentation.")
        origin = logic.find_origin(parameters.volume)
        name = self._context.dialogs.file_to_save("RT Structure Set", "rtstruct.dcm", "DICOM (*.dcm)")
        if not name:
            return
        done = logic.export(name, parameters.segmentation, origin, ui.labelEdit.property("text") or "TMLI")
        words = [f"Wrote {Path(name).name} with {len(done.written)} structures."]
        if done.empty:
            words.append(f"Empty, left out: {', '.join(done.empty)}.")
        say(ui.exportLabel, "\n".join(words))
