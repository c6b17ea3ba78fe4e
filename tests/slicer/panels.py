"""The panel on a real scene, with dialogs that a test answers."""

from dataclasses import dataclass, field
from pathlib import Path

import slicer
from standin import application
from TMLILib.errors import Problem
from TMLILib.version import VERSION

application.install()

from TMLIPanel.install_section import Installer  # noqa: E402
from TMLIPanel.panel import Panel  # noqa: E402

NO_WORKER = Path("/bin/true")
"""An engine that is installed and answers nothing."""
UI = "slicer-extension/TMLI/Resources/UI/TMLI.ui"


@dataclass
class Answers:
    """Dialogs that answer what the test says, and remember what they were asked."""

    path: str = ""
    agreed: bool = True
    problems: list[Problem] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)

    def problem(self, problem):
        self.problems.append(problem)

    def agree(self, title, text):
        self.questions.append(text)
        return self.agreed

    def folder(self, title, start=""):
        return self.path

    def file_to_open(self, title, pattern):
        return self.path

    def file_to_save(self, title, name, pattern):
        return self.path


class NoRunner:
    """For panels on which everything is installed."""

    def start(self, command, on_line, on_end):
        raise AssertionError("nothing was to be installed")

    def stop(self):
        """Nothing runs."""


@dataclass
class Opened:
    """A panel and what belongs to it."""

    panel: Panel
    answers: Answers
    root: object

    @property
    def ui(self):
        return self.panel._context.ui

    def settle(self, seconds: float = 60.0) -> None:
        """Lets the panel work until nothing goes on in it."""
        assert application.process_events(lambda: not self.panel.busy, seconds), "it does not come to an end"

    @property
    def said(self) -> list[str]:
        return [problem.what for problem in self.answers.problems]


def open_panel(logic, installer=None, worker=None) -> Opened:
    """The panel from the real .ui file; `worker` finds the program that is asked about devices."""
    from conftest import ROOT

    root = slicer.util.loadUI(str(ROOT / UI))
    answers = Answers()
    installer = installer or Installer(NoRunner(), lambda: VERSION, worker or (lambda: NO_WORKER))
    return Opened(Panel(root, logic, answers, installer), answers, root)


def unfold(opened, *names: str) -> None:
    """Opens these sections and folds the others."""
    for name in ("segment", "refine", "compare", "ptv", "export"):
        getattr(opened.ui, f"{name}Section").setProperty("collapsed", name not in names)
    application.process_events()
