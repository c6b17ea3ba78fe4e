"""The head of the panel while something is missing. Nothing is downloaded before the user agreed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from TMLILib import install
from TMLILib.errors import Problem
from TMLILib.version import VERSION

from .context import Context
from .runner import ProcessRunner


@dataclass
class Installer:
    """What is installed, and what installs."""

    runner: install.Runner
    core_version: Callable[[], str | None] = install.core_version
    worker: Callable[[], Path | None] = install.worker_program


def real_installer() -> Installer:
    """The one of the application."""
    return Installer(ProcessRunner())


class InstallSection:
    """Says what is missing and installs it."""

    def __init__(self, context: Context, installer: Installer, on_installed: Callable[[], None]) -> None:
        self._context, self._installer, self._on_installed = context, installer, on_installed
        self._waiting: list[install.Plan] = []
        self._running: install.Installation | None = None
        self.ready = False
        ui = context.ui
        ui.installButton.clicked.connect(context.guarded(self.install))
        ui.installFolderButton.clicked.connect(context.guarded(self.install_from_folder))
        ui.installCancelButton.clicked.connect(context.guarded(self.cancel))

    def refresh(self) -> bool:
        """Shows or hides itself; True when the module can work."""
        core = self._installer.core_version()
        missing = []
        if core is None:
            missing.append("the computing core")
        elif core != VERSION:
            missing.append(f"the computing core {VERSION} (this Slicer has {core})")
        if self._installer.worker() is None:
            missing.append("the engine with libtorch")
        ui = self._context.ui
        if missing:
            ui.installLabel.setText(f"To segment, TMLI still needs {' and '.join(missing)}.")
        ui.installFrame.setVisible(bool(missing))
        self.ready = core == VERSION
        return self.ready

    def install(self) -> None:
        """From the internet."""
        self._ask(None)

    def install_from_folder(self) -> None:
        """On a computer without internet."""
        folder = self._context.dialogs.folder("Folder with the TMLI packages")
        if folder:
            self._ask(Path(folder))

    def _ask(self, source: Path | None) -> None:
        device = "cuda" if self._context.ui.installGpuCheck.property("checked") else "cpu"
        plans = []
        if self._installer.core_version() != VERSION:
            plans.append(install.core_plan(source))
        if self._installer.worker() is None:
            plans.append(install.engine_plan(device, source))
        text = "\n\n".join(plan.in_words() for plan in plans)
        if plans and self._context.dialogs.agree("Install TMLI", f"This will be installed:\n\n{text}\n\nGo on?"):
            self._waiting = plans
            self._next()

    def _next(self) -> None:
        self._show_progress(bool(self._waiting))
        if not self._waiting:
            self._running = None
            self._on_installed()
            return
        plan = self._waiting.pop(0)
        self._running = install.Installation(plan, self._installer.runner, self._progress, self._ended)
        self._running.start()

    def _progress(self, part: float, words: str) -> None:
        ui = self._context.ui
        ui.installProgress.setValue(int(1000 * part))
        ui.installLabel.setText(words)

    def _ended(self, problem: Problem | None) -> None:
        if problem is None:
            self._next()
            return
        self._waiting, self._running = [], None
        self._show_progress(False)
        self.refresh()
        self._context.dialogs.problem(problem)

    def cancel(self) -> None:
        """Stops a running installation."""
        if self._running is not None:
            self._running.cancel()

    def _show_progress(self, shown: bool) -> None:
        ui = self._context.ui
        for widget in (ui.installProgress, ui.installCancelButton):
            widget.setVisible(shown)
        for widget in (ui.installButton, ui.installFolderButton, ui.installGpuCheck):
            widget.setVisible(not shown)
