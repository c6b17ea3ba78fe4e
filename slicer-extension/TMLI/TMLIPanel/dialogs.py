"""What interrupts the user: a problem, a question, the name of a file. Given to the panel: a test answers itself."""

from __future__ import annotations

import qt
from TMLILib.errors import Problem


class Dialogs:
    """The real ones, above a parent widget."""

    def __init__(self, parent=None) -> None:
        self.parent = parent

    def problem(self, problem: Problem) -> None:
        """What happened, what to do, and details to copy."""
        box = problem_box(problem, self.parent)
        box.exec_()
        box.deleteLater()

    def agree(self, title: str, text: str) -> bool:
        """Whether the user wants that."""
        box = qt.QMessageBox(self.parent)
        box.setIcon(qt.QMessageBox.Question)
        box.setWindowTitle(title)
        box.setText(text)
        box.setStandardButtons(qt.QMessageBox.Ok | qt.QMessageBox.Cancel)
        answer = box.exec_()
        box.deleteLater()
        return answer == int(qt.QMessageBox.Ok)

    def folder(self, title: str, start: str = "") -> str:
        """A folder that exists; empty when the user changed their mind."""
        return qt.QFileDialog.getExistingDirectory(self.parent, title, start)

    def file_to_open(self, title: str, pattern: str) -> str:
        """A file that exists; empty when the user changed their mind."""
        return _name(qt.QFileDialog.getOpenFileName(self.parent, title, "", pattern))

    def file_to_save(self, title: str, name: str, pattern: str) -> str:
        """A name for a new file; empty when the user changed their mind."""
        return _name(qt.QFileDialog.getSaveFileName(self.parent, title, name, pattern))


def problem_box(problem: Problem, parent=None):
    """The message box of a problem."""
    box = qt.QMessageBox(parent)
    box.setIcon(qt.QMessageBox.Warning)
    box.setWindowTitle("TMLI")
    box.setText(problem.what)
    box.setInformativeText(problem.todo)
    if problem.details:
        box.setDetailedText(problem.details)
        copy = box.addButton("Copy details", qt.QMessageBox.ActionRole)
        # Copying must not close the box: its button is taken off the box's own signal.
        copy.clicked.disconnect()
        text = f"{problem.what}\n{problem.todo}\n\n{problem.details}"
        copy.clicked.connect(lambda *_: qt.QApplication.clipboard().setText(text))
    box.addButton(qt.QMessageBox.Close)
    return box


def _name(answer) -> str:
    # PythonQt returns the name, PySide the name and the chosen pattern.
    return answer if isinstance(answer, str) else answer[0]
