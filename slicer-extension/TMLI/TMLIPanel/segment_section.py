"""Segment: from a CT and a folder of models to a segmentation."""

from __future__ import annotations

from collections.abc import Callable

from TMLILib import surfaces
from TMLILib.devices import CHOICES
from TMLILib.errors import Problem, as_problem
from TMLILib.logic import Outcome
from TMLILib.models import ModelSet

from .context import Context, say
from .device_question import DeviceQuestion
from .structure_tree import StructureTree
from .timing import Watch, in_words
from .work_row import WorkRow


class SegmentSection:
    """Everything above the refinement."""

    def __init__(
        self, context: Context, on_arrived: Callable[[object], None], make_question: Callable[..., DeviceQuestion]
    ) -> None:
        """`make_question(on_answer)` makes what asks the engine about devices."""
        self._context, self._on_arrived = context, on_arrived
        self.question = make_question(context.guarded(self._show_expectation))
        self.models: ModelSet | None = None
        self.watch = Watch(self._status, self._ended)
        ui = context.ui
        self._work = WorkRow(context, ui.progressBar, ui.cancelButton, ui.progressLabel, self._show_running)
        self._tree = StructureTree(ui.structuresTree, context.guarded(self._structures_changed))
        ui.modelFolderButton.clicked.connect(context.guarded(self.choose_models))
        ui.deviceSelector.currentIndexChanged.connect(context.guarded(self._device_changed))
        ui.runButton.clicked.connect(context.guarded(self.start))
        ui.cancelButton.clicked.connect(context.guarded(self.watch.cancel))
        ui.show3dCheck.toggled.connect(context.guarded(self._show_3d))

    # ------------------------------------------------------------------------------------------------- what to do

    @property
    def busy(self) -> bool:
        """Whether something goes on here."""
        return self.watch.run is not None or self._work.busy

    def refresh(self) -> None:
        """Shows what the scene remembers."""
        ui, parameters = self._context.ui, self._context.parameters
        # The box in the .ui file has them in the same order.
        device = parameters.device if parameters.device in CHOICES else CHOICES[0]
        ui.deviceSelector.blockSignals(True)
        ui.deviceSelector.setCurrentIndex(CHOICES.index(device))
        ui.deviceSelector.blockSignals(False)
        ui.modelFolderEdit.setText(parameters.model_folder)
        self._read_models()
        self.question.ask()
        self._show_expectation()
        self._show_whether_in_3d()
        self._show_running()

    def choose_models(self) -> None:
        """Asks for another folder; it is kept only when it holds models."""
        folder = self._context.dialogs.folder("Folder of models", self._context.parameters.model_folder)
        if folder:
            self._context.logic.read_models(folder)
            self._context.parameters.model_folder = folder
            self.refresh()

    def _read_models(self) -> None:
        ui, parameters = self._context.ui, self._context.parameters
        self.models = None
        try:
            if parameters.model_folder:
                self.models = self._context.logic.read_models(parameters.model_folder)
        except Exception as error:
            # The folder of a reopened scene may be gone. Said in place; pressing the button says it as a dialog.
            problem = as_problem(error)
            say(ui.modelLabel, f"{problem.what} {problem.todo}")
        else:
            say(ui.modelLabel, self.models.in_words() if self.models else "Choose a folder of models.")
        self._tree.fill(self.models, parameters.unchecked)

    def _structures_changed(self) -> None:
        known = set(self.models.structures) if self.models else set()
        others = [name for name in self._context.parameters.unchecked if name not in known]
        self._context.parameters.unchecked = [*others, *self._tree.unchecked()]

    def _device_changed(self) -> None:
        self._context.parameters.device = CHOICES[self._context.ui.deviceSelector.property("currentIndex")]
        self._show_expectation()

    def _show_expectation(self) -> None:
        """What a run will compute on, with the reason, and the memory that it will take at its peak."""
        parameters = self._context.parameters
        words = [self.question.in_words(parameters.device), self._memory_in_words()]
        say(self._context.ui.deviceLabel, "\n".join(filter(None, words)))

    def _memory_in_words(self) -> str:
        parameters = self._context.parameters
        if parameters.volume is None or self.models is None:
            return ""
        device = self.question.automatic.taken_for(parameters.device)
        try:
            expected = self._context.logic.expected_memory(parameters.volume, self.models, device)
        except Exception as error:
            return as_problem(error).what
        words = f"Expected peak memory: {expected.host_bytes / 1e9:.1f} GB"
        return words + (f", on the GPU {expected.device_bytes / 1e9:.1f} GB" if expected.device_bytes else "")

    # ---------------------------------------------------------------------------------------------------- the run

    def start(self) -> None:
        """Auto-segment TMLI."""
        parameters, logic, ui = self._context.parameters, self._context.logic, self._context.ui
        if parameters.volume is None:
            raise Problem("There is no CT to segment.", "Load a CT and choose it in the field CT.")
        models = logic.read_models(parameters.model_folder)
        run = logic.start(parameters.volume, models, self._tree.checked(), parameters.device)
        say(ui.resultLabel, "")
        ui.progressBar.setValue(0)
        self.watch.follow(run)
        self._show_running()

    def _status(self, status) -> None:
        ui = self._context.ui
        ui.progressBar.setValue(int(1000 * status.fraction))
        say(ui.progressLabel, in_words(status))

    def _ended(self, run, status) -> None:
        self._show_running()
        if status.state == "cancelled":
            say(self._context.ui.progressLabel, "Cancelled. The scene is as it was.")
            return
        say(self._context.ui.progressLabel, "")
        self._context.guarded(lambda: self._work.follow(self._context.logic.finish(run), self._arrived))()

    def _arrived(self, outcome: Outcome) -> None:
        self._on_arrived(outcome.node)
        say(self._context.ui.resultLabel, outcome.in_words())

    def _show_running(self) -> None:
        ui, parameters = self._context.ui, self._context.parameters
        running = self.busy
        for widget in (ui.progressBar, ui.cancelButton):
            widget.setVisible(running)
        for widget in (ui.runButton, ui.structuresTree, ui.deviceSelector, ui.modelFolderButton, ui.volumeSelector):
            widget.setEnabled(not running)
        ui.show3dCheck.setEnabled(parameters.segmentation is not None and not running)
        if not self._work.busy:
            self._show_whether_in_3d()

    # --------------------------------------------------------------------------------------------------------- 3D

    def _show_3d(self) -> None:
        node, logic = self._context.parameters.segmentation, self._context.logic
        if node is None:
            return
        if self._context.ui.show3dCheck.property("checked"):
            self._work.follow(logic.show_in_3d(node), lambda _: None)
        else:
            surfaces.hide(node)

    def _show_whether_in_3d(self) -> None:
        check = self._context.ui.show3dCheck
        check.blockSignals(True)
        check.setChecked(surfaces.are_shown(self._context.parameters.segmentation))
        check.blockSignals(False)

    def forget(self) -> None:
        """The scene goes away: what runs on it is not for the next one."""
        self.watch.drop()
        self._work.drop()
        self._show_running()
