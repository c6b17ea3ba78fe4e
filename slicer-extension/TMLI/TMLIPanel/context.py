"""What every section of the panel is given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

from TMLILib.errors import as_problem
from TMLILib.logic import TMLILogic
from TMLILib.parameters import Parameters

from .dialogs import Dialogs


class Context:
    """The widgets by name, the logic, and the dialogs."""

    def __init__(self, ui: SimpleNamespace, logic: TMLILogic, dialogs: Dialogs) -> None:
        self.ui = ui
        self.logic = logic
        self.dialogs = dialogs

    @property
    def parameters(self) -> Parameters:
        """What the scene remembers."""
        return self.logic.parameters

    def guarded(self, action: Callable[[], None]) -> Callable[..., None]:
        """The action for a signal: what it raises becomes one dialog. What the signal brings along is dropped."""

        def run(*_) -> None:
            try:
                action()
            except Exception as error:
                self.dialogs.problem(as_problem(error))

        return run


def say(label, text: str) -> None:
    """Shows the text; a label without one takes no room."""
    label.setText(text)
    label.setVisible(bool(text))


def show_path(edit, path: str) -> None:
    """Shows the end of a path, by which a person knows it; all of it is in the tool tip."""
    edit.setText(str(Path(*Path(path).parts[-2:])) if path else "")
    edit.setToolTip(path)


def widgets_of(root) -> SimpleNamespace:
    """The widgets of a .ui file by their names."""
    found = {}
    waiting = list(root.children())
    while waiting:
        child = waiting.pop()
        name = child.property("objectName")
        if name:
            found[name] = child
        waiting.extend(child.children())
    return SimpleNamespace(**found)
