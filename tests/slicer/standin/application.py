"""Puts the stand-ins where `import qt` and `import slicer` find them."""

import sys
from types import ModuleType, SimpleNamespace

import slicer
from PySide6 import QtCore, QtGui, QtUiTools, QtWidgets

from . import effects, modules, widgets

WIDGETS = (
    widgets.ctkCollapsibleButton,
    widgets.qMRMLWidget,
    widgets.qMRMLNodeComboBox,
    widgets.qMRMLSegmentEditorWidget,
)


class _UiLoader(QtUiTools.QUiLoader):
    """Knows Slicer's widgets by name, as Slicer's designer plugins make it do."""

    def __init__(self) -> None:
        super().__init__()
        for widget in WIDGETS:
            self.registerCustomWidget(widget)


def _from_qt(name: str):
    """PythonQt has all of Qt in one module."""
    for source in (QtCore, QtGui, QtWidgets):
        if hasattr(source, name):
            return getattr(source, name)
    raise AttributeError(name)


def install() -> None:
    """Once for the whole test run; the application object must stay alive."""
    if "qt" in sys.modules:
        return
    install.application = QtWidgets.QApplication.instance() or QtWidgets.QApplication(["tests"])
    install.application.setStyle("Fusion")
    qt = ModuleType("qt")
    qt.__getattr__ = _from_qt
    qt.QUiLoader = _UiLoader
    sys.modules["qt"] = qt
    for widget in WIDGETS:
        setattr(slicer, widget.__name__, widget)
    slicer.app = SimpleNamespace(
        startupCompleted=modules.Signal(), temporaryPath=QtCore.QDir.tempPath(), applicationVersion="5.12"
    )
    slicer.dicomDatabase = None
    slicer.util.mainWindow = lambda *_: None
    slicer.qSlicerSegmentEditorAbstractEffect = effects.Modes
    for name in ("slicer.ScriptedLoadableModule", "SampleData"):
        sys.modules[name] = modules
    sys.modules["SegmentEditorEffects"] = effects


def process_events(until=lambda: False, seconds: float = 0.0) -> bool:
    """Lets Qt work until a condition holds or the time is over; whether the condition holds."""
    clock = QtCore.QElapsedTimer()
    clock.start()
    while True:
        install.application.processEvents(QtCore.QEventLoop.AllEvents, 20)
        if until():
            return True
        if clock.elapsed() > 1000 * seconds:
            return False
